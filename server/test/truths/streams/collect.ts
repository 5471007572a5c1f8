/**
 * What a board's tree asks of its IOMMUs that they refuse, share or cannot hold: from the stream tables of the simulator
 * (every pair in both orders, every enabled master in tree order) and from its boot of the board.
 */

import type { DeviceTree, DtNode } from '../../../src/devicetree/model';
import { compatibles, isEnabled } from '../../../src/devicetree/read';
import { capacityNumber, capacityOf } from '../../../src/iommu/capacity';
import { swgroupTableOf } from '../../../src/iommu/catalogue';
import { covers, intersects, sameStreams } from '../../../src/iommu/streams';
import type { IommuView, Provider, StreamUse } from '../../../src/iommu/view';
import { hex } from '../../../src/iommu/words';
import type { GroupRef } from '../../../src/simulator/contract/iommu-driver';
import type { SimulationReport } from '../../../src/simulator/report';
import { StreamMap } from '../../../src/simulator/smmu/arm-smmu/stream-map';

/** One finding on one board. `what` names masters and IDs; `error`: the simulator refuses an enabled master. */
export interface StreamFinding {
  readonly kind: string;
  readonly error: boolean;
  /** The source file that writes it. */
  readonly file: string;
  readonly provider: string;
  readonly what: string;
  /** Both sides are enabled on this board. */
  readonly enabled: boolean;
}

type FileOf = (node: DtNode, property: string) => string;

/** A pair (ID, mask), as one stream-mapping entry takes it. */
interface Entry {
  readonly node: DtNode;
  readonly enabled: boolean;
  readonly id: number;
  readonly mask: number;
  /** Consecutive IDs: more than one for a long map row. */
  readonly count: number;
  readonly property: 'iommus' | 'iommu-map';
}

/** Requester IDs that a map row can meet have 16 bits. */
const REQUESTERS = 0x10000;

/**
 * The stream IDs that a use can put on its provider, as runs. A map row is met by masked requester IDs only: with
 * `iommu-map-mask = <0>` a row of any length gives its first ID (of_map_id).
 */
function runsOf(use: StreamUse): { readonly id: number; readonly count: number }[] {
  if (use.from.kind === 'iommus') return [{ id: use.id, count: 1 }];
  const row = use.from.map.rows[use.from.row];
  if (row === undefined) return [];
  const { mask } = use.from.map;
  const runs: { id: number; count: number }[] = [];
  for (let rid = row.ridBase; rid < Math.min(row.ridBase + row.length, REQUESTERS); rid++) {
    if ((rid & ~mask) !== 0) continue;
    const id = row.idBase + rid - row.ridBase;
    const last = runs.at(-1);
    if (last !== undefined && last.id + last.count === id) last.count++;
    else runs.push({ id, count: 1 });
  }
  return runs;
}

function entriesOf(uses: readonly StreamUse[]): Entry[] {
  return uses.flatMap((use) => {
    const { node, enabled, mask, from } = use;
    return runsOf(use).map(({ id, count }) => ({ node, enabled, mask, property: from.kind, id, count }));
  });
}

/** Whether two entries have a stream in common. */
function meet(a: Entry, b: Entry): boolean {
  if (a.count === 1 && b.count === 1) return intersects(a, b);
  if ((a.mask | b.mask) === 0) return a.id < b.id + b.count && b.id < a.id + a.count;
  const [long, other] = a.count >= b.count ? [a, b] : [b, a];
  for (let i = 0; i < long.count; i++)
    for (let k = 0; k < other.count; k++)
      if (intersects({ id: long.id + i, mask: long.mask }, { id: other.id + k, mask: other.mask })) return true;
  return false;
}

function streams(entry: Entry): string {
  if (entry.count > 1) return `${hex(entry.id)}-${hex(entry.id + entry.count - 1)}`;
  return entry.mask === 0 ? hex(entry.id) : `${hex(entry.id)}/${hex(entry.mask)}`;
}

/** The last two steps of a path: enough to know a node by. */
const short = (node: DtNode): string => node.path.split('/').slice(-2).join('/');
const named = (provider: Provider): string => `${short(provider.node)} [${compatibles(provider.node)[0] ?? ''}]`;

/** What arm_smmu_find_sme() makes of two entries of different masters, in this order. */
function inOrder(first: Entry, second: Entry): 'shares' | 'refused' | 'apart' {
  const map = new StreamMap(2, true, 'fault');
  const at = (entry: Entry): readonly number[] | number => map.allocate([entry.id | (entry.mask << 16)]);
  const a = at(first);
  const b = at(second);
  if (typeof b === 'number') return 'refused';
  return typeof a !== 'number' && a[0] === b[0] ? 'shares' : 'apart';
}

