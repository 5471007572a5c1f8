/**
 * Latency of the language server on real boards, measured from outside through its protocol:
 *   npm run bench:latency -- [--linux DIR] [--rounds N] [--json OUT]
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { uriOfPath } from '../../src/source/uri';
import { BareClient } from './client';

function option(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

/** Documents to look at: the board, and the include in which its IOMMU properties stand. */
const BOARDS = [
  ['arm64/boot/dts/qcom/x1e80100-crd.dts', 'arm64/boot/dts/qcom/x1e80100.dtsi'],
  ['arm64/boot/dts/nvidia/tegra210-p2371-2180.dts', 'arm64/boot/dts/nvidia/tegra210.dtsi'],
] as const;

interface Row {
  readonly board: string;
  readonly what: string;
  readonly p50: number;
  readonly p95: number;
}

async function measure(rounds: number, work: (i: number) => Promise<unknown>): Promise<{ p50: number; p95: number }> {
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    await work(i);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { p50: at(0.5), p95: at(0.95) };
}

async function main(): Promise<number> {
  const linux = resolve(option('--linux') ?? process.env.LINUX ?? '/usr/src/linux-source-6.12');
  if (!existsSync(join(linux, 'arch'))) {
    process.stderr.write('bench:latency needs a Linux source tree: --linux DIR\n');
    return 2;
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
    const push = (what: string, t: { p50: number; p95: number }) =>
      rows.push({ board: boardName.split('/').pop() ?? '', what, ...t });
    const published = (uri: string, version: number) =>
      client.until(
        (m) => m.method === 'textDocument/publishDiagnostics' && m.params?.uri === uri && m.params.version === version,
      );
    push(
      'open to diagnostics (cold)',
      await measure(1, async () => {
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
      push(method, await measure(rounds, (i) => client.request(`textDocument/${method}`, at(i))));
    for (const method of ['documentSymbol', 'foldingRange', 'codeLens', 'semanticTokens/full'])
      push(
        method,
        await measure(Math.min(rounds, 20), () =>
          client.request(`textDocument/${method}`, { textDocument: { uri: include } }),
        ),
      );
    // a line added and taken away again, each time with another finding: a disabled IOMMU property, a wrong label
    const last = text.split('\n').length - 1;
    const broken = '&nosuchlabel { };';
    let version = 1;
    push(
      'edit to diagnostics',
      await measure(rounds, async (i) => {
        version += 1;
        const done = published(board, version);
        const end = { line: last, character: i % 2 === 0 ? 0 : broken.length };
        client.notify('textDocument/didChange', {
          textDocument: { uri: board, version },
          contentChanges: [{ range: { start: { line: last, character: 0 }, end }, text: i % 2 === 0 ? broken : '' }],
        });
        await done;
      }),
    );
    push(
      'completion right after an edit',
      await measure(Math.min(rounds, 20), async (i) => {
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
  for (const row of rows)
    process.stdout.write(
      `${row.board.padEnd(30)} ${row.what.padEnd(32)} p50 ${row.p50.toFixed(1).padStart(7)} ms  p95 ${row.p95.toFixed(1).padStart(7)} ms\n`,
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
