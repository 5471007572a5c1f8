/** tegra_mc_probe() as far as it decides whether an SMMU comes of it. */
import { stringsOf } from '../../../devicetree/read';
import { type HardwareFacts, registerWords } from '../../../iommu/hardware-facts';
import { interruptCount, phandleEntry, registerRanges } from '../../../iommu/nodes';
import type { SimDevice } from '../../contract/device';
import { EINVAL, ENODEV, ENXIO } from '../../contract/errno';
import type { ProviderProbe } from '../../contract/iommu-driver';
import type { KernelView } from '../../contract/kernel-view';
import type { MachineServices } from '../../contract/machine';
import { kernelState } from '../kernel-state';
import { tegraSoc } from './soc';
import { TegraSmmu } from './tegra-smmu';

/** Probes the memory controller at a device. It forbids deferral: a supplier that is not ready is -ENXIO for good. */
export function probeTegraMc(
  device: SimDevice,
  machine: MachineServices,
  kernel: KernelView,
  hardware: HardwareFacts,
): ProviderProbe {
  const node = device.node;
  const soc = node === null ? null : tegraSoc(node);
  if (node === null || soc === null) return { error: ENODEV };
  if (registerRanges(node).length === 0) return { error: EINVAL };
  const clock = stringsOf(node.properties.get('clock-names')).indexOf('mc');
  const supplier = clock < 0 ? null : phandleEntry(node, 'clocks', '#clock-cells', clock);
  if (supplier !== null && !machine.supplierReady(supplier)) {
    machine.message('err', device, 'failed to get MC clock: -517');
    machine.message('warn', device, 'probe deferral not supported');
    return { error: ENXIO };
  }
  if (interruptCount(node) === 0) {
    machine.message('err', device, 'error -ENXIO: IRQ index 0 not found');
    return { error: ENXIO };
  }
  const instance = new TegraSmmu(device, node, machine, kernel, kernelState(machine), soc);
  for (const [offset, word] of registerWords(hardware.registers)) instance.registers.write(offset, word);
  instance.plainMemory = hardware.plainMemory === true;
  instance.start();
  return { error: 0, instance };
}
