/** Completion of cells after an IOMMU and in iommu-map: macros, IDs, masks, rows. */

import { type CompletionItem, CompletionItemKind } from 'vscode-languageserver';
import { cellsOf } from '../../devicetree/read';
import { addressCells, cpuRegOf, sizeCells } from '../../iommu/addresses';
import { cellMacrosOf, swgroupTableOf } from '../../iommu/catalogue';
import { formatRid } from '../../iommu/map';
import { memoryRegionsOf } from '../../iommu/reserved';
import { cellPartAt } from '../../iommu/specifiers';
import { formatMatched, intersects } from '../../iommu/streams';
import type { Provider, StreamUse } from '../../iommu/view';
import { hex, nameOf } from '../../iommu/words';
import { modelFor } from '../../simulator/kernel/rules';
import { positionAt } from '../../source/file';
import { cellsText, insertInclude } from '../fixes/edits';
import { banksOf } from '../rules/specifiers/context-bank-unknown';
import type { CompletionContext } from './context';
import { labelItems, likelyProviders } from './labels';

const MAX_ITEMS = 400;

/** The first cell after a provider: its header's macros, else IDs. */
export function idItems(context: CompletionContext, provider: Provider, index: number): CompletionItem[] {
  const kind = provider.binding?.cellNames[index]?.kind;
  if (kind === undefined && index > 0) return [];
  const uses = new Map<number, StreamUse[]>();
  for (const use of context.snapshot.view.uses(provider)) {
    if (use.node === context.node || use.from.kind !== 'iommus') continue;
    const list = uses.get(use.id);
    if (list === undefined) uses.set(use.id, [use]);
    else list.push(use);
  }
  const items = macroItems(context, provider, uses);
  if (items.length > 0) return items;
  const named = index === 0 ? streamMacroItems(context, provider, uses) : [];
  if (kind === 'context-bank')
    return [...banksOf(provider.node)].map(([bank, node], rank) =>
      context.item(String(bank), {
        kind: CompletionItemKind.Value,
        note: usedBy(uses.get(bank)) ?? 'free',
        detail: node.name,
        rank: (uses.has(bank) ? 1000 : 0) + rank,
        discouraged: uses.has(bank),
        about: node,
      }),
    );
  // names before numbers
  return [...named, ...numberItems(context, provider, uses, named.length > 0 ? MAX_ITEMS : 0)];
}

/** A macro that gives a stream its name, by its own name: M8_SID_VIDEO, GPU_STREAM_ID. */
const STREAM_NAME = /(?:^|_)(?:SID|STREAM_?ID|SMMU_ID|MASTER_ID)(?:_|\d|$)/;

/** The sources' own macros for stream IDs: named so, or named as those that the masters here use already. Free ones first. */
function streamMacroItems(
  context: CompletionContext,
  provider: Provider,
  uses: ReadonlyMap<number, StreamUse[]>,
): CompletionItem[] {
  const families = new Set<string>();
  for (const use of context.snapshot.view.uses(provider)) {
    if (use.from.kind !== 'iommus') continue;
    const name = cellPartAt(use.from.master.property, use.from.entry.cell + 1)?.macros[0]?.name;
    // the family is the name without its last word; one word alone is nobody's family
    const family = name?.replace(/_[^_]*$/, '_');
    if (family !== undefined && family !== name && family.length > 3) families.add(family);
  }
  const bits = provider.binding?.cellNames[0]?.bits ?? 32;
  return context.snapshot.result.macros
    .filter((m) => m.literal >= 0 && m.literal < 2 ** bits)
    .filter((m) => STREAM_NAME.test(m.name) || [...families].some((family) => m.name.startsWith(family)))
    .slice(0, MAX_ITEMS)
    .map((macro, rank) => {
      const taken = uses.get(macro.literal);
      return context.item(macro.name, {
        kind: CompletionItemKind.Constant,
        note: usedBy(taken) ?? 'free',
        detail: hex(macro.literal),
        rank: (taken === undefined ? 0 : 1000) + rank,
        discouraged: taken !== undefined,
      });
    });
}

function usedBy(uses: readonly StreamUse[] | undefined): string | null {
  if (uses === undefined) return null;
  return `used by ${[...new Set(uses.map((u) => nameOf(u.node)))].slice(0, 3).join(', ')}`;
}