export function collectFindings(
  tree: DeviceTree,
  view: IommuView,
  report: SimulationReport | null,
  fileOf: FileOf,
): StreamFinding[] {
  const found: StreamFinding[] = [];
  const add = (finding: StreamFinding): number => found.push(finding);
  for (const provider of view.providers) {
    if (provider.binding === null) continue;
    const uses = view.uses(provider);
    if (uses.length === 0) continue;
    duplicates(provider, uses, fileOf, add);
    if (provider.binding.streamSharing === 'smr') {
      matches(provider, uses, fileOf, add);
      tableOf(provider, uses, fileOf, add);
    } else if (provider.binding.cellNames.length > 0) sharedIds(provider, uses, fileOf, add);
    ranges(view, provider, uses, fileOf, add);
  }
  cells(view, fileOf, add);
  if (report !== null) boots(tree, report, fileOf, add);
  return found;
}

type Add = (finding: StreamFinding) => void;

/** The same streams twice in one master: the same specifier, or another with the same matches. */
function duplicates(provider: Provider, uses: readonly StreamUse[], fileOf: FileOf, add: Add): void {
  if (provider.binding?.cellNames.length === 0) return;
  const lists = new Map<DtNode, Entry[]>();
  for (const entry of entriesOf(uses)) {
    if (entry.count > 1) continue;
    const list = lists.get(entry.node);
    if (list === undefined) lists.set(entry.node, [entry]);
    else list.push(entry);
  }
  for (const [node, list] of lists) {
    let same = 0;
    let equal = 0;
    list.forEach((entry, i) => {
      for (const other of list.slice(0, i))
        if (other.id === entry.id && other.mask === entry.mask) same++;
        else if (provider.binding?.streamSharing === 'smr' && sameStreams(other, entry)) equal++;
    });
    const file = fileOf(node, node.properties.has('iommus') ? 'iommus' : 'iommu-map');
    const base = { error: false, file, provider: named(provider), enabled: isEnabled(node) };
    if (same > 0) add({ ...base, kind: 'specifier-twice', what: `${short(node)}: ${same} of ${list.length} entries` });
    if (equal > 0)
      add({ ...base, kind: 'match-twice', what: `${short(node)}: ${equal} pairs among ${list.length} entries` });
  }
}

/** Pairs of entries of different masters with a stream in common. */
function matches(provider: Provider, uses: readonly StreamUse[], fileOf: FileOf, add: Add): void {
  const entries = entriesOf(uses);
  const long = entries.filter((entry) => entry.count > 1);
  const byMask = new Map<number, Map<number, Entry[]>>();
  for (const entry of entries) {
    if (entry.count > 1) continue;
    let ids = byMask.get(entry.mask);
    if (ids === undefined) {
      ids = new Map();
      byMask.set(entry.mask, ids);
    }
    const key = (entry.id & ~entry.mask) >>> 0;
    const list = ids.get(key);
    if (list === undefined) ids.set(key, [entry]);
    else list.push(entry);
  }
  const seen = new Set<string>();
  const pair = (a: Entry, b: Entry): void => {
    if (a.node === b.node || !meet(a, b)) return;
    const [early, late] = a.node.index < b.node.index ? [a, b] : [b, a];
    const key = `${early.node.index} ${early.id} ${early.mask} ${late.node.index} ${late.id} ${late.mask}`;
    if (seen.has(key)) return;
    seen.add(key);
    const orders = [inOrder(early, late), inOrder(late, early)] as const;
    const same = early.count === late.count && sameStreams(early, late);
    const kind = same
      ? 'same-streams'
      : covers(early, late) || covers(late, early)
        ? 'streams-inside'
        : 'streams-overlap';
    const enabled = early.enabled && late.enabled;
    const outcome = orders[0] === orders[1] ? orders[0] : `${orders[0]}, in the other order ${orders[1]}`;
    add({
      kind,
      error: enabled && orders.includes('refused'),
      file: fileOf(late.node, late.property),
      provider: named(provider),
      what: `${short(early.node)} ${streams(early)} and ${short(late.node)} ${streams(late)}: ${outcome}`,
      enabled,
    });
  };
  long.forEach((entry, i) => {
    for (const other of entries) if (other.count === 1) pair(entry, other);
    for (const other of long.slice(i + 1)) pair(entry, other);
  });
  const masks = [...byMask];
  masks.forEach(([mask, ids], i) => {
    for (const list of ids.values())
      for (let m = 0; m < list.length; m++)
        for (let n = m + 1; n < list.length; n++) pair(list[m] as Entry, list[n] as Entry);
    for (const [, others] of masks.slice(i + 1))
      for (const list of ids.values())
        for (const other of others.values()) {
          const [a, b] = [list[0], other[0]];
          if (a === undefined || b === undefined || ((a.id ^ b.id) & ~(mask | b.mask) & 0xffff) !== 0) continue;
          for (const x of list) for (const y of other) pair(x, y);
        }
  });
}

