/**
 * Loads dist/cli-engine.js with the code that V8 compiled of it before: most of a short command's time is compiling. What is
 * compiled is kept a command and a version of Node in the user's cache folder (SMMU_SCOPE_CODE_CACHE names another, or none when
 * it is empty); it is only ever a copy of what the program itself gives.
 */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { isMainThread, workerData } from 'node:worker_threads';
import { makeFolders } from '../workspace/regular-file';

/** Before the code: its length, so that a cut file is no code. */
const HEADER = 8;

function cacheFolder(): string | null {
  const named = process.env.SMMU_SCOPE_CODE_CACHE;
  if (named !== undefined) return named === '' ? null : named;
  try {
    return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'smmu-scope', 'code');
  } catch {
    return null;
  }
}

function readCode(path: string): Buffer | undefined {
  try {
    const bytes = readFileSync(path);
    return bytes.length > HEADER && bytes.readUInt32LE(0) === bytes.length - HEADER
      ? bytes.subarray(HEADER)
      : undefined;
  } catch {
    return undefined;
  }
}

function writeCode(path: string, code: Buffer): void {
  const own = `${path}.${process.pid}`;
  try {
    makeFolders(dirname(path), 0o700);
    const header = Buffer.alloc(HEADER);
    header.writeUInt32LE(code.length, 0);
    writeFileSync(own, Buffer.concat([header, code]), { mode: 0o600 });
    renameSync(own, path);
  } catch {
    // without it the next start is as slow as this one
    try {
      rmSync(own, { force: true });
    } catch {
      // nothing was written
    }
  }
}

/** Runs a CommonJS program of ours and gives what it exports. `use`: what it is loaded for; each use has code of its own. */
function loadProgram<T>(path: string, use: string, keep: boolean): T {
  const require = createRequire(path);
  const folder = cacheFolder();
  if (folder === null) return require(path) as T;
  const { mtimeMs, size } = statSync(path);
  const version = `${process.version}-${process.arch}-${Math.round(mtimeMs)}-${size}`;
  const at = join(folder, `${version}-${use}.bin`);
  const cachedData = readCode(at);
  const script = new Script(Module.wrap(readFileSync(path, 'latin1')), {
    filename: path,
    ...(cachedData && { cachedData }),
  });
  if (keep && (cachedData === undefined || script.cachedDataRejected === true))
    process.once('exit', () => writeCode(at, script.createCachedData()));
  const module = { exports: {} };
  const run = script.runInThisContext() as (...args: unknown[]) => void;
  run.call(module.exports, module.exports, require, module, path, dirname(path));
  return module.exports as T;
}

/** The other program of dist/, which knows simulator, catalogue and language server. */
export const engine = (): typeof import('./engine') =>
  loadProgram(
    join(__dirname, 'cli-engine.js'),
    // a worker thread takes what the command's own thread has kept
    isMainThread ? (process.argv[2] ?? '') : ((workerData as { readonly smmuScope?: string } | null)?.smmuScope ?? ''),
    isMainThread,
  );
