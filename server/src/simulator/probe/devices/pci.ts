/** PCI enumeration: what the tree and the scenario say is behind a host bridge (drivers/pci/probe.c, bus.c). */
import type { DtNode } from '../../../devicetree/model';
import { cellsOf, compatibles, isAvailable, stringOf } from '../../../devicetree/read';
import type { PciFunction } from '../../contract/device';
import type { PciIdentity } from '../../kernel/catalogue/pci-ids';
import type { PciDeviceModel } from '../../scenario';
import { attachDevice } from '../binding';
import type { DriverCore } from '../driver-core';
import { acsIsolates, hasAcsQuirk, type NamedFunction } from './acs';
import type { Device } from './device';

/** One function before it is a device. */
interface FunctionModel {
  readonly model: PciDeviceModel;
  readonly bus: number;
  readonly devfn: number;
}

interface Enumerated {
  readonly device: Device;
  /** Devices of the bus behind it, in scan order. */
  readonly below: Enumerated[];
}

function parseBdf(model: PciDeviceModel): FunctionModel | null {
  const found = /^(?:[0-9a-f]{4}:)?([0-9a-f]{1,2}):([0-9a-f]{1,2})\.([0-7])$/i.exec(model.bdf);
  if (found === null) return null;
  const slot = Number.parseInt(found[2] ?? '0', 16);
  return {
    model,
    bus: Number.parseInt(found[1] ?? '0', 16),
    devfn: ((slot & 31) << 3) | Number.parseInt(found[3] ?? '0', 10),
  };
}

const NO_IDENTITY: { match?: PciIdentity; id?: string } = {};
/** The first two letters say it of almost every node. */
const isPci = (compatible: string): boolean => (compatible.charCodeAt(0) | 32) === 112 && /^pci/i.test(compatible);

/** What a function's compatibles say of it (pciVVVV,DDDD and pciclass,CCSSPP of the PCI bus binding); nothing: unknown. */
export function identityOfNode(node: DtNode): { match?: PciIdentity; id?: string } {
  const texts = compatibles(node);
  if (!texts.some(isPci)) return NO_IDENTITY;
  const found = { vendor: -1, device: -1, subvendor: -1, subdevice: -1, class: -1 };
  for (const compatible of texts) {
    const [, vendor, device, subvendor, subdevice] =
      /^pci([0-9a-f]{1,4}),([0-9a-f]{1,4})(?:\.([0-9a-f]{1,4})\.([0-9a-f]{1,4}))?/i.exec(compatible) ?? [];
    if (vendor !== undefined && device !== undefined && found.vendor < 0) {
      found.vendor = Number.parseInt(vendor, 16);
      found.device = Number.parseInt(device, 16);
      if (subvendor !== undefined) found.subvendor = Number.parseInt(subvendor, 16);
      if (subdevice !== undefined) found.subdevice = Number.parseInt(subdevice, 16);
    }
    const [, kind] = /^pciclass,([0-9a-f]{6})$/i.exec(compatible) ?? [];
    if (kind !== undefined) found.class = Number.parseInt(kind, 16);
  }
  if (found.vendor < 0 && found.class < 0) return NO_IDENTITY;
  const known = (n: number): number | null => (n < 0 ? null : n);
  return {
    match: {
      vendor: known(found.vendor),
      device: known(found.device),
      subvendor: known(found.subvendor),
      subdevice: known(found.subdevice),
      class: known(found.class),
    },
    ...(found.vendor < 0 ? {} : { id: `${found.vendor.toString(16)}:${found.device.toString(16)}` }),
  };
}

/** The functions that the tree itself describes below a host: a node with `reg`, a bridge with nodes of its own. */
function functionsOfTree(host: DtNode): FunctionModel[] {
  const found: FunctionModel[] = [];
  let nextBus = 1;
  const walk = (parent: DtNode, bus: number, root: boolean): void => {
    for (const child of parent.children.values()) {
      const reg = cellsOf(child.properties.get('reg'));
      if (reg.length < 5 || !isAvailable(child)) continue;
      const devfn = ((reg[0] ?? 0) >>> 8) & 0xff;
      const bridge = stringOf(child.properties.get('device_type')) === 'pci';
      const secondary = bridge ? nextBus++ : undefined;
      const slot = (devfn >> 3).toString(16).padStart(2, '0');
      found.push({
        model: {
          bdf: `${bus.toString(16).padStart(2, '0')}:${slot}.${devfn & 7}`,
          driver: bridge ? 'pcieport' : null,
          ...identityOfNode(child),
          kind: bridge ? (root ? 'root-port' : 'downstream-port') : 'endpoint',
          multifunction: false,
          acs: bridge,
          ...(secondary === undefined ? {} : { secondary }),
        },
        bus,
        devfn,
      });
      if (secondary !== undefined) walk(child, secondary, false);
    }
  };
  walk(host, 0, true);
  return found;
}

/** Slots below this one of a root bus are left to the functions that a tree or a list names. */
const FIRST_FREE_SLOT = 0x10;

/** The functions with endpoints for further drivers: the first behind a root port that has nothing behind it. */
function withAdded(functions: readonly FunctionModel[], drivers: readonly string[]): FunctionModel[] {
  const all = [...functions];
  let slot = FIRST_FREE_SLOT;
  for (const driver of drivers) {
    const empty = all.find(
      ({ model, bus }) =>
        model.kind === 'root-port' &&
        model.secondary !== undefined &&
        model.secondary > bus &&
        !all.some((f) => f.bus === model.secondary),
    );
    const bus = empty?.model.secondary ?? 0;
    const devfn = empty === undefined ? slot++ << 3 : 0;
    const bdf = `${hex2(bus)}:${hex2(devfn >> 3)}.0`;
    all.push({ model: { bdf, driver, kind: 'endpoint', multifunction: false, acs: false }, bus, devfn });
  }
  return all;
}

