/** The PCI functions of a recording, from QEMU's `-device` arguments. */
import type { CreatedDevice, DeviceBehaviour, PciDeviceModel, PciHostModel } from '../../../../src/simulator/scenario';
import type { RecordingFile } from '../recording';
import { pciOps } from './ops';

interface QemuDevice {
  readonly type: string;
  readonly id: string | null;
  /** The id of the bridge it is behind; null on the root bus. */
  readonly bus: string | null;
  readonly slot: number;
  readonly fn: number;
  readonly multifunction: boolean;
}

interface QemuModel {
  readonly id: string;
  readonly kind: PciDeviceModel['kind'];
  readonly driver: string | null;
  readonly acs: boolean;
}

/** Functions on the root bus have no PCIe capability unless QEMU's model always has one. */
const models: Readonly<Record<string, QemuModel>> = {
  'pci-testdev': { id: '1b36:0005', kind: 'conventional', driver: 'oracle-pci', acs: false },
  edu: { id: '1234:11e8', kind: 'conventional', driver: 'oracle-edu', acs: false },
  'pcie-root-port': { id: '1b36:000c', kind: 'root-port', driver: 'pcieport', acs: true },
  ioh3420: { id: '8086:3420', kind: 'root-port', driver: 'pcieport', acs: true },
  'x3130-upstream': { id: '104c:8232', kind: 'upstream-port', driver: 'pcieport', acs: false },
  // QEMU gives ACS to its root ports only (pcie_acs_init).
  'xio3130-downstream': { id: '104c:8233', kind: 'downstream-port', driver: 'pcieport', acs: false },
  'pcie-pci-bridge': { id: '1b36:000e', kind: 'pcie-to-pci', driver: 'pcieport', acs: false },
  'pci-bridge': { id: '1b36:0001', kind: 'conventional', driver: 'pcieport', acs: false },
  'i82801b11-bridge': { id: '8086:244e', kind: 'conventional', driver: 'pcieport', acs: false },
  'virtio-rng-pci': { id: '1af4:1044', kind: 'conventional', driver: 'virtio-pci', acs: false },
  'virtio-iommu-pci': { id: '1af4:1057', kind: 'conventional', driver: 'virtio-pci', acs: false },
};

const bridges = new Set([
  'pcie-root-port',
  'ioh3420',
  'x3130-upstream',
  'xio3130-downstream',
  'pcie-pci-bridge',
  'pci-bridge',
  'i82801b11-bridge',
]);

function devicesOf(qemu: readonly string[]): QemuDevice[] {
  const found: QemuDevice[] = [];
  const taken = new Map<string, number>();
  for (let i = 0; i + 1 < qemu.length; i++) {
    if (qemu[i] !== '-device') continue;
    const [type, ...rest] = (qemu[i + 1] ?? '').split(',');
    if (type === undefined || !(type in models)) continue;
    const options = new Map(rest.map((o) => [o.split('=')[0] ?? '', o.split('=')[1] ?? '']));
    const bus = options.get('bus') ?? null;
    const addr = /^([0-9a-f]+)(?:\.(\d))?$/.exec(options.get('addr') ?? '');
    const key = bus ?? '';
    const first = bus === null ? 1 : 0;
    const slot = addr === null ? (taken.get(key) ?? first) : Number.parseInt(addr[1] ?? '0', 16);
    taken.set(key, slot + 1);
    found.push({
      type,
      id: options.get('id') ?? null,
      bus: bus === 'pcie.0' ? null : bus,
      slot,
      fn: Number(addr?.[2] ?? '0'),
      multifunction: options.get('multifunction') === 'on',
    });
  }
  return found;
}

/** Whether a `-device` argument is one that is translated here, or QEMU's loader of memory contents. */
export function knowsQemuDevice(argument: string): boolean {
  const type = argument.split(',')[0] ?? '';
  return type === 'loader' || type in models;
}

