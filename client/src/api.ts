/**
 * What other extensions get from `activate()`: the engine on the boards of this window. Stable within a `version`.
 *
 *     const scope = await vscode.extensions.getExtension<SmmuScopeApi>('smmu-scope.smmu-scope')?.activate();
 */
import type * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import {
  type BoardChangedParams,
  type ExplainLogParams,
  type ExplainLogResult,
  methods,
  type SimulateResult,
  type TranslateParams,
  type TranslateResult,
} from '../../server/src/lsp/protocol';
import { simulateQuietly } from './simulation';
import { editorUri, serverUri } from './uris';

/** Who accesses which IOVA: a node by path, label or name, or a stream as `PROVIDER:ID`. */
export interface Access {
  readonly master?: string;
  readonly stream?: string;
  /** Decimal, or hexadecimal with 0x. */
  readonly iova: string;
  readonly write?: boolean;
}

/** The board of an open file has changed: a report asked for now is a new one. */
export interface ReportEvent {
  readonly file: vscode.Uri;
  readonly board: vscode.Uri;
  /** Grows with every change of the board's sources. */
  readonly version: number;
}

export interface SmmuScopeApi {
  readonly version: 1;
  /** Boots the board of a file (a board, or an include of one) on paper; the report is that of `simulate --format json`. */
  simulate(file: vscode.Uri, token?: vscode.CancellationToken): Promise<SimulateResult>;
  /** One access after that boot, through stream table and page tables. Rejects with a message for what is not on the board. */
  translate(file: vscode.Uri, access: Access): Promise<TranslateResult>;
  /** Reads a kernel log back against the board of a file; null: without a board. */
  explain(log: string, file: vscode.Uri | null, token?: vscode.CancellationToken): Promise<ExplainLogResult>;
  readonly onReport: vscode.Event<ReportEvent>;
}

/** The interface over a running client. */
export function makeApi(client: LanguageClient, changes: vscode.Event<BoardChangedParams>): SmmuScopeApi {
  const onReport: SmmuScopeApi['onReport'] = (listener, self, disposables) =>
    changes(
      ({ uri, board, version }) => {
        if (board !== null)
          listener.call(self, { file: editorUri(uri), board: editorUri(board.uri), version } satisfies ReportEvent);
      },
      undefined,
      disposables,
    );
  return {
    version: 1,
    simulate: (file, token) => simulateQuietly(client, file, token),
    translate: (file, { master, stream, iova, write = false }) => {
      const by = stream === undefined ? { master: master ?? '' } : { stream };
      const params: TranslateParams = { textDocument: { uri: serverUri(file) }, by, iova, write };
      return client.sendRequest<TranslateResult>(methods.translate, params);
    },
    explain: (text, file, token) => {
      const params: ExplainLogParams = { log: { text }, textDocument: file === null ? null : { uri: serverUri(file) } };
      return client.sendRequest<ExplainLogResult>(methods.explainLog, params, token);
    },
    onReport,
  };
}
