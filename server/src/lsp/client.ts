/** What the client at the other end can do, as it said at initialization. */
import type { ClientCapabilities, InitializeParams } from 'vscode-languageserver/node';
import type { InitializationOptions } from './protocol';

/** How a client counts characters in a line: UTF-16 code units, or bytes of UTF-8. */
export type PositionEncoding = 'utf-8' | 'utf-16';

export interface ClientAbilities {
  /** Completion items may have places to fill in. */
  readonly snippets: boolean;
  /** Edits may have places to fill in (LSP 3.18). */
  readonly snippetEdits: boolean;
  readonly encoding: PositionEncoding;
  /** Answers workspace/configuration. */
  readonly configuration: boolean;
  readonly registersConfiguration: boolean;
  readonly registersWatchers: boolean;
  /** Asks for the findings of open documents itself (textDocument/diagnostic). */
  readonly pulls: boolean;
  readonly refreshesDiagnostics: boolean;
  /** The commands of protocol.ts that it has. */
  readonly commands: ReadonlySet<string>;
}

/** Nothing but what every client of the protocol can do. */
export const plainClient: ClientAbilities = {
  snippets: false,
  snippetEdits: false,
  encoding: 'utf-16',
  configuration: false,
  registersConfiguration: false,
  registersWatchers: false,
  pulls: false,
  refreshesDiagnostics: false,
  commands: new Set(),
};

/** The first encoding of the client's list that we have; UTF-16, which all must have, when it has no list. */
function encodingOf(capabilities: ClientCapabilities): PositionEncoding {
  const ours = capabilities.general?.positionEncodings?.find((e) => e === 'utf-8' || e === 'utf-16');
  return ours === 'utf-8' ? 'utf-8' : 'utf-16';
}

/** Reads the abilities out of `initialize`. */
export function abilitiesOf({ capabilities, initializationOptions }: InitializeParams): ClientAbilities {
  const { workspace, textDocument } = capabilities;
  const options = (initializationOptions ?? {}) as InitializationOptions;
  return {
    snippets: textDocument?.completion?.completionItem?.snippetSupport === true,
    snippetEdits:
      workspace?.workspaceEdit?.snippetEditSupport === true && workspace.workspaceEdit.documentChanges === true,
    encoding: encodingOf(capabilities),
    configuration: workspace?.configuration === true,
    registersConfiguration: workspace?.didChangeConfiguration?.dynamicRegistration === true,
    registersWatchers: workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
    pulls: textDocument?.diagnostic !== undefined && options.pushDiagnostics !== true,
    refreshesDiagnostics: workspace?.diagnostics?.refreshSupport === true,
    commands: new Set(Array.isArray(options.commands) ? options.commands : []),
  };
}

/** A snippet as plain text: each place with its default, of a choice the first. */
export function plainText(snippet: string): string {
  return snippet
    .replace(/\$\{\d+\|((?:[^|,\\]|\\.)*)[^|]*\|\}/g, '$1')
    .replace(/\$\{\d+:((?:[^}\\]|\\.)*)\}/g, '$1')
    .replace(/\$\{?\d+\}?/g, '')
    .replace(/\\([$}\\])/g, '$1');
}