/** The node of a function below the node of its bus (of_pci_find_child_device). */
function functionNode(bus: DtNode | null, devfn: number): DtNode | null {
  if (bus === null) return null;
  for (const child of bus.children.values()) {
    const reg = cellsOf(child.properties.get('reg'));
    if (reg.length >= 5 && (((reg[0] ?? 0) >>> 8) & 0xff) === devfn) return child;
  }
  return null;
}

const domainText = (domain: number): string => domain.toString(16).padStart(4, '0');
const hex2 = (n: number): string => n.toString(16).padStart(2, '0');

/** Enumerates the bus behind a host bridge whose driver has just set it up (pci_host_probe). */
export function enumerateHost(machine: DriverCore, host: Device): void {
  const node = host.node;
  if (node === null || stringOf(node.properties.get('device_type')) !== 'pci') return;
  const listed = machine.scenario.pci.find((p) => machine.refersTo(p.host, host));
  if (listed === undefined && compatibles(node).length === 0) return;
  const functions =
    listed === undefined || listed.devices.length === 0
      ? withAdded(functionsOfTree(node), listed?.added ?? [])
      : withAdded(
          listed.devices.map(parseBdf).filter((f): f is FunctionModel => f !== null),
          listed.added ?? [],
        );
  const domain = cellsOf(node.properties.get('linux,pci-domain'))[0] ?? machine.nextPciDomain();
  const firstBus = cellsOf(node.properties.get('bus-range'))[0] ?? 0;
  const bridge = machine.addDevice({
    node: null,
    name: `pci${domainText(domain)}:${hex2(firstBus)}`,
    bus: '',
    parent: host,
    compatibles: [],
  });
  const bus = machine.addDevice({
    node: null,
    name: `${domainText(domain)}:${hex2(firstBus)}`,
    bus: '',
    parent: bridge,
    compatibles: [],
  });
  void bus;

  const scan = (
    number: number,
    busNode: DtNode | null,
    parent: Device,
    upstream: Device | null,
    above: NamedFunction | null,
  ): Enumerated[] => {
    const here = functions.filter((f) => f.bus === number).sort((a, b) => a.devfn - b.devfn);
    const found: { entry: Enumerated; model: FunctionModel; named: NamedFunction }[] = [];
    for (const f of here) {
      const name = `${domainText(domain)}:${hex2(number)}:${hex2(f.devfn >> 3)}.${f.devfn & 7}`;
      const own = functionNode(busNode, f.devfn);
      const slot = f.devfn >> 3;
      const named = { domain, bus: number, devfn: f.devfn, id: f.model.id ?? null, upstream: above };
      const { kernel, iommu } = machine;
      const several =
        f.model.virtual !== true && here.filter((o) => o.devfn >> 3 === slot && o.model.virtual !== true).length > 1;
      const early = f.model.acs && kernel.model.acsEnabledAt === 'enumeration';
      const pci: { -readonly [P in keyof PciFunction]: PciFunction[P] } = {
        host,
        rid: (number << 8) | f.devfn,
        upstream,
        // pci_scan_slot() marks functions above 0 only after they have been added.
        multifunction: f.model.virtual !== true && (f.model.multifunction || (several && (f.devfn & 7) === 0)),
        kind: f.model.kind,
        acsCapable: f.model.acs,
        acsEnabled: early && acsIsolates(kernel, iommu.acsRequested, named),
        ...(f.model.match === undefined || f.model.driver !== null ? {} : { identity: f.model.match }),
        ...(hasAcsQuirk(f.model.match ?? null, f.model.kind) ? { acsQuirk: true } : {}),
      };
      if (f.model.acs) {
        const enableAcs = (): void => {
          pci.acsEnabled = acsIsolates(kernel, true, named);
        };
        pci.enableAcs = enableAcs;
      }
      const device = machine.addDevice({
        node: own,
        name,
        bus: 'pci',
        parent,
        compatibles: own === null ? [] : compatibles(own),
        pci,
        boundTo: f.model.driver,
        matchable: false,
      });
      pci.multifunction ||= several;
      found.push({ entry: { device, below: [] }, model: f, named });
    }
    for (const { entry, model, named } of found) {
      const secondary = model.model.secondary;
      if (secondary === undefined || secondary <= number) continue;
      machine.addDevice({
        node: null,
        name: `${domainText(domain)}:${hex2(secondary)}`,
        bus: '',
        parent: entry.device,
        compatibles: [],
      });
      entry.below.push(...scan(secondary, entry.device.node, entry.device, entry.device, named));
    }
    return found.map((f) => f.entry);
  };
  addDevices(machine, scan(firstBus, node, bridge, null, null));
}

/** pci_bus_add_devices(): drivers may bind now, bus by bus. */
function addDevices(machine: DriverCore, functions: readonly Enumerated[]): void {
  for (const { device } of functions) {
    device.matchable = true;
    if (device.boundTo !== null || device.pci?.identity !== undefined || device.compatibles.length > 0)
      attachDevice(machine, device);
  }
  for (const { below } of functions) if (below.length > 0) addDevices(machine, below);
}
