/** `smmu-scope lsp --stdio`: the language server for any editor that speaks the protocol. */
import {
  createConnection,
  ProposedFeatures,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { tuneRuntime } from '../lsp/runtime';
import { serve } from '../lsp/server';
import { parseArguments, UsageError } from './options';

/** Serves on standard input and output until the client says exit. */
export async function run(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, { flags: ['--stdio'], bare: true });
  if (!options.flag('--stdio') || options.files.length > 0)
    throw new UsageError('lsp speaks on standard input and output: smmu-scope lsp --stdio');
  tuneRuntime();
  const connection = createConnection(
    ProposedFeatures.all,
    new StreamMessageReader(process.stdin),
    new StreamMessageWriter(process.stdout),
  );
  const ended = new Promise<number>((resolve) => {
    connection.onExit(() => resolve(0));
    process.stdin.once('end', () => resolve(0));
  });
  serve(connection);
  connection.listen();
  const status = await ended;
  process.exit(status);
}
