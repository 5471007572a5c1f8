/** What a language server's process takes with one large board open and the kernel's tree as its folder. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { uriOfPath } from '../src/source/uri';
import { BareClient } from './client';

const EDITS = 30;

/** MiB of resident memory: after some edits, when the server has come to rest, and at most until then. */
export interface ServerMemory {
  readonly settled: number;
  readonly most: number;
}

function field(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
}

/** Runs `server` (the command line of a language server on stdio). Null where the system does not tell a process's memory. */
export async function serverMemory(
  server: readonly string[],
  root: string,
  board: string,
): Promise<ServerMemory | null> {
  if (process.platform !== 'linux') return null;
  const client = new BareClient(server);
  await client.start(uriOfPath(root));
  const uri = uriOfPath(join(root, board));
  const text = readFileSync(join(root, board), 'utf8');
  const found = client.until((m) => m.method === 'textDocument/publishDiagnostics' && m.params?.uri === uri);
  client.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'dts', version: 1, text } });
  await found;
  for (let version = 2; version < 2 + EDITS; version++) {
    const done = client.until(
      (m) => m.method === 'textDocument/publishDiagnostics' && m.params?.uri === uri && m.params.version === version,
    );
    const changed = version % 2 === 0 ? `${text}\n&nosuchlabel { };\n` : text;
    client.notify('textDocument/didChange', { textDocument: { uri, version }, contentChanges: [{ text: changed }] });
    await done;
  }
  // Reading the folder goes on behind the findings; at rest when it used no more processor time for a while.
  const busy = (): number => {
    const ticks = readFileSync(`/proc/${client.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(ticks[11]) + Number(ticks[12]);
  };
  for (let before = -1, quiet = 0; quiet < 4; ) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const now = busy();
    quiet = now - before <= 1 ? quiet + 1 : 0;
    before = now;
  }
  const status = readFileSync(`/proc/${client.pid}/status`, 'utf8');
  await client.stop();
  return { settled: field(status, 'VmRSS'), most: field(status, 'VmHWM') };
}
