/** Wires the protocol to the engine. */
import { type Connection, TextDocumentSyncKind } from 'vscode-languageserver/node';

/** Registers every handler on a connection; the caller starts listening. */
export function serve(connection: Connection): void {
  connection.onInitialize(() => ({
    serverInfo: { name: 'smmu-scope' },
    capabilities: { textDocumentSync: TextDocumentSyncKind.Incremental },
  }));
}
