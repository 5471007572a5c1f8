/**
 * What PCI drivers map first, read in their probe and open functions (Linux 6.1, 6.12 and 7.3) and confirmed by recorded
 * boots of distribution kernels. Queue sizes are those of one CPU; what a device's firmware decides (ports, queue lengths)
 * is that of the common emulated devices. Interfaces count as switched on, disks as looked at for partitions.
 */
import type { PciFunction, SimDevice } from '../../contract/device';
import type { KernelView } from '../../contract/kernel-view';
import type { DeviceOp, DmaDirection } from '../../scenario';

interface DriverWorkload {
  readonly what: string;
  readonly dmaBits: number;
  readonly ops: readonly DeviceOp[];
  /** Once user space uses the device. */
  readonly later?: readonly DeviceOp[];
}

type KernelFlags = KernelView['model'];

const PAGE = 4096;

const msi: DeviceOp = { op: 'request-msi' };

/** Where the pieces of a request lie in the driver's buffer before they start over. */
const SG_SPAN = 1 << 20;

const pages = (count: number): number[] => Array.from({ length: count }, () => PAGE);

/** Slots of what is mapped after the probe, besides those of the probe itself. */
const LATER = 1000;

/** A list of operations in the making; slots are the operations' numbers. */
class Ops {
  readonly list: DeviceOp[] = [];

  constructor(private readonly first = 0) {}

  msi(): this {
    this.list.push(msi);
    return this;
  }
  alloc(...sizes: readonly number[]): this {
    for (const size of sizes) this.list.push({ op: 'alloc', size, slot: this.first + this.list.length });
    return this;
  }
  /** Mapped and kept. */
  map(size: number, direction: DmaDirection, offset = 0): number {
    const slot = this.first + this.list.length;
    this.list.push({ op: 'map', size, direction, offset, slot });
    return slot;
  }
  free(...slots: readonly number[]): this {
    for (const slot of slots) this.list.push({ op: 'free', slot });
    return this;
  }
  /** Mapped, used and unmapped before the next one. */
  brief(...transfers: readonly (readonly [size: number, direction: DmaDirection])[]): this {
    for (const [size, direction] of transfers) this.free(this.map(size, direction));
    return this;
  }
  /** Receive buffers that a ring is filled with: where each starts in the memory that they are cut from. */
  fill(count: number, size: number, offset: (n: number) => number): this {
    for (let n = 0; n < count; n++) this.map(size, 'from-device', offset(n));
    return this;
  }
  sg(segments: readonly number[], direction: DmaDirection = 'from-device'): number {
    const slot = this.first + this.list.length;
    let at = 0;
    const placed = segments.map((size) => {
      const offset = at;
      // pages of the page cache do not follow each other
      at = (at + 2 * Math.max(PAGE, size)) % SG_SPAN;
      return { offset, size };
    });
    this.list.push({ op: 'map-sg', segments: placed, direction, slot });
    return slot;
  }
  briefSg(...requests: readonly (readonly number[])[]): this {
    for (const segments of requests) this.free(this.sg(segments));
    return this;
  }
}

const RING = 256;
/** Buffers of a ring that are listed; the others go on alike. */
const LISTED = 32;

/** vring_size with the alignment of a cache line (vring_alloc_queue). */
const vring = (entries: number): number => {
  const available = 16 * entries + 2 * (3 + entries);
  return Math.ceil(available / 64) * 64 + 6 + 8 * entries;
};

