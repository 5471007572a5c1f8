/**
 * IOMMUs that only vendors' kernels drive and that are like none of mainline's: groups, window and pages from the data
 * (iommu/catalogue/vendor.json), with what their drivers read of the tree. Fault lines of their own are not modelled: nothing is printed.
 */
import type { DtNode } from '../../../devicetree/model';
import { phandleTarget } from '../../../iommu/nodes';
import { type VendorSimulation, vendorIommuOf } from '../../../iommu/vendor';
import { dmaWindow, iovaInfo, samsungRanges, wideValue } from '../../../iommu/vendor-values';
import type { SimDevice } from '../../contract/device';
import { EINVAL, ENODEV, EPROBE_DEFER, type Errno } from '../../contract/errno';
import type { AccessOutcome } from '../../contract/hardware-domain';
import type { FwSpec, GroupFactory, GroupRef, ProbeProvider, ReservedRegion } from '../../contract/iommu-driver';
import { IntervalTable } from '../tables/intervals';
import { COMMON } from './defaults';
import { probeL4tTegra } from './l4t-tegra';
import { type FamilyDescription, type SingleDomain, SingleIommu } from './single-iommu';

const ERANGE: Errno = -34;
const TOP_32 = 0xffff_ffffn;

/** An access that no table translates. */
function passed(stream: number, iova: bigint, write: boolean): AccessOutcome {
  return { stream, iova, write, stale: false, walk: [], result: 'untranslated', phys: iova, fault: null, lines: [] };
}

/** Whether a node's IOMMU is one that the data alone describe. */
export function isVendorModel(node: DtNode): boolean {
  return vendorIommuOf(node)?.simulation !== undefined;
}

/** One group for all masters of the system (sunxi_iommu_device_group); a second cell of 0 leaves a master untranslated. */
class SystemIommu extends SingleIommu {
  /** The masters' numbers whose second cell is 0 (sunxi_enable_device_iommu). */
  readonly through = new Set<number>();

  override access(stream: number, iova: bigint, write: boolean): AccessOutcome {
    return this.through.has(stream) ? passed(stream, iova, write) : super.access(stream, iova, write);
  }

  override deviceGroup(_device: SimDevice, groups: GroupFactory): GroupRef | Errno {
    return groups.single(this.state.static(`${this.driver} group`, () => this));
  }
}

/** Samsung's driver: groups by node, a window for each group, ranges of the master (samsung-iommu.c). */
class SamsungIommu extends SingleIommu {
  override probeDevice(device: SimDevice, fwspec: FwSpec): Errno {
    const error = super.probeDevice(device, fwspec);
    if (error === 0) this.machine.addDeviceLink(device, this.device, ['stateless', 'pm-runtime']);
    return error;
  }

  /** samsung_sysmmu_device_group(): the group of the node that samsung,iommu-group names; its driver must have probed. */
  override deviceGroup(device: SimDevice, groups: GroupFactory): GroupRef | Errno {
    const node = device.node === null ? null : phandleTarget(device.node, 'samsung,iommu-group');
    if (node === null) {
      this.machine.message('err', device, 'group is not registered');
      return ENODEV;
    }
    if (this.machine.deviceOf(node) === null) return ENODEV;
    if (!this.machine.supplierReady(node)) return EPROBE_DEFER;
    const known = this.state.static('samsung,sysmmu-group', () => new Map<DtNode, GroupRef>());
    const found = known.get(node);
    if (found !== undefined) return found;
    const made = groups.allocate();
    known.set(node, made);
    groups.onRelease(made, () => known.delete(node));
    return made;
  }

  /** samsung_sysmmu_get_resv_regions(): what is beyond the device's 32 bits is left out. */
  override reservedRegions(device: SimDevice): readonly ReservedRegion[] {
    const { node } = device;
    if (node === null) return [];
    const regions = (name: string, type: 'direct' | 'reserved'): ReservedRegion[] =>
      (samsungRanges(node, name) ?? [])
        .filter(({ address, size }) => size > 0n && address + size - 1n <= TOP_32)
        .map(({ address, size }) => ({ start: address, length: size, type }));
    return [...regions('samsung,iommu-identity-map', 'direct'), ...regions('samsung,iommu-reserved-map', 'reserved')];
  }

  /** samsung_sysmmu_set_domain_range(): the domain has what all of its masters' windows have. */
  override attachPaging(domain: SingleDomain, device: SimDevice): Errno {
    const window = device.node === null ? null : dmaWindow(device.node);
    if (window !== null) {
      const { aperture } = domain;
      const start = aperture.force && aperture.start > window.start ? aperture.start : window.start;
      const end = aperture.force && aperture.end < window.end ? aperture.end : window.end;
      if (start >= end) return ERANGE;
      domain.aperture = { start, end, force: true };
    }
    return super.attachPaging(domain, device);
  }
}

/** The window of BCM2712's IOMMU; what is below it passes as it is (bcm2712_iommu_init). */
class WindowIommu extends SingleIommu {
  override access(stream: number, iova: bigint, write: boolean): AccessOutcome {
    if (iova >= this.family.aperture(this.device).start) return super.access(stream, iova, write);
    return passed(stream, iova, write);
  }
}

