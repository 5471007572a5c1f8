/** Devices from nodes: the boot's walk over the tree and what drivers populate (drivers/of/platform.c and the buses). */
import type { DtNode } from '../../../devicetree/model';
import { cellsOf, isAvailable, stringOf } from '../../../devicetree/read';
import { type Population, PROVIDED_NODES } from '../../kernel/drivers';
import type { DriverCore, NewDevice } from '../driver-core';
import { pauseSyncState, resumeSyncState } from '../links/device-links';
import type { Device, RegisteredDriver } from './device';
import { platformName } from './naming';

/** of_default_bus_match_table. */
const busTable = new Set(['simple-bus', 'simple-mfd', 'isa', 'arm,amba-bus']);
/** of_platform_device_create_pdata(): null when the node is unavailable or has its device already. */
function createDevice(machine: DriverCore, node: DtNode, parent: Device | null, bus: string): Device | null {
  const fwnode = machine.core.fwnode(node);
  if (!isAvailable(node) || fwnode.populated) return null;
  fwnode.populated = true;
  const spec: NewDevice = {
    node,
    name: platformName(node),
    bus,
    parent: parent ?? machine.platformRoot,
    compatibles: machine.core.compatibles(node),
  };
  if (bus === 'amba') return machine.amba.add(node, () => machine.addDevice(spec));
  return machine.addDevice(spec);
}

/** of_platform_device_create() by code that runs before the tree's walk. */
export function createEarly(machine: DriverCore, node: DtNode): void {
  createDevice(machine, node, null, 'platform');
}

/** of_platform_bus_create(), with an explicit stack instead of recursion. */
function createBus(machine: DriverCore, node: DtNode, table: ReadonlySet<string>, parent: Device | null): void {
  const found = machine.core.compatibles(node);
  if (!node.properties.has('compatible') || found.includes('operating-points-v2')) return;
  const fwnode = machine.core.fwnode(node);
  if (fwnode.populatedBus) return;
  if (found.includes('arm,primecell')) {
    createDevice(machine, node, parent, 'amba');
    return;
  }
  const device = createDevice(machine, node, parent, 'platform');
  if (device === null || !found.some((c) => table.has(c))) return;
  for (const child of node.children.values()) createBus(machine, child, table, device);
  fwnode.populatedBus = true;
}

/** of_platform_populate() below a node. */
function populate(machine: DriverCore, root: DtNode, table: ReadonlySet<string>, parent: Device | null): void {
  pauseSyncState(machine.core);
  for (const child of root.children.values()) createBus(machine, child, table, parent);
  resumeSyncState(machine.core);
  machine.core.fwnode(root).populatedBus = true;
}

/** of_platform_default_populate_init(). */
export function populateAtBoot(machine: DriverCore): void {
  const { core } = machine;
  const { tree } = core;
  const early = core.kernel.model.earlyNodes;
  pauseSyncState(core);
  for (const node of tree.nodes)
    if (core.compatibles(node).some((c) => early.reserved.includes(c))) createDevice(machine, node, null, 'platform');
  const firmware = tree.root.children.get('firmware');
  if (firmware !== undefined && early.firmware !== 'no')
    populate(machine, firmware, early.firmware === 'buses' ? busTable : noTable, null);
  const chosen = tree.root.children.get('chosen');
  if (chosen !== undefined && early.framebuffer)
    for (const child of chosen.children.values())
      if (machine.core.compatibles(child).includes('simple-framebuffer')) {
        createDevice(machine, child, null, 'platform');
        break;
      }
  machine.pauseLinks();
  populate(machine, tree.root, busTable, null);
  machine.resumeLinks();
}

/** of_platform_depopulate(): the devices below, last first, each after its own children. */
export function depopulateChildren(machine: DriverCore, device: Device): void {
  const { core } = machine;
  for (const child of device.node?.children.values() ?? []) {
    const fwnode = core.fwnode(child);
    const made = fwnode.device;
    if (made === null || made.dead) continue;
    depopulateChildren(machine, made);
    machine.removeDevice(made);
    fwnode.populated = false;
    fwnode.populatedBus = false;
    if (core.kernel.model.removalReleasesResources && child.properties.has('reg'))
      machine.panic(`NULL pointer dereference in release_resource(): ${made.name} is removed`);
  }
}

const noTable: ReadonlySet<string> = new Set();

/** What a driver makes of its children when its probe gets that far. */
export function populateChildren(machine: DriverCore, device: Device, driver: RegisteredDriver): void {
  if (device.node === null) return;
  if (driver.model.providesBelow === true)
    initializeBelow(
      machine,
      device.node,
      driver.model.populates.find((p) => p.bus === PROVIDED_NODES),
    );
  for (const population of driver.model.populates) {
    const below = population.below === null ? device.node : childNamed(device.node, population.below);
    if (below !== null) populateBelow(machine, device, below, population);
  }
}

