/**
 * MediaTek M4U (drivers/iommu/mtk_iommu.c): groups by bank (infrastructure) or by IOVA region (multimedia); all masters
 * of a region share one address space, which the SoC's tables choose by larb and port.
 */
import type { DtNode } from '../../../devicetree/model';
import { cellsOf, compatibles } from '../../../devicetree/read';
import { capacityFlag, capacityOf } from '../../../iommu/capacity';
import { interruptCount, nodeByPhandle, registerRanges } from '../../../iommu/nodes';
import type { SimDevice } from '../../contract/device';
import { EINVAL, ENODEV, type Errno } from '../../contract/errno';
import type { FwSpec, GroupFactory, GroupRef, ProbeProvider, ReservedRegion } from '../../contract/iommu-driver';
import { kernelState } from '../kernel-state';
import { IntervalTable } from '../tables/intervals';
import { ShortTable } from '../tables/short';
import { COMMON } from './defaults';
import data from './mediatek.json';
import { type FamilyDescription, SingleIommu } from './single-iommu';

interface MediatekSoc {
  /** `mm`: larb << 5 | port; `infra`: a port bit; `apu`: like mm with one larb that is none. */
  readonly type: 'mm' | 'infra' | 'apu';
  readonly iova34: boolean;
  readonly fourGigabyteMode: boolean;
  /** Pairs that share one page table and one set of groups. */
  readonly shared: boolean;
  /** The list of the IOMMUs that share (hw_list); null where the driver's table names none. */
  readonly list: string | null;
  /** A master may be behind several larbs (DL_WITH_MULTI_LARB). */
  readonly manyLarbs: boolean;
  /** IOVA regions (iova_region); `gap`: since 6.7 the last 8 MiB of it stay free (MTK_IOMMU_IOVA_SZ_4G). */
  readonly windows: readonly { readonly start: string; readonly size: string; readonly gap: boolean }[];
  /** Region -> larb -> mask of ports. Empty: one region for all. */
  readonly regions: readonly Readonly<Record<string, number>>[];
  /** Bank -> mask of port bits; empty: one bank. */
  readonly banks: Readonly<Record<string, number>>;
  /** How the master number of a fault is made (HAS_SUB_COMM_2BITS, HAS_SUB_COMM_3BITS, INT_ID_PORT_WIDTH_6). */
  readonly faultId: 'plain' | 'sub2' | 'sub3' | 'port6';
  /** larbid_remap: common's port and sub-common -> larb; 32: none. */
  readonly faultLarbs: readonly (readonly number[])[];
}

/** MTK_LARB_NR_MAX: what an infrastructure IOMMU prints as larb. */
const NO_LARB = 32;

/** REG_MMU0_INT_ID of a port: the larb by its place behind the common, the port from bit 2 on (F_MMU_INT_ID_*). */
function interruptId(soc: MediatekSoc, larb: number, port: number): number {
  const common = Math.max(
    0,
    soc.faultLarbs.findIndex((subs) => subs.includes(larb)),
  );
  const sub = Math.max(0, soc.faultLarbs[common]?.indexOf(larb) ?? 0);
  if (soc.faultId === 'sub2') return (common << 9) | (sub << 7) | (port << 2);
  if (soc.faultId === 'sub3') return (common << 10) | (sub << 7) | (port << 2);
  return (common << (soc.faultId === 'port6' ? 8 : 7)) | (port << 2);
}

/** Ports of the first generation are counted through (mt2701-larb-port.h); larb and port of one. */
const V1_LARBS = [0, 11, 21, 44] as const;
function v1LarbAndPort(id: number): readonly [number, number] {
  const larb = Math.max(0, V1_LARBS.filter((first) => id >= first).length - 1);
  return [larb, id - (V1_LARBS[larb] ?? 0)];
}

const socs = data as unknown as Readonly<Record<string, MediatekSoc>>;

/** Whether an M4U takes masters behind several larbs (DL_WITH_MULTI_LARB, mt8189's since 7.3). */
export const takesManyLarbs = (m4u: DtNode): boolean =>
  compatibles(m4u).some((name) => Object.hasOwn(socs, name) && socs[name]?.manyLarbs === true);

interface Region {
  readonly start: bigint;
  readonly size: bigint;
}

/** A SoC's regions as a kernel has them; `gap` in bytes. */
const regionsOf = (soc: MediatekSoc, gap: number): readonly Region[] =>
  soc.windows.map(({ start, size, gap: has }) => ({
    start: BigInt(start),
    size: BigInt(size) - (has ? BigInt(gap) : 0n),
  }));