function macroItems(
  context: CompletionContext,
  provider: Provider,
  uses: ReadonlyMap<number, StreamUse[]>,
): CompletionItem[] {
  const macros = cellMacrosOf(provider.node);
  if (macros === null) return [];
  const known = context.snapshot.result.macros.filter((m) => macros.prefixes.some((p) => m.name.startsWith(p)));
  const items = known.slice(0, MAX_ITEMS).map((macro, rank) => {
    const taken = macro.literal < 0 ? undefined : uses.get(macro.literal);
    return context.item(macro.name, {
      kind: CompletionItemKind.Constant,
      note: usedBy(taken) ?? undefined,
      detail: macro.literal < 0 ? macro.body.map((t) => t.text).join('') : hex(macro.literal),
      rank: (taken === undefined ? 0 : 1000) + rank,
    });
  });
  if (items.length > 0) return items;
  // the header is not included yet: the catalogue knows the swgroups, and the item adds the include
  const table = swgroupTableOf(provider.node);
  if (table === null) return [];
  const additional = [includeEdit(context, macros.header)];
  return Object.entries(table.swgroups).map(([name, id], rank) =>
    context.item(`TEGRA_SWGROUP_${name}`, {
      kind: CompletionItemKind.Constant,
      note: usedBy(uses.get(id)) ?? undefined,
      detail: `${hex(id)}, adds #include <${macros.header}>`,
      rank,
      additional,
    }),
  );
}

function includeEdit({ cursor: { file } }: CompletionContext, header: string) {
  const { span, text } = insertInclude(file, header);
  const at = positionAt(file, span.start);
  return { range: { start: at, end: at }, newText: text };
}

function numberItems(
  context: CompletionContext,
  provider: Provider,
  uses: ReadonlyMap<number, StreamUse[]>,
  behind: number,
): CompletionItem[] {
  const items: CompletionItem[] = [];
  const own = context.snapshot.view.uses(provider).filter((u) => u.node === context.node && u.from.kind === 'iommus');
  const bits = provider.binding?.cellNames[0]?.bits ?? 32;
  const limit = bits >= 32 ? 0xffffffff : 2 ** bits - 1;
  // free IDs after this master's own, else after the highest one in use
  const taken = [...uses.values()].flat();
  let next = Math.max(-1, ...(own.length > 0 ? own : taken).map((u) => u.id)) + 1;
  for (let offered = 0; offered < 4 && next <= limit; next++) {
    if (taken.some((u) => intersects(u, { id: next, mask: 0 }))) continue;
    items.push(context.item(hex(next), { kind: CompletionItemKind.Value, note: 'free', rank: behind + offered++ }));
  }
  for (const [id, list] of [...uses].sort((a, b) => a[0] - b[0]).slice(0, MAX_ITEMS))
    items.push(
      context.item(hex(id), {
        kind: CompletionItemKind.Value,
        note: usedBy(list) ?? '',
        rank: 1000 + items.length,
        discouraged: true,
      }),
    );
  return items;
}

/** The mask cell: masks that stay free of conflicts first. `before` holds the ID. */
export function maskItems(context: CompletionContext, provider: Provider, before: readonly number[]): CompletionItem[] {
  const id = before[0] ?? Number.NaN;
  const all = context.snapshot.view.uses(provider);
  const others = all.filter((u) => u.node !== context.node && u.from.kind === 'iommus');
  const frequency = new Map<number, number>([[0, 1]]);
  for (const use of all) frequency.set(use.mask, (frequency.get(use.mask) ?? 0) + 1);
  for (const mask of [1, 3, 7, 0xf]) if (!frequency.has(mask)) frequency.set(mask, 0);
  return [...frequency]
    .sort((a, b) => Number(b[0] === 0) - Number(a[0] === 0) || b[1] - a[1] || a[0] - b[0])
    .slice(0, 40)
    .map(([mask, n], rank) => {
      const clash = Number.isNaN(id) ? undefined : others.find((u) => intersects(u, { id, mask }));
      return context.item(hex(mask), {
        kind: CompletionItemKind.Value,
        note:
          clash !== undefined
            ? `meets ${nameOf(clash.node)}`
            : mask === 0
              ? 'exactly this ID'
              : (['new here', 'used once'][n] ?? `used ${n} times`),
        detail: Number.isNaN(id) ? undefined : `matches ${formatMatched(id & 0xffff, mask)}`,
        rank: (clash === undefined ? 0 : 1000) + rank,
        discouraged: clash !== undefined,
      });
    });
}