/** nvme_probe, nvme_setup_io_queues, nvme_scan_ns: one pair of I/O queues of 1024 entries. */
function nvme({ nvmeLogPage }: KernelFlags): DriverWorkload {
  const ops = new Ops().msi().alloc(32 * 16, 32 * 64);
  const identify = [PAGE, 'from-device'] as const;
  ops.brief(identify, identify, [8, 'to-device'], [512, 'to-device']);
  if (nvmeLogPage === 'effects-last') ops.brief([512, 'from-device'], [2048, 'from-device']);
  else ops.brief([2048, 'from-device'], [512, 'from-device']);
  ops.alloc(16, 16, 1024 * 16, 1024 * 64);
  ops.brief(...Array.from({ length: 7 }, () => identify));
  // a sequential read: the window of read-ahead doubles up to 128 KiB; the first list of pages has a pool's page
  const later = new Ops(LATER);
  const first = later.sg(pages(4));
  later.alloc(PAGE).free(first).briefSg(pages(8), pages(16), pages(32), pages(32));
  return {
    what: 'admin and I/O queues, shadow doorbells, the identification of one name space and a read',
    dmaBits: 64,
    ops: ops.list,
    later: later.list,
  };
}

/**
 * xhci_mem_init, xhci_try_enable_msi, then one keyboard or mouse: its descriptors, its strings, the two segments of its
 * interrupt endpoint's ring and the pages of the pools that usb_alloc_coherent cuts small buffers from (hid_alloc_buffers).
 */
function xhci({ xhciContextArray }: KernelFlags): DriverWorkload {
  const ops = new Ops().alloc(xhciContextArray, PAGE, PAGE, 16).msi().alloc(PAGE, PAGE, PAGE, PAGE);
  const ask = (...answers: readonly number[]): void => {
    for (const answer of answers) {
      const setup = ops.map(8, 'to-device');
      ops.free(setup, ops.map(answer, 'from-device'));
    }
  };
  ask(64, 18, 9, 34, 255, 255, 255, 255);
  ops.alloc(PAGE, PAGE, PAGE);
  ask(255, 255, 52);
  ops.alloc(PAGE);
  return { what: 'context array, rings, and the enumeration of one keyboard', dmaBits: 64, ops: ops.list };
}

/** e1000_open: descriptors of 16 and 32 bytes, one buffer of the maximum frame each, in halves of pages. */
function e1000e(): DriverWorkload {
  const later = new Ops(LATER).alloc(RING * 16, RING * 32);
  later.fill(LISTED, 1522, (n) => (n % 8) * PAGE + 0x40);
  return {
    what: 'two rings of 256 descriptors and their receive buffers',
    dmaBits: 64,
    ops: new Ops().msi().list,
    later: later.list,
  };
}

/** e1000_open: buffers cut from a page fragment, one behind the other (e1000_alloc_frag). */
function e1000({ pageFragments }: KernelFlags): DriverWorkload {
  const later = new Ops(LATER).alloc(RING * 16, RING * 16);
  const fragment = 1920;
  // two small packets of the network stack's own came before
  const place = (n: number): number => (pageFragments === 'up' ? n * fragment : 0x8000 - (n + 1) * fragment);
  later.fill(LISTED, 1522, (n) => place((n + 2) % 17) + 0x40);
  return { what: 'two rings of 256 descriptors and their receive buffers', dmaBits: 32, ops: [], later: later.list };
}

/** igb_open: one queue pair a CPU, a page a receive buffer. */
function igb(): DriverWorkload {
  const later = new Ops(LATER).alloc(RING * 16, RING * 16);
  later.fill(LISTED, PAGE, (n) => (n % 8) * PAGE);
  return {
    what: 'two rings of 256 descriptors and their receive pages',
    dmaBits: 64,
    ops: new Ops().msi().list,
    later: later.list,
  };
}

/** ahci_port_start: command list, received FIS and 32 command tables of each of six ports, then what a disk is asked. */
function ahci(): DriverWorkload {
  const ops = new Ops().msi().alloc(...Array.from({ length: 6 }, () => 91392));
  ops.briefSg([512], [512]);
  const later = new Ops(LATER).briefSg([PAGE], pages(4), pages(8), pages(16));
  return {
    what: 'the command memory of six ports, the identification of one disk and a read',
    dmaBits: 64,
    ops: ops.list,
    later: later.list,
  };
}