/** An SMMU of HiSilicon's whose child iova_info states no window takes no master (mm_attach_dev_lpae). */
class RefusingIommu extends SingleIommu {
  override attachPaging(): Errno {
    return ENODEV;
  }
}

/** A master's IOVAs with HiSilicon's SMMUv3 where its iova_info says nothing (IOVA_DEFAULT_ADDS, IOVA_DEFAULT_SIZE). */
const HISI_WINDOW = { start: 0x10_0000n, end: 0xc00f_ffffn };

/** HiSilicon's SMMUv3: a group for each stream ID, the master's own choice of an identity domain (platform_smmu_v3.c). */
class StreamIommu extends SingleIommu {
  override deviceGroup(device: SimDevice, groups: GroupFactory): GroupRef | Errno {
    const stream = this.streamsOf(device)[0] ?? 0;
    const known = this.state.static(`stream groups of ${this.node.path}`, () => new Map<number, GroupRef>());
    const found = known.get(stream);
    if (found !== undefined) return found;
    const made = device.pci === null ? groups.allocate() : groups.pci(device);
    known.set(stream, made);
    groups.onRelease(made, () => known.delete(stream));
    return made;
  }

  override defaultDomainType(device: SimDevice): 'DMA' | 'identity' | null {
    return device.node?.properties.has('smmu_identity') === true ? 'identity' : null;
  }
}

/** First and last IOVA of an instance; null: the tree does not state what the driver needs. */
function windowOf(node: DtNode, simulation: VendorSimulation): { readonly start: bigint; readonly end: bigint } | null {
  if (simulation.window === 'iova_info') return iovaInfo(node);
  if (simulation.window === 'domains') return null;
  if (simulation.window === 'iova_info of the master') return { start: 0n, end: (1n << 48n) - 1n };
  const [start, end] = simulation.window.map(BigInt) as [bigint, bigint];
  const offset = vendorIommuOf(node)?.vendor === 'broadcom' ? (wideValue(node, 'dma-iova-offset') ?? 0n) : 0n;
  return { start: start + offset, end: end + offset };
}

/** The class that has what a driver does besides the data. */
function classOf(node: DtNode, simulation: VendorSimulation, hasWindow: boolean): typeof SingleIommu {
  if (!hasWindow) return RefusingIommu;
  if (simulation.group === 'samsung,iommu-group') return SamsungIommu;
  if (simulation.group === 'system') return SystemIommu;
  if (simulation.group === 'stream') return StreamIommu;
  return vendorIommuOf(node)?.vendor === 'broadcom' ? WindowIommu : SingleIommu;
}

/** The probe of a driver that the data describe. One that registers no IOMMU binds without an instance. */
export const probeVendorIommu: ProbeProvider = (device, machine, kernel, hardware) => {
  const { node } = device;
  const vendor = node === null ? null : vendorIommuOf(node);
  if (node === null || vendor === null) return { error: ENODEV };
  const { simulation } = vendor;
  if (simulation == null) return { error: 0 };
  if (simulation.window === 'domains') return probeL4tTegra(device, machine, kernel, hardware);
  const cache = vendor.vendor === 'broadcom' ? phandleTarget(node, 'cache') : null;
  if (cache !== null && !machine.supplierReady(cache)) {
    machine.deferReason(device, `${cache.name} not ready`);
    return { error: EPROBE_DEFER };
  }
  const byMaster = simulation.window === 'iova_info of the master';
  if (byMaster && !node.properties.has('smmuid')) return { error: EINVAL };
  const window = windowOf(node, simulation);
  const span = window ?? { start: 0n, end: TOP_32 };
  const pageSizes = simulation.pageSizes.map(BigInt).reduce((all, size) => all | size, 0n);
  const family: FamilyDescription = {
    ...COMMON,
    driver: vendor.driver,
    model: vendor.model,
    sysfsName: device.name,
    pageSizes,
    identity: simulation.group === 'stream',
    softwareMsi: byMaster,
    firmwareRegions: byMaster,
    group: simulation.group === 'instance' ? 'instance' : 'device',
    aperture: (master) => {
      const own = byMaster && master.node !== null ? (iovaInfo(master.node) ?? HISI_WINDOW) : span;
      return { ...own, force: simulation.enforced };
    },
    table: () => new IntervalTable({ pageSizes, ...span, existing: -17, rights: true, whole: false }),
    xlate: (_master, cells) => {
      if (simulation.id === 'none') return [];
      const [id, enabled] = cells;
      if (id === undefined) return EINVAL;
      if (simulation.id === 'all-cells') return cells;
      if (instance instanceof SystemIommu && enabled === 0) instance.through.add(id);
      return [id];
    },
    faultLines: () => [],
  };
  const Instance = classOf(node, simulation, window !== null);
  const instance = new Instance(device, node, machine, kernel, family);
  return { error: 0, instance };
};
