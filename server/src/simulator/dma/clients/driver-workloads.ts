/**
 * What PCI drivers map first, read in their probe and open functions (Linux 6.1, 6.12 and 7.3) and confirmed by recorded
 * boots of distribution kernels. Queue sizes are those of one CPU; what a device's firmware decides (ports, queue lengths)
 * is that of the common emulated devices. Interfaces count as switched on, disks as looked at for partitions.
 */
import type { PciFunction, SimDevice } from '../../contract/device';
import type { KernelView } from '../../contract/kernel-view';
import { virtioType } from '../../kernel/virtio';
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

/**
 * Between two parts of a driver's work that run in different contexts (probe, worker, block layer), or with a wait
 * between them, in ms: taken to be longer than a flush queue waits (IOVA_DEFAULT_FQ_TIMEOUT), so that in lazy mode what
 * was unmapped before can be handed out again. Within one part no time passes.
 */
const PAUSE = 20;

/** Slots of what is mapped after the probe, besides those of the probe itself. */
const LATER = 1000;

/** A list of operations in the making; slots are the operations' numbers. */
class Ops {
  readonly list: DeviceOp[] = [];

  constructor(private readonly first = 0) {}

  /** What comes next runs elsewhere, or after a wait: see PAUSE. */
  pause(): this {
    this.list.push({ op: 'sleep', ms: PAUSE });
    return this;
  }
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
  /** `at`: where in the driver's buffer the first piece lies. */
  sg(segments: readonly number[], direction: DmaDirection = 'from-device', at = 0): number {
    const slot = this.first + this.list.length;
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

/**
 * The requests of a sequential read of so many pages from the start (mm/readahead.c): the first window is four times what
 * was asked for (get_init_ra_size, one page), the next ones double up to 128 KiB (get_next_ra_size; VM_READAHEAD_PAGES),
 * each asked for when the reader comes to the last window's first page, in the first window to its second.
 */
function readahead(read: number): number[][] {
  const most = 32;
  const requests: number[][] = [];
  let start = 0;
  let size = 4;
  for (let trigger = 0; trigger < read; ) {
    requests.push(pages(size));
    trigger = start === 0 ? 1 : start;
    start += size;
    size = Math.min(2 * size, most);
  }
  return requests;
}

/** What is read of a disk: 256 KiB. */
const READ = 64;

/** PCI_CLASS_STORAGE_EXPRESS, which nvme_id_table ends with. */
const NVME_CLASS = 0x010802;

/**
 * nvme_probe, nvme_setup_io_queues, nvme_scan_ns: one pair of I/O queues of 1024 entries. Several functions are probed at
 * the same time (PROBE_PREFER_ASYNCHRONOUS). In every recorded boot of three, the function whose first identification is
 * answered first waits after it, for the first device_add of nvme_init_subsystem, until the others have had their turns.
 * Which one that is nobody can know; the one found last is taken.
 */
function nvme({ nvmeLogPage }: KernelFlags, device: SimDevice, functions: readonly SimDevice[]): DriverWorkload {
  const ops = new Ops().msi().alloc(32 * 16, 32 * 64);
  const identify = [PAGE, 'from-device'] as const;
  const peers = functions.filter((one) => one.pci?.identity?.class === NVME_CLASS);
  ops.brief(identify);
  if (peers.length > 1 && peers[peers.length - 1] === device) ops.pause();
  ops.brief(identify, [8, 'to-device'], [512, 'to-device']);
  if (nvmeLogPage === 'effects-last') ops.brief([512, 'from-device'], [2048, 'from-device']);
  else ops.brief([2048, 'from-device'], [512, 'from-device']);
  ops.alloc(16, 16, 1024 * 16, 1024 * 64);
  // nvme_scan_work, then the partition table once the disk is added (device_add_disk)
  ops.pause().brief(...Array.from({ length: 6 }, () => identify));
  ops.pause().brief(identify);
  // the first list of pages has a pool's page (nvme_setup_prp_pools)
  const later = new Ops(LATER);
  const [window = [], ...windows] = readahead(READ);
  const first = later.sg(window);
  later
    .alloc(PAGE)
    .free(first)
    .briefSg(...windows);
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
 * The hub's worker waits (drivers/usb/core/hub.c): until the connection is stable (hub_port_debounce, 100 ms), for each of
 * two resets of the port (hub_port_reset, 60 ms), before and after the first descriptor, and for the controller to take the
 * endpoints (xhci_configure_endpoint); what asks for the reports is a module of its own (usbhid), and opens the device later.
 */
function xhci({ xhciContextArray }: KernelFlags): DriverWorkload {
  const ops = new Ops().alloc(xhciContextArray, PAGE, PAGE, 16).msi();
  const ask = (...answers: readonly number[]): void => {
    for (const answer of answers) {
      const setup = ops.map(8, 'to-device');
      ops.free(setup, ops.map(answer, 'from-device'));
    }
  };
  ops.pause().alloc(PAGE, PAGE, PAGE, PAGE).pause();
  ask(64);
  ops.pause();
  ask(18, 9, 34, 255, 255, 255, 255);
  ops.alloc(PAGE, PAGE).pause().alloc(PAGE);
  ask(255);
  ops.pause();
  ask(255, 52);
  ops.pause().alloc(PAGE);
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

/**
 * What ahci_port_start allocates for a port (AHCI_PORT_PRIV_DMA_SZ): 32 command slots of 32 bytes, the received FIS, and
 * 32 tables of a header and 168 entries.
 */
const AHCI_PORT = 32 * 32 + 256 + 32 * (0x80 + 168 * 16);

/**
 * ahci_port_start for each of six ports (ahci_nr_ports of the emulated controller), then what a disk is asked: who it is
 * once scsi_eh has waited for the link (sata_link_debounce), and again after its mode is set (ata_dev_reread_id). The
 * partition table is read when sd, a module of its own, has the disk.
 */
function ahci({ ataSectorBuffer }: KernelFlags): DriverWorkload {
  const ops = new Ops().msi().alloc(...Array.from({ length: 6 }, () => AHCI_PORT));
  ops.pause();
  for (const at of [0x900, ataSectorBuffer]) ops.free(ops.sg([512], 'from-device', at));
  const later = new Ops(LATER).briefSg([PAGE]).pause();
  return {
    what: 'the command memory of six ports, the identification of one disk and a read',
    dmaBits: 64,
    ops: ops.list,
    later: later.briefSg(...readahead(READ)).list,
  };
}

/** sdhci_setup_host: the table of descriptors and the alignment buffer. */
function sdhci(): DriverWorkload {
  return { what: 'a descriptor table', dmaBits: 32, ops: new Ops().alloc(2568).list };
}

/**
 * virtblk_probe: one queue of 256. A request is a header, its data, a status byte and its indirect table; the partition
 * table's page is read by device_add_disk (read_part_sector), the pages that follow when somebody reads the disk.
 */
function virtioBlock(): DriverWorkload {
  const read = (ops: Ops, pages: number): Ops => {
    const header = ops.map(16, 'to-device');
    const data = Array.from({ length: pages }, () => ops.map(PAGE, 'from-device'));
    const status = ops.map(1, 'from-device');
    const table = ops.map(16 * (2 + pages), 'to-device');
    return ops.free(table, header, ...data, status);
  };
  return {
    what: 'one queue of 256 and two reads',
    dmaBits: 64,
    ops: read(new Ops().msi().alloc(vring(RING)), 1).list,
    later: read(new Ops(LATER), readahead(READ)[0]?.length ?? 0).list,
  };
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
  // virtio_gpu_init waits for the answers; then the console's frame buffer: 1280x800 in 32-bit colour
  ops.pause().sg(pages(1000), 'bidirectional');
  ops.map(40, 'to-device');
  return { what: 'two queues, the display information and a frame buffer', dmaBits: 64, ops: ops.list };
}

type WorkloadOf = (flags: KernelFlags, device: SimDevice, functions: readonly SimDevice[]) => DriverWorkload;

const VIRTIO: Readonly<Record<number, WorkloadOf>> = {
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

const DRIVERS: Readonly<Record<string, WorkloadOf>> = {
  nvme,
  xhci_hcd: xhci,
  e1000e,
  e1000,
  igb,
  ahci,
  'sdhci-pci': sdhci,
};

/** What the driver of a PCI function, one of `functions`, maps first; null: nothing is known of this driver. */
export function driverWorkload(
  device: SimDevice,
  flags: KernelFlags,
  functions: readonly SimDevice[],
): DriverWorkload | null {
  const { pci, driverName } = device;
  if (pci === null || driverName === null) return null;
  if (driverName === 'pcieport' || driverName === 'shpchp') return port(pci);
  const known = driverName === 'virtio-pci' ? VIRTIO[virtioType(pci.identity) ?? -1] : DRIVERS[driverName];
  return known?.(flags, device, functions) ?? null;
}
