/** The automatic mapping of 32-bit ARM (arch/arm/mm/dma-mapping.c): made and attached before a driver's probe. */
import type { SimDevice } from '../../contract/device';
import type { Errno } from '../../contract/errno';
import type { IommuInstance } from '../../contract/iommu-driver';
import type { KernelView } from '../../contract/kernel-view';
import type { MachineServices } from '../../contract/machine';
import type { DeviceStates } from '../device-state';
import { windowBounds } from '../dma-iommu';
import type { GroupDomains } from '../groups/group-domains';
import { type ArmLimits, ArmMapping, armLimits, createArmMapping } from './arm-mapping';

export class ArmGlue {
  readonly limits: ArmLimits;
  /** CONFIG_ARM_DMA_USE_IOMMU. */
  readonly built: boolean;

  constructor(
    private readonly machine: MachineServices,
    private readonly kernel: KernelView,
    private readonly states: DeviceStates,
    private readonly domains: GroupDomains,
    /** The IOMMU whose operations the bus has, where the bus is asked (iommu_domain_alloc). */
    private readonly busDriver: () => IommuInstance | null,
  ) {
    this.limits = armLimits(kernel);
    this.built = kernel.arch === 'arm' && kernel.config('CONFIG_ARM_DMA_USE_IOMMU') === 'y';
  }

  /** arch_setup_dma_ops: a mapping over the bus window, unless dma_ops are set already. */
  setUp(device: SimDevice, behind: boolean): void {
    const state = this.states.of(device);
    if (!this.built) return;
    if (state.armOps) return;
    state.armOpsSetUp = true;
    // Once there are groups, a master that is behind an IOMMU is in one; before (3.19) the mapping comes first.
    if (this.kernel.model.groupMoment === 'notifier' ? !behind : state.group === null) return;
    let base = 0n;
    let size = this.kernel.model.armWindow === 'mask' ? 0xffffffffn : 1n << 32n;
    if (state.windows !== null) {
      const bounds = windowBounds(state.windows, this.limits.addressMask);
      base = bounds.min;
      size = bounds.max - bounds.min;
    }
    const mapping = createArmMapping(device, this.allocatorOf(device), base, size, this.limits);
    if (!(mapping instanceof ArmMapping)) {
      this.machine.message('warn', null, `Failed to create ${size}-byte IOMMU mapping for device ${device.name}`);
      this.machine.trace('arm-create-failed', device, { size, result: mapping });
      return;
    }
    const result = this.attachMapping(device, mapping);
    if (result === 0) {
      state.armOps = true;
      return;
    }
    this.machine.message('warn', null, `Failed to attached device ${device.name} to IOMMU_mapping`);
    this.machine.trace('arm-attach-failed', device, {
      result,
      members: state.group?.devices.filter((d) => d !== device),
    });
    mapping.put();
  }

  /** arch_teardown_dma_ops: detaches whatever mapping is attached and drops it. */
  tearDown(device: SimDevice): void {
    const state = this.states.of(device);
    if (!this.built || !state.armOpsSetUp) return;
    const mapping = state.armMapping;
    if (mapping !== null) {
      this.detach(device);
      mapping.put();
    }
    state.armOps = this.kernel.model.teardownKeepsOps;
  }

  private allocatorOf(device: SimDevice): IommuInstance | null {
    const { instance } = this.states.of(device);
    return this.kernel.model.attachUnit === 'device' ? this.busDriver() : instance;
  }

  /** arm_iommu_create_mapping; a negative errno when it fails. */
  create(device: SimDevice, base: bigint, size: bigint): ArmMapping | Errno {
    return createArmMapping(device, this.allocatorOf(device), base, size, this.limits);
  }

  /** arm_iommu_attach_device. */
  attach(device: SimDevice, mapping: ArmMapping): Errno {
    const result = this.attachMapping(device, mapping);
    if (result === 0) this.states.of(device).armOps = true;
    return result;
  }

  private attachMapping(device: SimDevice, mapping: ArmMapping): Errno {
    const state = this.states.of(device);
    const result = this.domains.attachDevice(device, mapping.domain);
    if (result !== 0) return result;
    mapping.references++;
    state.armMapping = mapping;
    this.machine.message('debug', null, `Attached IOMMU controller to ${device.name} device.`);
    this.machine.trace('arm-attach', device, {});
    return 0;
  }

  /**
   * arm_iommu_detach_device. In a group of several the domain stays attached although the mapping may go: the group
   * then keeps a freed domain. False when nothing was attached.
   */
  detach(device: SimDevice): boolean {
    const state = this.states.of(device);
    const mapping = state.armMapping;
    if (mapping === null) {
      this.machine.message('warn', device, 'Not attached');
      this.machine.trace('arm-not-attached', device, {});
      return false;
    }
    this.domains.detachDevice(device, mapping.domain);
    mapping.put();
    state.armMapping = null;
    state.armOps = false;
    this.machine.message('debug', null, `Detached IOMMU controller from ${device.name} device.`);
    this.machine.trace('arm-detach', device, {});
    return true;
  }
}
