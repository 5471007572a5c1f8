/**
 * Latency of the language server on real boards, measured from outside through its protocol:
 *   npm run bench:latency -- [--linux DIR] [--rounds N] [--json OUT] [--base DIST | --own]
 * With another build of ours (its dist folder), instead: what an edit costs against it, by turns (edits.ts). With `--own`: what
 * one costs with drivers read from the tree itself, against the shipped ones.
 * Beside the time that passed, where the system tells it: the same without what the server waited for a processor that
 * another program had, which is what an idle machine shows.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { uriOfPath } from '../src/source/uri';
import { findLinuxSource } from '../test/truths/corpus/linux-source';
import { BareClient } from './client';
import { compareEdits } from './edits';

function option(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

/** Documents to look at: the board, and the include in which its IOMMU properties stand. */
const BOARDS = [
  ['arm64/boot/dts/qcom/x1e80100-crd.dts', 'arm64/boot/dts/qcom/x1e80100.dtsi'],
  ['arm64/boot/dts/nvidia/tegra210-p2371-2180.dts', 'arm64/boot/dts/nvidia/tegra210.dtsi'],
] as const;

/** An IOMMU of each board. */
const PROVIDERS: Readonly<Record<string, string>> = {
  'arm64/boot/dts/qcom/x1e80100-crd.dts': '&apps_smmu',
  'arm64/boot/dts/nvidia/tegra210-p2371-2180.dts': '&mc',
};

/** Edits before those that count. */
const WARM = 20;

interface Times {
  readonly p50: number;
  readonly p95: number;
  /** Without the waits for a processor; null where nobody counts them. */
  readonly own: { readonly p50: number; readonly p95: number } | null;
}

interface Row extends Times {
  readonly board: string;
  readonly what: string;
}

/** Milliseconds that the server's main thread was ready and had no processor (Linux, CONFIG_SCHED_INFO); null: unknown. */
function waited(pid: number): number | null {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[1]) / 1e6;
  } catch {
    return null;
  }
}

/** Between two edits: a very fast typist's pause (milliseconds). */
const KEY = 40;

async function measure(
  client: BareClient,
  rounds: number,
  work: (i: number) => Promise<unknown>,
  pause = 0,
): Promise<Times> {
  const times: number[] = [];
  const own: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const before = waited(client.pid);
    const start = performance.now();
    await work(i);
    const time = performance.now() - start;
    const after = waited(client.pid);
    times.push(time);
    if (before !== null && after !== null) own.push(Math.max(0, time - (after - before)));
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
  }
  const shares = (list: number[]) => {
    list.sort((a, b) => a - b);
    const at = (share: number) => list[Math.min(list.length - 1, Math.floor(list.length * share))] ?? 0;
    return { p50: at(0.5), p95: at(0.95) };
  };
  return { ...shares(times), own: own.length === 0 ? null : shares(own) };
}

async function main(): Promise<number> {
  const source = findLinuxSource(option('--linux') ?? null);
  if (source.root === null) {
    process.stderr.write(`bench:latency: ${source.how}\n`);
    return 2;
  }
  const linux = resolve(source.root);
  const base = option('--base');
  if (base !== undefined || process.argv.includes('--own')) {
    await compareEdits(base ?? null, linux, Number(option('--rounds') ?? 5));
    return 0;
  }
  const rounds = Number(option('--rounds') ?? 60);
  const rows: Row[] = [];
  for (const [boardName, includeName] of BOARDS) {
    const client = new BareClient([process.execPath, resolve('dist/cli.js'), 'lsp', '--stdio']);
    await client.start();
    const board = uriOfPath(join(linux, 'arch', boardName));
    const include = uriOfPath(join(linux, 'arch', includeName));
    const text = readFileSync(join(linux, 'arch', boardName), 'utf8');
    const includeText = readFileSync(join(linux, 'arch', includeName), 'utf8');
    const push = (what: string, t: Times) => rows.push({ board: boardName.split('/').pop() ?? '', what, ...t });
    const published = (uri: string, version: number) =>
      client.until(
        (m) => m.method === 'textDocument/publishDiagnostics' && m.params?.uri === uri && m.params.version === version,
      );
    push(
      'open to diagnostics (cold)',
      await measure(client, 1, async () => {
        const done = published(board, 1);
        client.notify('textDocument/didOpen', { textDocument: { uri: board, languageId: 'dts', version: 1, text } });
        await done;
      }),
    );
    client.notify('textDocument/didOpen', {
      textDocument: { uri: include, languageId: 'dts', version: 1, text: includeText },
    });
    const lines = includeText.split('\n');
    const places = lines.flatMap((line, i) =>
      /iommus = <&/.test(line) ? [{ line: i, character: line.indexOf('&') + 2 }] : [],
    );
    const at = (i: number) => ({ textDocument: { uri: include }, position: places[i % places.length] });
    await client.request('textDocument/hover', at(0));
    for (const method of ['hover', 'completion', 'definition', 'references', 'signatureHelp'])
      push(method, await measure(client, rounds, (i) => client.request(`textDocument/${method}`, at(i))));
    for (const method of ['documentSymbol', 'foldingRange', 'codeLens', 'semanticTokens/full'])
      push(
        method,
        await measure(client, rounds, () =>
          client.request(`textDocument/${method}`, { textDocument: { uri: include } }),
        ),
      );
    const last = text.split('\n').length - 1;
    let version = 1;
    // a line added and taken away again, each time with other findings: one that leaves the tree as it is, and one after
    // which the board boots differently
    for (const [what, line] of [
      ['edit to diagnostics (a wrong label)', '&nosuchlabel { };'],
      [
        'edit to diagnostics (tree changes)',
        `&nosuchlabel { }; / { dma@1 { iommus = <${PROVIDERS[boardName]} 0x7ff 0x0>; }; };`,
      ],
    ] as const) {
      const edit = async (i: number): Promise<void> => {
        version += 1;
        const done = published(board, version);
        const end = { line: last, character: i % 2 === 0 ? 0 : line.length };
        client.notify('textDocument/didChange', {
          textDocument: { uri: board, version },
          contentChanges: [{ range: { start: { line: last, character: 0 }, end }, text: i % 2 === 0 ? line : '' }],
        });
        await done;
      };
      // warm: the code that an edit runs is compiled by then
      for (let i = 0; i < WARM; i++) await edit(i);
      push(what, await measure(client, rounds, edit, KEY));
    }
    push(
      'completion right after an edit',
      await measure(client, Math.min(rounds, 20), async (i) => {
        version += 1;
        client.notify('textDocument/didChange', {
          textDocument: { uri: board, version },
          contentChanges: [
            {
              range: { start: { line: last, character: 0 }, end: { line: last, character: i % 2 } },
              text: i % 2 === 0 ? ' ' : '',
            },
          ],
        });
        await client.request('textDocument/completion', {
          textDocument: { uri: board },
          position: { line: last, character: 0 },
        });
      }),
    );
    await client.stop();
  }
  const number = (n: number) => n.toFixed(1).padStart(7);
  for (const { board, what, p50, p95, own } of rows)
    process.stdout.write(
      `${board.padEnd(26)} ${what.padEnd(36)} p50 ${number(p50)} ms  p95 ${number(p95)} ms${own === null ? '' : `   without waits ${number(own.p50)} / ${number(own.p95)}`}\n`,
    );
  const out = option('--json');
  if (out !== undefined) writeFileSync(out, JSON.stringify(rows, null, 1));
  return 0;
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
