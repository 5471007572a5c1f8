/** Interrupts, their controllers and interrupt maps (Devicetree Specification 2.4). */
import type { DtNode, DtProperty } from '../model';
import { cellAt } from '../read';
import { addressCellsOr2, type Check, type CheckRun, isMultiple, isPhandle, oneCell } from './check';
import { isInterruptProvider } from './providers';

export const interruptChecks: readonly Check[] = [
  { name: 'interrupts_property', severity: 'warning', property: 'interrupts', check: interrupts },
  {
    name: 'interrupt_provider',
    severity: 'warning',
    needs: ['interrupts_extended_is_cell'],
    node: (run, node) => {
      const provider = isInterruptProvider(node);
      const cells = node.properties.get('#interrupt-cells');
      if (provider && cells === undefined) run.fail(node, null, 'An interrupt provider has #interrupt-cells');
      if (!provider && cells !== undefined)
        run.fail(node, cells, '#interrupt-cells, but neither interrupt-controller nor interrupt-map');
    },
  },
  {
    name: 'interrupt_map',
    severity: 'warning',
    needs: ['addr_size_cells', 'interrupt_provider'],
    property: 'interrupt-map',
    check: interruptMap,
  },
];

function interrupts(run: CheckRun, property: DtProperty): void {
  const { node, bytes } = property;
  if (bytes.length % 4 !== 0)
    run.fail(node, property, `interrupts has ${bytes.length} bytes, no whole number of cells`);
  const parent = interruptParent(run, node);
  if (parent === 'unknown') return;
  if (parent === null) return run.fail(node, null, 'There is no interrupt-parent');
  const cells = parent.properties.get('#interrupt-cells');
  if (cells === undefined) return;
  const count = oneCell(cells);
  if (!isMultiple(bytes.length, 4 * count))
    run.fail(node, property, `interrupts has ${bytes.length / 4} cells, ${parent.path} wants ${count} for each`);
}

/** The interrupt parent; null when there is none, 'unknown' when that is open or has been complained about. */
function interruptParent(run: CheckRun, node: DtNode): DtNode | null | 'unknown' {
  for (let at: DtNode | null = node; at !== null; at = at.parent) {
    if (at !== node && isInterruptProvider(at)) return at;
    const property = at.properties.get('interrupt-parent');
    if (property === undefined) continue;
    const phandle = oneCell(property);
    if (!isPhandle(phandle)) {
      if (run.tree.plugin) return 'unknown';
      run.fail(at, property, 'interrupt-parent is no phandle');
      return null;
    }
    const found = run.tree.phandles.get(phandle);
    if (found === undefined) {
      run.fail(at, property, `No node has the phandle 0x${phandle.toString(16)}`);
      return 'unknown';
    }
    if (!isInterruptProvider(found))
      run.fail(found, null, 'An interrupt parent has interrupt-controller or interrupt-map');
    return found;
  }
  return null;
}

function interruptMap(run: CheckRun, map: DtProperty): void {
  const { node, bytes } = map;
  if (run.addressCells(node) === null) return run.fail(node, null, 'A node with interrupt-map has #address-cells');
  const row = addressCellsOr2(run, node) + oneCell(node.properties.get('#interrupt-cells'));
  const mask = node.properties.get('interrupt-map-mask');
  if (mask !== undefined && mask.bytes.length !== 4 * row)
    run.fail(node, mask, `interrupt-map-mask has ${mask.bytes.length / 4} cells, it should have ${row}`);
  if (bytes.length % 4 !== 0)
    return run.fail(node, map, `interrupt-map has ${bytes.length} bytes, no whole number of cells`);
  const total = bytes.length / 4;
  for (let cell = 0; cell < total; ) {
    if (cell + row >= total) return run.fail(node, map, `interrupt-map ends within a row at cell ${cell}`);
    cell += row;
    const phandle = cellAt(bytes, 4 * cell);
    if (!isPhandle(phandle)) {
      if (!run.tree.plugin) run.fail(node, map, `Cell ${cell} of interrupt-map is no phandle`);
      return;
    }
    const parent = run.tree.phandles.get(phandle);
    if (parent === undefined)
      return run.fail(node, map, `Cell ${cell} of interrupt-map: no node has the phandle 0x${phandle.toString(16)}`);
    const cells = parent.properties.get('#interrupt-cells');
    if (cells === undefined) return run.fail(node, map, `${parent.path} has no #interrupt-cells (cell ${cell})`);
    const address = parent.properties.get('#address-cells');
    if (address === undefined && run.dtc.interruptMapWantsCells)
      run.fail(node, map, `${parent.path} has no #address-cells: its part of a row is taken to have 0`);
    cell += 1 + oneCell(cells) + oneCell(address);
    if (cell > total) run.fail(node, map, `interrupt-map has ${total} cells, its last row ends at ${cell}`);
  }
}
