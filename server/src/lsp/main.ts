/** The language server as a program: IPC under the editor's client, `--stdio` for any other; `--client-reads`: files come from the
 * client; `--untrusted`: only those in its folders and in the include folders of its settings are read. */
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { tuneRuntime } from './runtime';
import { serve } from './server';

tuneRuntime();
const connection = createConnection(ProposedFeatures.all);
const has = (option: string): boolean => process.argv.includes(option);
serve(connection, has('--client-reads') ? 'client' : has('--untrusted') ? 'fenced' : 'all');
connection.listen();
