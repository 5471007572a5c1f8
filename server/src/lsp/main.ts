/** The language server as a program: IPC under the editor's client, `--stdio` for any other; `--client-reads`: files come from the client. */
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { keepHeapSmall } from './memory';
import { serve } from './server';

keepHeapSmall();
const connection = createConnection(ProposedFeatures.all);
serve(connection, { clientReads: process.argv.includes('--client-reads') });
connection.listen();
