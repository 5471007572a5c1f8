/** The custom requests of protocol.ts: boards, simulation, places of devices. */
import { type CancellationToken, type Connection, LSPErrorCodes, ResponseError } from 'vscode-languageserver/node';
import { openBlob } from '../devicetree/blob-document';
import type { DtNode } from '../devicetree/model';
import { nodeAt } from '../devicetree/read';
import { mergedText } from '../language/annotations';
import { deviceAt } from '../language/navigation';
import { offsetAt } from '../source/file';
import type { Board, BoardSnapshot } from '../workspace/board';
import { CONFIG_DELIMITER, offeredConfigs } from '../workspace/configs';
import { toPath, toUri } from '../workspace/files';
import { overlaysBeside } from '../workspace/overlays';
import { realDisk } from '../workspace/real-disk';
import type { Publisher } from './diagnostics';
import {
  type BlobTextResult,
  type BoardInfo,
  type BoardParams,
  type ConfigsResult,
  type LocateParams,
  type MergedTextParams,
  type MergedTextResult,
  methods,
  type OverlaysResult,
  type Place,
  type SelectBoardParams,
  type SelectOverlaysParams,
  type SimulateParams,
  type SimulateResult,
} from './protocol';
import { rangeOf, type Session } from './session';

/** A board as the client is told. */
export function boardInfo(session: Session, board: Board): BoardInfo {
  const drivers = session.kernels.textOf(board);
  return {
    uri: session.theirs(board.uri),
    name: board.name,
    ...(board.base === undefined ? {} : { base: session.theirs(board.base.uri) }),
    tree: board.tree.kind,
    root: toUri(board.tree.root),
    kernel: session.kernelText(board),
    ...(drivers === null ? {} : { drivers }),
  };
}

/** Where a node, or a property of it, is written; null for generated nodes. */
export function placeOfNode(session: Session, node: DtNode, property: string | null): Place | null {
  const written = property === null ? undefined : node.properties.get(property);
  const definition = node.definitions.find((d) => d.reference === null) ?? node.definitions[0];
  const span = written?.nameSpan ?? definition?.nameSpan;
  return span === undefined
    ? null
    : { uri: session.theirs(span.file.uri), range: rangeOf(span.file, span.start, span.end) };
}

