/**
 * npm run test:streams [-- --linux DIR]      BLESS=1 writes the golden file
 * Looks at every board of Linux 6.12.117 for streams that meet, run out or lie out of range, and compares with the golden
 * file. The run over the corpus (test:corpus) does the same in passing.
 */
import { join } from 'node:path';
import { TreeBuilder } from '../../../src/devicetree/build';
import { FileStore, toUri } from '../../../src/workspace/files';
import { treeAt } from '../../../src/workspace/trees';
import { corpusBoards } from '../corpus/boards';
import { findLinuxSource } from '../corpus/linux-source';
import { StreamGolden } from './golden';

function main(): number {
  const at = process.argv.indexOf('--linux');
  const source = findLinuxSource(at < 0 ? null : (process.argv[at + 1] ?? null));
  if (source.root === null) {
    console.log(`streams: SKIPPED, ${source.how}`);
    return process.env.CI ? 1 : 0;
  }
  const files = new FileStore();
  const builder = new TreeBuilder();
  const { includeFolders } = treeAt(source.root);
  const golden = new StreamGolden(source.root);
  for (const board of corpusBoards()) {
    if (!board.path.endsWith('.dts')) continue;
    const { tree } = builder.build(toUri(join(source.root, board.path)), files, { includeFolders });
    golden.add(board.path, tree);
  }
  const problems = golden.check();
  for (const line of problems) console.log(line);
  const cpu = process.cpuUsage();
  console.log(
    `streams: ${problems.length === 0 ? 'as the golden file says' : `${problems.length} problems`}, ${((cpu.user + cpu.system) / 1e6).toFixed(1)} s CPU`,
  );
  return problems.length === 0 ? 0 : 1;
}

process.exitCode = main();
