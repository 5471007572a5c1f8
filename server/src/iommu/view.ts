/** The IOMMU view of a tree: who translates, who is translated, with which IDs. Made once a tree, read by everyone. */
import { propertiesByName } from '../devicetree/by-name';
import type { DeviceTree, DtNode, DtProperty } from '../devicetree/model';
import { isAvailable, isEnabled, isLocalFixup, stringOf, u32 } from '../devicetree/read';
import { PerObject } from '../source/per-object';
import { type Binding, bindingOf } from './catalogue';
import { type IommuMap, parseMap } from './map';
import { type PhandleEntry, type PhandleList, parsePhandleList, type WrittenEntry, writtenEntries } from './specifiers';

/** A node that carries #iommu-cells, or whose compatible is an IOMMU's. */
export interface Provider {
  readonly node: DtNode;
  readonly binding: Binding | null;
  /** #iommu-cells; null when the property is missing. */
  readonly cells: number | null;
  /** The node's own status: all that of_iommu_xlate looks at. */
  readonly available: boolean;
  /** The node and all its ancestors are available: a device can come to be. */
  readonly enabled: boolean;
}

/** A node with `iommus`. */
export interface Master {
  readonly node: DtNode;
  readonly enabled: boolean;
  readonly property: DtProperty;
  /** As the kernel reads it. */
  readonly list: PhandleList;
  /** The entries of `list` that the kernel comes to. */
  readonly read: readonly PhandleEntry[];
  /** As it is written; empty for a .dtb. */
  readonly written: readonly WrittenEntry[];
}

/** One ID (with the mask of IDs that match too) that a master or a map row puts on a provider. */
export interface StreamUse {
  readonly provider: Provider;
  /** The device: a master, or the node that carries the map. */
  readonly node: DtNode;
  readonly enabled: boolean;
  readonly id: number;
  /** Bits that do not matter when matching (an SMR mask), 0 for exact IDs. */
  readonly mask: number;
  /** Number of consecutive IDs: 1 for a specifier, the length for a map row. */
  readonly count: number;
  readonly from:
    | { readonly kind: 'iommus'; readonly master: Master; readonly entry: PhandleEntry }
    | { readonly kind: 'iommu-map'; readonly map: IommuMap; readonly row: number };
}

export interface IommuView {
  readonly tree: DeviceTree;
  readonly providers: readonly Provider[];
  readonly masters: readonly Master[];
  readonly maps: readonly IommuMap[];
  /** Nodes with the legacy `mmu-masters`. */
  readonly legacy: readonly DtNode[];
  provider(node: DtNode): Provider | null;
  master(node: DtNode): Master | null;
  map(node: DtNode): IommuMap | null;
  /** Every use of a provider's IDs that the kernel reads, in tree order. */
  uses(provider: Provider): readonly StreamUse[];
  /** These, and what stands in entries that the kernel never comes to: the hardware may send such streams all the same. */
  named(provider: Provider): readonly StreamUse[];
}

class View implements IommuView {
  readonly providers: Provider[] = [];
  readonly masters: Master[] = [];
  readonly maps: IommuMap[] = [];
  readonly legacy: DtNode[] = [];
  private readonly providerOf = new Map<DtNode, Provider>();
  private readonly masterOf = new Map<DtNode, Master>();
  private readonly mapOf = new Map<DtNode, IommuMap>();
  private namedOf: Map<Provider, StreamUse[]> | null = null;
  private readonly usesOf = new Map<Provider, readonly StreamUse[]>();

  constructor(readonly tree: DeviceTree) {
    // what dtc notes of an overlay's references has the names of its nodes and properties
    const fixups = tree.root.children.has('__local_fixups__');
    const each = (names: readonly string[], take: (node: DtNode, property: DtProperty) => void): void => {
      for (const property of propertiesByName(tree).namedAny(names))
        if (!fixups || !isLocalFixup(tree, property.node)) take(property.node, property);
    };
    each(['#iommu-cells', 'compatible'], (node, { name, bytes }) => {
      const known = this.providers[this.providers.length - 1];
      if (known?.node === node) return;
      if (name === '#iommu-cells' || (mayBeIommu(bytes) && bindingOf(node) !== null)) this.addProvider(node);
    });
    each(['iommus'], (node, iommus) => this.addMaster(node, iommus));
    each(['iommu-map'], (node) => {
      const map = parseMap(tree, node);
      if (map === null) return;
      this.maps.push(map);
      this.mapOf.set(node, map);
    });
    each(['mmu-masters'], (node) => this.legacy.push(node));
  }

  private addProvider(node: DtNode): void {
    const cells = node.properties.get('#iommu-cells');
    const provider: Provider = {
      node,
      binding: bindingOf(node),
      cells: cells === undefined ? null : u32(node, '#iommu-cells', 0),
      available: isAvailable(node),
      enabled: isEnabled(node),
    };
    this.providers.push(provider);
    this.providerOf.set(node, provider);
  }

  private addMaster(node: DtNode, property: DtProperty): void {
    const list = parsePhandleList(this.tree, property, '#iommu-cells');
    const master: Master = {
      node,
      enabled: isEnabled(node),
      property,
      list,
      read: readEntries(list.entries, (iommu) => this.provider(iommu)),
      written: writtenEntries(property),
    };
    this.masters.push(master);
    this.masterOf.set(node, master);
  }

