/**
 * What the hardware says about itself: ID registers from the scenario, else documented defaults, and the state that
 * firmware left. A tree does not tell these numbers; they are properties of one integration.
 */
import type { DtNode } from '../../../devicetree/model';
import { u32 } from '../../../devicetree/read';
import { factNumber, registerWords } from '../hardware';
import { interruptCount, isCompatible } from '../nodes';
import type { RegisterSpace } from '../register-space';
import { GR0 } from './registers';

/** Facts that a scenario may state for an Arm SMMU (`hardware` of its node). All optional. */
export interface ArmSmmuFacts {
  /** Register words present before the kernel starts, by offset (`"0x20": "0x7c085e10"`); of the second instance too. */
  readonly registers: readonly ReadonlyMap<number, number>[];
  /** Stream match registers and context banks, when no ID registers are stated. */
  readonly streamMatchRegisters: number | null;
  readonly contextBanks: number | null;
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
export function armSmmuFacts(hardware: Readonly<Record<string, unknown>>): ArmSmmuFacts {
  const spaces = Array.isArray(hardware.registers) ? hardware.registers : [hardware.registers];
  return {
    registers: spaces.map(registerWords),
    streamMatchRegisters: factNumber(hardware.streamMatchRegisters),
    contextBanks: factNumber(hardware.contextBanks),
    smrIdMask: factNumber(hardware.smrIdMask) ?? 0xffff,
    smrMaskMask: factNumber(hardware.smrMaskMask) ?? 0xffff,
    s2crQuirk: hardware.s2crQuirk === true,
    plainMemory: hardware.plainMemory === true,
    safeToggleFails: hardware.safeToggleFails === true,
  };
}

/**
 * ID registers of a part whose scenario states none. MMU-500 (Arm DDI 0517F): 128 stream match registers, 15-bit
 * stream IDs, 48-bit addresses, all AArch64 granules; MMU-400/401 (DDI 0472, DDI 0521): stage 2 only, 32 stream
 * match registers, 8 banks, 40-bit addresses; other parts as an MMU-500 without 16K and 64K granules. Banks: as many
 * as the node lists context interrupts for (SMMUv2 has one each, and trees list exactly those), at most 128.
 */
export function defaultIdRegisters(node: DtNode, facts: ArmSmmuFacts): ReadonlyMap<number, number> {
  const contextIrqs = Math.max(1, interruptCount(node) - u32(node, '#global-interrupts', 1));
  const small = isCompatible(node, 'arm,mmu-400', 'arm,mmu-401');
  const v1 = small || isCompatible(node, 'arm,smmu-v1');
  const banks = Math.min(128, facts.contextBanks ?? (v1 ? 8 : contextIrqs));
  const matches = Math.min(255, facts.streamMatchRegisters ?? (small ? 32 : 128));
  const stages = small ? 1 << 29 : 0x70000000;
  const id0 = stages | (1 << 27) | (1 << 26) | (1 << 14) | (15 << 9) | matches;
  let pages = 0;
  while (2 << pages < banks) pages++;
  const id1 = (pages << 28) | banks;
  const formats = isCompatible(node, 'arm,mmu-500', 'nvidia,smmu-500') ? 0x7000 : 0x1000;
  const id2 = small ? 0x22 : v1 ? 0x55 : formats | 0x555;
  return new Map([
    [GR0.ID0, id0 >>> 0],
    [GR0.ID1, id1 >>> 0],
    [GR0.ID2, id2],
    [GR0.ID7, 0x21],
  ]);
}

/** Fills a register space with firmware's state and, where no ID register is stated, the default ones. */
export function loadRegisters(space: RegisterSpace, node: DtNode, facts: ArmSmmuFacts, instance: number): void {
  const stated = facts.registers[instance] ?? new Map<number, number>();
  const states = [GR0.ID0, GR0.ID1, GR0.ID2].some((offset) => facts.registers[0]?.has(offset) === true);
  if (!states && !facts.plainMemory)
    for (const [offset, word] of defaultIdRegisters(node, facts)) space.write(offset, word);
  for (const [offset, word] of stated) space.write(offset, word);
}