/** IOMMUs that rows are made for. */
const MAX_ROW_PROVIDERS = 3;

/** Whole rows of iommu-map: all buses of the host (from where the rows before end), and one function. */
export function rowItems(context: CompletionContext, wholeGroup: boolean): CompletionItem[] {
  const { node, snapshot } = context;
  const range = cellsOf(node?.properties.get('bus-range'));
  const first = (range[0] ?? 0) << 8;
  const end = ((range[1] ?? 0xff) + 1) << 8;
  const rows = node === null ? [] : (snapshot.view.map(node)?.rows ?? []);
  const rid = Math.max(first, ...rows.map((r) => r.ridBase + r.length));
  if (rid >= end) return [];
  return likelyProviders(context)
    .slice(0, MAX_ROW_PROVIDERS)
    .flatMap((provider, rank) => {
      const uses = snapshot.view.uses(provider);
      const bits = provider.binding?.cellNames[0]?.bits ?? 32;
      const outputs = outputsOf(context, provider);
      const free = Math.max(0, ...uses.map((u) => u.id + Math.max(1, u.count)));
      const taken = (id: number, count: number) =>
        id + count > 2 ** bits || uses.some((u) => u.id < id + count && id < u.id + Math.max(1, u.count));
      const row = (id: number, count: number, note: string, more: number) => {
        const text = `${hex(rid)} &${provider.node.labels[0]?.name} ${hex(id)} ${'0x0 '.repeat(outputs - 1)}${hex(count)}`;
        return context.item(text, {
          kind: CompletionItemKind.Struct,
          text: wholeGroup ? `<${text}>` : text,
          note,
          detail: id === rid ? 'stream ID = requester ID' : 'stream IDs after the highest in use',
          rank: 2 * rank + more,
        });
      };
      // a range of IDs needs a target of one cell
      const all = outputs > 1 ? undefined : [rid, free].find((id) => !taken(id, end - rid));
      return [
        ...(all === undefined ? [] : [row(all, end - rid, `bus ${hex(rid >> 8)} to ${hex((end >> 8) - 1)}`, 0)]),
        ...(taken(free, 1) ? [] : [row(free, 1, `function ${formatRid(rid)} alone`, 1)]),
      ];
    });
}

/** A row's RID base: where the rows before end, and the first buses. */
export function ridItems(context: CompletionContext): CompletionItem[] {
  const bus = cellsOf(context.node?.properties.get('bus-range'))[0] ?? 0;
  const map = context.node === null ? null : context.snapshot.view.map(context.node);
  const ends = (map?.rows ?? []).map((r) => r.ridBase + r.length).filter((end) => end <= 0xffff);
  const bases = [...new Set([...ends.slice(-1), bus << 8, ((bus + 1) << 8) & 0xffff])];
  return bases.map((rid, rank) =>
    context.item(hex(rid), {
      kind: CompletionItemKind.Value,
      note: formatRid(rid),
      detail: rid === ends.at(-1) ? 'after the last row' : `first requester ID of bus ${hex(rid >> 8)}`,
      rank: 100 + rank,
    }),
  );
}

/** A row's stream ID base: after the highest in use on that provider. */
export function mapIdItems(context: CompletionContext): CompletionItem[] {
  const { cursor, snapshot } = context;
  const reference = cursor.cells[cursor.cell - 1]?.text.slice(1);
  const node = reference === undefined ? undefined : snapshot.tree.labels.get(reference);
  const provider = node === undefined ? null : snapshot.view.provider(node);
  if (provider === null) return [];
  const uses = snapshot.view.uses(provider);
  const next = Math.max(0, ...uses.map((u) => u.id + Math.max(1, u.count)));
  const items = [
    context.item(hex(next), {
      kind: CompletionItemKind.Value,
      note: 'free',
      detail: 'after the highest stream ID in use',
      rank: 0,
    }),
  ];
  if (next !== 0)
    items.push(context.item('0x0', { kind: CompletionItemKind.Value, note: 'stream ID = requester ID', rank: 1 }));
  return items;
}

