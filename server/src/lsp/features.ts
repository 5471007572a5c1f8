/** The editor features, one line each: what the server says it can, and the handler. */
import type { Connection, ServerCapabilities } from 'vscode-languageserver/node';
import { completion, resolveCompletion } from '../language/completion';
import { hover } from '../language/hover';
import { codeActions } from './code-actions';
import { rangeOf, type Session } from './session';

export interface Feature {
  readonly capabilities: Partial<ServerCapabilities>;
  attach(connection: Connection, session: Session): void;
}

export const features: readonly Feature[] = [
  {
    capabilities: { hoverProvider: true },
    attach: (c, s) =>
      c.onHover(
        s.at(({ snapshot, file }, offset) => {
          const found = hover(snapshot, file, offset);
          return (
            found && {
              contents: { kind: 'markdown', value: found.markdown },
              range: rangeOf(file, found.start, found.end),
            }
          );
        }),
      ),
  },
  {
    capabilities: { completionProvider: { triggerCharacters: ['&', '<', ' ', '"', '#', ','], resolveProvider: true } },
    attach: (c, s) => {
      c.onCompletion(s.at(({ snapshot, file }, offset) => completion(snapshot, file, offset)));
      c.onCompletionResolve((item) => {
        const snapshot = s.workspace.snapshot((item.data as { uri?: string } | undefined)?.uri ?? '');
        return snapshot === null ? item : resolveCompletion(snapshot, item);
      });
    },
  },
  {
    capabilities: { codeActionProvider: { codeActionKinds: ['quickfix', 'source.fixAll'] } },
    attach: (c, s) => c.onCodeAction(s.document((place, params) => codeActions(s, place, params))),
  },
];