/** sdhci_setup_host: the table of descriptors and the alignment buffer. */
function sdhci(): DriverWorkload {
  return { what: 'a descriptor table', dmaBits: 32, ops: new Ops().alloc(2568).list };
}

/** virtblk_probe: one queue of 256; a request is a header, its data, a status byte and its indirect table. */
function virtioBlock(): DriverWorkload {
  const ops = new Ops().msi().alloc(vring(RING));
  for (const pages of [1, 4]) {
    const header = ops.map(16, 'to-device');
    const data = Array.from({ length: pages }, () => ops.map(PAGE, 'from-device'));
    const status = ops.map(1, 'from-device');
    const table = ops.map(16 * (2 + pages), 'to-device');
    ops.free(table, header, ...data, status);
  }
  return { what: 'one queue of 256 and two reads', dmaBits: 64, ops: ops.list };
}

/** virtnet_open: receive, transmit and control queue; buffers are fragments of 1536 bytes or whole pages. */
function virtioNet({ virtioNetBuffers }: KernelFlags): DriverWorkload {
  const ops = new Ops().msi().alloc(vring(RING), vring(RING), vring(64));
  const size = virtioNetBuffers === 'pages' ? PAGE : 1536;
  ops.fill(LISTED, size, (n) => (n % 8) * size);
  return { what: 'three queues and 256 receive buffers', dmaBits: 64, ops: ops.list };
}

/** virtio_gpu_init: control and cursor queue, display information and capability sets asked at once. */
function virtioGpu(): DriverWorkload {
  const ops = new Ops().msi().alloc(vring(64), vring(16));
  const info = [ops.map(32, 'to-device'), ops.map(1056, 'from-device'), ops.map(32, 'to-device')] as const;
  const second = [ops.map(24, 'to-device'), ops.map(408, 'from-device'), ops.map(32, 'to-device')] as const;
  ops.free(info[2], info[0], info[1], second[2], second[0], second[1]);
  // the console's frame buffer: 1280x800 in 32-bit colour
  ops.sg(pages(1000), 'bidirectional');
  ops.map(40, 'to-device');
  return { what: 'two queues, the display information and a frame buffer', dmaBits: 64, ops: ops.list };
}

/** Of a virtio function: its type by the device ID (virtio_pci_probe). */
function virtioType(identity: PciFunction['identity']): number | null {
  const device = identity?.device;
  if (device == null) return null;
  const legacy: Readonly<Record<number, number>> = { 4096: 1, 4097: 2, 4101: 4 };
  return device >= 0x1040 ? device - 0x1040 : (legacy[device] ?? null);
}

const VIRTIO: Readonly<Record<number, (flags: KernelFlags) => DriverWorkload>> = {
  1: virtioNet,
  2: virtioBlock,
  16: virtioGpu,
};

/** A port's services share its one interrupt; an upstream port has none to offer since hot plug needs a slot. */
function port(pci: PciFunction): DriverWorkload | null {
  return pci.kind === 'upstream-port'
    ? null
    : { what: 'nothing but the interrupt of its services', dmaBits: 32, ops: new Ops().msi().list };
}

const DRIVERS: Readonly<Record<string, (flags: KernelFlags) => DriverWorkload>> = {
  nvme,
  xhci_hcd: xhci,
  e1000e,
  e1000,
  igb,
  ahci,
  'sdhci-pci': sdhci,
};

/** What the driver of a PCI function maps first; null: nothing is known of this driver. */
export function driverWorkload(device: SimDevice, flags: KernelFlags): DriverWorkload | null {
  const { pci, driverName } = device;
  if (pci === null || driverName === null) return null;
  if (driverName === 'pcieport' || driverName === 'shpchp') return port(pci);
  const known = driverName === 'virtio-pci' ? VIRTIO[virtioType(pci.identity) ?? -1] : DRIVERS[driverName];
  return known?.(flags) ?? null;
}
