/**
 * The SMMU of Tegra124 to Tegra210 as L4T of Linux 3.10 to 4.9 drives it (its tegra-smmu.c and of_tegra-smmu.c): masters whose swgroups are
 * in one entry of `domains` have one address space, with the window of that entry's node. Fault lines are not modelled.
 */
import type { DtNode } from '../../../devicetree/model';
import { u32 } from '../../../devicetree/read';
import { registerRanges } from '../../../iommu/nodes';
import { dmaWindow, type L4tSpace, l4tSpaces, wideValue } from '../../../iommu/vendor-values';
import type { SimDevice } from '../../contract/device';
import { EINVAL, ENODEV, type Errno } from '../../contract/errno';
import type { FwSpec, GroupFactory, GroupRef, ProbeProvider } from '../../contract/iommu-driver';
import { kernelState } from '../kernel-state';
import { IntervalTable } from '../tables/intervals';
import { COMMON } from './defaults';
import { type FamilyDescription, type SingleDomain, SingleIommu } from './single-iommu';

/** Four address spaces of 32 bits each (MAX_AS_PER_DEV). */
const TOP = 0x3_ffff_ffffn;
/** SMMU_IOMMU_PGSIZES. */
const PAGES = 0x1000n | 0x400000n;
const MOST_ASIDS = 128;

class L4tTegraSmmu extends SingleIommu {
  private readonly swgroups = new Map<SimDevice, bigint>();
  private readonly groupOf = new Map<L4tSpace, GroupRef>();

  constructor(
    private readonly spaces: readonly L4tSpace[],
    private readonly mask: bigint,
    ...rest: ConstructorParameters<typeof SingleIommu>
  ) {
    super(...rest);
  }

  /** The first entry that has one of a master's swgroups (tegra_smmu_of_get_mapping). */
  spaceOf(device: SimDevice): L4tSpace | null {
    const swgroups = this.swgroups.get(device) ?? 0n;
    return this.spaces.find((space) => (space.mask & swgroups) !== 0n) ?? null;
  }

  /** tegra_smmu_get_swgids(). */
  override probeDevice(device: SimDevice, fwspec: FwSpec): Errno {
    const swgroups = fwspec.ids.reduce((bits, id) => bits | (1n << BigInt(id & 63)), 0n);
    this.swgroups.set(device, swgroups);
    if (this.spaceOf(device) === null) {
      this.machine.message('err', device, `Unable to retrieve as prop for swgids:${swgroups}`);
      return ENODEV;
    }
    return super.probeDevice(device, fwspec);
  }

  override deviceGroup(device: SimDevice, groups: GroupFactory): GroupRef | Errno {
    const space = this.spaceOf(device);
    if (space === null) return ENODEV;
    const found = this.groupOf.get(space);
    if (found !== undefined) return found;
    const made = groups.allocate();
    this.groupOf.set(space, made);
    groups.onRelease(made, () => this.groupOf.delete(space));
    return made;
  }

  /** smmu_iommu_attach_dev(): none of the swgroups that the SMMU has is nothing to enable. */
  override attachPaging(domain: SingleDomain, device: SimDevice): Errno {
    if (((this.swgroups.get(device) ?? 0n) & this.mask) === 0n) return EINVAL;
    return super.attachPaging(domain, device);
  }
}

/** tegra_smmu_probe(): one for the system; without dma-window or #asids it is bound and no IOMMU comes of it. */
export const probeL4tTegra: ProbeProvider = (device, machine, kernel) => {
  const { node } = device;
  if (node === null) return { error: ENODEV };
  const only = kernelState(machine).static<{ node: DtNode | null }>('smmu_handle', () => ({ node: null }));
  if (only.node !== null && only.node !== node) return { error: ENODEV };
  const asids = u32(node, '#asids', 0);
  if (dmaWindow(node) === null || !node.properties.has('#asids') || asids > MOST_ASIDS) return { error: 0 };
  const spaces = l4tSpaces(node);
  if (spaces === null) {
    machine.message('err', device, 'invalid domains property');
    return { error: EINVAL };
  }
  const mask = wideValue(node, 'swgid-mask');
  if (registerRanges(node).length < 2 || mask === null) return { error: EINVAL };
  only.node = node;
  let instance: L4tTegraSmmu | null = null;
  const family: FamilyDescription = {
    ...COMMON,
    driver: 'l4t-tegra-smmu-old',
    model: 'NVIDIA Tegra SMMU (L4T of Linux 3.10 to 4.9)',
    sysfsName: null,
    pageSizes: PAGES,
    identity: false,
    group: 'device',
    contexts: asids,
    aperture: (master) => {
      const space = instance?.spaceOf(master);
      return { start: space?.start ?? 0n, end: space?.end ?? TOP, force: true };
    },
    table: () =>
      new IntervalTable({ pageSizes: PAGES, start: 0n, end: TOP, existing: -17, rights: true, whole: false }),
    xlate: (master, cells) => {
      if (cells.length === 1) return [cells[0] ?? 0];
      machine.message('err', master, `iommus contains ${cells.length} cells, expected 1`);
      return ENODEV;
    },
    faultLines: () => [],
  };
  instance = new L4tTegraSmmu(spaces, mask, device, node, machine, kernel, family);
  return { error: 0, instance };
};
