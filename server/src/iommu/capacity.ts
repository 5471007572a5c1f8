/**
 * Capacity that the hardware decides and a tree does not tell: how many stream-match entries and context banks, how many
 * bits of an ID or an address. One table of documented defaults; a scenario states its own under `hardware` of the
 * IOMMU's node, and whatever is not stated is marked as assumed in the report. docs/hardware-capacity.md is for people.
 */
import type { DtNode } from '../devicetree/model';
import { u32 } from '../devicetree/read';
import { bindingOf } from './catalogue';
import { factNumber, factWide, type HardwareFact, type HardwareFacts } from './hardware-facts';
import { interruptCount, isCompatible } from './nodes';
import { vendorIommuOf } from './vendor';

export type CapacityValue = number | bigint | boolean;

/** One fact as it holds for one IOMMU. */
export interface Capacity {
  /** The scenario's key below `hardware`. */
  readonly name: HardwareFact;
  readonly value: CapacityValue;
  /** True: the default below; false: the scenario (or an ID register that it states) says so. */
  readonly assumed: boolean;
  /** Where the default comes from. */
  readonly source: string;
}

interface Fact {
  readonly name: HardwareFact;
  /** The default for a node. */
  readonly value: (node: DtNode) => CapacityValue;
  readonly source: string;
  /** Smallest and greatest sensible number: a scenario's value is cut to it. */
  readonly range?: readonly [number, number];
}

/** MMU-400 and MMU-401: stage 2 only, few registers. */
export const isSmallSmmu = (node: DtNode): boolean => isCompatible(node, 'arm,mmu-400', 'arm,mmu-401');
/** Parts that the driver takes for an SMMUv1. */
export const isSmmuV1 = (node: DtNode): boolean => isSmallSmmu(node) || isCompatible(node, 'arm,smmu-v1');

/** Context interrupts of an SMMU's node: SMMUv2 has one a bank, and trees list exactly those. */
const contextInterrupts = (node: DtNode): number =>
  Math.max(1, interruptCount(node) - u32(node, '#global-interrupts', 1));

const SMMU: readonly Fact[] = [
  {
    name: 'streamMatchRegisters',
    value: (node) => (isSmallSmmu(node) ? 32 : 128),
    source: 'ID0.NUMSMRG: MMU-500 up to 128 (Arm DDI 0517F, 2.2), MMU-400/401 up to 32 (Arm DDI 0472, DDI 0521)',
    range: [1, 255],
  },
  {
    name: 'contextBanks',
    value: (node) => (isSmmuV1(node) ? 8 : Math.min(128, contextInterrupts(node))),
    source:
      'ID1.NUMCB: one bank for each context interrupt of the node, at most 128 (Arm IHI 0062D); SMMUv1 parts 8 (Arm DDI 0472)',
    range: [0, 128],
  },
  {
    name: 'streamIdBits',
    value: () => 15,
    source: 'ID0.NUMSIDB: 15 bits, 16 with extended IDs (Arm IHI 0062D; DDI 0517F)',
    range: [1, 16],
  },
  {
    name: 'addressBits',
    value: (node) => (isSmallSmmu(node) ? 40 : 48),
    source: 'ID2.UBS, OAS, IAS: 48 bits (Arm DDI 0517F), MMU-400/401 40 bits (Arm DDI 0472, DDI 0521)',
    range: [32, 48],
  },
];

