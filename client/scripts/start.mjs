// npm start: builds the extension and opens it on examples/, in desktop VS Code if there is one, else in the browser.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { copyOfExamples, whileWorking } from './progress.mjs';
import { installVsCode } from './vscode-install.mjs';
import { addressOf, exitOnSignals, packageExtension, root, runVsCode } from './vscode-run.mjs';

exitOnSignals();
const started = Date.now();
const say = (line) => console.log(`[${((Date.now() - started) / 1000).toFixed(0).padStart(3)} s] ${line}`);
const examples = copyOfExamples();
const first = join(examples, 'mmu500', 'lab-m8-phone.dts');

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (error || status !== 0) process.exit(status ?? 1);
}

const desktop = spawnSync('code', ['--version'], { encoding: 'utf8' });
if (desktop.status === 0 && process.argv[2] !== '--browser') {
  say('building');
  whileWorking(() => run('npm', ['run', '--silent', 'build']));
  say(`opening desktop VS Code ${desktop.stdout.split('\n')[0]} on ${examples}, a copy of examples/`);
  run('code', ['--new-window', `--extensionDevelopmentPath=${root}`, examples, first]);
} else {
  say('no desktop VS Code on the PATH: using VS Code in the browser');
  const vscode = whileWorking(() => installVsCode(say));
  say('building and packaging the extension');
  const vsix = whileWorking(packageExtension);
  say(`starting VS Code ${vscode.version} on ${examples}, a copy of examples/`);
  const port = process.env.PORT ? Number(process.env.PORT) : undefined;
  const running = await runVsCode(vscode, { folder: examples, vsix, port });
  console.log(`\n  SMMU Scope is running. Open\n\n    ${addressOf(running, [first])}\n\n  Ctrl-C ends it.\n`);
}