  provider(node: DtNode): Provider | null {
    return this.providerOf.get(node) ?? null;
  }

  master(node: DtNode): Master | null {
    return this.masterOf.get(node) ?? null;
  }

  map(node: DtNode): IommuMap | null {
    return this.mapOf.get(node) ?? null;
  }

  uses(provider: Provider): readonly StreamUse[] {
    let uses = this.usesOf.get(provider);
    if (uses === undefined) {
      const named = this.named(provider);
      uses = named.every(isRead) ? named : named.filter(isRead);
      this.usesOf.set(provider, uses);
    }
    return uses;
  }

  named(provider: Provider): readonly StreamUse[] {
    this.namedOf ??= collectUses(this);
    return this.namedOf.get(provider) ?? [];
  }
}

/** Whether the kernel comes to what a use stands in. */
const isRead = ({ from }: StreamUse): boolean => from.kind !== 'iommus' || from.entry.index < from.master.read.length;

/**
 * of_iommu_configure_dev (the same from 5.10 to 7.3) takes the entries in turn and stops at the first error: at a phandle of 0
 * (-ENOENT), and behind an IOMMU that is not available (of_iommu_xlate) or has another driver than the first one's (iommu_fwspec_init).
 */
function readEntries(
  entries: readonly PhandleEntry[],
  providerOf: (node: DtNode) => Provider | null,
): readonly PhandleEntry[] {
  let first: string | null = null;
  for (const [i, { node }] of entries.entries()) {
    if (node === null) return entries.slice(0, i);
    const provider = providerOf(node);
    const driver = provider?.binding?.driver ?? null;
    first ??= driver;
    if (provider?.available === false || (driver !== null && driver !== first)) return entries.slice(0, i + 1);
  }
  return entries;
}

/** A cheap look before strings are made: every compatible of the catalogue has `mu`, `4u`, `rt` or `mc` in it (mmu, m4u, dart, -mc). */
function mayBeIommu(bytes: Uint8Array): boolean {
  for (let i = 1; i < bytes.length; i++) {
    const last = bytes[i];
    const c = bytes[i - 1];
    if (last === 0x75 ? c === 0x6d || c === 0x34 : last === 0x74 ? c === 0x72 : last === 0x63 && c === 0x6d)
      return true;
  }
  return false;
}

const views = new PerObject<DeviceTree, IommuView>();

/**
 * Reads providers, masters and maps out of a tree; the same view each time. Never throws; broken lists keep what stands before the
 * mistake.
 */
export function iommuView(tree: DeviceTree): IommuView {
  let view = views.get(tree);
  if (view === undefined) {
    view = new View(tree);
    views.set(tree, view);
  }
  return view;
}

/** The mask of a specifier: its second cell, else what the provider states for one-cell users (arm_smmu_of_xlate). */
export function maskOf(provider: Provider, args: readonly number[]): number {
  const maskAt = provider.binding?.cellNames.findIndex((cell) => cell.kind === 'mask') ?? -1;
  if (maskAt < 0) return 0;
  const written = args[maskAt];
  if (written !== undefined) return written & 0xffff;
  const property = provider.binding?.oneCellMask;
  return property === null || property === undefined ? 0 : u32(provider.node, property, 0) & 0xffff;
}

/** The ID of a specifier as the driver keeps it (arm_smmu_of_xlate cuts to 16 bits without a message). */
function idOf(provider: Provider, args: readonly number[]): number {
  const id = args[0] ?? 0;
  return provider.binding?.streamSharing === 'smr' ? id & 0xffff : id;
}

function collectUses(view: View): Map<Provider, StreamUse[]> {
  const uses = new Map<Provider, StreamUse[]>();
  const add = (use: StreamUse) => {
    const list = uses.get(use.provider);
    if (list === undefined) uses.set(use.provider, [use]);
    else list.push(use);
  };
  for (const master of view.masters)
    for (const entry of master.list.entries) {
      const provider = entry.node === null ? null : view.provider(entry.node);
      // what stream an unknown constant means is not known: it meets no other
      if (provider === null || entry.unknown !== undefined) continue;
      add({
        provider,
        node: master.node,
        enabled: master.enabled,
        id: idOf(provider, entry.args),
        mask: maskOf(provider, entry.args),
        count: 1,
        from: { kind: 'iommus', master, entry },
      });
    }
  for (const map of view.maps.filter(({ property }) => property.unknown === undefined))
    for (const row of map.rows) {
      const provider = row.provider === null ? null : view.provider(row.provider);
      if (provider === null) continue;
      add({
        provider,
        node: map.node,
        enabled: isEnabled(map.node),
        id: idOf(provider, row.args),
        // where the mapped ID is one cell, the provider's own mask applies
        mask: maskOf(provider, row.args),
        count: row.length,
        from: { kind: 'iommu-map', map, row: row.index },
      });
    }
  return uses;
}

/** What stands in a node's `status`; `okay` when it is absent. */
export function statusOf(node: DtNode): string {
  return stringOf(node.properties.get('status')) ?? 'okay';
}

/** Whether one cell list equals another. */
export function sameCells(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((cell, i) => cell === b[i]);
}

/** The legacy binding's list on an SMMU node: masters and their stream IDs (arm,smmu.yaml before iommus). */
export function legacyMasters(tree: DeviceTree, node: DtNode): PhandleList {
  return parsePhandleList(tree, node.properties.get('mmu-masters'), '#stream-id-cells');
}
