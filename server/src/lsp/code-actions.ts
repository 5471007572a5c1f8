/** Quick fixes of the findings under the cursor, and fix-all. */
import { type CodeAction, CodeActionKind, type CodeActionParams, type TextEdit } from 'vscode-languageserver/node';
import { type Fix, isMissingInclude } from '../language/rules';
import { offsetAt } from '../source/file';
import { findingsOf, toDiagnostic } from './diagnostics';
import { type ChooseFolderArguments, commands, type IgnoreArguments } from './protocol';
import { type Place, rangeOf, type Session } from './session';

/** The actions for a range of a document. */
export function codeActions(session: Session, { snapshot, file }: Place, params: CodeActionParams): CodeAction[] {
  const start = offsetAt(file, params.range.start);
  const end = offsetAt(file, params.range.end);
  const wanted = params.context.only;
  const takes = (kind: string) => wanted === undefined || wanted.some((w) => kind === w || kind.startsWith(`${w}.`));
  const all = findingsOf(session, snapshot).filter((d) => d.span?.file === file);
  const actions: CodeAction[] = [];
  if (takes(CodeActionKind.QuickFix))
    for (const finding of all) {
      if (finding.span === null || finding.span.end < start || finding.span.start > end) continue;
      const diagnostic = toDiagnostic(session, finding);
      for (const fix of finding.fixes?.() ?? [])
        actions.push({
          title: fix.title,
          kind: CodeActionKind.QuickFix,
          diagnostics: [diagnostic],
          isPreferred: fix.preferred ?? false,
          edit: { changes: changes(session, fix) },
        });
      if (session.choosesFolders && isMissingInclude(finding.code)) {
        const title = "Choose the kernel's include folder…";
        const argument: ChooseFolderArguments = { uri: session.theirs(snapshot.board.uri) };
        const command = { title, command: commands.chooseIncludeFolder, arguments: [argument] };
        actions.push({ title, kind: CodeActionKind.QuickFix, diagnostics: [diagnostic], command });
      }
      if (finding.code.startsWith('smmu/'))
        actions.push(ignoreAction(session, finding.code, finding.span.start, file, diagnostic));
    }
  if (takes(CodeActionKind.SourceFixAll)) {
    const edits = fixAll(
      all.flatMap(
        (d) =>
          d
            .fixes?.()
            .filter((fix) => fix.preferred)
            .slice(0, 1) ?? [],
      ),
    );
    if (edits !== null)
      actions.push({
        title: 'Fix all IOMMU problems in this file',
        kind: CodeActionKind.SourceFixAll,
        edit: { changes: changes(session, edits) },
      });
  }
  return actions;
}

/** All fixes together; of two that touch the same text the first is taken. Null when there is none. */
function fixAll(fixes: readonly Fix[]): Fix | null {
  const edits: Fix['edits'][number][] = [];
  for (const fix of fixes) {
    const clash = fix.edits.some((e) =>
      edits.some((o) => o.span.file === e.span.file && e.span.start <= o.span.end && o.span.start <= e.span.end),
    );
    if (!clash) edits.push(...fix.edits);
  }
  return edits.length === 0 ? null : { title: '', edits };
}

function changes(session: Session, fix: Fix): Record<string, TextEdit[]> {
  const byUri: Record<string, TextEdit[]> = {};
  for (const { span, text } of fix.edits) {
    const uri = session.theirs(span.file.uri);
    byUri[uri] ??= [];
    byUri[uri].push({ range: rangeOf(span.file, span.start, span.end), newText: text });
  }
  return byUri;
}

function ignoreAction(
  session: Session,
  code: string,
  offset: number,
  file: Place['file'],
  diagnostic: ReturnType<typeof toDiagnostic>,
): CodeAction {
  const start = file.text.lastIndexOf('\n', offset - 1) + 1;
  const indent = /^[ \t]*/.exec(file.text.slice(start))?.[0] ?? '';
  const rule = code.slice(5);
  const uri = session.theirs(file.uri);
  const range = rangeOf(file, start, start);
  const action = { title: `Ignore ${code} here …`, kind: CodeActionKind.QuickFix, diagnostics: [diagnostic] };
  const { commands: has, snippetEdits } = session.client;
  if (has.has(commands.ignore)) {
    // the client asks the person why
    const argument: IgnoreArguments = { uri, line: range.start.line, indent, rule };
    return { ...action, command: { title: action.title, command: commands.ignore, arguments: [argument] } };
  }
  const comment = `${indent}// smmu-scope-ignore ${rule}`;
  if (snippetEdits)
    return {
      ...action,
      edit: {
        documentChanges: [
          {
            textDocument: { uri, version: session.version(file.uri) },
            edits: [{ range, snippet: { kind: 'snippet', value: `${comment} \${1:why it is right as it is}\n` } }],
          },
        ],
      },
    };
  return { ...action, edit: { changes: { [uri]: [{ range, newText: `${comment} TODO: say why\n` }] } } };
}
