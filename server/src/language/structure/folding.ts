/** What can be folded: nodes, long values, comments, conditional blocks, runs of includes. */
import { type FoldingRange, FoldingRangeKind } from 'vscode-languageserver';
import { lineAt, type SourceFile } from '../../source/file';
import { type OutlineItem, outlineOf } from './outline';
import { COMMENT, DIRECTIVE, tokensOf } from './tokens';

/** The ranges of a document, by lines; a node's last line (its `};`) stays visible. */
export function foldingRanges(file: SourceFile): FoldingRange[] {
  const found: FoldingRange[] = [];
  const lineOf = (offset: number): number => lineAt(file, offset);
  const add = (startLine: number, endLine: number, kind?: FoldingRangeKind): void => {
    if (endLine > startLine) found.push(kind === undefined ? { startLine, endLine } : { startLine, endLine, kind });
  };
  const items = (list: readonly OutlineItem[]): void => {
    for (const item of list) {
      if (item.kind === 'property') add(lineOf(item.start), lineOf(item.end));
      else {
        add(lineOf(item.bodyStart), lineOf(item.bodyEnd) - 1);
        items(item.items);
      }
    }
  };
  items(outlineOf(file).items);
  const tokens = tokensOf(file);
  const blocks: number[] = [];
  let includes: { first: number; last: number } | null = null;
  let comments: { first: number; last: number } | null = null;
  for (let i = 0; i < tokens.count; i++) {
    const kind = tokens.kind[i];
    if (kind !== COMMENT && kind !== DIRECTIVE) continue;
    const start = tokens.start[i] ?? 0;
    const end = tokens.end[i] ?? 0;
    const line = lineOf(start);
    if (kind === COMMENT) {
      const last = lineOf(end);
      if (last > line) add(line, last, FoldingRangeKind.Comment);
      else if (comments !== null && comments.last === line - 1) comments.last = line;
      else {
        if (comments !== null) add(comments.first, comments.last, FoldingRangeKind.Comment);
        // only lines that are nothing but comment make a run
        comments = /^[ \t]*$/.test(file.text.slice(file.lineStarts[line] ?? 0, start))
          ? { first: line, last: line }
          : null;
      }
      continue;
    }
    const text = file.text.slice(start, end);
    if (/^#[ \t]*include/.test(text)) {
      if (includes === null) includes = { first: line, last: line };
      else includes.last = line;
      continue;
    }
    if (/^#[ \t]*if/.test(text)) blocks.push(line);
    else if (/^#[ \t]*(elif|else)/.test(text)) {
      const open = blocks.pop();
      if (open !== undefined) add(open, line - 1, FoldingRangeKind.Region);
      blocks.push(line);
    } else if (/^#[ \t]*endif/.test(text)) {
      const open = blocks.pop();
      if (open !== undefined) add(open, line - 1, FoldingRangeKind.Region);
    } else add(line, lineOf(end));
  }
  if (comments !== null) add(comments.first, comments.last, FoldingRangeKind.Comment);
  if (includes !== null) add(includes.first, includes.last, FoldingRangeKind.Imports);
  return found.sort((a, b) => a.startLine - b.startLine || b.endLine - a.endLine);
}
