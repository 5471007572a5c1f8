/** arm_smmu_device_hw_probe(): what the ID registers of an SMMUv3 say (Arm IHI 0070, chapter 6). */

import { type Capacity, capacityFlag, capacityNumber } from '../../../iommu/capacity';
import { ENXIO, type Errno } from '../../contract/errno';
import type { MessageLevel } from '../../contract/machine';

export const IDR = { IDR0: 0x0, IDR1: 0x4, IDR3: 0xc, IDR5: 0x14 } as const;

export interface SmmuV3Identification {
  readonly twoLevel: boolean;
  readonly stage1: boolean;
  readonly stage2: boolean;
  readonly coherent: boolean;
  readonly stalls: boolean;
  readonly stallForced: boolean;
  readonly attributeOverride: boolean;
  readonly sidBits: number;
  readonly ssidBits: number;
  readonly asidBits: number;
  readonly vmidBits: number;
  readonly vax: boolean;
  readonly pageSizes: bigint;
  readonly ias: number;
  readonly oas: number;
  /** Feature bits as the driver prints them. */
  readonly features: number;
}

const OAS_BITS: readonly number[] = [32, 36, 40, 42, 44, 48, 52];

/**
 * ID registers from the part's capacity (iommu/capacity.ts) and what the scenario states as registers
 * (`registers: { "0x0": … }`), which wins: 4K, 16K and 64K granules, 16-bit ASIDs and VMIDs, as an MMU-600 can be
 * configured (Arm 101310).
 */
export function idRegisters(
  capacity: readonly Capacity[],
  stated: ReadonlyMap<number, number>,
  coherent: boolean,
): ReadonlyMap<number, number> {
  const oas = OAS_BITS.indexOf(capacityNumber(capacity, 'oas'));
  const stages = (capacityFlag(capacity, 'stage1') ? 2 : 0) | (capacityFlag(capacity, 'stage2') ? 1 : 0);
  const idr0 =
    (capacityFlag(capacity, 'twoLevel') ? 1 << 27 : 0) |
    (1 << 24) |
    (2 << 21) |
    (1 << 19) |
    (1 << 18) |
    (1 << 12) |
    (coherent ? 1 << 4 : 0) |
    (2 << 2) |
    stages;
  const substreams = capacityNumber(capacity, 'ssidBits') << 6;
  const idr1 = (18 << 21) | (17 << 16) | (17 << 11) | substreams | capacityNumber(capacity, 'sidBits');
  return new Map([
    [IDR.IDR0, idr0 >>> 0],
    [IDR.IDR1, idr1 >>> 0],
    [IDR.IDR3, 1 << 10],
    [IDR.IDR5, (7 << 4) | (oas < 0 ? 5 : oas)],
    ...stated,
  ]);
}

/** Decodes the ID registers, or gives the errno with which the driver refuses the part. */
export function identify(
  registers: ReadonlyMap<number, number>,
  coherent: boolean,
  say: (level: MessageLevel, text: string) => void,
): SmmuV3Identification | Errno {
  const read = (offset: number): number => registers.get(offset) ?? 0;
  const idr0 = read(IDR.IDR0);
  const idr1 = read(IDR.IDR1);
  const idr5 = read(IDR.IDR5);
  const endian = (idr0 >>> 21) & 3;
  if (endian !== 0 && endian !== 2) {
    say('err', 'unknown/unsupported TT endianness!');
    return ENXIO;
  }
  if (((idr0 >>> 4) & 1) !== (coherent ? 1 : 0))
    say('warn', `IDR0.COHACC overridden by FW configuration (${coherent})`);
  const stallModel = (idr0 >>> 24) & 3;
  const stage1 = (idr0 & 2) !== 0;
  const stage2 = (idr0 & 1) !== 0;
  if (!stage1 && !stage2) {
    say('err', 'no translation support!');
    return ENXIO;
  }
  const format = (idr0 >>> 2) & 3;
  if (format !== 2 && format !== 3) {
    say('err', 'AArch64 table format not supported!');
    return ENXIO;
  }
  if ((idr1 & 0x70000000) !== 0) {
    say('err', 'embedded implementation not supported');
    return ENXIO;
  }
  if (Math.min((idr1 >>> 21) & 0x1f, 20) <= 6) {
    say('err', 'command queue size <= 64 entries not supported');
    return ENXIO;
  }
  const sidBits = idr1 & 0x3f;
  const twoLevel = ((idr0 >>> 27) & 3) === 1 && sidBits > 8;
  let pageSizes = 0n;
  if ((idr5 & (1 << 6)) !== 0) pageSizes |= 0x10000n | 0x20000000n;
  if ((idr5 & (1 << 5)) !== 0) pageSizes |= 0x4000n | 0x2000000n;
  if ((idr5 & (1 << 4)) !== 0) pageSizes |= 0x1000n | 0x200000n | 0x40000000n;
  const code = idr5 & 7;
  if (code > 6) say('info', 'unknown output address size. Truncating to 48-bit');
  const oas = OAS_BITS[code] ?? 48;
  if (oas === 52) pageSizes |= 1n << 42n;
  const ias = Math.max(format === 3 ? 40 : 0, oas);
  const vax = ((idr5 >>> 10) & 3) === 1;
  const flags: readonly (readonly [number, boolean])[] = [
    [0, twoLevel],
    [1, (idr0 & (1 << 19)) !== 0],
    [2, true],
    [3, endian === 0],
    [6, (idr0 & (1 << 14)) !== 0],
    [7, (idr0 & (1 << 13)) !== 0],
    [8, coherent],
    [9, stage1],
    [10, stage2],
    [11, stallModel === 0 || stallModel === 2],
    [12, (idr0 & (1 << 9)) !== 0],
    [13, stallModel === 2],
    [14, vax],
    [15, (read(IDR.IDR3) & (1 << 10)) !== 0],
    [19, stage1 && stage2],
    [20, (idr1 & (1 << 27)) !== 0],
  ];
  const features = flags.reduce((sum, [bit, set]) => (set ? sum | (1 << bit) : sum), 0);
  say('info', `ias ${ias}-bit, oas ${oas}-bit (features 0x${features.toString(16).padStart(8, '0')})`);
  return {
    twoLevel,
    stage1,
    stage2,
    coherent,
    stalls: stallModel === 0 || stallModel === 2,
    stallForced: stallModel === 2,
    attributeOverride: (idr1 & (1 << 27)) !== 0,
    sidBits,
    ssidBits: (idr1 >>> 6) & 0x1f,
    asidBits: (idr0 & (1 << 12)) !== 0 ? 16 : 8,
    vmidBits: (idr0 & (1 << 18)) !== 0 ? 16 : 8,
    vax,
    pageSizes,
    ias,
    oas,
    features,
  };
}
