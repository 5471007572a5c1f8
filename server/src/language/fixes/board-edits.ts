/** Changes of one board, not of what it shares with others: they stand in the file that the person has open. */
import type { DtNode } from '../../devicetree/model';
import { nameOf, referenceTo } from '../../iommu/words';
import type { SourceFile } from '../../source/file';
import { pathOfUri } from '../../source/uri';
import type { Fix } from '../rules/rule';
import { insertInto, insertProperty, replaceValue } from './edits';

/** The name of a file, as a person calls it. */
function fileName(file: SourceFile): string {
  return pathOfUri(file.uri).split('/').at(-1) ?? file.uri;
}

/** The place of a node in a file: its last definition there, by name or by reference; null when the file says nothing of it. */
export function definitionIn(node: DtNode, file: SourceFile | null) {
  return node.definitions.filter((d) => d.span.file === file).at(-1) ?? null;
}

/** A new `&label { … };` at the end of a file. */
function append(file: SourceFile, node: DtNode, statement: string): Fix['edits'] {
  const end = file.text.length;
  const start = file.text.endsWith('\n') ? '\n' : '\n\n';
  return [{ span: { file, start: end, end }, text: `${start}${referenceTo(node)} {\n\t${statement}\n};\n` }];
}

/**
 * Gives a node a status on the board: where `main` (the board's own file) says it, in a `&label { … }` of it, or in a new one.
 * What it shares with other boards is the second choice.
 */
export function setStatus(node: DtNode, status: string, main: SourceFile | null, verb: string): Fix[] {
  const statement = `status = "${status}";`;
  const current = node.properties.get('status');
  const title = `${verb} ${nameOf(node)}`;
  const written = current?.span?.file ?? node.definitions[0]?.span.file;
  const inPlace = (text: string, preferred: boolean): Fix[] =>
    current === undefined
      ? insertProperty(node, statement, text, preferred)
      : replaceValue(current, `"${status}"`, text, preferred);
  if (main === null || written === undefined || written === main) return inPlace(title, true);
  const definition = definitionIn(node, main);
  const onBoard: Fix = {
    title: `${title} in ${fileName(main)}`,
    edits: definition === null ? append(main, node, statement) : insertInto(definition, statement),
    preferred: true,
  };
  return [onBoard, ...inPlace(`${title} in ${fileName(written)}, for every board that includes it`, false)];
}