export function attachRequests(connection: Connection, session: Session, publisher: Publisher): void {
  const { workspace } = session;

  connection.onRequest(methods.activeBoard, (params: BoardParams, token: CancellationToken) =>
    session.run(null, token, () => {
      const board = workspace.boardOf(session.own(params.textDocument.uri));
      return board === null ? null : boardInfo(session, board);
    }),
  );

  connection.onRequest(methods.boards, (params: BoardParams, token: CancellationToken) =>
    session.run(null, token, () =>
      workspace.boardsOf(session.own(params.textDocument.uri), true).map((b) => boardInfo(session, b)),
    ),
  );

  connection.onRequest(methods.selectBoard, (params: SelectBoardParams, token: CancellationToken) =>
    session.run(null, token, () => {
      const uri = session.own(params.textDocument.uri);
      workspace.selectBoard(uri, params.board === null ? null : session.own(params.board));
      publisher.schedule();
      const board = workspace.boardOf(uri);
      return board === null ? null : boardInfo(session, board);
    }),
  );

  connection.onRequest(methods.mergedText, (params: MergedTextParams, token: CancellationToken) =>
    session.run(null, token, (): MergedTextResult | null => {
      const place = session.place(params.textDocument.uri);
      const board = place === null ? null : workspace.boardOf(place.uri);
      if (place === null || board === null) return null;
      const merged = mergedText(place.snapshot);
      const node =
        params.position === undefined
          ? null
          : deviceAt(place.snapshot, place.file, offsetAt(place.file, params.position));
      return {
        board: boardInfo(session, board),
        text: merged.text,
        line: node === null ? null : merged.lineOf(node),
      };
    }),
  );

  connection.onRequest(methods.configs, (params: BoardParams, token: CancellationToken) =>
    session.run(null, token, (): ConfigsResult | null => {
      const board = workspace.boardOf(session.own(params.textDocument.uri));
      if (board === null) return null;
      const root = session.kernels.rootOf(board) ?? (board.base ?? board).tree.root;
      const configs = offeredConfigs(session.sources ?? realDisk, root, board.path);
      return {
        root,
        configs: configs.map(({ label, files, likely }) => ({ label, likely, value: files.join(CONFIG_DELIMITER) })),
      };
    }),
  );

  connection.onRequest(methods.overlays, (params: BoardParams, token: CancellationToken) =>
    session.run(null, token, (): OverlaysResult | null => {
      const board = workspace.boardOf(session.own(params.textDocument.uri));
      if (board === null || board.base !== undefined) return null;
      const theirs = (paths: readonly string[]) => paths.map((path) => session.theirs(toUri(path)));
      return {
        board: boardInfo(session, board),
        chosen: theirs(workspace.overlaysOf(board)),
        possible: theirs(overlaysBeside(board.path, session.sources)),
      };
    }),
  );

  connection.onRequest(methods.selectOverlays, (params: SelectOverlaysParams, token: CancellationToken) =>
    session.run(null, token, () => {
      const board = workspace.boardOf(session.own(params.textDocument.uri));
      if (board === null) return;
      const paths = params.overlays?.flatMap((uri) => toPath(session.own(uri)) ?? []) ?? null;
      workspace.selectOverlays(board.uri, paths);
      publisher.schedule();
    }),
  );

  connection.onRequest(methods.locate, (params: LocateParams, token: CancellationToken) =>
    session.run(null, token, (): Place | null => {
      const snapshot = workspace.snapshot(session.own(params.board));
      const node = snapshot === null || !params.device.startsWith('/') ? null : nodeAt(snapshot.tree, params.device);
      if (node === null) return null;
      return placeOfNode(session, node, params.property ?? null);
    }),
  );

  connection.onRequest(methods.blobText, (params: BoardParams, token: CancellationToken) =>
    session.run(null, token, (): BlobTextResult | null => {
      session.allow(params.textDocument.uri);
      const uri = session.own(params.textDocument.uri);
      const bytes = workspace.files.readBytes(uri);
      const blob = bytes === null ? null : openBlob(uri, bytes);
      return blob === null || blob.header === null ? null : { text: blob.file.text };
    }),
  );

  connection.onRequest(
    methods.simulate,
    async (params: SimulateParams, token: CancellationToken): Promise<SimulateResult> => {
      const progress = connection.window.attachWorkDoneProgress(params.workDoneToken);
      progress.begin('Simulating the boot', undefined, undefined, true);
      const abort = new Promise<never>((_, reject) => {
        const cancel = () => reject(new ResponseError(LSPErrorCodes.RequestCancelled, 'cancelled'));
        token.onCancellationRequested(cancel);
      });
      try {
        return await Promise.race([
          abort,
          session.run(null, token, () => simulate(params, (text) => progress.report(text))),
        ]);
      } finally {
        progress.done();
      }
    },
  );

  function simulate(params: SimulateParams, report: (text: string) => void): SimulateResult {
    session.look(params.textDocument.uri);
    const uri = session.own(params.textDocument.uri);
    const board = workspace.boardOf(uri);
    if (board === null)
      throw new ResponseError(
        LSPErrorCodes.RequestFailed,
        'No board includes this file: choose one in the status bar.',
      );
    report(board.name);
    const started = performance.now();
    const snapshot: BoardSnapshot | null = workspace.snapshot(board.uri);
    const made = snapshot?.fullReport ?? null;
    if (snapshot === null || made === null)
      throw new ResponseError(LSPErrorCodes.RequestFailed, `${board.name} could not be simulated.`);
    return {
      board: boardInfo(session, board),
      version: snapshot.version,
      report: made,
      milliseconds: performance.now() - started,
    };
  }
}