/** Every enabled master in tree order against an empty stream table of the documented capacity. */
function tableOf(provider: Provider, uses: readonly StreamUse[], fileOf: FileOf, add: Add): void {
  const capacity = capacityOf(provider.node);
  const entries = capacityNumber(capacity, 'streamMatchRegisters');
  const banks = capacityNumber(capacity, 'contextBanks');
  const map = new StreamMap(entries, true, 'fault');
  const base = { provider: named(provider), enabled: true, error: true };
  let groups = 0;
  const lists = new Map<DtNode, number[]>();
  for (const use of uses) {
    // The IDs behind a map row are those of the PCI functions that turn up: no more than one can be counted on.
    if (!use.enabled) continue;
    const list = lists.get(use.node);
    const id = use.id | (use.mask << 16);
    if (list === undefined) lists.set(use.node, [id]);
    else if (use.from.kind === 'iommus') list.push(id);
  }
  for (const [node, ids] of lists) {
    const file = fileOf(node, node.properties.has('iommus') ? 'iommus' : 'iommu-map');
    const taken = map.allocate(ids);
    if (typeof taken === 'number') {
      const kind = taken === -28 ? 'entries-exhausted' : 'streams-refused';
      add({ ...base, kind, file, what: `${short(node)}: ${ids.length} entries, error ${taken}` });
      continue;
    }
    const known = map.knownGroup(taken);
    if (typeof known === 'number') {
      add({ ...base, kind: 'two-groups', file, what: `${short(node)}: its entries belong to two groups already` });
      continue;
    }
    const group: GroupRef = known ?? { id: groups++, devices: [] };
    for (const index of taken) map.s2cr(index).group = group;
  }
  if (groups > banks)
    add({
      ...base,
      error: false,
      kind: 'banks-short',
      file: fileOf(provider.node, 'compatible'),
      what: `${groups} groups for ${banks} context banks`,
    });
}

/** One ID with several masters, where the hardware has one context an ID. */
function sharedIds(provider: Provider, uses: readonly StreamUse[], fileOf: FileOf, add: Add): void {
  const exclusive = provider.binding?.streamSharing === 'exclusive';
  const sorted = entriesOf(uses).sort((a, b) => a.id - b.id || a.node.index - b.node.index);
  const pairs = new Map<string, { first: Entry; second: Entry; ids: string[] }>();
  sorted.forEach((entry, i) => {
    for (let k = i + 1; k < sorted.length; k++) {
      const other = sorted[k];
      if (other === undefined || other.id >= entry.id + entry.count) break;
      if (other.node === entry.node) continue;
      const [first, second] = entry.node.index < other.node.index ? [entry, other] : [other, entry];
      const key = `${first.node.index} ${second.node.index}`;
      const last = Math.min(entry.id + entry.count, other.id + other.count) - 1;
      const ids = last > other.id ? `${hex(other.id)}-${hex(last)}` : hex(other.id);
      const known = pairs.get(key);
      if (known === undefined) pairs.set(key, { first, second, ids: [ids] });
      else if (!known.ids.includes(ids)) known.ids.push(ids);
    }
  });
  for (const { first, second, ids } of pairs.values()) {
    const enabled = first.enabled && second.enabled;
    add({
      kind: exclusive ? 'stream-twice' : 'shared-id',
      error: exclusive && enabled,
      file: fileOf(second.node, second.property),
      provider: named(provider),
      what: `${short(first.node)} and ${short(second.node)}: ${ids.join(', ')}`,
      enabled,
    });
  }
}

