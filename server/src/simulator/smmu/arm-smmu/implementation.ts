/** What an implementation (arm-smmu-impl.c, -nvidia.c, -qcom.c) changes: one object of switches per node. */
import type { DtNode } from '../../../devicetree/model';
import { compatibles } from '../../../devicetree/read';
import { firstCompatible, isCompatible, phandleTarget } from '../../../iommu/nodes';
import { vendorOf } from '../../../iommu/vendor';
import type { SimDevice } from '../../contract/device';
import { ENODEV, ENOENT, EPROBE_DEFER, type Errno } from '../../contract/errno';
import type { KernelView } from '../../contract/kernel-view';
import type { MachineServices } from '../../contract/machine';
import type { ArmSmmuVersion } from './configuration';

export interface ArmSmmuModel {
  /** The name in reports. */
  readonly model: string;
  readonly version: ArmSmmuVersion;
  /** Arm's MMU-500 reset: ACR allocation bits, prefetcher off. */
  readonly mmu500Reset: boolean;
  /** Secure aliases of the global registers (Calxeda). */
  readonly secureAliases: boolean;
  /** Marvell AP806: the AArch64 formats are hidden. */
  readonly hideAarch64: boolean;
  /** Cavium: ASIDs and VMIDs unique over all instances. */
  readonly uniqueContextIds: boolean;
  readonly nvidia: null | { readonly instances: number; readonly smallPagesOnly: boolean };
  readonly qcom: null | {
    /** Keeps the firmware's stream match entries and looks for the S2CR quirk. */
    readonly keepsBootMappings: boolean;
    readonly adreno: boolean;
    /** 16K pages are advertised but hidden (qcom_adreno_smmuv2_cfg_probe). */
    readonly hide16k: boolean;
    readonly ttbr1: boolean;
    /** sdm845: secure monitor call to switch off wait-for-safe. */
    readonly safeToggle: boolean;
  };
}

/** arm_smmu_of_match, in the order in which the compatibles of a node are tried. */
const MATCHES: Readonly<Record<string, readonly [ArmSmmuVersion, 'generic' | 'mmu500' | 'cavium']>> = {
  'arm,smmu-v1': ['v1', 'generic'],
  'arm,smmu-v2': ['v2', 'generic'],
  'arm,mmu-400': ['v1', 'generic'],
  'arm,mmu-401': ['v1-64k', 'generic'],
  'arm,mmu-500': ['v2', 'mmu500'],
  'cavium,smmu-v2': ['v2', 'cavium'],
  'nvidia,smmu-500': ['v2', 'mmu500'],
  'qcom,smmu-v2': ['v2', 'generic'],
};

/** What vendors' arm-smmu has in that table besides, for nodes without a compatible of mainline (iommu/catalogue/vendor.json). */
const VENDOR_MATCHES: Readonly<Record<string, readonly [ArmSmmuVersion, 'generic' | 'mmu500' | 'cavium']>> = {
  'qcom,qsmmu-v500': ['v2', 'mmu500'],
  'qcom,virt-smmu': ['v2', 'generic'],
  'qcom,adreno-smmu': ['v2', 'generic'],
  't19x,arm,mmu-500': ['v2', 'mmu500'],
};

/** The row of a node's first compatible that the driver, else a vendor's, matches. */
function matchOf(node: DtNode): (typeof MATCHES)[string] | undefined {
  const names = compatibles(node);
  const name = names.find((entry) => entry in MATCHES);
  if (name !== undefined) return MATCHES[name];
  const vendor = names.find((entry) => entry in VENDOR_MATCHES);
  return vendor === undefined ? undefined : VENDOR_MATCHES[vendor];
}

/** Whether arm-smmu binds to a node. */
export function isArmSmmu(node: DtNode): boolean {
  return matchOf(node) !== undefined;
}

type QcomKind = 'none' | 'v2' | '500' | 'sdm845-500' | 'msm8996';

/** What the first matching compatible selects, in the table of this kernel (qcom_smmu_impl_of_match). */
function qcomKind(node: DtNode, kernel: KernelView): QcomKind {
  const { compatibles: listed, adreno } = kernel.model.qcomSmmus;
  const names = compatibles(node);
  if (listed === null) return qcomKindOf(names);
  // Up to 6.1 a GPU's SMMU needs no place in the table.
  if (adreno === 'always' && names.includes('qcom,adreno-smmu'))
    return names.includes('qcom,msm8996-smmu-v2') ? 'msm8996' : names.includes('arm,mmu-500') ? '500' : 'v2';
  return qcomKindOf(names.filter((name) => listed.includes(name)));
}

function qcomKindOf(names: readonly string[]): QcomKind {
  const v2 = /^qcom,(msm8998|sc7180|sdm630|sdm670|sdm845|sm6350|sm6375|sm7150)-smmu-v2$/;
  const mmu500 =
    /^qcom,(qcm2290|qdu1000|sc7180|sc7280|sc8180x|sc8280xp|sm6115|sm6125|sm6350|sm6375|sm8150|sm8250|sm8350|sm8450)-smmu-500$/;
  for (const name of names) {
    if (name === 'qcom,msm8996-smmu-v2') return 'msm8996';
    if (name === 'qcom,sdm845-smmu-500') return 'sdm845-500';
    if (name === 'qcom,smmu-500' || mmu500.test(name)) return '500';
    if (v2.test(name)) return 'v2';
  }
  return 'none';
}

