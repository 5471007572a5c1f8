/** The lines that arm-smmu.c and its implementations print for faults, and what the numbers in them mean. */
import { FSR, FSYNR0 } from './registers';

const FSR_NAMES: readonly (readonly [string, number])[] = [
  ['UUT', FSR.UUT],
  ['ASF', FSR.ASF],
  ['TLBLKF', FSR.TLBLKF],
  ['TLBMCF', FSR.TLBMCF],
  ['EF', FSR.EF],
  ['PF', FSR.PF],
  ['AFF', FSR.AFF],
  ['TF', FSR.TF],
];

const FSYNR0_NAMES: readonly (readonly [string, number])[] = [
  ['AFR', FSYNR0.AFR],
  ['PTWF', FSYNR0.PTWF],
  ['NSATTR', FSYNR0.NSATTR],
  ['IND', FSYNR0.IND],
  ['PNU', FSYNR0.PNU],
  ['WNR', FSYNR0.WNR],
];

/** What each FSR bit means (Arm IHI 0062D, SMMU_CBn_FSR). */
export const FSR_MEANING: Readonly<Record<string, string>> = {
  MULTI: 'more faults came before this one was handled',
  SS: 'the transaction is stalled',
  UUT: 'unsupported upstream transaction',
  ASF: 'address size fault',
  TLBLKF: 'TLB lock fault',
  TLBMCF: 'TLB match conflict',
  EF: 'external abort on a table walk',
  PF: 'permission fault',
  AFF: 'access flag fault',
  TF: 'translation fault: no valid descriptor for the address',
};

const word = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
const plain = (value: number): string => (value >>> 0).toString(16);

/** `%08lx` of an address. */
function address(iova: bigint): string {
  return iova.toString(16).padStart(8, '0');
}

export interface ContextFault {
  readonly fsr: number;
  readonly iova: bigint;
  readonly fsynr0: number;
  readonly cbfrsynra: number;
  readonly bank: number;
}

/** The first line, the same for all implementations. */
export function contextFaultLine(fault: ContextFault): string {
  return `Unhandled context fault: fsr=0x${plain(fault.fsr)}, iova=0x${address(fault.iova)}, fsynr=0x${plain(fault.fsynr0)}, cbfrsynra=0x${plain(fault.cbfrsynra)}, cb=${fault.bank}`;
}

/** The names of the FSR bits that are set, in the kernel's order. */
export function fsrBits(fsr: number): string[] {
  const names = FSR_NAMES.filter(([, bit]) => (fsr & bit) !== 0).map(([name]) => name);
  if ((fsr & FSR.SS) !== 0) names.unshift('SS');
  if ((fsr & FSR.MULTI) !== 0) names.unshift('MULTI');
  return names;
}

/** The names of the FSYNR0 bits that are set, in the kernel's order. */
export function fsynr0Bits(fsynr0: number): string[] {
  return FSYNR0_NAMES.filter(([, bit]) => (fsynr0 & bit) !== 0).map(([name]) => name);
}

/** The decoded lines that 6.12 adds (arm_smmu_print_context_fault_info). */
export function decodedFaultLines(fault: ContextFault): readonly [string, string] {
  const { fsr, fsynr0 } = fault;
  const front = `${(fsr & FSR.MULTI) !== 0 ? 'MULTI ' : ''}${(fsr & FSR.SS) !== 0 ? 'SS ' : ''}`;
  const bits = FSR_NAMES.map(([name, bit]) => ((fsr & bit) !== 0 ? ` ${name}` : '')).join('');
  const syndrome = FSYNR0_NAMES.map(([name, bit]) => ((fsynr0 & bit) !== 0 ? ` ${name}` : '')).join('');
  return [
    `FSR    = ${word(fsr)} [${front}Format=${(fsr >>> 9) & 3}${bits}], SID=0x${plain(fault.cbfrsynra)}`,
    `FSYNR0 = ${word(fsynr0)} [S1CBNDX=${(fsynr0 >>> 16) & 0xff}${syndrome} PLVL=${fsynr0 & 3}]`,
  ];
}

export interface GlobalFault {
  readonly gfsr: number;
  readonly gfsynr0: number;
  readonly gfsynr1: number;
  readonly gfsynr2: number;
}

/** arm_smmu_global_fault() and its NVIDIA relative: `blockedText` when the build disables bypass by default. */
export function globalFaultLines(fault: GlobalFault, blockedText: boolean): readonly [string, string] {
  const first =
    blockedText && (fault.gfsr & 2) !== 0
      ? `Blocked unknown Stream ID 0x${plain(fault.gfsynr1 & 0xffff)}; boot with "arm-smmu.disable_bypass=0" to allow, but this may have security implications`
      : 'Unexpected global fault, this could be serious';
  return [
    first,
    `\tGFSR 0x${word(fault.gfsr)}, GFSYNR0 0x${word(fault.gfsynr0)}, GFSYNR1 0x${word(fault.gfsynr1)}, GFSYNR2 0x${word(fault.gfsynr2)}`,
  ];
}
