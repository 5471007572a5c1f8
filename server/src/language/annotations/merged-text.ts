/**
 * The board as the kernel gets it: every include, override and deletion applied, printed as source, each statement with
 * the place that it comes from (what `dtc -T` annotates).
 */
import type { DtNode } from '../../devicetree/model';
import { type PrintedTree, printDts, printNode } from '../../devicetree/print-dts';
import { positionAt, type Span } from '../../source/file';
import type { BoardSnapshot } from '../../workspace/board';

export interface MergedText {
  readonly text: string;
  /** The line (from 0) of a node's name; null for a node that source cannot express. */
  lineOf(node: DtNode): number | null;
}

const baseName = (uri: string): string => decodeURIComponent(uri.slice(uri.lastIndexOf('/') + 1));

/** `board.dts:12`, from 1; empty without a place. */
function placeOf(span: Span | null | undefined): string {
  return span == null ? '' : `${baseName(span.file.uri)}:${positionAt(span.file, span.start).line + 1}`;
}

/** The printed text with each statement's place behind it. */
function withPlaces(printed: PrintedTree): string {
  const notes: { readonly at: number; readonly text: string }[] = [];
  const note = (at: number, spans: readonly (Span | null | undefined)[]): void => {
    const places = [...new Set(spans.map(placeOf))].filter((place) => place !== '');
    if (places.length > 0) notes.push({ at, text: ` // ${places.join(', ')}` });
  };
  const lineEnd = (from: number): number => {
    const end = printed.text.indexOf('\n', from);
    return end < 0 ? printed.text.length : end;
  };
  for (const [node, { name }] of printed.nodes)
    note(
      lineEnd(name[1]),
      node.definitions.map((definition) => definition.nameSpan),
    );
  for (const [property, { range }] of printed.properties) note(lineEnd(range[1]), [property.nameSpan]);
  notes.sort((a, b) => a.at - b.at);
  const pieces: string[] = [];
  let done = 0;
  for (const { at, text } of notes) {
    pieces.push(printed.text.slice(done, at), text);
    done = at;
  }
  pieces.push(printed.text.slice(done));
  return pieces.join('');
}

/** Lines of a node that a hover shows. */
const MAX_LINES = 60;

/** A node in its final state as a block of Markdown, each property with where its value comes from. */
export function mergedNode(snapshot: BoardSnapshot, node: DtNode): string {
  const lines = withPlaces(printNode(snapshot.tree, node)).trimEnd().split('\n');
  const shown =
    lines.length <= MAX_LINES
      ? lines
      : [...lines.slice(0, MAX_LINES - 2), `\t… ${lines.length - MAX_LINES + 1} more lines`, '};'];
  return ['```dts', ...shown.map((line) => line.replaceAll('```', '` ` `')), '```'].join('\n');
}

/** The printed board of a snapshot. */
export function mergedText(snapshot: BoardSnapshot): MergedText {
  const { tree, board } = snapshot;
  const printed = printDts(tree);
  return {
    text: `// ${board.name}: includes, overrides and deletions applied, as the kernel gets it. Not a file.\n${withPlaces(printed)}`,
    lineOf: (node) => {
      const found = printed.nodes.get(node);
      if (found === undefined) return null;
      let line = 1;
      for (let at = printed.text.indexOf('\n'); at >= 0 && at < found.name[0]; at = printed.text.indexOf('\n', at + 1))
        line++;
      return line;
    },
  };
}
