/** What an editor feature is: what the server says it can, and the handler. */
import type { Connection, ServerCapabilities } from 'vscode-languageserver/node';
import type { Session } from './session';

export interface Feature {
  readonly capabilities: Partial<ServerCapabilities>;
  /** Has nothing to do with IOMMUs: left to another devicetree server where there is one. */
  readonly general?: true;
  attach(connection: Connection, session: Session): void;
}
