/** What arm-smmu knows of an instance once its probe has read the hardware, and what all instances share. */
import type { DtNode } from '../../../devicetree/model';
import type { Capacity } from '../../../iommu/capacity';
import type { SimDevice } from '../../contract/device';
import type { KernelView } from '../../contract/kernel-view';
import type { MachineServices } from '../../contract/machine';
import type { KernelState } from '../kernel-state';
import type { ArmSmmuConfiguration } from './configuration';
import type { ArmSmmuHardware } from './hardware';
import type { ArmSmmuModel } from './implementation';

/** What arm-smmu keeps in static variables: page sizes of all instances together. */
export interface ArmSmmuStatics {
  pageSizes: bigint | null;
  legacyBinding: boolean;
  genericBinding: boolean;
  cavium: number;
}

export interface ArmSmmuSetup {
  readonly device: SimDevice;
  readonly node: DtNode;
  readonly machine: MachineServices;
  readonly kernel: KernelView;
  readonly state: KernelState;
  readonly statics: ArmSmmuStatics;
  readonly model: ArmSmmuModel;
  readonly hardware: ArmSmmuHardware;
  readonly configuration: ArmSmmuConfiguration;
  readonly pageSizes: bigint;
  readonly disableBypass: boolean;
  readonly contextInterrupts: number;
  readonly globalInterrupts: number;
  /** First ASID or VMID offset of this instance (Cavium erratum 27704), else 0. */
  readonly contextIdBase: number;
  readonly base: bigint;
  readonly safeToggleFails: boolean;
  /** The decoded FSR and FSYNR0 lines (since 6.11). */
  readonly decodesFaults: boolean;
  readonly capacity: readonly Capacity[];
  /** Registered without its node: `iommus` never finds it. */
  readonly legacy: boolean;
}
