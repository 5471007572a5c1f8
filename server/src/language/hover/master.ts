/** A master's specifiers as a table, and report paths as links: what several hovers show. */

import { formatMatched } from '../../iommu/streams';
import { type Master, maskOf } from '../../iommu/view';
import { hex } from '../../iommu/words';
import type { BoardSnapshot } from '../../workspace/board';
import { contextOf } from '../board-context';
import { code, nodeLink, run, table } from '../markdown';

const MAX_ROWS = 24;

/** The specifiers of a master as a table: provider, IDs with their mask as ranges; IDs that count up share a row. */
export function masterTable(snapshot: BoardSnapshot, master: Master): string {
  const rows: string[][] = [];
  const { entries } = master.list;
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i];
    if (entry === undefined) continue;
    if (rows.length === MAX_ROWS) {
      rows.push([`… ${entries.length - i} more`, '', '']);
      break;
    }
    const provider = entry.node === null ? null : snapshot.view.provider(entry.node);
    if (entry.node === null || provider === null) {
      rows.push([entry.node === null ? '*hole*' : nodeLink(entry.node), '', '']);
      continue;
    }
    const mask = maskOf(provider, entry.args);
    const count = mask === 0 ? runFrom(entries, i) : 1;
    i += count - 1;
    const names = provider.binding?.cellNames ?? [];
    const values = entry.args.map((value, at) =>
      names[at]?.kind === 'mask'
        ? `mask ${code(hex(value))}`
        : `${names[at]?.name ?? 'cell'} ${at === 0 ? run(value, count) : code(hex(value))}`,
    );
    const [id] = entry.args;
    const smr = provider.binding?.streamSharing === 'smr' && count === 1;
    const streams =
      id === undefined
        ? 'the whole device'
        : smr
          ? formatMatched(id & 0xffff, mask)
          : count === 1
            ? hex(id)
            : `${hex(id)}-${hex(id + count - 1)}`;
    rows.push([nodeLink(entry.node), values.join(', ') || 'no cells', streams]);
  }
  return table(['IOMMU', 'specifier', 'streams'], rows);
}

/** How many specifiers from `from` on are for the same IOMMU and differ in their one cell alone, which counts up. */
function runFrom(entries: Master['list']['entries'], from: number): number {
  const first = entries[from];
  const id = first?.args[0];
  let count = 1;
  if (first === undefined || id === undefined || first.args.length !== 1) return count;
  for (let next = entries[from + count]; next !== undefined; next = entries[from + count]) {
    if (next.node !== first.node || next.args.length !== 1 || next.args[0] !== id + count) break;
    count++;
  }
  return count;
}

/** A path of the report as a link when it is a node. */
export function pathLink(snapshot: BoardSnapshot, path: string): string {
  const node = contextOf(snapshot).node(path);
  return node === null ? code(path) : nodeLink(node);
}
