/** Bridges and the addresses of what stands behind them: PCI, simple-bus, I2C, SPI. */
import type { DtNode } from '../model';
import { cellAt, cellsOf, stringsOf, wide } from '../read';
import {
  addressCellsOr2,
  baseName,
  type Check,
  type CheckRun,
  cString,
  hasChildren,
  sizeCellsOr1,
  unitAddress,
} from './check';

const behind = (run: CheckRun, node: DtNode, bus: string): boolean =>
  node.parent !== null && run.buses.get(node.parent) === bus;

function wrongUnit(run: CheckRun, node: DtNode, bus: string, expected: string): void {
  if (unitAddress(node) !== expected) run.fail(node, null, `The unit address on ${bus} should be ${expected}`);
}

export const pciChecks: readonly Check[] = [
  {
    name: 'pci_bridge',
    severity: 'warning',
    needs: ['device_type_is_string', 'addr_size_cells'],
    node: (run, node) => {
      if (cString(node.properties.get('device_type')) !== 'pci') return;
      run.buses.set(node, 'pci');
      const name = baseName(node);
      if (name !== 'pci' && name !== 'pcie') run.fail(node, null, 'A PCI bridge is called pci or pcie');
      if (!node.properties.has('ranges')) run.fail(node, null, 'A PCI bridge has ranges');
      if (addressCellsOr2(run, node) !== 3) run.fail(node, null, '#address-cells of a PCI bridge is 3');
      if (sizeCellsOr1(run, node) !== 2) run.fail(node, null, '#size-cells of a PCI bridge is 2');
      const range = node.properties.get('bus-range');
      if (range === undefined) return;
      if (range.bytes.length !== 8) return run.fail(node, range, 'bus-range has two cells');
      const [first, last] = [cellAt(range.bytes, 0), cellAt(range.bytes, 4)];
      if (first > last) run.fail(node, range, 'The first bus number is above the last');
      if (last > 0xff) run.fail(node, range, 'Bus numbers end at 255');
    },
  },
  {
    name: 'pci_device_reg',
    severity: 'warning',
    needs: ['reg_format', 'pci_bridge'],
    node: (run, node) => {
      const reg = node.properties.get('reg');
      if (reg === undefined || !behind(run, node, 'pci')) return;
      const [address = 0, middle = 0, low = 0] = cellsOf(reg);
      if (middle !== 0 || low !== 0)
        run.fail(node, reg, 'The second and third cell of a PCI configuration address are 0');
      const device = (address >>> 11) & 0x1f;
      const func = (address >>> 8) & 7;
      if (address & 0xff000000) run.fail(node, reg, 'The address is not in configuration space');
      if (address & 0xff) run.fail(node, reg, 'The register number of a PCI configuration address is 0');
      const unit = unitAddress(node);
      if (func === 0 && unit === device.toString(16)) return;
      const full = `${device.toString(16)},${func.toString(16)}`;
      if (unit !== full) run.fail(node, null, `The unit address of a PCI device is device,function: ${full}`);
    },
  },
  {
    name: 'pci_device_bus_num',
    severity: 'warning',
    needs: ['reg_format', 'pci_bridge'],
    node: (run, node) => {
      const reg = node.properties.get('reg');
      if (reg === undefined || node.parent === null || !behind(run, node, 'pci')) return;
      const bus = (cellAt(reg.bytes, 0) >>> 16) & 0xff;
      const [first = 0, last = 0] = cellsOf(node.parent.properties.get('bus-range'));
      if (bus < first || bus > last) run.fail(node, reg, `Bus ${bus} is not one of the bridge's (${first} to ${last})`);
    },
  },
];

export const simpleBusChecks: readonly Check[] = [
  {
    name: 'simple_bus_bridge',
    severity: 'warning',
    needs: ['addr_size_cells', 'compatible_is_string_list'],
    property: 'compatible',
    check: (run, property) => {
      if (stringsOf(property).includes('simple-bus')) run.buses.set(property.node, 'simple');
    },
  },
  {
    name: 'simple_bus_reg',
    severity: 'warning',
    needs: ['reg_format', 'simple_bus_bridge'],
    node: (run, node) => {
      const { parent } = node;
      if (parent === null || !behind(run, node, 'simple')) return;
      const reg = node.properties.get('reg');
      const ranges = node.properties.get('ranges');
      let cells = cellsOf(reg);
      if (reg === undefined && ranges !== undefined && ranges.bytes.length > 0)
        cells = cellsOf(ranges).slice(addressCellsOr2(run, node));
      if (cells.length === 0) {
        if (parent.parent !== null && run.buses.get(node) !== 'simple')
          run.fail(node, null, 'A node on a simple bus has reg or ranges');
        return;
      }
      const address = BigInt.asUintN(64, wide(cells, 0, Math.min(addressCellsOr2(run, parent), 16)));
      wrongUnit(run, node, 'a simple bus', address.toString(16));
    },
  },
];

