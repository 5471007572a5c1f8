// Answers what the panel asks as the extension would: by the built engine's command line, on a board's file.
import { execFile, spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import node from 'vscode-languageserver/node';

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

const kernels = ['3.19', '4.12', '5.10', '5.15', '6.1', '6.6', '6.12', '6.18', '7.3'];

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

/** Reads a boot log against a board by the built language server; the message that the extension sends the panel. */
export async function explained(board, text) {
  const server = spawn(process.execPath, [cli, 'lsp', '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const connection = node.createProtocolConnection(
    new node.StreamMessageReader(server.stdout),
    new node.StreamMessageWriter(server.stdin),
  );
  connection.listen();
  try {
    const rootUri = pathToFileURL(dirname(board)).href;
    await connection.sendRequest('initialize', { processId: process.pid, rootUri, capabilities: {} });
    await connection.sendNotification('initialized', {});
    const textDocument = { uri: pathToFileURL(board).href };
    const log = await connection.sendRequest('smmuScope/explainLog', { log: { text }, textDocument });
    const { kernel, entries, comparison, found } = log;
    return { type: 'log', log: { kernel, entries, comparison, found }, from: { text } };
  } finally {
    connection.dispose();
    server.kill();
  }
}
