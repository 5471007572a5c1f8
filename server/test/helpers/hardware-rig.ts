/** A machine for the tests of hardware models: devices on request, a clock that stands still, messages kept. */

import type { DtNode } from '../../src/devicetree/model';
import type { HardwareFacts } from '../../src/iommu/hardware-facts';
import type { SimDevice } from '../../src/simulator/contract/device';
import type { HardwareDomain } from '../../src/simulator/contract/hardware-domain';
import type { FwSpec, GroupFactory, GroupRef, IommuInstance } from '../../src/simulator/contract/iommu-driver';
import type { KernelView } from '../../src/simulator/contract/kernel-view';
import type { MachineServices } from '../../src/simulator/contract/machine';
import { kernelView } from '../../src/simulator/kernel/view';
import { probeProvider } from '../../src/simulator/smmu/providers';
import { snapshotOfTexts } from './board';

interface TestGroup extends GroupRef {
  readonly devices: SimDevice[];
}

/** Boards of tests: one interrupt controller, and what the test gives. */
const board = (body: string): string => `/dts-v1/;
/ {
	#address-cells = <1>; #size-cells = <1>;
	interrupt-parent = <&gic>;
	gic: intc { interrupt-controller; #interrupt-cells = <1>; };
	${body}
};
`;

export class TestRig {
  readonly messages: string[] = [];
  readonly links: string[] = [];
  time = 0;
  private readonly devices = new Map<DtNode, SimDevice>();
  private readonly tree;
  private readonly groups: TestGroup[] = [];
  private readonly singles = new Map<IommuInstance, TestGroup>();
  private readonly groupOf = new Map<SimDevice, TestGroup>();
  readonly kernel: KernelView;

  constructor(
    body: string,
    options: {
      readonly arch?: KernelView['arch'];
      readonly config?: Readonly<Record<string, string>>;
      readonly cmdline?: string;
      readonly kernel?: string;
    } = {},
  ) {
    this.tree = snapshotOfTexts({ 'board.dts': board(body) }).tree;
    const config: Readonly<Record<string, string>> = {
      CONFIG_ARM_SMMU_DISABLE_BYPASS_BY_DEFAULT: 'y',
      CONFIG_ARM_SMMU_QCOM: 'y',
      CONFIG_TEGRA_MC: 'y',
      ...options.config,
    };
    this.kernel = kernelView({
      version: options.kernel ?? '6.12',
      arch: options.arch ?? 'arm64',
      cmdline: options.cmdline ?? '',
      config: (symbol) => config[symbol] ?? null,
    });
  }

  private readonly machine: MachineServices = {
    now: () => this.time,
    at: () => () => {},
    message: (_level, device, text) => {
      this.messages.push(device === null ? text : `${device.name}: ${text}`);
    },
    booting: () => true,
    deferredProbeCheckState: () => -517,
    addDeviceLink: (consumer, supplier) => {
      this.links.push(`${consumer.name} -> ${supplier.name}`);
      return true;
    },
    devicesOfBus: () => [],
    deviceOf: (node) => this.devices.get(node) ?? null,
    sleep: () => {},
    deferReason: () => {},
    trace: () => {},
    supplierReady: () => true,
    panic: (reason) => {
      throw new Error(`panic: ${reason}`);
    },
  };

  /** The device at a path or label. */
  device(name: string): SimDevice {
    const node = this.tree.labels.get(name) ?? this.tree.nodes.find((candidate) => candidate.path === name);
    if (node === undefined) throw new Error(`no node ${name}`);
    let device = this.devices.get(node);
    if (device === undefined) {
      const unit = /^(.*)@(.*)$/.exec(node.name);
      const kernelName = unit === null ? node.name : `${unit[2]}.${unit[1]}`;
      device = {
        node,
        ref: node.path,
        name: kernelName,
        bus: 'platform',
        parent: null,
        pci: null,
        driverName: null,
        driverManagesDma: false,
      };
      this.devices.set(node, device);
    }
    return device;
  }

  /** Probes the provider at a label: the instance, or the errno. */
  probe(name: string, hardware: HardwareFacts = {}): IommuInstance | number {
    const found = probeProvider(this.device(name), this.machine, this.kernel, hardware);
    return found.instance ?? found.error;
  }

  /** As `probe`, for a provider that must come up. */
  instance(name: string, hardware: HardwareFacts = {}): IommuInstance {
    const found = this.probe(name, hardware);
    if (typeof found === 'number') throw new Error(`${name} refused: ${found}\n${this.messages.join('\n')}`);
    return found;
  }

  /** of_xlate of every specifier, probe_device, device_group: the group's number, or the errno. */
  add(instance: IommuInstance, name: string, specifiers: readonly (readonly number[])[]): number {
    const device = this.device(name);
    const fwspec: FwSpec = { instance, ids: [] };
    for (const cells of specifiers) {
      const error = instance.xlate?.(device, cells, (ids) => fwspec.ids.push(...ids)) ?? -19;
      if (error !== 0) return error;
    }
    const refused = instance.probeDevice(device, fwspec);
    if (refused !== 0) return refused;
    const group = instance.deviceGroup(device, this.factory);
    if (typeof group === 'number') {
      instance.releaseDevice(device);
      return group;
    }
    (group as TestGroup).devices.push(device);
    this.groupOf.set(device, group as TestGroup);
    return group.id;
  }

  /** A new paging domain with the device in it, or the errno of the attach. */
  attach(instance: IommuInstance, name: string): HardwareDomain | number {
    const device = this.device(name);
    const domain = instance.allocatePaging(device);
    if (typeof domain === 'number') return domain;
    const error = domain.attach(device);
    return error === 0 ? domain : error;
  }

  private readonly factory: GroupFactory = {
    allocate: () => {
      const group: TestGroup = { id: this.groups.length, devices: [] };
      this.groups.push(group);
      return group;
    },
    single: (instance) => {
      let group = this.singles.get(instance);
      if (group === undefined) {
        group = this.factory.allocate() as TestGroup;
        this.singles.set(instance, group);
      }
      return group;
    },
    pci: () => this.factory.allocate(),
    of: (device) => this.groupOf.get(device) ?? null,
    onRelease: () => {},
  };
}
