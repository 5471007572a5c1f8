/** What the IOMMU core and the DMA API keep on a struct device (dev->iommu, dev->iommu_group, masks, dma_ops). */

import type { DmaWindow } from '../../iommu/addresses';
import type { SimDevice } from '../contract/device';
import type { Errno } from '../contract/errno';
import type { FwSpec, IommuInstance } from '../contract/iommu-driver';
import type { ArmMapping } from './arm/arm-mapping';
import type { Domain } from './domain';
import type { Group } from './groups/groups';

const MASK32 = 0xffffffffn;

export class DeviceState {
  /** dev->iommu exists. */
  hasIommuParam = false;
  fwspec: FwSpec | null = null;
  /** dev->iommu->iommu_dev: the instance that took the device. */
  instance: IommuInstance | null = null;
  group: Group | null = null;
  /** Where the unit of attaching is the device: the domain it is attached to. */
  ownDomain: Domain | null = null;
  requireDirect = false;
  pci32First = false;
  dmaIommu = false;
  coherent = false;
  dmaMask = MASK32;
  coherentMask = MASK32;
  maxSegmentSize = 0x10000;
  segmentBoundary = MASK32;
  /** 0n: no limit. */
  busLimit = 0n;
  /** dev->dma_range_map. */
  windows: readonly DmaWindow[] | null = null;
  /** dev->dma_ops is the ARM glue's iommu_ops. */
  armOps = false;
  armMapping: ArmMapping | null = null;
  armOpsSetUp = false;
  /** iommu_device_use_default_domain() holds. */
  usesDefaultDomain = false;
  configureResult: Errno | null = null;
  /** Its specifiers hold a constant that nobody here knows: what the IOMMU makes of the device is not known. */
  unknownStream = false;
  /** Its IOMMU had taken it, and let it go as it unregistered. */
  letGo = false;

  /** iommu_get_domain_for_dev. */
  get domain(): Domain | null {
    return this.ownDomain ?? this.group?.domain ?? null;
  }
}

export class DeviceStates {
  private readonly states = new Map<SimDevice, DeviceState>();

  /** Every device that was asked for, in that order. */
  all(): Iterable<[SimDevice, DeviceState]> {
    return this.states;
  }

  of(device: SimDevice): DeviceState {
    let state = this.states.get(device);
    if (state === undefined) {
      state = new DeviceState();
      this.states.set(device, state);
    }
    return state;
  }
}
