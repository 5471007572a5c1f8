/** arm_smmu_device_cfg_probe(): what the ID registers make of an SMMU, with the lines that the driver prints. */
import { ENODEV, type Errno } from '../../contract/errno';
import type { KernelView } from '../../contract/kernel-view';
import type { MessageLevel } from '../../contract/machine';
import { GR0 } from './registers';

/** enum arm_smmu_arch_version. MMU-401 is a version 1 with 64K pages. */
export type ArmSmmuVersion = 'v1' | 'v1-64k' | 'v2';

export interface ArmSmmuConfiguration {
  readonly stage1: boolean;
  readonly stage2: boolean;
  /** Address translation registers: iova_to_phys asks the hardware for stage 1. */
  readonly translationOps: boolean;
  readonly coherentWalk: boolean;
  readonly extendedIds: boolean;
  readonly streamIdMask: number;
  readonly matching: boolean;
  /** num_mapping_groups. */
  readonly groups: number;
  readonly aarch32Long: boolean;
  readonly aarch32Short: boolean;
  readonly formats: { readonly k4: boolean; readonly k16: boolean; readonly k64: boolean };
  readonly pageShift: number;
  /** Pages of global space; context bank `n` is page `globalPages + n`. */
  readonly globalPages: number;
  readonly banks: number;
  readonly stage2Banks: number;
  readonly vmid16: boolean;
  readonly vaBits: number;
  readonly ipaBits: number;
  readonly paBits: number;
}

export interface ConfigurationInput {
  readonly read: (offset: number) => number;
  readonly version: ArmSmmuVersion;
  /** arm-smmu.force_stage. */
  readonly forceStage: number;
  /** Firmware's word (`dma-coherent`); it wins over ID0.CTTW. */
  readonly coherent: boolean;
  /** Size of the mapped `reg` range in bytes. */
  readonly mappedSize: number;
  readonly say: (level: MessageLevel, text: string) => void;
}

const bitsOf = (code: number): number => [32, 36, 40, 42, 44][code] ?? 48;

/** Decodes the ID registers, or gives the errno with which the driver refuses the part. */
export function probeConfiguration(input: ConfigurationInput): ArmSmmuConfiguration | Errno {
  const { read, version, say } = input;
  say('info', 'probing hardware configuration...');
  say('info', `SMMUv${version === 'v2' ? 2 : 1} with:`);
  let id0 = read(GR0.ID0);
  if (input.forceStage === 1) id0 &= ~0x30000000;
  else if (input.forceStage === 2) id0 &= ~0x50000000;
  const stage1 = (id0 & (1 << 30)) !== 0;
  const stage2 = (id0 & (1 << 29)) !== 0;
  if (stage1) say('info', '\tstage 1 translation');
  if (stage2) say('info', '\tstage 2 translation');
  if ((id0 & (1 << 28)) !== 0) say('info', '\tnested translation');
  if (!stage1 && !stage2) {
    say('err', '\tno translation support!');
    return ENODEV;
  }
  const translationOps = stage1 && (version !== 'v2' || (id0 & (1 << 26)) === 0);
  if (translationOps) say('info', '\taddress translation ops');
  const claimsCoherent = (id0 & (1 << 14)) !== 0;
  if (input.coherent || claimsCoherent) say('info', `\t${input.coherent ? '' : 'non-'}coherent table walk`);
  if (input.coherent !== claimsCoherent) say('info', '\t(IDR0.CTTW overridden by FW configuration)');

  const extendedIds = version === 'v2' && (id0 & (1 << 8)) !== 0;
  const ids = extendedIds ? 0x10000 : 1 << ((id0 >>> 9) & 0xf);
  const matching = (id0 & (1 << 27)) !== 0;
  let groups = ids;
  if (matching) {
    groups = id0 & 0xff;
    if (groups === 0) {
      say('err', 'stream-matching supported, but no SMRs present!');
      return ENODEV;
    }
    say('info', `\tstream matching with ${groups} register groups`);
  }
  const aarch32Long = version !== 'v2' || (id0 & (1 << 25)) === 0;

  const id1 = read(GR0.ID1);
  const pageShift = id1 >>> 31 === 1 ? 16 : 12;
  const globalPages = 1 << (((id1 >>> 28) & 7) + 1);
  const expected = (2 * globalPages) << pageShift;
  if (input.mappedSize !== expected)
    say(
      'warn',
      `SMMU address space size (0x${expected.toString(16)}) differs from mapped region size (0x${input.mappedSize.toString(16)})!`,
    );
  const stage2Banks = (id1 >>> 16) & 0xff;
  const banks = id1 & 0xff;
  if (stage2Banks > banks) {
    say('err', 'impossible number of S2 context banks!');
    return ENODEV;
  }
  say('info', `\t${banks} context banks (${stage2Banks} stage-2 only)`);

  const id2 = read(GR0.ID2);
  const ipaBits = bitsOf(id2 & 0xf);
  const paBits = bitsOf((id2 >>> 4) & 0xf);
  const v2 = version === 'v2';
  return {
    stage1,
    stage2,
    translationOps,
    coherentWalk: input.coherent,
    extendedIds,
    streamIdMask: ids - 1,
    matching,
    groups,
    aarch32Long,
    aarch32Short: aarch32Long && (id0 & (1 << 24)) === 0,
    formats: {
      k4: v2 && (id2 & (1 << 12)) !== 0,
      k16: v2 && (id2 & (1 << 13)) !== 0,
      k64: v2 ? (id2 & (1 << 14)) !== 0 : version === 'v1-64k',
    },
    pageShift,
    globalPages,
    banks,
    stage2Banks,
    vmid16: (id2 & (1 << 15)) !== 0,
    vaBits: v2 ? bitsOf((id2 >>> 8) & 0xf) : ipaBits,
    ipaBits,
    paBits,
  };
}

/** Whether streams that nothing matches fault, unless arm-smmu.disable_bypass says otherwise. */
export function blocksByDefault(kernel: KernelView): boolean {
  return kernel.model.smmuBypass === 'kconfig' && kernel.config('CONFIG_ARM_SMMU_DISABLE_BYPASS_BY_DEFAULT') === 'y';
}

/** All page sizes that the formats of an SMMU offer together (smmu->pgsize_bitmap). */
export function offeredPageSizes(
  configuration: Pick<ArmSmmuConfiguration, 'aarch32Long' | 'aarch32Short' | 'formats'>,
): bigint {
  let sizes = 0n;
  if (configuration.aarch32Short) sizes |= 0x1000n | 0x10000n | 0x100000n | 0x1000000n;
  if (configuration.aarch32Long || configuration.formats.k4) sizes |= 0x1000n | 0x200000n | 0x40000000n;
  if (configuration.formats.k16) sizes |= 0x4000n | 0x2000000n;
  if (configuration.formats.k64) sizes |= 0x10000n | 0x20000000n;
  return sizes;
}