function childNamed(node: DtNode, name: string): DtNode | null {
  for (const child of node.children.values())
    if (child.name === name || child.name.split('@')[0] === name) return child;
  return null;
}

function populateBelow(machine: DriverCore, device: Device, root: DtNode, population: Population): void {
  switch (population.bus) {
    case 'platform':
      populate(machine, root, noTable, device);
      return;
    case 'platform-buses':
      populate(machine, root, busTable, device);
      return;
    case 'mfd':
      for (const child of root.children.values()) if (isAvailable(child)) addCell(machine, device, child, population);
      return;
    case PROVIDED_NODES:
      return;
    case 'gpio':
      for (const child of root.children.values())
        if (isAvailable(child) && child.properties.has('gpio-controller'))
          addChild(machine, device, child, 'gpio', child.name, GPIO_STUB);
      return;
    case 'scmi_protocol':
      for (const child of root.children.values()) {
        const protocol = cellsOf(child.properties.get('reg'))[0];
        if (isAvailable(child) && protocol !== undefined)
          addChild(machine, device, child, 'scmi_protocol', child.name, null, [`scmi,${protocol.toString(16)}`]);
      }
      return;
    default:
      for (const child of root.children.values())
        if (isAvailable(child) && (child.properties.has('compatible') || population.bus === 'mdio_bus'))
          addChild(machine, device, child, population.bus, childName(machine, device, child, population.bus));
  }
}

/** mfd_add_device(): the cell with the child's compatible gives the device its name to match. */
function addCell(machine: DriverCore, parent: Device, node: DtNode, { compatibles, names = [] }: Population): void {
  const found = machine.core.compatibles(node);
  const cell = compatibles.findIndex((c) => found.includes(c));
  const fwnode = machine.core.fwnode(node);
  if (cell < 0 || fwnode.populated) return;
  fwnode.populated = true;
  const platformId = names[cell] ?? '';
  machine.addDevice({
    node,
    name: platformName(node),
    bus: 'platform',
    parent,
    compatibles: found,
    ...(platformId === '' ? {} : { platformId }),
  });
}

function addChild(
  machine: DriverCore,
  parent: Device,
  node: DtNode,
  bus: string,
  name: string,
  boundTo: string | null = null,
  matched: readonly string[] = machine.core.compatibles(node),
): void {
  const fwnode = machine.core.fwnode(node);
  if (fwnode.populated) return;
  fwnode.populated = true;
  machine.addDevice({ node, name, bus, parent, compatibles: matched, boundTo });
}

/** gpiolib's driver for GPIO devices that have a node of their own (gpio_stub_drv, gpio_bus_match). */
export const GPIO_STUB = 'gpio_stub_drv';

const providerCells = ['#clock-cells', '#power-domain-cells', '#interrupt-cells'];

/** Whether consumers can name the node: it carries the cells of clocks, power domains or interrupts. */
export function isProvider(node: DtNode): boolean {
  return providerCells.some((name) => node.properties.has(name));
}

/**
 * Marks what a driver registers providers for below its node (fwnode_dev_initialized): nodes without a compatible, and
 * those that it looks for itself (`named`) with what is below them.
 */
export function initializeBelow(machine: DriverCore, node: DtNode, named?: Population): void {
  for (const child of node.children.values()) {
    if (!isAvailable(child)) continue;
    if (child.properties.has('compatible') && !isNamed(machine, child, named)) continue;
    if (isProvider(child)) machine.core.fwnode(child).initialized = true;
    initializeBelow(machine, child, named);
  }
}

function isNamed(machine: DriverCore, node: DtNode, named: Population | undefined): boolean {
  if (named === undefined) return false;
  const name = node.name.split('@')[0] ?? '';
  return (
    (named.names ?? []).includes(name) || machine.core.compatibles(node).some((c) => named.compatibles.includes(c))
  );
}

/** How a bus names the device of a child node. */
function childName(machine: DriverCore, controller: Device, child: DtNode, bus: string): string {
  const address = cellsOf(child.properties.get('reg'))[0] ?? 0;
  const number = machine.controllerNumber(controller, bus);
  switch (bus) {
    case 'i2c':
      return `${number}-${address.toString(16).padStart(4, '0')}`;
    case 'spi':
      return `spi${number}.${address}`;
    case 'spmi':
      return `${number}-${address.toString(16).padStart(2, '0')}`;
    case 'mdio_bus':
      return `${controller.name}:${address.toString(16).padStart(2, '0')}`;
    case 'serial':
      return `serial${number}-0`;
    default:
      return stringOf(child.properties.get('label')) ?? `${controller.name}:${child.name}`;
  }
}
