/** Which nodes a node's properties name as its suppliers (drivers/of/property.c, of_supplier_bindings). */
import { propertiesByName } from '../../../devicetree/by-name';
import type { DeviceTree, DtNode, DtProperty } from '../../../devicetree/model';
import { cellAt, cellsOf, isAvailable, u32 } from '../../../devicetree/read';
import { PerObject } from '../../../source/per-object';
import type { SupplierBindings } from '../../kernel/flags/links';
import { interruptControllers, mapParent } from './interrupts';

export interface Supply {
  readonly consumer: DtNode;
  readonly supplier: DtNode;
  readonly property: string;
  /** Only linked with fw_devlink.strict=1. */
  readonly optional: boolean;
  /** FWLINK_FLAG_IGNORE: `post-init-providers` takes the other direction's link away. */
  readonly ignore: boolean;
}

/** Lists of phandles; the value is the provider's cells property, null for bare phandles. */
const listed: ReadonlyMap<string, string | null> = new Map([
  ['clocks', '#clock-cells'],
  ['interconnects', '#interconnect-cells'],
  ['mboxes', '#mbox-cells'],
  ['io-channels', '#io-channel-cells'],
  ['io-backends', '#io-backend-cells'],
  ['power-domains', '#power-domain-cells'],
  ['hwlocks', '#hwlock-cells'],
  ['extcon', null],
  ['nvmem-cells', '#nvmem-cell-cells'],
  ['phys', '#phy-cells'],
  ['wakeup-parent', null],
  ['pwms', '#pwm-cells'],
  ['resets', '#reset-cells'],
  ['leds', null],
  ['backlight', null],
  ['panel', null],
  ['msi-parent', '#msi-cells'],
  ['pses', '#pse-cells'],
  ['power-supplies', null],
  ['access-controllers', '#access-controller-cells'],
  ['post-init-providers', null],
]);

/** Links only with fw_devlink.strict=1. */
const optional: ReadonlyMap<string, string | null> = new Map([
  ['iommus', '#iommu-cells'],
  ['dmas', '#dma-cells'],
]);

interface Entry {
  readonly node: DtNode | null;
  readonly args: readonly number[];
}

/**
 * The entries of a list up to the first that __of_parse_phandle_with_args refuses. `missing`: what a provider without
 * the cells property counts as; null refuses it (of_parse_phandle_with_args).
 */
export function phandleEntries(
  tree: DeviceTree,
  property: DtProperty | undefined,
  cellsName: string | null,
  missing: number | null,
): Entry[] {
  const cells = cellsOf(property);
  const entries: Entry[] = [];
  for (let at = 0; at < cells.length; ) {
    const phandle = cells[at] ?? 0;
    at++;
    if (phandle === 0) {
      entries.push(hole);
      continue;
    }
    const node = tree.phandles.get(phandle) ?? null;
    let count = 0;
    if (cellsName !== null) {
      if (node === null) break;
      const own = node.properties.get(cellsName);
      if (own !== undefined && own.bytes.length >= 4) count = u32(node, cellsName, 0);
      else if (missing === null) break;
      else count = missing;
    }
    if (at + count > cells.length) break;
    entries.push({ node, args: count === 0 ? noCells : cells.slice(at, at + count) });
    at += count;
  }
  return entries;
}

const noCells: readonly number[] = [];
const hole: Entry = { node: null, args: noCells };

/** The port's device: two levels up, three when a `ports` node lies between (of_graph_get_port_parent). */
function portParent(node: DtNode | null): DtNode | null {
  let at = node;
  for (let depth = 3; depth > 0 && at !== null; depth--) {
    at = at.parent;
    if (depth === 2 && at !== null && !['ports', 'in-ports', 'out-ports'].includes(baseName(at))) break;
  }
  return at;
}

/** The nearest node from here up that has a compatible; null when one on the way is disabled (of_get_compat_node of 5.15). */
function compatibleNode(node: DtNode | null): DtNode | null {
  for (let at = node; at !== null; at = at.parent) {
    if (!isAvailable(at)) return null;
    if (at.properties.has('compatible')) return at;
  }
  return null;
}

function baseName(node: DtNode): string {
  const at = node.name.indexOf('@');
  return at < 0 ? node.name : node.name.slice(0, at);
}