/** qcom_smmu_def_domain_type(): whether a Qualcomm SMMU leaves a master untranslated by default. */
export function qcomWantsIdentity(device: SimDevice, kernel: KernelView): boolean {
  const { qcomIdentityMasters } = kernel.model;
  return device.node !== null && compatibles(device.node).some((name) => qcomIdentityMasters.includes(name));
}

/** The memory controller that an NVIDIA SMMU needs (devm_tegra_memory_controller_get): 0 or why not. */
function memoryController(node: DtNode, machine: MachineServices, kernel: KernelView): Errno {
  if (kernel.config('CONFIG_TEGRA_MC') !== 'y') return ENODEV;
  const target = phandleTarget(node, 'nvidia,memory-controller');
  if (target === null) return ENOENT;
  if (machine.deviceOf(target) === null) return ENODEV;
  return machine.supplierReady(target) ? 0 : EPROBE_DEFER;
}

/**
 * arm_smmu_impl_init() of L4T of Linux 5.10: two instances that are programmed as one on Tegra194 alone, where both must be there; pages
 * of 4K everywhere; the memory controller is not waited for.
 */
function l4tModel(base: ArmSmmuModel, node: DtNode, ranges: number): ArmSmmuModel | Errno {
  const paired = isCompatible(node, 'nvidia,tegra194-smmu');
  if (paired && ranges < 2) return ENODEV;
  return {
    ...base,
    model: 'nvidia-smmu-500',
    mmu500Reset: !paired,
    nvidia: { instances: paired ? 2 : 1, smallPagesOnly: true },
  };
}

/** arm_smmu_impl_init(): the model of a node, or the errno with which its probe ends here. */
export function armSmmuModel(
  device: SimDevice,
  node: DtNode,
  ranges: number,
  machine: MachineServices,
  kernel: KernelView,
): ArmSmmuModel | Errno {
  const [version, kind] = matchOf(node) ?? ['v2', 'generic'];
  const base: ArmSmmuModel = {
    model: kind === 'mmu500' ? 'arm-mmu-500' : version === 'v2' ? 'arm-smmu-v2' : 'arm-smmu-v1',
    version,
    mmu500Reset: kind === 'mmu500',
    secureAliases: kind !== 'cavium' && node.properties.has('calxeda,smmu-secure-config-access'),
    hideAarch64: false,
    uniqueContextIds: kind === 'cavium',
    nvidia: null,
    qcom: null,
  };
  if (kind === 'cavium') return { ...base, model: 'cavium-smmu-v2' };
  // The Calxeda accessors take the whole implementation's place.
  const calxeda = base.secureAliases ? { ...base, mmu500Reset: false } : base;
  if (vendorOf(node)?.driver === 'l4t-arm-smmu') return l4tModel(calxeda, node, ranges);
  const nvidia = kernel.model.nvidiaSmmus;
  if (isCompatible(node, ...nvidia.compatibles)) {
    if (nvidia.needs === 'second-block' && ranges < 2) return ENODEV;
    const ready = nvidia.needs === 'memory-controller' ? memoryController(node, machine, kernel) : 0;
    if (ready !== 0) return ready;
    return {
      ...calxeda,
      model: 'nvidia-smmu-500',
      mmu500Reset: false,
      nvidia: {
        instances: Math.min(2, ranges),
        smallPagesOnly: nvidia.smallPages && isCompatible(node, 'nvidia,tegra234-smmu', 'nvidia,tegra194-smmu'),
      },
    };
  }
  let model = calxeda;
  const qcom = kernel.config('CONFIG_ARM_SMMU_QCOM') === null ? 'none' : qcomKind(node, kernel);
  if (qcom !== 'none') {
    const adreno = kernel.model.qcomSmmus.adreno !== 'never' && isCompatible(node, 'qcom,adreno-smmu');
    const used = adreno ? qcom !== 'sdm845-500' : qcom !== 'msm8996';
    if (used) {
      const scm = firstCompatible(node, (entry) => /^qcom,scm(-|$)/.test(entry));
      if (scm === null || !machine.supplierReady(scm)) {
        machine.deferReason(device, 'qcom_scm not ready');
        return EPROBE_DEFER;
      }
      const is500 = qcom === '500' || qcom === 'sdm845-500';
      // Up to 6.1 one reset serves all of them (qcom_smmu500_reset), and no granule is hidden.
      const early = kernel.model.qcomSmmus.compatibles !== null;
      model = {
        ...calxeda,
        model: adreno ? 'qcom-adreno-smmu' : is500 ? 'qcom-smmu-500' : 'qcom-smmu-v2',
        mmu500Reset: is500 || early,
        qcom: {
          keepsBootMappings: !adreno,
          adreno,
          hide16k: adreno && !is500 && !early,
          ttbr1: adreno && qcom !== 'msm8996',
          safeToggle: qcom === 'sdm845-500',
        },
      };
    }
  }
  return isCompatible(node, 'marvell,ap806-smmu-500') ? { ...model, hideAarch64: true, mmu500Reset: true } : model;
}
