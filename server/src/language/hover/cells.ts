/** Hover on single cells of our properties. */

import type { CellPart, DtNode, DtProperty } from '../../devicetree/model';
import { swgroupTableOf } from '../../iommu/catalogue';
import { formatRid, rowWithCell } from '../../iommu/map';
import { entryWithArgument } from '../../iommu/specifiers';
import { formatMatched } from '../../iommu/streams';
import { maskOf, type Provider } from '../../iommu/view';
import { hex } from '../../iommu/words';
import type { BoardSnapshot } from '../../workspace/board';
import { code, nodeLink, run } from '../markdown';
import { banksOf } from '../rules/specifiers/context-bank-unknown';

/** What a cell means; null for cells of other properties. */
export function hoverCell(snapshot: BoardSnapshot, node: DtNode, property: DtProperty, part: CellPart): string | null {
  if (property.name === 'iommus') return specifierCell(snapshot, node, part);
  if (property.name === 'iommu-map') return hoverMapRow(snapshot, node, part);
  return null;
}

function specifierCell(snapshot: BoardSnapshot, node: DtNode, part: CellPart): string | null {
  const master = snapshot.view.master(node);
  const cell = part.offset / 4;
  const entry = master === null ? undefined : entryWithArgument(master.list, cell);
  const provider = entry?.node == null ? null : snapshot.view.provider(entry.node);
  if (master === null || entry === undefined || provider === null) return null;
  const index = cell - entry.cell - 1;
  const meaning = provider.binding?.cellNames[index];
  const value = Number(part.value);
  const lines = [
    `**${meaning?.name ?? `cell ${index + 1}`}** ${code(hex(value))} of ${nodeLink(provider.node)}${provider.binding === null ? '' : ` (${provider.binding.model})`}`,
  ];
  switch (meaning?.kind) {
    case 'stream-id': {
      const mask = maskOf(provider, entry.args);
      if (mask !== 0) lines.push(`With mask ${code(hex(mask))} it matches ${formatMatched(value, mask)}`);
      lines.push(users(snapshot, provider, node, value, mask));
      break;
    }
    case 'mask':
      lines.push(
        `Bits set are ignored: ID ${code(hex(entry.args[0] ?? 0))} matches ${formatMatched(entry.args[0] ?? 0, value)}`,
      );
      break;
    case 'swgroup': {
      const name = Object.entries(swgroupTableOf(provider.node)?.swgroups ?? {}).find(([, id]) => id === value)?.[0];
      lines.push(
        name === undefined ? 'This memory controller has no such swgroup.' : `swgroup ${code(`TEGRA_SWGROUP_${name}`)}`,
      );
      lines.push(users(snapshot, provider, node, value, 0));
      break;
    }
    case 'm4u-port':
      lines.push(`larb ${value >>> 5}, port ${value & 31}`);
      break;
    case 'context-bank': {
      const bank = banksOf(provider.node).get(value);
      lines.push(bank === undefined ? 'No context-bank node with this number.' : `context bank ${nodeLink(bank)}`);
      break;
    }
    default:
      lines.push(users(snapshot, provider, node, value, 0));
  }
  return lines.filter((l) => l !== '').join('\n\n');
}

function users(snapshot: BoardSnapshot, provider: Provider, node: DtNode, id: number, mask: number): string {
  const others = new Set(
    snapshot.view
      .uses(provider)
      .filter((u) => u.node !== node && ((u.id ^ id) & ~(u.mask | mask)) >>> 0 === 0 && u.count > 0)
      .map((u) => u.node),
  );
  return others.size === 0 ? '' : `Also used by ${[...others].slice(0, 6).map(nodeLink).join(', ')}`;
}

/** A cell of an iommu-map row, and the row in words. */
export function hoverMapRow(snapshot: BoardSnapshot, node: DtNode, part: CellPart): string | null {
  const map = snapshot.view.map(node);
  const cell = part.offset / 4;
  const row = map === null ? undefined : rowWithCell(map, cell);
  if (map === null || row === undefined) return null;
  const column = cell - row.cell;
  const provider = row.provider === null ? null : snapshot.view.provider(row.provider);
  const output = provider?.binding?.cellNames[column - 2];
  const what =
    column === row.width - 1
      ? 'length'
      : (['RID base', 'IOMMU', 'stream ID base'][column] ?? output?.name ?? 'output cell');
  const head = `**${what}** of row ${row.index + 1}\n\n`;
  if (row.length === 0) return `${head}This row holds no requester ID.`;
  const last = row.ridBase + row.length - 1;
  const mask = provider === null ? 0 : maskOf(provider, row.args);
  const matched = row.args.length > 1 && mask !== 0 ? ` with mask ${code(hex(mask))}` : '';
  const to = `${run(row.idBase, row.length)}${matched}${row.provider === null ? '' : ` of ${nodeLink(row.provider)}`}`;
  return row.length === 1
    ? `${head}RID ${run(row.ridBase, 1)} (${formatRid(row.ridBase)}) becomes stream ID ${to}`
    : `${head}RIDs ${run(row.ridBase, row.length)} (${formatRid(row.ridBase)} to ${formatRid(last)}) become stream IDs ${to}`;
}
