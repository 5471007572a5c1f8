/** Features about places in the text: where things are written and used, outlines, colours, folding, formatting. */
import {
  type CancellationToken,
  DocumentHighlightKind,
  type DocumentLink,
  type Location,
  type LocationLink,
  LSPErrorCodes,
  type Range,
  type RenameParams,
  ResponseError,
  type SelectionRange,
  type SymbolInformation,
  type TextEdit,
  type WorkDoneProgressReporter,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';
import {
  type Definitions,
  declaration,
  definition,
  documentLinks,
  documentSymbols,
  highlights,
  LabelRename,
  prepareRename,
  references,
  typeDefinition,
  workspaceSymbols,
} from '../language/navigation';
import {
  foldingRanges,
  formatRange,
  selectionRanges,
  semanticTokens,
  TOKEN_MODIFIERS,
  TOKEN_TYPES,
} from '../language/structure';
import { offsetAt, type Span } from '../source/file';
import type { Board } from '../workspace/board';
import { toUri } from '../workspace/files';
import { overlaysOf } from '../workspace/overlays';
import type { Feature } from './feature';
import { type Place, rangeOf, type Session } from './session';

const rangeOfSpan = (span: Span): Range => rangeOf(span.file, span.start, span.end);
const locationOf = (session: Session, span: Span): Location => ({
  uri: session.theirs(span.file.uri),
  range: rangeOfSpan(span),
});

type Find = typeof definition;

/** A handler that answers with places to jump to. */
function jump(session: Session, find: Find) {
  return session.at(({ snapshot, file }: Place, offset): LocationLink[] => {
    const found: Definitions | null = find(snapshot, file, offset, session.kernelOf(snapshot));
    if (found === null) return [];
    const originSelectionRange = rangeOf(file, found.symbol.start, found.symbol.end);
    return found.targets.map(({ name, whole }) => ({
      originSelectionRange,
      targetUri: session.theirs(name.file.uri),
      targetRange: rangeOfSpan(
        name.file === whole.file && whole.start <= name.start && whole.end >= name.end ? whole : name,
      ),
      targetSelectionRange: rangeOfSpan(name),
    }));
  });
}

/** The other boards whose files share the one with the label: a label of an include belongs to all who include it. */
function otherBoards(session: Session, { snapshot }: Place, label: string): Board[] {
  const span = snapshot.tree.labels.get(label)?.labels.find((l) => l.name === label)?.span;
  // an overlay's own label: the overlays on top of it are looked at in any case
  if (span == null || session.workspace.boardOf(span.file.uri)?.base !== undefined) return [];
  return session.workspace.boardsOf(span.file.uri, true).filter((board) => board.uri !== snapshot.board.uri);
}

const refuse = (reason: string): never => {
  throw new ResponseError(LSPErrorCodes.RequestFailed, reason);
};

/** Renames board by board, so that it can be cancelled and shows how far it is. */
async function renameLabel(
  session: Session,
  { textDocument, position, newName }: RenameParams,
  token: CancellationToken,
  progress: WorkDoneProgressReporter,
): Promise<WorkspaceEdit | null> {
  const place = session.place(textDocument.uri);
  if (place === null) return null;
  const found = prepareRename(place.snapshot, place.file, offsetAt(place.file, position));
  if ('reason' in found) return refuse(found.reason);
  const version = session.version(session.own(textDocument.uri));
  const renaming = new LabelRename(found.name, newName.replace(/^&/, ''));
  const { board, result } = place.snapshot;
  const conflict = renaming.add({ name: board.name, result });
  if (conflict !== null) return refuse(conflict);
  const others = otherBoards(session, place, found.name);
  progress.begin(`Renaming ${found.name}`, 0, undefined, true);
  for (const [i, other] of others.entries()) {
    await new Promise((resolve) => setImmediate(resolve));
    if (token.isCancellationRequested) throw new ResponseError(LSPErrorCodes.RequestCancelled, 'cancelled');
    if (session.version(session.own(textDocument.uri)) !== version)
      throw new ResponseError(LSPErrorCodes.ContentModified, 'the document changed');
    progress.report(Math.round((100 * i) / others.length), other.name);
    const reason = renaming.add({ name: other.name, result: session.workspace.buildOnce(other) });
    if (reason !== null) return refuse(reason);
  }
  const { workspace } = session;
  for (const path of overlaysOf([board, ...others].map((b) => b.base?.path ?? b.path))) {
    const overlay = workspace.boardOf(toUri(path));
    if (overlay === null || workspace.files.read(overlay.uri)?.text.includes(`&${found.name}`) !== true) continue;
    const reason = renaming.addOverlay({ name: overlay.name, result: workspace.buildOnce(overlay) });
    if (reason !== null) return refuse(reason);
  }
  progress.done();
  const changes: Record<string, TextEdit[]> = {};
  for (const { span, text } of renaming.edits) {
    const uri = session.theirs(span.file.uri);
    const edits = changes[uri] ?? [];
    edits.push({ range: rangeOfSpan(span), newText: text });
    changes[uri] = edits;
  }
  return { changes };
}

export const navigationFeatures: readonly Feature[] = [
  { capabilities: { definitionProvider: true }, general: true, attach: (c, s) => c.onDefinition(jump(s, definition)) },
  {
    capabilities: { declarationProvider: true },
    general: true,
    attach: (c, s) => c.onDeclaration(jump(s, declaration)),
  },
  { capabilities: { typeDefinitionProvider: true }, attach: (c, s) => c.onTypeDefinition(jump(s, typeDefinition)) },
  {
    capabilities: { referencesProvider: true },
    attach: (c, s) =>
      c.onReferences(
        s.at(({ snapshot, file }, offset, { context }: { context: { includeDeclaration: boolean } } & AtPosition) =>
          s.leaves(file, offset)
            ? null
            : references(snapshot, file, offset, context.includeDeclaration).map(({ span }) => locationOf(s, span)),
        ),
      ),
  },
  {
    capabilities: { documentHighlightProvider: true },
    general: true,
    attach: (c, s) =>
      c.onDocumentHighlight(
        s.at(({ snapshot, file }, offset) =>
          highlights(snapshot, file, offset).map(({ span, use }) => ({
            range: rangeOfSpan(span),
            kind: use === 'definition' ? DocumentHighlightKind.Write : DocumentHighlightKind.Read,
          })),
        ),
      ),
  },
  {
    capabilities: { renameProvider: { prepareProvider: true, workDoneProgress: true } },
    general: true,
    attach: (c, s) => {
      c.onPrepareRename(
        s.at(({ snapshot, file }, offset) => {
          const found = prepareRename(snapshot, file, offset);
          if ('reason' in found) return refuse(found.reason);
          return { range: rangeOfSpan(found.span), placeholder: found.name };
        }),
      );
      c.onRenameRequest((params, token, progress) =>
        s.run(params.textDocument.uri, token, () => renameLabel(s, params, token, progress)),
      );
    },
  },
  {
    capabilities: { documentSymbolProvider: true },
    general: true,
    attach: (c, s) => c.onDocumentSymbol(s.document(({ snapshot, file }) => documentSymbols(snapshot, file))),
  },
  {
    capabilities: { workspaceSymbolProvider: true },
    general: true,
    attach: (c, s) =>
      c.onWorkspaceSymbol(({ query }, token) =>
        s.run(null, token, () =>
          workspaceSymbols(s.workspace.built(), query).map(
            ({ name, kind, container, span }): SymbolInformation => ({
              name,
              kind,
              containerName: container,
              location: locationOf(s, span),
            }),
          ),
        ),
      ),
  },
  {
    capabilities: {
      semanticTokensProvider: {
        legend: { tokenTypes: [...TOKEN_TYPES], tokenModifiers: [...TOKEN_MODIFIERS] },
        full: true,
        range: true,
      },
    },
    general: true,
    attach: (c, s) => {
      const tokens = ({ snapshot, file }: Place, from: number, to: number) => ({
        data: semanticTokens(snapshot, file, from, to),
      });
      const none = { data: [] };
      const full = s.document((place) => tokens(place, 0, place.file.text.length));
      const part = s.document((place, { range }: { range: Range } & InDocument) =>
        tokens(place, offsetAt(place.file, range.start), offsetAt(place.file, range.end)),
      );
      c.languages.semanticTokens.on(async (params, token) => (await full(params, token)) ?? none);
      c.languages.semanticTokens.onRange(async (params, token) => (await part(params, token)) ?? none);
    },
  },
  {
    capabilities: { foldingRangeProvider: true },
    general: true,
    attach: (c, s) => c.onFoldingRanges(s.document(({ file }) => foldingRanges(file))),
  },
  {
    capabilities: { selectionRangeProvider: true },
    general: true,
    attach: (c, s) =>
      c.onSelectionRanges(
        s.document(({ file }, { positions }: { positions: { line: number; character: number }[] } & InDocument) =>
          positions.map((position): SelectionRange => {
            const ranges = selectionRanges(file, offsetAt(file, position));
            let outer: SelectionRange | undefined;
            for (const { start, end } of [...ranges].reverse())
              outer =
                outer === undefined
                  ? { range: rangeOf(file, start, end) }
                  : { range: rangeOf(file, start, end), parent: outer };
            return outer ?? { range: { start: position, end: position } };
          }),
        ),
      ),
  },
  {
    capabilities: { documentLinkProvider: { resolveProvider: false } },
    general: true,
    attach: (c, s) =>
      c.onDocumentLinks(
        s.document(({ snapshot, file }) =>
          documentLinks(snapshot, file).map(
            ({ start, end, target }): DocumentLink => ({ range: rangeOf(file, start, end), target: s.theirs(target) }),
          ),
        ),
      ),
  },
  {
    capabilities: { documentFormattingProvider: true },
    general: true,
    attach: (c, s) =>
      c.onDocumentFormatting(
        s.document(({ file }) =>
          formatRange(file, 0, file.text.length).map(
            ({ span, text }): TextEdit => ({ range: rangeOfSpan(span), newText: text }),
          ),
        ),
      ),
  },
  {
    capabilities: { documentRangeFormattingProvider: true },
    general: true,
    attach: (c, s) =>
      c.onDocumentRangeFormatting(
        s.document(({ file }, { range }: { range: Range } & InDocument) =>
          formatRange(file, offsetAt(file, range.start), offsetAt(file, range.end)).map(
            ({ span, text }): TextEdit => ({ range: rangeOfSpan(span), newText: text }),
          ),
        ),
      ),
  },
];

type InDocument = { textDocument: { uri: string } };
type AtPosition = InDocument & { position: { line: number; character: number } };
