/** A master's specifiers as a table, and report paths as links: what several hovers show. */
import { formatMatched, hex } from '../iommu/streams';
import { type Master, maskOf } from '../iommu/view';
import type { BoardSnapshot } from '../workspace/board';
import { contextOf } from './board-context';
import { code, nodeLink, table } from './markdown';

/** The specifiers of a master as a table: provider, IDs with their mask as ranges. */
export function masterTable(snapshot: BoardSnapshot, master: Master): string {
  const rows = master.list.entries.slice(0, 24).map((entry) => {
    const provider = entry.node === null ? null : snapshot.view.provider(entry.node);
    if (entry.node === null || provider === null)
      return [entry.node === null ? '*hole*' : nodeLink(entry.node), '', ''];
    const names = provider.binding?.cellNames ?? [];
    const values = entry.args.map((value, i) =>
      names[i]?.kind === 'mask' ? `mask ${code(hex(value))}` : `${names[i]?.name ?? 'cell'} ${code(hex(value))}`,
    );
    const smr = provider.binding?.streamSharing === 'smr' && entry.args.length > 0;
    const streams = smr
      ? formatMatched((entry.args[0] ?? 0) & 0xffff, maskOf(provider, entry.args))
      : entry.args[0] === undefined
        ? 'the whole device'
        : hex(entry.args[0]);
    return [nodeLink(entry.node), values.join(', ') || 'no cells', streams];
  });
  if (master.list.entries.length > rows.length)
    rows.push([`… ${master.list.entries.length - rows.length} more`, '', '']);
  return table(['IOMMU', 'specifier', 'streams'], rows);
}

/** A path of the report as a link when it is a node. */
export function pathLink(snapshot: BoardSnapshot, path: string): string {
  const node = contextOf(snapshot).node(path);
  return node === null ? code(path) : nodeLink(node);
}
