/**
 * What the hardware says about itself: ID registers from the scenario, else documented defaults, and the state that
 * firmware left. A tree does not tell these numbers; they are properties of one integration.
 */
import type { DtNode } from '../../../devicetree/model';
import { type Capacity, capacityNumber, isSmallSmmu, isSmmuV1 } from '../../../iommu/capacity';
import { factNumber, type HardwareFacts, registerWords } from '../../../iommu/hardware-facts';
import { isCompatible, isDmaCoherent, registerRanges } from '../../../iommu/nodes';
import type { RegisterSpace } from '../register-space';
import { GR0 } from './registers';

/** Facts that a scenario may state for an Arm SMMU (`hardware` of its node). All optional. */
export interface ArmSmmuFacts {
  /** Register words present before the kernel starts, by offset (`"0x20": "0x7c085e10"`); of the second instance too. */
  readonly registers: readonly ReadonlyMap<number, number>[];
  /** Bits of SMR.ID and SMR.MASK that the hardware keeps, when narrower than the ID registers promise. */
  readonly smrIdMask: number;
  readonly smrMaskMask: number;
  /** Qualcomm firmware that turns S2CR bypass writes into fault. */
  readonly s2crQuirk: boolean;
  /**
   * The registers are plain memory: status bits are not cleared by writing 1, address translation registers answer
   * with what is stored. The recordings' hardware is like that.
   */
  readonly plainMemory: boolean;
  /** The secure monitor refuses the wait-for-safe call (sdm845). */
  readonly safeToggleFails: boolean;
}

/** Reads the scenario's facts; what is missing or malformed is left to the defaults. */
export function armSmmuFacts(hardware: HardwareFacts): ArmSmmuFacts {
  const spaces = Array.isArray(hardware.registers) ? hardware.registers : [hardware.registers];
  return {
    registers: spaces.map(registerWords),
    smrIdMask: factNumber(hardware.smrIdMask) ?? 0xffff,
    smrMaskMask: factNumber(hardware.smrMaskMask) ?? 0xffff,
    s2crQuirk: hardware.s2crQuirk === true,
    plainMemory: hardware.plainMemory === true,
    safeToggleFails: hardware.safeToggleFails === true,
  };
}

/** Code of an address size in ID2 (UBS, OAS, IAS). */
const sizeCode = (bits: number): number => {
  const at = [32, 36, 40, 42, 44].findIndex((size) => bits <= size);
  return at < 0 ? 5 : at;
};

/**
 * ID1.PAGESIZE and NUMPAGENDXB: the layout that fills the node's `reg` (half global space, half banks; 4K pages up to
 * 2 MiB, else 64K), or the smallest one with room for the banks where no layout fills it.
 */
function pageFields(node: DtNode, banks: number): number {
  const size = registerRanges(node)[0]?.size ?? 0n;
  for (const large of [false, true])
    for (let field = 0; field < 8; field++) {
      const pages = 2 << field;
      if (BigInt(2 * pages) << (large ? 16n : 12n) === size && pages >= banks)
        return ((large ? 0x80000000 : 0) | (field << 28)) >>> 0;
    }
  let field = 0;
  while (2 << field < banks) field++;
  return field << 28;
}

/**
 * ID registers of a part whose scenario states none, from its capacity (iommu/capacity.ts): both stages, matching,
 * walks as coherent as the node says, all AArch64 granules on an MMU-500 (Arm DDI 0517F), 4K alone on other parts; MMU-400/401 (DDI 0472,
 * DDI 0521) have stage 2 only.
 */
function defaultIdRegisters(node: DtNode, capacity: readonly Capacity[]): ReadonlyMap<number, number> {
  const small = isSmallSmmu(node);
  const v1 = isSmmuV1(node);
  const banks = capacityNumber(capacity, 'contextBanks');
  const idBits = capacityNumber(capacity, 'streamIdBits');
  const stages = small ? 1 << 29 : 0x70000000;
  // Sixteen bits are the extended IDs of SMMUv2.
  const ids = idBits > 15 ? (1 << 8) | (15 << 9) : idBits << 9;
  // ID0.CTTW as firmware says it: a part and its tree agree unless somebody states otherwise.
  const walks = isDmaCoherent(node) ? 1 << 14 : 0;
  const id0 = stages | (1 << 27) | (1 << 26) | walks | ids | capacityNumber(capacity, 'streamMatchRegisters');
  const id1 = pageFields(node, banks) | banks;
  const formats = isCompatible(node, 'arm,mmu-500', 'nvidia,smmu-500') ? 0x7000 : 0x1000;
  const code = sizeCode(capacityNumber(capacity, 'addressBits'));
  // An SMMUv1 has no UBS field and no AArch64 formats.
  const id2 = v1 ? (code << 4) | code : formats | (code << 8) | (code << 4) | code;
  return new Map([
    [GR0.ID0, id0 >>> 0],
    [GR0.ID1, id1 >>> 0],
    [GR0.ID2, id2],
    [GR0.ID7, 0x21],
  ]);
}

/** Whether the hardware itself says what it has: ID registers of the scenario, or a model whose registers are memory. */
export function statesIdRegisters(facts: ArmSmmuFacts): boolean {
  return facts.plainMemory || [GR0.ID0, GR0.ID1, GR0.ID2].some((offset) => facts.registers[0]?.has(offset) === true);
}

/** Fills a register space with firmware's state and, where no ID register is stated, the default ones. */
export function loadRegisters(
  space: RegisterSpace,
  node: DtNode,
  facts: ArmSmmuFacts,
  capacity: readonly Capacity[],
  instance: number,
): void {
  const stated = facts.registers[instance] ?? new Map<number, number>();
  if (!statesIdRegisters(facts))
    for (const [offset, word] of defaultIdRegisters(node, capacity)) space.write(offset, word);
  for (const [offset, word] of stated) space.write(offset, word);
}
