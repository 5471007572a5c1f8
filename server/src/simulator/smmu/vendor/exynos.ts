/** Samsung SysMMU (drivers/iommu/exynos-iommu.c): one controller a master or more, one group a master. */
import type { DtNode } from '../../../devicetree/model';
import { stringsOf } from '../../../devicetree/read';
import { capacityNumber, capacityOf } from '../../../iommu/capacity';
import { interruptCount, registerRanges } from '../../../iommu/nodes';
import { vendorOf } from '../../../iommu/vendor';
import { exynosRefuses, exynosSpace } from '../../../iommu/vendor-values';
import type { SimDevice } from '../../contract/device';
import { EINVAL, ENODEV, ENXIO, type Errno } from '../../contract/errno';
import type { GroupFactory, GroupRef, ProbeProvider } from '../../contract/iommu-driver';
import { exynosTable } from '../tables/formats';
import { COMMON } from './defaults';
import { SingleIommu } from './single-iommu';

/** -ENOSYS: no clock of the names that the driver knows. */
const ENOSYS = -38;

/** `%#x`. */
const hash = (value: bigint): string => (value === 0n ? '0' : `0x${value.toString(16)}`);

/** As Samsung's Exynos kernels drive it: an address space for each samsung,exynos-iommu-bus node (exynos_iommu_create_domain). */
class ExynosIovmm extends SingleIommu {
  override deviceGroup(device: SimDevice, groups: GroupFactory): GroupRef | Errno {
    const space = device.node === null ? null : exynosSpace(device.node);
    if (space === null) return ENODEV;
    const known = this.state.static('exynos iovmm', () => new Map<DtNode, GroupRef>());
    const found = known.get(space.node);
    if (found !== undefined) return found;
    const made = groups.allocate();
    known.set(space.node, made);
    groups.onRelease(made, () => known.delete(space.node));
    return made;
  }
}

/** exynos_sysmmu_probe(). The scenario states `version` (major, default 3; 5 and later keep addresses shifted by 4). */
export const probeExynos: ProbeProvider = (device, machine, kernel, hardware) => {
  const node = device.node;
  if (node === null || registerRanges(node).length === 0) return { error: EINVAL };
  if (interruptCount(node) === 0) return { error: ENXIO };
  const clocks = stringsOf(node.properties.get('clock-names'));
  if (!clocks.includes('sysmmu') && !(clocks.includes('aclk') && clocks.includes('pclk'))) {
    machine.message('err', device, 'Failed to get device clock(s)!');
    return { error: ENOSYS };
  }
  const capacity = capacityOf(node, hardware);
  const version5 = capacityNumber(capacity, 'version') >= 5;
  const iovmm = vendorOf(node)?.driver === 'samsung-exynos-iovmm';
  if (iovmm && exynosRefuses(node)) return { error: EINVAL };
  const Instance = iovmm ? ExynosIovmm : SingleIommu;
  const instance = new Instance(device, node, machine, kernel, {
    ...COMMON,
    identity: !iovmm,
    driver: 'exynos-iommu',
    model: 'exynos-sysmmu',
    capacity,
    sysfsName: device.name,
    pageSizes: 0x1000n | 0x10000n | 0x100000n,
    aperture: (master) => {
      const space = iovmm && master.node !== null ? exynosSpace(master.node) : null;
      if (space !== null) return { start: space.start, end: space.end, force: true };
      return { start: 0n, end: kernel.arch === 'arm' ? 0xffff_ffffn : (1n << 64n) - 1n, force: true };
    },
    table: (state) => exynosTable(version5, state.tables),
    xlate: () => [],
    link: ['stateless', 'pm-runtime'],
    faultLines: ({ iova, write, master, fault }) => {
      // Before version 5 one interrupt bit stands for all page faults, and the driver calls them reads (sysmmu_v1_faults).
      const direction = write && (version5 || fault === 'permission') ? 'WRITE' : 'READ';
      const name = fault === 'translation' ? 'PAGE' : 'ACCESS PROTECTION';
      return [`${master?.name ?? '(null)'}: [${direction}] ${name} FAULT occurred at ${hash(iova)}`];
    },
    fatal: 'Unrecoverable System MMU Fault!',
  });
  return { error: 0, instance };
};
