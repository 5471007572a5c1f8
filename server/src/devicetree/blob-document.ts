/** A .dtb as a document: its tree printed as source, with every place in that text set in the tree. */

import { type SourceFile, type Span, sourceFile } from '../source/file';
import { type BlobHeader, type BlobNode, type BlobProblem, type BlobProperty, readFdt } from './fdt-reader';
import type { DeviceTree, Problem, ValuePart } from './model';
import { type PrintedProperty, printDts, type TextRange } from './print-dts';

export interface BlobDocument {
  readonly tree: DeviceTree;
  /** The printed text; all spans of the tree lie in it. */
  readonly file: SourceFile;
  readonly header: BlobHeader | null;
  readonly problems: readonly Problem[];
}

/** Opens a blob. `uri` becomes that of the text. Never throws: a file that is no blob has an empty root and a problem. */
export function openBlob(uri: string, bytes: Uint8Array): BlobDocument {
  const { tree, header, problems } = readFdt(bytes);
  const printed = printDts(tree);
  const file = sourceFile(uri, printed.text);
  const spanOf = ([start, end]: TextRange): Span => ({ file, start, end });
  for (const node of tree.nodes as readonly BlobNode[]) {
    const place = printed.nodes.get(node);
    if (place === undefined) continue;
    const nameSpan = spanOf(place.name);
    node.definitions = [{ span: spanOf(place.range), nameSpan, reference: null }];
    node.labels = node.labels.map((label, i) => {
      const range = place.labels[i];
      return { name: label.name, span: range === undefined ? null : spanOf(range) };
    });
    for (const property of node.properties.values()) setSpans(property, printed.properties.get(property), spanOf);
  }
  return { tree, file, header, problems: problems.map((problem) => asProblem(problem, file)) };
}

function setSpans(
  property: BlobProperty,
  place: PrintedProperty | undefined,
  spanOf: (range: TextRange) => Span,
): void {
  if (place === undefined) return;
  property.nameSpan = spanOf(place.name);
  property.span = spanOf(place.range);
  property.parts = place.parts.map(({ part, range }): ValuePart => ({ ...part, span: spanOf(range) }));
}

function asProblem({ severity, code, message, node }: BlobProblem, file: SourceFile): Problem {
  return { severity, code, message, span: node?.definitions[0]?.nameSpan ?? { file, start: 0, end: 0 } };
}