const OWN_SLAVE = 0x40000000;
const TEN_BIT = 0x80000000;

function hasBusChild(node: DtNode): boolean {
  for (const child of node.children.values()) if (baseName(child) === 'i2c-bus') return true;
  return false;
}

/** On I2C and SPI an address is one cell (none below an SPI slave), without a size. */
function busCells(run: CheckRun, node: DtNode, bus: string, expected: number): void {
  const [address, size] = [addressCellsOr2(run, node), sizeCellsOr1(run, node)];
  const stated = (name: string): string => (node.properties.has(name) ? '' : ', as none is stated');
  if (address !== expected)
    run.fail(
      node,
      null,
      `#address-cells of ${bus} has to be ${expected}, here it is ${address}${stated('#address-cells')}`,
    );
  if (size !== 0) run.fail(node, null, `#size-cells of ${bus} has to be 0, here it is ${size}${stated('#size-cells')}`);
}

export const i2cChecks: readonly Check[] = [
  {
    name: 'i2c_bus_bridge',
    severity: 'warning',
    needs: ['addr_size_cells'],
    node: (run, node) => {
      if (!['i2c-bus', 'i2c-arb', 'i2c'].includes(baseName(node))) return;
      // its bus is the child, which is looked at by itself
      if (baseName(node) === 'i2c' && run.dtc.findsI2cBusChild && hasBusChild(node)) return;
      run.buses.set(node, 'i2c');
      if (!hasChildren(node)) return;
      busCells(run, node, 'an I2C bus', 1);
    },
  },
  {
    name: 'i2c_bus_reg',
    severity: 'warning',
    needs: ['reg_format', 'i2c_bus_bridge'],
    node: (run, node) => {
      if (!behind(run, node, 'i2c')) return;
      const reg = node.properties.get('reg');
      const cells = cellsOf(reg);
      if (reg === undefined || cells.length === 0) return run.fail(node, null, 'A node on an I2C bus has reg');
      wrongUnit(run, node, 'an I2C bus', (((cells[0] ?? 0) & ~OWN_SLAVE) >>> 0).toString(16));
      for (const cell of cells) {
        const address = (cell & ~OWN_SLAVE) >>> 0;
        const tenBit = (address & TEN_BIT) !== 0;
        if (tenBit && (address & ~TEN_BIT) > 0x3ff)
          run.fail(node, reg, `0x${address.toString(16)} has more than 10 address bits`);
        else if (!tenBit && address > 0x7f)
          run.fail(node, reg, `0x${address.toString(16)} has more than 7 bits; I2C_TEN_BIT_ADDRESS marks one of 10`);
      }
    },
  },
];

export const spiChecks: readonly Check[] = [
  {
    name: 'spi_bus_bridge',
    severity: 'warning',
    needs: ['addr_size_cells'],
    node: (run, node) => {
      if (baseName(node) === 'spi') run.buses.set(node, 'spi');
      else {
        // a bus by what its devices say
        if (addressCellsOr2(run, node) !== 1 || sizeCellsOr1(run, node) !== 0 || !hasSpiDevice(node)) return;
        run.buses.set(node, 'spi');
        if (node.properties.has('reg')) run.fail(node, null, 'An SPI bus is called spi');
      }
      if (!hasChildren(node)) return;
      busCells(run, node, 'an SPI bus', node.properties.has('spi-slave') ? 0 : 1);
    },
  },
  {
    name: 'spi_bus_reg',
    severity: 'warning',
    needs: ['reg_format', 'spi_bus_bridge'],
    node: (run, node) => {
      if (!behind(run, node, 'spi') || node.parent?.properties.has('spi-slave')) return;
      const [cell] = cellsOf(node.properties.get('reg'));
      if (cell === undefined) run.fail(node, null, 'A node on an SPI bus has reg');
      else wrongUnit(run, node, 'an SPI bus', cell.toString(16));
    },
  },
];

function hasSpiDevice(node: DtNode): boolean {
  for (const child of node.children.values())
    for (const name of child.properties.keys()) if (name.startsWith('spi-')) return true;
  return false;
}
