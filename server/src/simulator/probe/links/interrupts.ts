/** The interrupt tree: which controller an interrupt of a node ends at (drivers/of/irq.c). */
import type { DeviceTree, DtNode } from '../../../devicetree/model';
import { cellAt, cellsOf, compatibles, isAvailable } from '../../../devicetree/read';

/** MAX_PHANDLE_ARGS. */
const MAX_ARGS = 16;

/** Controllers whose interrupt-map their own driver reads (of_irq_imap_abusers). */
const mapAbusers = new Set([
  'CBEA,platform-spider-pic',
  'sti,platform-spider-pic',
  'realtek,rtl-intc',
  'fsl,ls1021a-extirq',
  'fsl,ls1043a-extirq',
  'fsl,ls1088a-extirq',
  'renesas,rza1-irqc',
  'pasemi,rootbus',
]);

interface Specifier {
  readonly node: DtNode;
  readonly args: readonly number[];
}

function cellOf(node: DtNode, name: string): number | null {
  const property = node.properties.get(name);
  return property === undefined || property.bytes.length < 4 ? null : cellAt(property.bytes, 0);
}

/** The nearest node up the interrupt tree that has #interrupt-cells (of_irq_find_parent); null without one. */
export function interruptParent(tree: DeviceTree, child: DtNode): DtNode | null {
  let at: DtNode | null = child;
  // A tree whose interrupt-parent references form a loop would never end: no chain is longer than the tree.
  for (let steps = 0; at !== null && steps <= tree.nodes.length; steps++) {
    const phandle = cellOf(at, 'interrupt-parent');
    at = phandle === null ? at.parent : (tree.phandles.get(phandle) ?? null);
    if (at?.properties.has('#interrupt-cells') === true) return at;
  }
  return null;
}

/** One entry of an interrupt-map from its parent phandle on (of_irq_parse_imap_parent): where it leads and its length. */
export function mapParent(
  tree: DeviceTree,
  map: readonly number[],
  at: number,
): (Specifier & { readonly next: number; readonly addressCells: number }) | null {
  const node = tree.phandles.get(map[at] ?? 0);
  if (node === undefined) return null;
  const count = cellOf(node, '#interrupt-cells');
  if (count === null) return null;
  const addressCells = cellOf(node, '#address-cells') ?? 0;
  const start = at + 1;
  if (addressCells + count > MAX_ARGS || start + addressCells + count > map.length) return null;
  const next = start + addressCells + count;
  return { node, args: map.slice(next - count, next), next, addressCells };
}

/** Follows interrupt-map translations from a specifier to the controller that ends them (of_irq_parse_raw). */
function follow(tree: DeviceTree, address: readonly number[], specifier: Specifier): DtNode | null {
  let parent: DtNode | null = specifier.node;
  let count: number | null = null;
  for (; parent !== null; parent = interruptParent(tree, parent)) {
    count = cellOf(parent, '#interrupt-cells');
    if (count !== null) break;
  }
  if (parent === null || count !== specifier.args.length) return null;

  let addressCells = addressCellsAt(parent);
  if (addressCells + count > MAX_ARGS) return null;
  let match: number[] = [];
  for (let i = 0; i < addressCells; i++) match.push(address[i] ?? 0);
  match.push(...specifier.args);
  let found: DtNode = specifier.node;
  let specifierCells = count;

  for (let steps = 0; parent !== null && steps <= tree.nodes.length; steps++) {
    const map = parent.properties.get('interrupt-map');
    if (
      parent.properties.has('interrupt-controller') &&
      (map === undefined || compatibles(parent).some((c) => mapAbusers.has(c)))
    )
      return found;
    if (map === undefined) {
      parent = interruptParent(tree, parent);
      continue;
    }
    const cells = cellsOf(map);
    const mask = cellsOf(parent.properties.get('interrupt-map-mask'));
    const width: number = addressCells + specifierCells;
    let hit: ReturnType<typeof mapParent> = null;
    let at = 0;
    while (cells.length - at > width + 1) {
      let equal = true;
      for (let i = 0; i < width; i++)
        if ((((match[i] ?? 0) ^ (cells[at + i] ?? 0)) & (mask.length === 0 ? -1 : (mask[i] ?? 0))) !== 0) equal = false;
      const entry = mapParent(tree, cells, at + width);
      if (entry === null) return null;
      if (equal && isAvailable(entry.node)) {
        hit = entry;
        match = cells.slice(at + width + 1, entry.next);
        break;
      }
      at = entry.next;
    }
    if (hit === null) return null;
    found = hit.node;
    specifierCells = hit.args.length;
    addressCells = match.length - specifierCells;
    if (parent === hit.node) return found;
    parent = hit.node;
  }
  return null;
}

/** The #address-cells that hold for the children of a node or the nearest node above it that has some; 2 without. */
function addressCellsAt(node: DtNode): number {
  for (let at: DtNode | null = node; at !== null; at = at.parent) {
    const own = cellOf(at, '#address-cells');
    if (own !== null) return own;
  }
  return 2;
}

/**
 * The controllers at which the interrupts of a node end, in order, up to the first that cannot be resolved
 * (of_irq_parse_one for index 0, 1, 2 …); a run of the same one counts once. `extended`: the entries of
 * interrupts-extended. They are added to `into`.
 */
export function interruptControllers(
  tree: DeviceTree,
  node: DtNode,
  extended: readonly { readonly node: DtNode | null; readonly args: readonly number[] }[],
): readonly DtNode[] {
  const parent = interruptParent(tree, node);
  const count = parent === null ? null : cellOf(parent, '#interrupt-cells');
  const bytes = node.properties.get('interrupts')?.bytes ?? noBytes;
  if (
    extended.length === 0 &&
    parent !== null &&
    count !== null &&
    parent.properties.has('interrupt-controller') &&
    !parent.properties.has('interrupt-map')
  ) {
    // nothing to follow: all end there
    return bytes.length >= count * 4 && addressCellsAt(parent) + count <= MAX_ARGS ? [parent] : [];
  }
  const into: DtNode[] = [];
  const address = cellsOf(node.properties.get('reg')).slice(0, 3);
  let last: DtNode | null = null;
  for (let index = 0; ; index++) {
    const entry = extended[index];
    let found: DtNode | null;
    if (entry !== undefined && entry.node !== null)
      found = follow(tree, address, { node: entry.node, args: entry.args });
    else {
      if (parent === null || count === null || bytes.length < (index + 1) * count * 4) return into;
      // Without cells there is no end to the list (the kernel would not end either): one entry is enough for a link.
      if (count === 0 && index > 0) return into;
      const args: number[] = [];
      for (let i = 0; i < count; i++) args.push(cellAt(bytes, (index * count + i) * 4));
      found = follow(tree, address, { node: parent, args });
    }
    if (found === null) return into;
    if (found !== last) into.push(found);
    last = found;
  }
}

const noBytes = new Uint8Array(0);