const larbOf = (id: number): number => (id >>> 5) & 0x3f;
const portOf = (id: number): number => id & 0x1f;

class MediatekIommu extends SingleIommu {
  readonly ids = new Map<SimDevice, readonly number[]>();
  /** Groups by bank or region; one map for a pair that shares its tables. */
  groupMap = new Map<number, GroupRef>();

  constructor(
    private readonly soc: MediatekSoc,
    /** By mediatek,larb-id. */
    private readonly larbs: ReadonlyMap<number, DtNode>,
    private readonly windows: readonly Region[],
    ...rest: ConstructorParameters<typeof SingleIommu>
  ) {
    super(...rest);
  }

  override probeDevice(device: SimDevice, fwspec: FwSpec): Errno {
    if (this.soc.type === 'mm') {
      const larb = larbOf(fwspec.ids[0] ?? 0);
      // the limit came with the links to larbs; before, each port is switched on in its own larb
      const links = this.kernel.model.driversThatLink.includes(this.driver);
      const other = fwspec.ids.find((id) => larbOf(id) !== larb);
      if (links && other !== undefined && !this.soc.manyLarbs) {
        this.machine.message('err', device, `Can only use one larb. Fail@larb${larb}-${larbOf(other)}.`);
        return EINVAL;
      }
      for (const number of [...new Set(fwspec.ids.map(larbOf))].sort((a, b) => a - b)) {
        const node = this.larbs.get(number);
        if (node === undefined) return EINVAL;
        const supplier = this.machine.deviceOf(node);
        if (supplier !== null && links) this.machine.addDeviceLink(device, supplier, ['pm-runtime', 'stateless']);
      }
    }
    this.ids.set(device, [...fwspec.ids]);
    return super.probeDevice(device, fwspec);
  }

  /** mtk_iommu_get_iova_region_id(): the first region whose ports of the larb hold all of the master's. */
  regionOf(device: SimDevice): number | Errno {
    if (this.soc.regions.length === 0) return 0;
    const ids = this.ids.get(device) ?? [];
    const larb = larbOf(ids[0] ?? 0);
    const ports = ids.reduce((mask, id) => (mask | (1 << portOf(id))) >>> 0, 0);
    for (const [index, region] of this.soc.regions.entries()) {
      const mask = region[String(larb)] ?? 0;
      if ((mask & ports) >>> 0 === ports) return index;
    }
    this.machine.message('err', device, `Can NOT find the region for larb(${larb}-${ports.toString(16)}).`);
    return EINVAL;
  }

  private groupNumber(device: SimDevice): number | Errno {
    const banks = Object.entries(this.soc.banks);
    if (banks.length === 0) return this.regionOf(device);
    const ports = (this.ids.get(device) ?? []).reduce((mask, id) => (mask | (1 << portOf(id))) >>> 0, 0);
    for (const [bank, mask] of banks) if ((mask & ports) !== 0) return Number(bank);
    return 0;
  }

  override deviceGroup(device: SimDevice, groups: GroupFactory): GroupRef | Errno {
    const number = this.groupNumber(device);
    if (number < 0) return number;
    const known = this.groupMap.get(number);
    if (known !== undefined) return known;
    const made = groups.allocate();
    this.groupMap.set(number, made);
    return made;
  }

  /** mtk_iommu_get_resv_regions(): a smaller region inside the master's own is kept free. */
  override reservedRegions(device: SimDevice): readonly ReservedRegion[] {
    const index = this.soc.regions.length === 0 ? -1 : this.regionOf(device);
    const own = this.windows[index];
    if (own === undefined) return [];
    return this.windows
      .filter((other) => other.start > own.start && other.start + other.size < own.start + own.size)
      .map((other) => ({ start: other.start, length: other.size, type: 'reserved' }));
  }
}

