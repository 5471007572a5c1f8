/**
 * What a driver of a class typically does with the DMA API when nothing better is known. These are assumptions: the
 * report marks every region that comes from here with the sentence given.
 */
import { compatibles } from '../../../devicetree/read';
import type { SimDevice } from '../../contract/device';
import type { KernelView } from '../../contract/kernel-view';
import type { DeviceOp } from '../../scenario';
import { driverWorkload } from './driver-workloads';

export interface Workload {
  readonly assumption: string;
  readonly dmaBits: number;
  readonly ops: readonly DeviceOp[];
  /** What user space makes the driver do after boot: an interface is switched on, a disk is read. */
  readonly later?: readonly DeviceOp[];
}

interface WorkloadClass {
  readonly name: string;
  /** Matched against the node's name without unit address, and against each compatible. */
  readonly pattern: RegExp;
  readonly what: string;
  readonly dmaBits: number;
  readonly ops: readonly DeviceOp[];
}

const KIB = 1024;
const MIB = 1024 * KIB;

const alloc = (size: number): DeviceOp => ({ op: 'alloc', size });
const into = (size: number, offset = 0): DeviceOp => ({ op: 'map', size, offset, direction: 'from-device' });
const out = (size: number, offset = 0): DeviceOp => ({ op: 'map', size, offset, direction: 'to-device' });
const times = (count: number, op: (n: number) => DeviceOp): DeviceOp[] =>
  Array.from({ length: count }, (_, n) => op(n));

/** Looked through in order; the first class that matches counts. */
const CLASSES: readonly WorkloadClass[] = [
  {
    name: 'GPU',
    pattern: /^(gpu|gr3d|gr2d|vic)$|mali|adreno|vivante|powervr|img-?(axe|gpu)|nvidia,(gk20a|gm20b|gp10b|gv11b)/,
    what: 'its own address space with a 16 MiB command and heap area at 0x10000000',
    dmaBits: 40,
    ops: [
      { op: 'domain-alloc', domain: -1 },
      { op: 'domain-attach', domain: -1, by: 'group', ifOk: 0 },
      { op: 'iommu-map', domain: -1, iova: 0x10000000n, phys: null, size: BigInt(4 * MIB), prot: 3, ifOk: 1 },
    ],
  },
  {
    name: 'display',
    pattern:
      /^(dc|display|display-controller|display-subsystem|lcdif|lcd-controller|vop|dpu|mdp|mdss|hdlcd|dcss|crtc|fb|framebuffer|dss|ovl|rdma|tcon|du)$|-(vop|vopb|vopl|dpu|mdss|dcss|lcdif|decon|fimd|ltdc|hdlcd)\b/,
    what: 'two framebuffers of 1920x1080 in 32-bit colour',
    dmaBits: 32,
    ops: times(2, () => alloc(1920 * 1080 * 4)),
  },
  {
    name: 'camera',
    pattern: /^(isp|camss|csi|vi|cif|isi|camif|capture)$|-(isp|camss|cif|isi)\b/,
    what: 'four capture buffers of 1920x1080 in 16 bits a pixel',
    dmaBits: 32,
    ops: times(4, () => alloc(1920 * 1080 * 2)),
  },
  {
    name: 'codec',
    pattern:
      /^(video-codec|vcodec|vpu|venc|vdec|jpegdec|jpegenc|jpeg|venus|iris|hevc|rga|g2d|scaler|mdp3|vde|nvdec|nvenc|nvjpg)$|venus|hantro|vcodec|-(vpu|rga|jpeg|jpu)\b/,
    what: 'a 1 MiB firmware area, a 1 MiB bitstream buffer and four 1080p frames (NV12)',
    dmaBits: 32,
    ops: [alloc(MIB), alloc(MIB), ...times(4, () => alloc((1920 * 1088 * 3) / 2))],
  },
  {
    name: 'USB',
    pattern: /^usb$|^(dwc3|xhci|ehci|ohci|xusb)|-(xhci|ehci|ohci|dwc3|xudc|xusb)\b|^snps,dwc[23]/,
    what: 'a device context array, command and event rings of 4 KiB, four transfer rings and one 16 KiB transfer',
    dmaBits: 64,
    ops: [alloc(4 * KIB), alloc(4 * KIB), alloc(4 * KIB), ...times(4, () => alloc(4 * KIB)), into(16 * KIB)],
  },
  {
    name: 'network',
    pattern: /^(ethernet|wifi|wlan|can)$|gmac|dwmac|xgmac|-(eth|fec|gem|emac)\b/,
    what: 'two descriptor rings of 8 KiB and 64 receive buffers of 2 KiB',
    dmaBits: 32,
    ops: [alloc(8 * KIB), alloc(8 * KIB), ...times(64, (n) => into(2 * KIB, n * 2 * KIB))],
  },
  {
    name: 'storage',
    pattern:
      /^(mmc|sdhci|sdmmc|sdio|emmc|ufs|ufshc|ufshci|sata|nvme|nand|nand-controller)$|sdhci|ufshc|-(mmc|mshc|ahci|ufs)\b/,
    what: 'a descriptor table of 64 KiB and one scattered 64 KiB transfer',
    dmaBits: 32,
    ops: [
      alloc(64 * KIB),
      { op: 'map-sg', segments: Array.from({ length: 16 }, (_, n) => ({ offset: n * 8 * KIB, size: 4 * KIB })) },
    ],
  },
  {
    name: 'audio',
    pattern: /^(i2s|sound|audio|adma|dmic|ahub|lpass|adsp|hda|hdmi-audio)$|-(i2s|hda|adma)\b/,
    what: 'one 64 KiB ring buffer',
    dmaBits: 32,
    ops: [alloc(64 * KIB)],
  },
  {
    name: 'remote processor',
    pattern: /^(remoteproc|dsp|scp|wpss|cdsp|ipa)$|remoteproc|fastrpc/,
    what: 'a 1 MiB firmware area',
    dmaBits: 32,
    ops: [alloc(MIB)],
  },
  {
    name: 'DMA engine',
    pattern: /^(dma|dma-controller|dmac|dmaengine|pdma|gpcdma|apbdma)$/,
    what: 'a 4 KiB descriptor pool',
    dmaBits: 32,
    ops: [alloc(4 * KIB)],
  },
  {
    name: 'host bridge',
    pattern: /^pcie?$/,
    what: 'nothing: its functions do their own DMA',
    dmaBits: 32,
    ops: [],
  },
];

