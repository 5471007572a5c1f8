/** The language server as a program: IPC under the editor's client, `--stdio` for any other. */
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { keepHeapSmall } from './memory';
import { serve } from './server';

keepHeapSmall();
const connection = createConnection(ProposedFeatures.all);
serve(connection);
connection.listen();
