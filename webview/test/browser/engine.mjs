// Answers what the panel asks as the extension would: by the built engine's command line, on a board's file.
import { execFile } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const cli = join(resolve(dirname(fileURLToPath(import.meta.url)), '../../..'), 'dist/cli.js');

const known = new Map();

/** Runs a sub-command, once however often it is asked for; its JSON. A refusal becomes an error with the command's words. */
function run(args) {
  const key = args.join(' ');
  if (!known.has(key)) known.set(key, started(args));
  return known.get(key);
}

function started(args) {
  return new Promise((done, failed) => {
    execFile(process.execPath, [cli, ...args, '--format', 'json'], { maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      try {
        done(JSON.parse(stdout));
      } catch {
        failed(new Error(stderr.trim() || String(error)));
      }
    });
  });
}

const kernels = ['3.19', '4.12', '5.15', '6.1', '6.6', '6.12', '6.18', '7.3'];

/** @param board a devicetree source */
export const engineOf = (board) => async (ask) => {
  switch (ask.kind) {
    case 'setup': {
      const scenario = board.replace(/\.\w+$/, '.smmu.json');
      return { kernels, kernel: '', cmdline: '', config: '', scenario, scenarioExists: true, scenarioChosen: false };
    }
    case 'boot':
      return run(['simulate', board, '--kernel', ask.kernel]);
    case 'compare':
      return run(['simulate', board, '--kernel', ask.kernels.join(',')]);
    case 'translate': {
      const by = 'master' in ask.by ? ['--master', ask.by.master] : ['--stream', ask.by.stream];
      return run(['translate', board, ...by, '--iova', ask.iova, ...(ask.write ? ['--write'] : [])]);
    }
    default:
      return undefined;
  }
};
