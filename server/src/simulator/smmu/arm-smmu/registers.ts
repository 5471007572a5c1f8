/**
 * The register map of SMMUv1/v2 (Arm IHI 0062D) as far as the driver touches it, and the memory behind it. Offsets are
 * those of the global spaces GR0 and GR1 and of one context bank.
 */

export const GR0 = {
  sCR0: 0x0,
  sACR: 0x10,
  ID0: 0x20,
  ID1: 0x24,
  ID2: 0x28,
  ID7: 0x3c,
  sGFSR: 0x48,
  sGFSYNR0: 0x50,
  sGFSYNR1: 0x54,
  sGFSYNR2: 0x58,
  TLBIVMID: 0x64,
  TLBIALLNSNH: 0x68,
  TLBIALLH: 0x6c,
  sTLBGSYNC: 0x70,
} as const;

/** Registers that a Calxeda part shows to secure software only at +0x400 (arm_smmu_gr0_ns). */
export const SECURE_ALIASED: ReadonlySet<number> = new Set([
  GR0.sCR0,
  GR0.sACR,
  GR0.sGFSR,
  GR0.sGFSYNR0,
  GR0.sGFSYNR1,
  GR0.sGFSYNR2,
]);

/** Offset of stream match register `n`, and of its stream-to-context register. */
export const smrOffset = (n: number): number => 0x800 + n * 4;
export const s2crOffset = (n: number): number => 0xc00 + n * 4;

/** Offsets in GR1 of a bank's attribute registers. */
export const cbarOffset = (n: number): number => n * 4;
export const cbfrsynraOffset = (n: number): number => 0x400 + n * 4;
export const cba2rOffset = (n: number): number => 0x800 + n * 4;

export const CB = {
  SCTLR: 0x0,
  ACTLR: 0x4,
  TCR2: 0x10,
  TTBR0: 0x20,
  TTBR1: 0x28,
  TCR: 0x30,
  CONTEXTIDR: 0x34,
  MAIR0: 0x38,
  MAIR1: 0x3c,
  FSR: 0x58,
  FAR: 0x60,
  FSYNR0: 0x68,
  TLBIVA: 0x600,
  TLBIASID: 0x610,
  TLBIVAL: 0x620,
  TLBIIPAS2: 0x630,
  TLBIIPAS2L: 0x638,
  TLBSYNC: 0x7f0,
} as const;

export const sCR0 = {
  CLIENTPD: 1,
  GFRE: 1 << 1,
  GFIE: 1 << 2,
  EXIDENABLE: 1 << 3,
  GCFGFRE: 1 << 4,
  GCFGFIE: 1 << 5,
  USFCFG: 1 << 10,
  VMIDPNE: 1 << 11,
  PTM: 1 << 12,
  FB: 1 << 13,
  BSU: 3 << 14,
  VMID16EN: 0x80000000,
} as const;

export const S2CR_TYPE = { trans: 0, bypass: 1, fault: 2 } as const;
export type S2crType = keyof typeof S2CR_TYPE;
export const S2CR_EXIDVALID = 1 << 10;
export const SMR_VALID = 0x80000000;

export const SCTLR = {
  M: 1,
  TRE: 1 << 1,
  AFE: 1 << 2,
  CFRE: 1 << 5,
  CFIE: 1 << 6,
  HUPCF: 1 << 8,
  ASIDPNE: 1 << 12,
} as const;

export const FSR = {
  MULTI: 0x80000000,
  SS: 1 << 30,
  UUT: 1 << 8,
  ASF: 1 << 7,
  TLBLKF: 1 << 6,
  TLBMCF: 1 << 5,
  EF: 1 << 4,
  PF: 1 << 3,
  AFF: 1 << 2,
  TF: 1 << 1,
} as const;
/** All bits that make the handler look (ARM_SMMU_CB_FSR_FAULT). */
export const FSR_FAULT = 0xc00001fe;

export const FSYNR0 = {
  WNR: 1 << 4,
  PNU: 1 << 5,
  IND: 1 << 6,
  NSATTR: 1 << 8,
  PTWF: 1 << 10,
  AFR: 1 << 11,
} as const;

export const GFSR = { ICF: 1, USF: 1 << 1 } as const;