const FACTS: Readonly<Record<string, readonly Fact[]>> = {
  'arm-smmu': SMMU,
  'arm-smmu-qcom': SMMU,
  'arm-smmu-nvidia': SMMU,
  'arm-smmu-v3': [
    {
      name: 'sidBits',
      value: () => 32,
      source: 'IDR1.SIDSIZE: up to 32 (Arm IHI 0070, 6.3.2); an MMU-600 is configured with up to 24 (Arm 101310)',
      range: [0, 32],
    },
    { name: 'ssidBits', value: () => 0, source: 'IDR1.SSIDSIZE: substreams are an option of the part', range: [0, 20] },
    { name: 'oas', value: () => 48, source: 'IDR5.OAS: 48 bits (Arm 101310)', range: [32, 52] },
    { name: 'stage1', value: () => true, source: 'IDR0.S1P (Arm 101310)' },
    { name: 'stage2', value: () => true, source: 'IDR0.S2P (Arm 101310)' },
    { name: 'twoLevel', value: () => true, source: 'IDR0.ST_LEVEL: two-level stream tables (Arm 101310)' },
  ],
  'exynos-iommu': [
    {
      name: 'version',
      value: () => 3,
      source: 'REG_MMU_VERSION: 3 on Exynos 4 and 5250/542x (exynos-iommu.c); 5 and later on Exynos 5433 and after',
      range: [1, 15],
    },
  ],
  'apple-dart': [
    { name: 'pageSize', value: () => 16384, source: 'DART_PARAMS1.PAGE_SHIFT: 16 KiB on M1 and M2 (apple-dart.c)' },
    { name: 'bypass', value: () => false, source: 'DART_PARAMS2.BYPASS_SUPPORT: no (apple-dart.c; USB4 has it)' },
    {
      name: 'ias',
      value: (node) => (isCompatible(node, 'apple,t8110-dart') ? 36 : 32),
      source: '32 by the driver for T8020 and T6000; T8110: DART_T8110_PARAMS3.VA_WIDTH, 36 assumed (apple-dart.c)',
      range: [32, 42],
    },
    {
      name: 'oas',
      value: (node) => (isCompatible(node, 'apple,t6000-dart', 'apple,t8110-dart') ? 42 : 36),
      source: 'apple_dart_hw.oas: 36, on T6000 42; T8110: DART_T8110_PARAMS3.PA_WIDTH, 42 assumed (apple-dart.c)',
      range: [32, 48],
    },
    {
      name: 'streams',
      value: (node) =>
        isCompatible(node, 'apple,t8110-dart') ? 256 : isCompatible(node, 'apple,t8103-usb4-dart') ? 64 : 16,
      source:
        'apple_dart_hw.max_sid_count: 16, USB4 64; T8110: DART_T8110_PARAMS4.NUM_SIDS, 256 assumed (apple-dart.c)',
      range: [1, 256],
    },
  ],
  mtk_iommu: [
    {
      name: 'enable4GB',
      value: () => false,
      source: 'the infracfg bit that a boot loader sets for RAM beyond 4 GiB (mtk_iommu.c)',
    },
  ],
  'riscv-iommu': [
    {
      name: 'vaBits',
      value: () => 57,
      source: 'capabilities.Sv57: Sv39 (39), Sv48 (48) or Sv57 (57), as QEMU offers all three',
    },
    { name: 'msiFlat', value: () => true, source: 'capabilities.MSI_FLAT: extended device contexts, as QEMU has them' },
    {
      name: 'ddtLevels',
      value: () => 3,
      source: 'ddtp.iommu_mode: a three-level device directory (RISC-V IOMMU 1.0, 2.1)',
      range: [1, 3],
    },
    { name: 'hardwareDirty', value: () => false, source: 'capabilities.AMO_HWAD: an option of the part' },
  ],
  'virtio-iommu': [
    { name: 'pageSizeMask', value: () => 0xffff_ffff_ffff_f000n, source: 'config page_size_mask: as QEMU offers it' },
    { name: 'inputStart', value: () => 0n, source: 'config input_range (Virtio 1.2, 5.13.4): all addresses' },
    {
      name: 'inputEnd',
      value: () => (1n << 64n) - 1n,
      source: 'config input_range (Virtio 1.2, 5.13.4): all addresses',
    },
    { name: 'bypassConfig', value: () => true, source: 'VIRTIO_IOMMU_F_BYPASS_CONFIG: offered by QEMU' },
  ],
};

/** The facts of a node by its kind; a virtio-iommu is named by its driver, because its node is that of the transport. */
function factsOf(node: DtNode, model: string | null): readonly Fact[] {
  const id = model ?? bindingOf(node)?.id ?? vendorIommuOf(node)?.like;
  return id == null ? [] : (FACTS[id] ?? []);
}

/** What a scenario states for a fact, or null when it states nothing readable. */
function stated(fact: Fact, node: DtNode, value: unknown): CapacityValue | null {
  const standard = fact.value(node);
  if (typeof standard === 'boolean') return typeof value === 'boolean' ? value : null;
  if (typeof standard === 'bigint') return factWide(value);
  const number = factNumber(value);
  if (number === null) return null;
  const [least, most] = fact.range ?? [0, Number.MAX_SAFE_INTEGER];
  return Math.min(most, Math.max(least, Math.trunc(number)));
}

/**
 * The capacity of the IOMMU at a node: the scenario's `hardware` where it states one, else the documented default.
 * `model` names the catalogue entry where the node's compatible does not (virtio-iommu).
 */
export function capacityOf(
  node: DtNode,
  hardware: HardwareFacts = {},
  model: string | null = null,
): readonly Capacity[] {
  return factsOf(node, model).map((fact) => {
    const own = stated(fact, node, hardware[fact.name]);
    return { name: fact.name, value: own ?? fact.value(node), assumed: own === null, source: fact.source };
  });
}

/** One number of a capacity list. */
export function capacityNumber(list: readonly Capacity[], name: string): number {
  const value = list.find((entry) => entry.name === name)?.value;
  if (typeof value !== 'number') throw new Error(`no capacity ${name}`);
  return value;
}

/** One wide number of a capacity list. */
export function capacityWide(list: readonly Capacity[], name: string): bigint {
  const value = list.find((entry) => entry.name === name)?.value;
  if (typeof value !== 'bigint') throw new Error(`no capacity ${name}`);
  return value;
}

/** One yes or no of a capacity list. */
export function capacityFlag(list: readonly Capacity[], name: string): boolean {
  return list.find((entry) => entry.name === name)?.value === true;
}

/** A list with values that hardware registers state instead of the scenario's keys or the defaults. */
export function withRegisters(
  list: readonly Capacity[],
  values: Readonly<Record<string, CapacityValue>>,
): readonly Capacity[] {
  return list.map((entry) => {
    const value = values[entry.name];
    return value === undefined ? entry : { ...entry, value, assumed: false };
  });
}
