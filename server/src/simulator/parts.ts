/** Joins the parts of the simulator: the driver core, the IOMMU core with its clients, and the hardware models. */
import type { DeviceTree } from '../devicetree/model';
import { stringOf } from '../devicetree/read';
import { regOf } from '../iommu/addresses';
import type { ProbeProvider } from './contract/iommu-driver';
import { Client } from './dma/clients/client';
import { PhysicalMemory } from './dma/clients/memory';
import { IommuCore } from './dma/iommu-core';
import { probeSoftwareIommu } from './dma/software-iommu';
import { Device } from './probe/devices/device';
import type { Machine } from './probe/machine';
import type { SimulationParts } from './probe/run';
import { isModelledProvider, probeProvider } from './smmu/providers';

/** RAM as [start, size]: the `memory` nodes of the tree; 1 GiB at 1 GiB when it has none (a boot loader adds them). */
function memoryOf(tree: DeviceTree): [bigint, bigint][] {
  const found: [bigint, bigint][] = [];
  for (const node of tree.root.children.values())
    if (stringOf(node.properties.get('device_type')) === 'memory')
      for (const { address, size } of regOf(node)) if (size > 0n) found.push([address, size]);
  return found.length > 0 ? found : [[0x40000000n, 0x40000000n]];
}

/** A memory controller without SMMU (tegra186 and later) is bound by the same driver. */
const probeHardware: ProbeProvider = (device, ...rest) =>
  device.driverName === 'tegra-mc' && device.node !== null && !isModelledProvider(device.node)
    ? { error: 0 }
    : probeProvider(device, ...rest);

const providers = (kind: string): ProbeProvider => (kind === 'software' ? probeSoftwareIommu : probeHardware);

/**
 * The parts for one boot. `assume`: devices that the scenario says nothing about get the default workload of their
 * class. `client()` gives the DMA clients after the boot has been set up.
 */
export function simulatorParts(
  assume: boolean,
): Pick<SimulationParts, 'connect' | 'providers'> & { readonly client: () => Client } {
  let client: Client | null = null;
  return {
    connect: (machine: Machine) => {
      const { tree, kernel, scenario } = machine;
      const iommu = new IommuCore(tree, machine, kernel);
      const ranges = scenario.memory.length > 0 ? scenario.memory : memoryOf(tree);
      client = new Client(
        iommu,
        machine,
        kernel,
        tree,
        new PhysicalMemory(ranges, kernel.pageSize),
        (device) => (device instanceof Device ? (machine.behaviourOf(device) ?? null) : null),
        assume,
      );
      return { iommu, work: client };
    },
    providers,
    client: () => {
      if (client === null) throw new Error('no boot has been set up');
      return client;
    },
  };
}