/** mtk_iommu_probe(). A multimedia M4U is bound when all of its larbs are. */
export const probeMediatek: ProbeProvider = (device, machine, kernel, hardware) => {
  const node = device.node;
  const name = node === null ? undefined : compatibles(node).find((entry) => entry in socs);
  const soc = name === undefined ? undefined : socs[name];
  const base = node === null ? undefined : registerRanges(node)[0]?.base;
  if (node === null || soc === undefined) return { error: ENODEV };
  if (base === undefined || interruptCount(node) === 0) return { error: EINVAL };
  if (soc.shared && soc.list === null)
    machine.panic(`mtk_iommu_probe: NULL pointer: the driver's table of ${name} shares page tables and names no list`);
  const larbs = new Map<number, DtNode>();
  cellsOf(node.properties.get('mediatek,larbs')).forEach((phandle, index) => {
    const larb = nodeByPhandle(node, phandle);
    if (larb === null) return;
    const id = cellsOf(larb.properties.get('mediatek,larb-id'))[0];
    larbs.set(id ?? index, larb);
  });
  const capacity = capacityOf(node, hardware).filter(() => soc.fourGigabyteMode);
  const ias = soc.iova34 ? 34 : 32;
  const oas = soc.fourGigabyteMode ? (capacityFlag(capacity, 'enable4GB') ? 33 : 32) : 35;
  const state = kernelState(machine);
  const windows = regionsOf(soc, kernel.model.mediatekGap);
  let instance: MediatekIommu | null = null;
  const family: FamilyDescription = {
    ...COMMON,
    driver: 'mtk_iommu',
    model: 'mtk-m4u',
    capacity,
    sysfsName: `mtk-iommu.0x${base.toString(16).padStart(16, '0')}`,
    pageSizes: 0x1000n | 0x10000n | 0x100000n | 0x1000000n,
    aperture: (master) => {
      const region = instance?.regionOf(master) ?? 0;
      const span = windows[region] ?? { start: 0n, size: 0x1_0000_0000n };
      return { start: span.start, end: span.start + span.size - 1n, force: true };
    },
    table: (kernelTables) => {
      const make = (): ShortTable =>
        new ShortTable(
          { mediatek: true, noPermissions: true, ias, oas, refusesParts: kernel.model.refusesPartialUnmap },
          kernelTables.tables,
        );
      // Regions of one M4U, and the two M4Us of a pair, live in one page table.
      return soc.regions.length > 0 || soc.shared
        ? state.static(`m4u table ${soc.shared ? soc.list : node.path}`, make)
        : make();
    },
    tableAtAllocation: false,
    xlate: (master, cells) => {
      if (cells.length === 1) return [cells[0] ?? 0];
      machine.message('err', master, `invalid #iommu-cells(${cells.length}) property for IOMMU`);
      return EINVAL;
    },
    rateLimit: 'mtk_iommu_isr',
    handlerSilences: true,
    faultLines: ({ iova, write, stream }) => {
      // mtk_iommu_isr(): the register holds the page; with 34-bit IOVAs the driver masks the rest, else it prints the
      // write bit (1) and the layer bit (0) with it. Infrastructure IOMMUs have no larbs: their ID is the port alone.
      const mm = soc.type === 'mm';
      const larb = mm ? larbOf(stream) : NO_LARB;
      const port = mm ? portOf(stream) : 0;
      const id = mm ? interruptId(soc, larb, port) : portOf(stream) << 2;
      const page = iova & ~0xfffn;
      const shown = soc.iova34 ? page : page | (write ? 2n : 0n);
      return [
        `fault type=0x1 iova=0x${shown.toString(16)} pa=0x0 master=0x${id.toString(16)}(larb=${larb} port=${port}) layer=0 ${write ? 'write' : 'read'}`,
      ];
    },
  };
  instance = new MediatekIommu(soc, larbs, windows, device, node, machine, kernel, family);
  if (soc.shared) instance.groupMap = state.static(`m4u groups ${soc.list}`, () => new Map<number, GroupRef>());
  return { error: 0, instance };
};

/** mtk_iommu_v1.c (mt2701): no of_xlate; a flat table of 4 GiB. */
export const probeMediatekV1: ProbeProvider = (device, machine, kernel) => {
  const node = device.node;
  if (node === null || registerRanges(node).length === 0 || interruptCount(node) === 0) return { error: EINVAL };
  const instance = new SingleIommu(device, node, machine, kernel, {
    ...COMMON,
    driver: 'mtk_iommu_v1',
    model: 'mtk-m4u-v1',
    sysfsName: device.name,
    pageSizes: 0x1000n,
    table: () =>
      new IntervalTable({
        pageSizes: 0x1000n,
        start: 0n,
        end: 0xffff_ffffn,
        existing: -17,
        rights: false,
        whole: false,
      }),
    xlate: () => [],
    rateLimit: 'mtk_iommu_v1_isr',
    handlerSilences: true,
    faultLines: ({ iova, stream }) => {
      // mtk_iommu_v1_isr(): the page of the address (F_MMU_FAULT_VA_MSK).
      const [larb, port] = v1LarbAndPort(stream);
      return [`fault type=0x1 iova=0x${(iova & ~0xfffn).toString(16)} pa=0x0 larb=${larb} port=${port}`];
    },
  });
  return { error: 0, instance };
};
