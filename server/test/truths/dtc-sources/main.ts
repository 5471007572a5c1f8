/**
 * npm run test:dtc-sources -- FOLDER [--dtc FILE]
 * The sources of dtc's own tests (FOLDER: a checkout of dtc 1.8.1, kept outside the repository): each is refused by both, or both
 * make the same blob of it. The program is FOLDER/dtc where it was built there, else the one given or installed.
 * Exit status 0 all the same, 1 differences, 2 without sources or dtc.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildTree } from '../../../src/devicetree/build';
import { checkProblems } from '../../../src/devicetree/checks/run';
import { writeFdt } from '../../../src/devicetree/fdt-writer';
import { type FileProvider, sourceFile } from '../../../src/source/file';
import { pathOfUri, uriOfPath } from '../../../src/source/uri';
import { rulesOfProgram } from '../../helpers/dtc-program';

/** dtc's checks that stop it and that here are no problems of the build. */
const STOPPING = new Set(['node_name_chars', 'node_name_format', 'node_name_not_empty', 'property_name_chars']);
/** A source that makes dtc read without an end is not waited for. */
const PATIENCE = 20_000;

type Answer = { readonly blob: Uint8Array } | { readonly refused: string };

const bytesOf = (uri: string): Buffer | null => {
  const path = pathOfUri(uri);
  return existsSync(path) ? readFileSync(path) : null;
};

const provider: FileProvider = {
  read: (uri) => {
    const bytes = bytesOf(uri);
    return bytes === null ? null : sourceFile(uri, bytes.toString('latin1'));
  },
  readBytes: bytesOf,
};

function ours(path: string, rules: ReturnType<typeof rulesOfProgram>): Answer {
  const { tree, problems } = buildTree(uriOfPath(path), provider, { includeFolders: [], dtc: rules });
  const all = [...problems, ...checkProblems(tree, { enabled: STOPPING })];
  const error = all.find(({ severity }) => severity === 'error');
  return error === undefined ? { blob: writeFdt(tree, 0) } : { refused: `${error.code}: ${error.message}` };
}

function theirs(path: string, dtc: string, folder: string): Answer {
  const run = spawnSync(dtc, ['-I', 'dts', '-O', 'dtb', '-b', '0', basename(path)], {
    cwd: folder,
    maxBuffer: 1 << 28,
    timeout: PATIENCE,
  });
  const said = run.stderr.toString('utf8').trim();
  return run.status === 0 ? { blob: run.stdout } : { refused: said.split('\n')[0] ?? '' };
}

function main(): number {
  const { values, positionals } = parseArgs({ options: { dtc: { type: 'string' } }, allowPositionals: true });
  const root = resolve(positionals[0] ?? '.');
  const folder = join(root, 'tests');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.dts')) : [];
  const built = join(root, 'dtc');
  const dtc = values.dtc ?? (existsSync(built) ? built : 'dtc');
  const version = spawnSync(dtc, ['--version'], { encoding: 'utf8' });
  if (names.length === 0 || version.status !== 0) {
    const why = names.length === 0 ? `${folder} has no .dts: name a checkout of dtc` : `cannot run ${dtc}`;
    console.error(`test:dtc-sources: ${why}`);
    return 2;
  }
  const rules = rulesOfProgram(dtc);
  let [equal, refused, different] = [0, 0, 0];
  for (const name of names.sort()) {
    const path = join(folder, name);
    const [here, there] = [ours(path, rules), theirs(path, dtc, folder)];
    if ('blob' in here && 'blob' in there && Buffer.compare(here.blob, there.blob) === 0) equal++;
    else if ('refused' in here && 'refused' in there) refused++;
    else {
      different++;
      const say = (answer: Answer): string => ('blob' in answer ? `${answer.blob.length} bytes` : answer.refused);
      console.log(`${name}: here ${say(here)}; dtc ${say(there)}`);
    }
  }
  console.log(
    `${version.stdout.trim()}: ${names.length} sources, ${equal} with equal blobs, ${refused} refused by both, ${different} different`,
  );
  return different === 0 ? 0 : 1;
}

process.exitCode = main();