/** Output cells of a row of iommu-map for a target, as the board's kernel, or else the rows there, have them. */
function outputsOf(context: CompletionContext, provider: Provider | null): number {
  const map = context.node === null ? null : context.snapshot.view.map(context.node);
  const kernel = context.snapshot.report?.kernel;
  const model = kernel === undefined ? null : modelFor(kernel);
  const byCells = map === null || map.sameForAll ? model?.mapRows === 'by-cells' : map.written === 'by-cells';
  return byCells ? (provider?.cells ?? 1) : 1;
}

/** Which column of a row the cursor is in. */
export function rowPlace(context: CompletionContext): {
  readonly column: 'rid' | 'target' | 'id' | 'mask' | 'length';
  readonly outputs: number;
} {
  const { cursor, snapshot } = context;
  for (let at = cursor.cell - 1; at >= 0; at--) {
    const cell = cursor.cells[at];
    if (cell?.kind !== 'reference') continue;
    const node = snapshot.tree.labels.get(cell.text.slice(1));
    const outputs = outputsOf(context, node === undefined ? null : snapshot.view.provider(node));
    const behind = cursor.cell - at;
    if (behind <= outputs) return { column: behind === 1 ? 'id' : 'mask', outputs };
    if (behind === outputs + 1) return { column: 'length', outputs };
    return { column: behind === outputs + 2 ? 'rid' : 'target', outputs };
  }
  return { column: cursor.cell === 0 ? 'rid' : 'target', outputs: 1 };
}

/** A row's length; 1 alone where the target takes more than one cell. */
export function lengthItems(context: CompletionContext, outputs = 1): CompletionItem[] {
  if (outputs > 1)
    return [context.item('0x1', { kind: CompletionItemKind.Value, note: 'a row with a mask maps one ID', rank: 0 })];
  const range = cellsOf(context.node?.properties.get('bus-range'));
  const buses = range.length >= 2 ? (range[1] ?? 0) - (range[0] ?? 0) + 1 : 256;
  const lengths: readonly (readonly [number, string])[] = [
    [buses << 8, `all ${buses} buses of this host`],
    [0x10000, 'every requester ID'],
    [0x100, 'one bus'],
    [0x8, 'one device'],
    [0x1, 'one function'],
  ];
  const seen = new Set<number>();
  return lengths
    .filter(([n]) => n > 0 && n <= 0x10000 && !seen.has(n) && seen.add(n))
    .map(([n, note], rank) => context.item(hex(n), { kind: CompletionItemKind.Value, note, rank }));
}

/** `iommu-addresses`: the devices that list the region, then address and size as `reg` has them. */
export function addressItems(context: CompletionContext, typed: string): CompletionItem[] {
  const { snapshot, cursor, node } = context;
  const reference = cursor.cells
    .slice(0, cursor.cell)
    .filter((c) => c.kind === 'reference')
    .at(-1);
  if (typed.startsWith('&') || reference === undefined) {
    const items = snapshot.view.masters
      .filter((m) => m.node.labels.length > 0)
      .map((m) => {
        const lists = memoryRegionsOf(snapshot.tree, m.node)?.regions.some((r) => r.node === node) === true;
        return context.item(`&${m.node.labels[0]?.name}`, {
          kind: CompletionItemKind.Reference,
          note: lists ? 'lists this region' : '',
          rank: (lists ? 0 : 1000) + m.node.index,
          about: m.node,
        });
      });
    return items.length > 0 ? items : labelItems(context, null);
  }
  const device = snapshot.tree.labels.get(reference.text.slice(1));
  const reg = node === null ? undefined : cpuRegOf(node)[0];
  if (device === undefined || reg === undefined) return [];
  const bus = device.parent;
  const text = `${cellsText(reg.address, addressCells(bus))} ${cellsText(reg.size, sizeCells(bus))}`;
  return [context.item(text, { kind: CompletionItemKind.Value, note: '1:1 with reg', rank: 0 })];
}