const hex = (n: number, width: number): string => n.toString(16).padStart(width, '0');
const child = (name: string, bus: string | null, driver: string | null): CreatedDevice => ({
  name,
  bus,
  parent: null,
  driver,
});

export interface PciTranslation {
  readonly hosts: readonly PciHostModel[];
  readonly behaviours: readonly DeviceBehaviour[];
}

/** Functions with the bus numbers that Linux gives them: depth first in device order. */
export function pciOf(
  file: RecordingFile,
  host: string,
  own: (devfns: readonly number[]) => Partial<DeviceBehaviour> | undefined,
): PciTranslation {
  const devices = devicesOf(file.qemu);
  const listed: PciDeviceModel[] = [
    { bdf: '00:00.0', driver: null, kind: 'conventional', multifunction: false, acs: false },
  ];
  const behaviours: DeviceBehaviour[] = [];
  let next = 1;
  // Functions behind a PCIe port are PCIe endpoints where QEMU's model can be one; on the root bus and behind a
  // bridge to conventional PCI they are conventional.
  const walk = (bus: string | null, number: number, path: readonly number[], express: boolean): void => {
    const present = devices.filter((d) => d.bus === bus).sort((a, b) => a.slot - b.slot || a.fn - b.fn);
    const found: { id: string | null; at: number; path: readonly number[]; express: boolean }[] = [];
    for (const device of present) {
      const model = models[device.type];
      if (model === undefined) continue;
      const bdf = `${hex(number, 2)}:${hex(device.slot, 2)}.${device.fn}`;
      const name = `0000:${bdf}`;
      const virtio = device.type.startsWith('virtio');
      listed.push({
        id: model.id,
        bdf,
        driver: model.driver,
        kind: virtio && express ? 'endpoint' : model.kind,
        multifunction: device.multifunction,
        acs: model.acs,
      });
      const here = [...path, (device.slot << 3) | device.fn];
      if (bridges.has(device.type))
        found.push({ id: device.id, at: listed.length - 1, path: here, express: /-port$/.test(model.kind) });
      behaviours.push({ device: name, ...behaviourOf(device, own(here)) });
    }
    for (const bridge of found) {
      const secondary = next++;
      const port = listed[bridge.at];
      if (port !== undefined) listed[bridge.at] = { ...port, secondary };
      walk(bridge.id, secondary, bridge.path, bridge.express);
    }
  };
  walk(null, 0, [], false);
  return { hosts: [{ host, devices: listed }], behaviours };
}

function behaviourOf(device: QemuDevice, own: Partial<DeviceBehaviour> | undefined): Omit<DeviceBehaviour, 'device'> {
  switch (device.type) {
    case 'pcie-pci-bridge':
    case 'pci-bridge':
    case 'i82801b11-bridge':
      // pcie_portdrv_probe: neither root, upstream nor downstream port.
      return { probe: [-19], creates: [], ops: [] };
    case 'xio3130-downstream':
      return { dmaBits: null, creates: [child('{name}:pcie204', 'pci_express', null)], ops: [{ op: 'request-msi' }] };
    case 'x3130-upstream':
      return { dmaBits: null, creates: [], ops: [{ op: 'request-msi' }] };
    case 'pcie-root-port':
    case 'ioh3420':
      // The port driver sets no mask (pcie_portdrv_probe).
      return { dmaBits: null, ops: [{ op: 'request-msi' }] };
    case 'virtio-iommu-pci':
      return { creates: [child('virtio{n}', 'virtio', 'virtio_iommu')], ops: [] };
    case 'virtio-rng-pci':
      return { creates: [child('virtio{n}', 'virtio', 'virtio_rng')], ops: [] };
    case 'edu':
      // Its driver unmaps nothing when it goes (fault3-unbound of FACTS.md).
      return { dmaBits: 64, ops: [{ op: 'alloc', slot: 0, size: 4096, tag: 0 }], leak: true };
    default:
      return { dmaBits: 64, ops: pciOps, ...own };
  }
}
