/** Renaming labels in every file that uses them, over all boards that share these files. */

import type { BuildResult } from '../../devicetree/build';
import type { SourceFile, Span } from '../../source/file';
import type { BoardSnapshot } from '../../workspace/board';
import type { Edit } from '../rules/rule';
import { labelOccurrences } from './occurrences';
import { symbolAt } from './symbol-at';

/** What can be renamed at an offset, or why nothing can. */
export type Renamable = { readonly name: string; readonly span: Span } | { readonly reason: string };

/** dtc's labels: a letter or underscore, then letters, digits and underscores (dtc-lexer.l, LABEL). */
const LABEL = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Whether the cursor is on a label that can be renamed. */
export function prepareRename(snapshot: BoardSnapshot, file: SourceFile, offset: number): Renamable {
  const symbol = symbolAt(snapshot, file, offset);
  if (symbol?.kind !== 'label') return { reason: 'Only labels can be renamed' };
  if (symbol.node === null) return { reason: `No node has the label ${symbol.name}` };
  const label = symbol.node.labels.find((l) => l.name === symbol.name);
  // a name that ## put together has no text of its own
  if (label?.span != null && textOf(label.span) !== symbol.name)
    return { reason: `A macro makes the label ${symbol.name}: rename it there` };
  return { name: symbol.name, span: { file, start: symbol.start, end: symbol.end } };
}

/** Why a label cannot have a new name in a board; null when it can. */
export function renameConflict(result: BuildResult, label: string, name: string): string | null {
  if (!LABEL.test(name)) return `'${name}' is no label: a letter or _, then letters, digits and _`;
  if (name === label) return null;
  const other = result.tree.labels.get(name);
  if (other !== undefined) return `${other.path} has the label ${name} already`;
  if (result.macros.some((macro) => macro.name === name)) return `${name} is a macro`;
  return null;
}

/** A board by what it was built from, as far as renaming needs it. */
export interface RenameBoard {
  readonly name: string;
  readonly result: BuildResult;
}

/**
 * Gathers the edits that rename a label, board by board (the cursor's first). The boards should be all that include the
 * file with the label, so that none of them is left with the old name.
 */
export class LabelRename {
  readonly edits: Edit[] = [];
  private readonly seen = new Set<string>();

  constructor(
    private readonly label: string,
    private readonly name: string,
  ) {}

  /** Adds a board's files. Returns why its label cannot have the new name, or null. */
  add({ name: board, result }: RenameBoard): string | null {
    const conflict = renameConflict(result, this.label, this.name);
    if (conflict !== null) return this.seen.size === 0 ? conflict : `${board}: ${conflict}`;
    for (const [uri, file] of result.files) {
      if (this.seen.has(uri)) continue;
      this.seen.add(uri);
      for (const { span } of labelOccurrences(file, this.label)) this.edits.push({ span, text: this.name });
    }
    return null;
  }

  /** Adds an overlay of these boards, unless it has the label from a file of its own. As `add`. */
  addOverlay(overlay: RenameBoard): string | null {
    const node = overlay.result.tree.labels.get(this.label);
    const file = node?.labels.find((l) => l.name === this.label)?.span?.file;
    if (node !== undefined && (file === undefined || !this.seen.has(file.uri))) return null;
    return this.add(overlay);
  }
}

const textOf = ({ file, start, end }: Span): string => file.text.slice(start, end);