/** How a property names suppliers. */
interface Kind {
  readonly how: 'list' | 'gpios' | 'iommu-map' | 'remote-endpoint' | 'interrupts' | 'interrupt-map';
  /** Whose link a remote-endpoint is, and to whom it goes: the nodes themselves for all else. */
  readonly end: ((node: DtNode | null) => DtNode | null) | null;
  /** Of a list: the provider's cells property, null for bare phandles. */
  readonly cells: string | null;
  /** Of a list: what a provider without the cells property counts as; null refuses it. */
  readonly missing: number | null;
  /** Only linked with fw_devlink.strict=1. */
  readonly optional: boolean;
}

function kindOf(name: string, bindings: SupplierBindings): Kind | null {
  if (bindings.without.includes(name)) return null;
  const kind = (how: Kind['how'], cells: string | null = null, missing: number | null = null): Kind => ({
    how,
    cells,
    missing,
    end: null,
    optional: optional.has(name) || name === 'iommu-map',
  });
  const missing = bindings.cellsNeeded ? null : 0;
  if (name === 'nvmem-cells' && !bindings.nvmemCells) return kind('list', null, 0);
  const added = bindings.added.find((entry) => entry.name === name);
  if (added !== undefined) return kind('list', added.cells, missing);
  if (bindings.lastPinctrl === null && /^pinctrl-\d/.test(name)) return kind('list', null, 0);
  const pins = /^pinctrl-(\d|[1-9]\d+)$/.exec(name);
  if (pins !== null) return Number(pins[1]) <= (bindings.lastPinctrl ?? 0) ? kind('list', null, 0) : null;
  const counted = (listed.has(name) ? listed : optional).get(name);
  if (counted !== undefined) return kind('list', counted, missing);
  switch (name) {
    case 'remote-endpoint': {
      const { remoteEndpoint } = bindings;
      if (remoteEndpoint === 'none') return null;
      return { ...kind(name), end: remoteEndpoint === 'port-parent' ? portParent : compatibleNode };
    }
    case 'iommu-map':
    case 'interrupt-map':
    case 'interrupts':
      return kind(name);
    case 'interrupts-extended':
      return kind('interrupts');
    case 'gpio':
    case 'gpios':
      return kind('gpios', '#gpio-cells');
    default:
  }
  if (name.length > 7 && name.endsWith('-supply')) return kind('list', null, 0);
  return (name.length > 5 && name.endsWith('-gpio')) ||
    (name.length > 6 && name.endsWith('-gpios') && !(name.length > 9 && name.endsWith(',nr-gpios')))
    ? kind('list', '#gpio-cells')
    : null;
}

/** How one kernel's of_supplier_bindings[] takes each property name. */
export class SupplierKinds {
  /** Names met, so that each is looked at once. Far fewer than this are ever used; a text full of others starts anew. */
  private readonly kinds = new Map<string, Kind | null>();

  constructor(private readonly bindings: SupplierBindings) {}

  of(name: string): Kind | null {
    let kind = this.kinds.get(name);
    if (kind === undefined) {
      if (this.kinds.size >= MAX_KINDS) this.kinds.clear();
      kind = kindOf(name, this.bindings);
      this.kinds.set(name, kind);
    }
    return kind;
  }
}

const MAX_KINDS = 20_000;

const kindsOf = new WeakMap<SupplierBindings, SupplierKinds>();

/** The kinds of a kernel model's table. The same object for the same table. */
export function supplierKinds(bindings: SupplierBindings): SupplierKinds {
  let kinds = kindsOf.get(bindings);
  if (kinds === undefined) {
    kinds = new SupplierKinds(bindings);
    kindsOf.set(bindings, kinds);
  }
  return kinds;
}

const noNodes: readonly DtNode[] = [];

/** The nodes of a list up to the first entry without one, where a list parser stops; see phandleEntries. Most lists have one entry. */
function untilHole(
  tree: DeviceTree,
  { bytes }: DtProperty,
  cellsName: string | null,
  missing: number | null,
): readonly DtNode[] {
  let found: DtNode[] | null = null;
  for (let at = 0; at + 4 <= bytes.length; ) {
    const phandle = cellAt(bytes, at);
    const node = phandle === 0 ? undefined : tree.phandles.get(phandle);
    if (node === undefined) break;
    at += 4;
    if (cellsName !== null) {
      const own = node.properties.get(cellsName);
      const count = own !== undefined && own.bytes.length >= 4 ? cellAt(own.bytes, 0) : missing;
      if (count === null) break;
      at += count * 4;
    }
    if (at > bytes.length) break;
    if (found === null) found = [node];
    else found.push(node);
  }
  return found ?? noNodes;
}

