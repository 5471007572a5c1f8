/** Which nodes a node's properties name as its suppliers (drivers/of/property.c, of_supplier_bindings). */
import type { DeviceTree, DtNode, DtProperty } from '../../devicetree/model';
import { cellsOf, u32 } from '../../devicetree/read';
import { interruptController, mapParent } from './interrupts';

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
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8].map((n): [string, null] => [`pinctrl-${n}`, null]),
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

function baseName(node: DtNode): string {
  const at = node.name.indexOf('@');
  return at < 0 ? node.name : node.name.slice(0, at);
}

/** Takes one supplier. */
type Take = (supplier: DtNode) => void;

/** A list parser stops at the first entry without a node. */
function untilHole(tree: DeviceTree, property: DtProperty, cells: string | null, missing: number | null, take: Take) {
  for (const { node } of phandleEntries(tree, property, cells, missing)) {
    if (node === null) return;
    take(node);
  }
}

function suppliersOf(tree: DeviceTree, node: DtNode, property: DtProperty, take: Take): void {
  const name = property.name;
  const lists = listed.has(name) ? listed : optional;
  const counted = lists.get(name);
  if (counted !== undefined) {
    untilHole(tree, property, counted, 0, take);
    return;
  }
  switch (name) {
    case 'iommu-map': {
      const cells = cellsOf(property);
      for (let at = 1; at < cells.length; at += 4) {
        const supplier = tree.phandles.get(cells[at] ?? 0);
        if (supplier === undefined) return;
        take(supplier);
      }
      return;
    }
    case 'remote-endpoint': {
      const remote = portParent(tree.phandles.get(cellsOf(property)[0] ?? 0) ?? null);
      if (remote !== null) take(remote);
      return;
    }
    case 'gpio':
    case 'gpios':
      // The gpios of a hog are all its parent's.
      if (!node.properties.has('gpio-hog')) untilHole(tree, property, '#gpio-cells', null, take);
      return;
    case 'interrupts':
    case 'interrupts-extended': {
      const extended = phandleEntries(tree, node.properties.get('interrupts-extended'), '#interrupt-cells', null);
      for (let index = 0; ; index++) {
        const controller = interruptController(tree, node, index, extended);
        if (controller === null) return;
        take(controller);
      }
    }
    case 'interrupt-map':
      mapSuppliers(tree, node, property, take);
      return;
    default:
      break;
  }
  if (name.length > 7 && name.endsWith('-supply')) untilHole(tree, property, null, 0, take);
  else if (
    (name.length > 5 && name.endsWith('-gpio')) ||
    (name.length > 6 && name.endsWith('-gpios') && !(name.length > 9 && name.endsWith(',nr-gpios')))
  )
    untilHole(tree, property, '#gpio-cells', null, take);
}

function mapSuppliers(tree: DeviceTree, node: DtNode, property: DtProperty, take: Take): void {
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
    take(entry.node);
    at = entry.next;
  }
}

/** Every supply that a node's own properties state, in property order (of_fwnode_add_links), the optional ones too. */
export function suppliesOf(tree: DeviceTree, node: DtNode): readonly Supply[] {
  let found: Supply[] | null = null;
  for (const property of node.properties.values()) {
    const { name } = property;
    suppliersOf(tree, node, property, (supplier) => {
      const consumer = name === 'remote-endpoint' ? portParent(node) : node;
      if (consumer === null) return;
      const supply: Supply = {
        consumer,
        supplier,
        property: name,
        optional: optional.has(name) || name === 'iommu-map',
        ignore: name === 'post-init-providers',
      };
      if (found === null) found = [supply];
      else found.push(supply);
    });
  }
  return found ?? none;
}

const none: readonly Supply[] = [];
