/** The language server as a web worker: under a client in a browser, which reads the files for it. */
import { BrowserMessageReader, BrowserMessageWriter, createConnection } from 'vscode-languageserver/browser';
import { serve } from '../lsp/server';

type Scope = ConstructorParameters<typeof BrowserMessageReader>[0];
declare const self: Scope;

const connection = createConnection(new BrowserMessageReader(self), new BrowserMessageWriter(self));
serve(connection, 'client');
connection.listen();
