/** Stream table entries and context descriptors as arm-smmu-v3.c writes them (Arm IHI 0070, 5.2 and 5.4). */
import { encodableOutput, lpaeFields } from '../arm-smmu/context-bank';
import type { LpaeTable } from '../tables/lpae';
import type { SmmuV3Identification } from './identification';

/** The first four doublewords; the others stay 0. */
export type Entry = readonly [bigint, bigint, bigint, bigint];

export type EntryKind = 'abort' | 'bypass' | 'stage-1' | 'stage-2';

const VALID = 1n;
const CFG = { abort: 0n, bypass: 4n, s1: 5n, s2: 6n } as const;
const SHCFG_INCOMING = 1n << 44n;

export const ABORT_ENTRY: Entry = [VALID | (CFG.abort << 1n), 0n, 0n, 0n];

/** arm_smmu_make_bypass_ste(). */
export function bypassEntry(id: SmmuV3Identification): Entry {
  return [VALID | (CFG.bypass << 1n), id.attributeOverride ? SHCFG_INCOMING : 0n, 0n, 0n];
}

/** arm_smmu_make_cdtable_ste() for a table of one descriptor (no PASIDs in use). */
export function stage1Entry(id: SmmuV3Identification, descriptorTable: bigint, stall: boolean): Entry {
  const caches = (1n << 2n) | (1n << 4n) | (3n << 6n);
  const stalls = id.stalls && !stall ? 1n << 27n : 0n;
  return [VALID | (CFG.s1 << 1n) | (descriptorTable & 0xf_ffff_ffff_ffc0n), 2n | caches | stalls, 0n, 0n];
}

/** arm_smmu_make_s2_domain_ste(). */
export function stage2Entry(id: SmmuV3Identification, table: LpaeTable, vmid: number, stall: boolean): Entry {
  const fields = lpaeFields(table, id.coherent);
  const level = table.startLevel + (table.granule === 4096 ? 1 : 0);
  const control =
    fields.size |
    ((~level & 3) << 6) |
    (fields.region << 8) |
    (fields.region << 10) |
    (fields.share << 12) |
    (fields.granule << 14) |
    (fields.output << 16);
  const flags = (1n << 51n) | (1n << 54n) | (1n << 58n) | (stall ? 1n << 57n : 0n);
  return [
    VALID | (CFG.s2 << 1n),
    id.attributeOverride ? SHCFG_INCOMING : 0n,
    BigInt(vmid) | (BigInt(control) << 32n) | flags,
    table.rootAddress & 0xf_ffff_ffff_fff0n,
  ];
}

/** arm_smmu_make_s1_cd(). */
export function contextDescriptor(id: SmmuV3Identification, table: LpaeTable, asid: number, stall: boolean): Entry {
  const fields = lpaeFields(table, id.coherent);
  const low =
    BigInt(fields.size) |
    (BigInt(fields.granule) << 6n) |
    (BigInt(fields.region) << 8n) |
    (BigInt(fields.region) << 10n) |
    (BigInt(fields.share) << 12n) |
    (1n << 30n) |
    (1n << 31n) |
    (BigInt(fields.output) << 32n) |
    (1n << 41n) |
    (stall ? 1n << 44n : 0n) |
    (7n << 45n) |
    (BigInt(asid) << 48n);
  return [low, table.rootAddress & 0xf_ffff_ffff_fff0n, 0n, 0xffff_ffff_f404_ff44n];
}

/** Whether the output size of a table has a code in CD.IPS or STE.S2PS. */
export const encodable = encodableOutput;
