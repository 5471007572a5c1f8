/**
 * npm run test:corpus [-- --kernel 6.12|7.3] [--linux DIR] [--only TEXT] [--every N]
 * Compiles every board of Linux 6.12.117 (or 7.3.4), plain and with symbols, and compares each blob with that of the kernel's dtc.
 * A run over all boards of 6.12 also looks at their stream IDs (server/test/truths/streams).
 * Exit status 0 all equal (or skipped, said so), 1 differences (or no source in CI).
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { TreeBuilder } from '../../../src/devicetree/build';
import { writeFdt } from '../../../src/devicetree/fdt-writer';
import { FileStore, toUri } from '../../../src/workspace/files';
import { treeAt } from '../../../src/workspace/trees';
import { StreamGolden } from '../streams/golden';
import { corpusBoards } from './boards';
import { compareComposites } from './composites';
import { CORPUS_KERNELS, corpusKernel, findLinuxSource, LINUX_6_12 } from './linux-source';

function option(name: string): string | null {
  const at = process.argv.indexOf(name);
  return at < 0 ? null : (process.argv[at + 1] ?? null);
}

function main(): number {
  const asked = option('--kernel') ?? LINUX_6_12.name;
  const kernel = corpusKernel(asked);
  if (kernel === null) {
    console.error(`corpus: no kernel ${asked}, there are ${CORPUS_KERNELS.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  const source = findLinuxSource(option('--linux'), kernel);
  if (source.root === null) {
    console.log(`corpus: SKIPPED, ${source.how}`);
    return process.env.CI ? 1 : 0;
  }
  const { root } = source;
  const only = option('--only');
  const every = Number(option('--every') ?? 1);
  const boards = corpusBoards(kernel).filter(
    (board, i) => i % every === 0 && (only === null || board.path.includes(only)),
  );
  const files = new FileStore();
  const builder = new TreeBuilder();
  const tree = treeAt(root);
  const { includeFolders, dtc } = tree;
  const start = process.cpuUsage();
  const clock = performance.now();
  const equal = { plain: 0, symbols: 0 };
  const whole = only === null && every === 1;
  const streams = whole && kernel === LINUX_6_12 ? new StreamGolden(root) : null;
  const differences: string[] = [];
  let streamsCpu = 0;
  for (const kind of ['plain', 'symbols'] as const) {
    for (const board of boards) {
      const result = builder.build(toUri(join(root, board.path)), files, {
        includeFolders,
        dtc,
        symbols: kind === 'symbols',
      });
      if (kind === 'plain' && board.path.endsWith('.dts') && streams !== null) {
        const before = process.cpuUsage();
        streams.add(board.path, result.tree);
        const { user, system } = process.cpuUsage(before);
        streamsCpu += user + system;
      }
      const hash = createHash('sha256').update(writeFdt(result.tree, 0)).digest('base64url');
      const error = result.problems.find((problem) => problem.severity === 'error');
      if (hash.startsWith(board[kind]) && error === undefined) equal[kind]++;
      else differences.push(`${board.path} (${kind}): ${error?.message ?? 'the blob differs'}`);
    }
  }
  const cpu = process.cpuUsage(start);
  const findings = streams?.check() ?? [];
  for (const line of findings.slice(0, 50)) console.log(`streams: ${line}`);
  const composites = whole ? compareComposites(kernel, tree, builder, files) : null;
  differences.push(...(composites?.differences ?? []));
  if (composites !== null)
    console.log(`composites: ${composites.total - composites.differences.length} of ${composites.total} equal`);
  for (const line of differences.slice(0, 50)) console.log(`different: ${line}`);
  console.log(
    `corpus of ${kernel.release} (${source.how}): plain ${equal.plain} of ${boards.length}, with symbols ${equal.symbols} of ${boards.length} equal`,
  );
  console.log(
    `${((cpu.user + cpu.system - streamsCpu) / 1e6).toFixed(1)} s CPU (and ${(streamsCpu / 1e6).toFixed(1)} s for the stream IDs), ${((performance.now() - clock) / 1000).toFixed(1)} s, ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB at most`,
  );
  if (streams !== null) console.log(`streams: ${findings.length === 0 ? 'as their golden file says' : 'differ'}`);
  return differences.length === 0 && findings.length === 0 && boards.length > 0 ? 0 : 1;
}

process.exitCode = main();
