/** #address-cells, #size-cells, and what depends on them: reg, ranges, dma-ranges, unit addresses. */
import type { DtNode, DtProperty } from '../model';
import {
  addressCellsOr2,
  type Check,
  type CheckRun,
  cString,
  hasChildren,
  isMultiple,
  sizeCellsOr1,
  unitAddress,
} from './check';

export const formatChecks: readonly Check[] = [
  {
    // the cells are read when asked for; the check is there for what it needs
    name: 'addr_size_cells',
    severity: 'warning',
    needs: ['address_cells_is_cell', 'size_cells_is_cell'],
    node: () => {},
  },
  { name: 'reg_format', severity: 'warning', needs: ['addr_size_cells'], property: 'reg', check: regFormat },
  { name: 'ranges_format', severity: 'warning', needs: ['addr_size_cells'], property: 'ranges', check: rangesFormat },
  {
    name: 'dma_ranges_format',
    severity: 'warning',
    needs: ['addr_size_cells'],
    property: 'dma-ranges',
    check: rangesFormat,
  },
];

function regFormat(run: CheckRun, reg: DtProperty): void {
  const { node, bytes } = reg;
  if (node.parent === null) return run.fail(node, null, 'The root node has no reg');
  if (bytes.length === 0) run.fail(node, reg, 'reg is empty');
  const address = addressCellsOr2(run, node.parent);
  const size = sizeCellsOr1(run, node.parent);
  if (isMultiple(bytes.length, 4 * (address + size))) return;
  const entry = `${address + size} cells each (#address-cells ${address}, #size-cells ${size} of ${node.parent.path})`;
  run.fail(node, reg, `reg has ${cellCount(bytes.length)}, no whole number of entries of ${entry}`);
}

function rangesFormat(run: CheckRun, ranges: DtProperty): void {
  const { node, bytes, name } = ranges;
  if (node.parent === null) return run.fail(node, ranges, `The root node has no ${name}`);
  const [parentAddress, address] = [addressCellsOr2(run, node.parent), addressCellsOr2(run, node)];
  const [parentSize, size] = [sizeCellsOr1(run, node.parent), sizeCellsOr1(run, node)];
  if (bytes.length === 0) {
    const differs = (what: string, own: number, other: number): void => {
      const parent = node.parent?.path ?? '';
      if (own !== other)
        run.fail(node, ranges, `Empty ${name} needs the parent's ${what}: it is ${own} here and ${other} in ${parent}`);
    };
    differs('#address-cells', address, parentAddress);
    differs('#size-cells', size, parentSize);
    return;
  }
  if (isMultiple(bytes.length, 4 * (parentAddress + address + size))) return;
  const entry = `${address + parentAddress + size} cells each (child address ${address}, parent address ${parentAddress}, size ${size})`;
  run.fail(node, ranges, `${name} has ${cellCount(bytes.length)}, no whole number of entries of ${entry}`);
}

const cellCount = (bytes: number): string => (bytes % 4 === 0 ? `${bytes / 4} cells` : `${bytes} bytes`);

export const unitAddressChecks: readonly Check[] = [
  {
    name: 'unit_address_vs_reg',
    severity: 'warning',
    node: (run, node) => {
      // fragments of an overlay are numbered, not addressed
      if (node.children.has('__overlay__')) return;
      const ranges = node.properties.get('ranges');
      const addressed = node.properties.has('reg') || (ranges !== undefined && ranges.bytes.length > 0);
      const named = unitAddress(node) !== '';
      if (addressed && !named) run.fail(node, null, 'The node has reg or ranges but no unit address');
      if (!addressed && named) run.fail(node, null, 'The node has a unit address but neither reg nor ranges');
    },
  },
  {
    name: 'unit_address_format',
    severity: 'warning',
    needs: ['node_name_format', 'pci_bridge', 'simple_bus_bridge'],
    node: (run, node) => {
      let unit = unitAddress(node);
      // buses with an address format of their own have their own check
      if (unit === '' || (node.parent !== null && run.buses.has(node.parent))) return;
      if (unit.startsWith('0x')) {
        run.fail(node, null, 'A unit address has no leading 0x');
        unit = unit.slice(2);
      }
      if (/^0[0-9a-fA-F]/.test(unit)) run.fail(node, null, 'A unit address has no leading zeros');
    },
  },
];

export const styleChecks: readonly Check[] = [
  {
    name: 'avoid_default_addr_size',
    severity: 'warning',
    needs: ['addr_size_cells'],
    node: (run, node) => {
      const { parent, properties } = node;
      if (parent === null || !(properties.has('reg') || properties.has('ranges'))) return;
      if (run.addressCells(parent) === null) run.fail(node, null, `${parent.path} does not say its #address-cells`);
      if (run.sizeCells(parent) === null) run.fail(node, null, `${parent.path} does not say its #size-cells`);
    },
  },
  {
    name: 'avoid_unnecessary_addr_size',
    severity: 'warning',
    needs: ['avoid_default_addr_size'],
    node: (run, node) => {
      if (node.parent === null || !hasChildren(node)) return;
      if (run.addressCells(node) === null || run.sizeCells(node) === null) return;
      if (node.properties.has('ranges') || node.properties.has('dma-ranges')) return;
      for (const child of node.children.values())
        if (child.properties.has('reg') || (run.dtc.childRangesNeedCells && child.properties.has('ranges'))) return;
      run.fail(
        node,
        null,
        'Nothing here needs #address-cells and #size-cells: no ranges, no dma-ranges, no child with reg',
      );
    },
  },
  uniqueUnitAddress('unique_unit_address', false),
  uniqueUnitAddress('unique_unit_address_if_enabled', true),
];

function uniqueUnitAddress(name: string, enabledOnly: boolean): Check {
  const node = (run: CheckRun, parent: DtNode): void => {
    if (parent.children.size < 2 || run.addressCells(parent) === null || run.sizeCells(parent) === null) return;
    const seen = new Map<string, DtNode>();
    for (const child of parent.children.values()) {
      const unit = unitAddress(child);
      if (unit === '' || (enabledOnly && cString(child.properties.get('status')) === 'disabled')) continue;
      // dtc has a line for every pair; every node that is not the last of its address is in the first place of one
      const earlier = seen.get(unit);
      if (earlier !== undefined) run.fail(earlier, null, `${child.name} has the same unit address`);
      seen.set(unit, child);
    }
  };
  const base = { name, severity: 'warning' as const, needs: ['avoid_default_addr_size'], node };
  return enabledOnly ? { ...base, optional: true } : base;
}