function suppliersOf(tree: DeviceTree, node: DtNode, property: DtProperty, kind: Kind): readonly DtNode[] {
  switch (kind.how) {
    case 'list':
      return untilHole(tree, property, kind.cells, kind.missing);
    case 'gpios':
      // The gpios of a hog are all its parent's.
      return node.properties.has('gpio-hog') ? noNodes : untilHole(tree, property, kind.cells, kind.missing);
    case 'iommu-map': {
      const cells = cellsOf(property);
      const found: DtNode[] = [];
      for (let at = 1; at < cells.length; at += 4) {
        const supplier = tree.phandles.get(cells[at] ?? 0);
        if (supplier === undefined) break;
        found.push(supplier);
      }
      return found;
    }
    case 'remote-endpoint': {
      const remote = kind.end?.(tree.phandles.get(u32(node, 'remote-endpoint', 0)) ?? null) ?? null;
      return remote === null ? noNodes : [remote];
    }
    case 'interrupts': {
      const own = node.properties.get('interrupts-extended');
      const extended = own === undefined ? noEntries : phandleEntries(tree, own, '#interrupt-cells', null);
      return interruptControllers(tree, node, extended);
    }
    case 'interrupt-map': {
      const found: DtNode[] = [];
      mapSuppliers(tree, node, property, found);
      return found;
    }
  }
}

const noEntries: readonly Entry[] = [];

function mapSuppliers(tree: DeviceTree, node: DtNode, property: DtProperty, into: DtNode[]): void {
  const own = node.properties.get('#interrupt-cells');
  if (own === undefined || own.bytes.length < 4) return;
  let addressCells = 1;
  for (let at: DtNode | null = node; at !== null; at = at.parent)
    if (at.properties.has('#address-cells')) {
      addressCells = u32(at, '#address-cells', 1);
      break;
    }
  const width = addressCells + u32(node, '#interrupt-cells', 0);
  const cells = cellsOf(property);
  for (let at = 0; at + width + 1 < cells.length; ) {
    const entry = mapParent(tree, cells, at + width);
    if (entry === null) return;
    into.push(entry.node);
    at = entry.next;
  }
}

/** The properties that name suppliers, by the number of their node, in property order. */
type StatedBy = readonly (readonly DtProperty[] | undefined)[];

const stated = new PerObject<DeviceTree, { readonly kinds: SupplierKinds; readonly by: StatedBy }>();

/** One walk over the tree for all its nodes: most nodes and most properties name nobody. */
function statedBy(tree: DeviceTree, kinds: SupplierKinds): StatedBy {
  const known = stated.get(tree);
  if (known?.kinds === kinds) return known.by;
  const index = propertiesByName(tree);
  const by: (DtProperty[] | undefined)[] = new Array(tree.nodes.length);
  const properties = index.namedAny([...index.names].filter((name) => kinds.of(name) !== null));
  for (let i = 0; i < properties.length; i++) {
    const property = properties[i] as DtProperty;
    const { index: at } = property.node;
    const list = by[at];
    if (list === undefined) by[at] = [property];
    else list.push(property);
  }
  stated.set(tree, { kinds, by });
  return by;
}

/** Every supply that a node's own properties state in a kernel, in property order (of_fwnode_add_links), the optional ones too. */
export function suppliesOf(tree: DeviceTree, node: DtNode, kinds: SupplierKinds): readonly Supply[] {
  const properties = statedBy(tree, kinds)[node.index];
  if (properties === undefined) return none;
  let found: Supply[] | null = null;
  for (let i = 0; i < properties.length; i++) {
    const property = properties[i] as DtProperty;
    const { name } = property;
    const kind = kinds.of(name);
    if (kind === null) continue;
    const suppliers = suppliersOf(tree, node, property, kind);
    if (suppliers.length === 0) continue;
    const consumer = kind.end === null ? node : kind.end(node);
    if (consumer === null) continue;
    const ignore = name === 'post-init-providers';
    for (let k = 0; k < suppliers.length; k++) {
      const supplier = suppliers[k] as DtNode;
      const supply: Supply = { consumer, supplier, property: name, optional: kind.optional, ignore };
      if (found === null) found = [supply];
      else found.push(supply);
    }
  }
  return found ?? none;
}

const none: readonly Supply[] = [];
