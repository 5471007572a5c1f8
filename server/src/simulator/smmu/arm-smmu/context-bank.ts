/** Context banks: which format and stage a domain gets, and the register contents that follow from it. */
import type { LpaeTable } from '../tables/lpae';
import type { ShortTable } from '../tables/short';
import type { ArmSmmuConfiguration } from './configuration';

/** enum arm_smmu_context_fmt. */
export type ContextFormat = 'aarch64' | 'aarch32-long' | 'aarch32-short';

/** arm_smmu_init_domain_context(): the format for this kernel on this SMMU, or null (-EINVAL). */
export function contextFormat(
  configuration: ArmSmmuConfiguration,
  kernel: { readonly is64Bit: boolean; readonly lpae: boolean; readonly v7s: boolean },
  stage: 1 | 2,
): ContextFormat | null {
  let format: ContextFormat | null = configuration.aarch32Long ? 'aarch32-long' : null;
  if (kernel.v7s && !kernel.is64Bit && !kernel.lpae && configuration.aarch32Short && stage === 1)
    format = 'aarch32-short';
  const { k4, k16, k64 } = configuration.formats;
  if ((kernel.is64Bit || format === null) && (k4 || k16 || k64)) format = 'aarch64';
  return format;
}

/** What is written to a bank (struct arm_smmu_cb). */
export interface BankContents {
  readonly stage: 1 | 2;
  readonly format: ContextFormat;
  readonly tcr: number;
  readonly tcr2: number;
  readonly ttbr0: bigint;
  readonly ttbr1: bigint;
  readonly mair0: number;
  readonly mair1: number;
}

const PA_CODE: Readonly<Record<number, number>> = { 32: 0, 36: 1, 40: 2, 42: 3, 44: 4, 48: 5, 52: 6 };
const TG0: Readonly<Record<number, number>> = { 4096: 0, 65536: 1, 16384: 2 };
const TG1: Readonly<Record<number, number>> = { 16384: 1, 4096: 2, 65536: 3 };

/** Whether TCR.IPS / VTCR.PS can name this many output bits; else the driver gets no table (-ENOMEM). */
export function encodableOutput(bits: number): boolean {
  return bits in PA_CODE;
}

/** The fields that TCR, VTCR, a context descriptor and a stage-2 stream table entry share. */
export function lpaeFields(
  table: LpaeTable,
  coherentWalk: boolean,
): {
  readonly size: number;
  readonly granule: number;
  readonly region: number;
  readonly share: number;
  readonly output: number;
} {
  return {
    size: 64 - table.ias,
    granule: (table.ttbr1 ? TG1 : TG0)[table.granule] ?? 0,
    // Coherent walkers: inner shareable, write-back write-allocate; others: outer shareable, not cached.
    region: coherentWalk ? 1 : 0,
    share: coherentWalk ? 3 : 2,
    output: PA_CODE[table.oas] ?? 5,
  };
}

/**
 * TCR, TCR2, TTBRs and MAIRs of an LPAE table (arm_smmu_lpae_tcr, _tcr2, _vtcr, arm_smmu_init_context_bank;
 * arm_64_lpae_alloc_pgtable_s1/_s2 for the fields).
 */
export function lpaeBankContents(
  table: LpaeTable,
  format: ContextFormat,
  coherentWalk: boolean,
  asid: number,
): BankContents {
  const { size, granule, region, share, output } = lpaeFields(table, coherentWalk);
  const memory = (share << 12) | (region << 10) | (region << 8) | size;
  if (table.stage === 2) {
    const level = table.startLevel + (table.granule === 4096 ? 1 : 0);
    const vtcr = 0x80000000 | (output << 16) | (granule << 14) | memory | ((~level & 3) << 6);
    return {
      stage: 2,
      format,
      tcr: vtcr >>> 0,
      tcr2: 0,
      ttbr0: table.rootAddress,
      ttbr1: 0n,
      mair0: 0,
      mair1: 0,
    };
  }
  const fields = (granule << 14) | memory;
  // The upper half's fields are the lower half's, 16 bits up; A1 stays clear and the other half is switched off.
  let tcr = table.ttbr1 ? ((fields << 16) & ~(1 << 22)) | (1 << 7) : fields | (1 << 23);
  let tcr2 = output | (7 << 15);
  if (format === 'aarch64') tcr2 |= 1 << 4;
  else tcr |= 0x80000000;
  const tag = BigInt(asid & 0xffff) << 48n;
  return {
    stage: 1,
    format,
    tcr: tcr >>> 0,
    tcr2,
    ttbr0: table.ttbr1 ? tag : tag | table.rootAddress,
    ttbr1: table.ttbr1 ? tag | table.rootAddress : tag,
    // Attribute 3 (0xf4) is shifted as a signed int, so the sign fills the upper register.
    mair0: 0xf404ff44,
    mair1: 0xffffffff,
  };
}

/** Registers of a short-descriptor bank (arm_v7s_alloc_pgtable): TTBR attributes, PRRR and NMRR instead of MAIRs. */
export function shortBankContents(table: ShortTable, coherentWalk: boolean): BankContents {
  // Shareable; a coherent walker also: not outer shareable, write-back write-allocate inside (bit 6) and outside.
  const attributes = (1 << 1) | (coherentWalk ? (1 << 5) | (1 << 6) | (1 << 3) : 0);
  return {
    stage: 1,
    format: 'aarch32-short',
    tcr: 0,
    tcr2: 0,
    ttbr0: table.rootAddress | BigInt(attributes),
    ttbr1: 0n,
    mair0: 0x800b8204,
    mair1: 0x40004000,
  };
}