/** Cells beyond what the hardware or the driver has. */
function ranges(view: IommuView, provider: Provider, uses: readonly StreamUse[], fileOf: FileOf, add: Add): void {
  const { binding, node } = provider;
  if (binding === null) return;
  const swgroups = binding.id === 'tegra-smmu' ? swgroupTableOf(node)?.swgroups : undefined;
  const known = swgroups === undefined ? null : new Set(Object.values(swgroups));
  const larbs = binding.id === 'mtk_iommu' ? larbsOf(view, node) : null;
  const smmu = binding.streamSharing === 'smr';
  const facts = capacityOf(node);
  const bits = smmu
    ? capacityNumber(facts, 'streamIdBits')
    : binding.id === 'arm-smmu-v3'
      ? capacityNumber(facts, 'sidBits')
      : null;
  const streamCount = binding.id === 'apple-dart' ? capacityNumber(facts, 'streams') : null;
  for (const use of uses) {
    const cell = use.from.kind === 'iommus' ? use.from.entry.args : [use.id];
    const runs = runsOf(use);
    const last = use.from.kind === 'iommus' ? (cell[0] ?? 0) : Math.max(...runs.map((run) => run.id + run.count - 1));
    // A row may reach further than any function that is there; its first ID must exist.
    const first = use.from.kind === 'iommus' || runs[0] === undefined ? last : runs[0].id;
    const problems: string[] = [];
    binding.cellNames.forEach((meaning, i) => {
      const value = i === 0 ? last : cell[i];
      if (value === undefined || !Number.isFinite(value)) return;
      const limit = 2 ** (meaning.kind === 'mask' ? 15 : i === 0 && bits !== null ? bits : meaning.bits);
      if (value >= limit) problems.push(`${meaning.name} ${hex(value)} beyond ${hex(limit - 1)}`);
    });
    if (streamCount !== null && last >= streamCount) problems.push(`stream ${last} of ${streamCount}`);
    if (known !== null && !known.has(last)) problems.push(`unknown swgroup ${last}`);
    if (larbs !== null && !larbs.has((last >>> 5) & 0x3f)) problems.push(`larb ${(last >>> 5) & 0x3f} is not listed`);
    for (const problem of problems)
      add({
        kind: first === last ? 'id-out-of-range' : 'row-beyond',
        error: use.enabled && first === last,
        file: fileOf(use.node, use.from.kind),
        provider: named(provider),
        what: `${short(use.node)}: ${problem}`,
        enabled: use.enabled,
      });
  }
}

/** The larbs of an M4U, by `mediatek,larb-id` or place; null for one without (an infrastructure IOMMU). */
function larbsOf(view: IommuView, node: DtNode): ReadonlySet<number> | null {
  const property = node.properties.get('mediatek,larbs');
  if (property === undefined) return null;
  const larbs = new Set<number>();
  for (let at = 0; at + 4 <= property.bytes.length; at += 4) {
    const word = new DataView(property.bytes.buffer, property.bytes.byteOffset + at, 4).getUint32(0);
    const id = view.tree.phandles.get(word)?.properties.get('mediatek,larb-id');
    larbs.add(id === undefined ? at / 4 : new DataView(id.bytes.buffer, id.bytes.byteOffset, 4).getUint32(0));
  }
  return larbs;
}

/** Lists that end early, and providers with a number of cells that their driver does not take. */
function cells(view: IommuView, fileOf: FileOf, add: Add): void {
  for (const master of view.masters)
    if (master.list.problem !== null)
      add({
        kind: 'list-broken',
        error: master.enabled,
        file: fileOf(master.node, 'iommus'),
        provider: '',
        what: `${short(master.node)}: ${master.list.problem.kind}`,
        enabled: master.enabled,
      });
  for (const provider of view.providers) {
    const { binding, cells: count, node } = provider;
    if (binding === null) continue;
    const [least, most] = binding.cells;
    if (count !== null && count >= least && count <= most) continue;
    // A provider that nobody names needs no cells.
    if (count === null && view.uses(provider).length === 0) continue;
    add({
      kind: 'cell-count',
      error: provider.enabled && view.uses(provider).some((use) => use.enabled),
      file: fileOf(node, count === null ? 'compatible' : '#iommu-cells'),
      provider: named(provider),
      what: `#iommu-cells ${count ?? 'missing'}, the driver takes ${least === most ? least : `${least} to ${most}`}`,
      enabled: provider.enabled,
    });
  }
}

/** What the IOMMU drivers say when they refuse a master. */
const REFUSALS =
  /out of range for SMMU|already in tree|Aliasing StreamID|Can only use one larb|Can NOT find the region|incorrect number of iommu params|invalid #iommu-cells/;

/** Masters that the boot on paper leaves without translation because their IOMMU refused them. */
function boots(tree: DeviceTree, report: SimulationReport, fileOf: FileOf, add: Add): void {
  const nodes = new Map(tree.nodes.map((node) => [node.path, node]));
  const found = (path: string, what: string): void => {
    const node = nodes.get(path);
    add({
      kind: 'boot-refusal',
      error: true,
      file: node === undefined ? '' : fileOf(node, 'iommus'),
      provider: '',
      what,
      enabled: true,
    });
  };
  for (const device of report.devices) {
    const refused = /the IOMMU refused it with error (-\d+)/.exec(device.untranslatedReason ?? '');
    if (refused !== null) found(device.device, `${device.device}: error ${refused[1]}`);
  }
  for (const message of report.messages)
    if (REFUSALS.test(message.text)) found(message.device ?? '', `${message.device ?? ''}: ${message.text}`);
}