/** Before a domain of its own, as nvkm_device_tegra_probe_iommu() and host1x_client_iommu_attach() do on 32-bit ARM. */
const LEAVE_ARM_MAPPING: readonly DeviceOp[] = [{ op: 'arm-detach' }, { op: 'arm-release', which: 'detached' }];

const ENDPOINTS: ReadonlySet<string> = new Set(['endpoint', 'rc-endpoint', 'conventional']);

/**
 * The workload of a device's class; null for a device without a node or without an IOMMU property anywhere near it.
 * `armGlue`: drivers are built with the 32-bit ARM glue's mappings. `functions`: all PCI functions of the machine.
 */
export function defaultWorkload(
  device: SimDevice,
  armGlue: boolean,
  flags: KernelView['model'],
  functions: readonly SimDevice[],
): Workload | null {
  const { node } = device;
  const known = driverWorkload(device, flags, functions);
  if (known !== null)
    return {
      ...known,
      assumption: `${device.ref}: no operations given, assumed for driver ${device.driverName}: ${known.what}`,
    };
  if (node === null) {
    const { pci, driverName } = device;
    if (pci === null || !ENDPOINTS.has(pci.kind) || driverName === 'virtio-pci') return null;
    return {
      assumption: `${device.name}: no operations given, assumed for a PCI function: a 4 KiB ring and one 16 KiB buffer`,
      dmaBits: 64,
      ops: [alloc(4 * KIB), into(16 * KIB)],
    };
  }
  if (!node.properties.has('iommus')) return null;
  const names = [node.name.replace(/@.*$/, ''), ...compatibles(node)];
  for (const candidate of CLASSES) {
    if (!names.some((name) => candidate.pattern.test(name))) continue;
    // Domain numbers are global: a device's own one follows from its place in the tree.
    const own = -1 - node.index;
    const first = armGlue && candidate.ops.some((op) => op.op === 'domain-attach') ? LEAVE_ARM_MAPPING : [];
    const ops = candidate.ops.map((op) => ({
      ...op,
      ...('domain' in op && op.domain === -1 && { domain: own }),
      ...(op.ifOk !== undefined && { ifOk: op.ifOk + first.length }),
    }));
    return {
      assumption: `${node.path}: no operations given, assumed for class ${candidate.name}: ${candidate.what}`,
      dmaBits: candidate.dmaBits,
      ops: [...first, ...ops],
    };
  }
  return {
    assumption: `${node.path}: no operations given and no class known, assumed: a 4 KiB coherent area and one 64 KiB transfer`,
    dmaBits: 32,
    ops: [alloc(4 * KIB), out(64 * KIB)],
  };
}
