/** arm_smmu_device_probe() of the SMMUv3 driver. */
import { cellsOf } from '../../../devicetree/read';
import { capacityOf, withRegisters } from '../../../iommu/capacity';
import { factNumber, type HardwareFacts, registerWords } from '../../../iommu/hardware-facts';
import { isDmaCoherent, registerRanges } from '../../../iommu/nodes';
import type { SimDevice } from '../../contract/device';
import { EINVAL, ENODEV } from '../../contract/errno';
import type { ProviderProbe } from '../../contract/iommu-driver';
import type { KernelView } from '../../contract/kernel-view';
import type { MachineServices, MessageLevel } from '../../contract/machine';
import { kernelState } from '../kernel-state';
import { ArmSmmuV3, type SmmuV3Statics } from './arm-smmu-v3';
import { IDR, identify, idRegisters } from './identification';

/** Probes the SMMUv3 at a device. `#iommu-cells` must be <1> (where that is fatal), the registers at least 128 KiB (64 with Cavium's quirk). */
export function probeArmSmmuV3(
  device: SimDevice,
  machine: MachineServices,
  kernel: KernelView,
  hardware: HardwareFacts,
): ProviderProbe {
  const node = device.node;
  if (node === null) return { error: ENODEV };
  const say = (level: MessageLevel, text: string): void => machine.message(level, device, text);
  const cells = cellsOf(node.properties.get('#iommu-cells'))[0];
  if (cells === undefined) say('err', 'missing #iommu-cells property');
  else if (cells !== 1) say('err', `invalid #iommu-cells value (${cells | 0})`);
  for (const option of ['hisilicon,broken-prefetch-cmd', 'cavium,cn9900-broken-page1-regspace'])
    if (node.properties.has(option)) say('info', `option ${option}`);
  if (cells !== 1 && kernel.model.smmuV3CellsFatal) return { error: EINVAL };
  const range = registerRanges(node)[0];
  if (range === undefined) return { error: EINVAL };
  const needed = node.properties.has('cavium,cn9900-broken-page1-regspace') ? 0x10000n : 0x20000n;
  if (range.size < needed) {
    const end = range.base + range.size - 1n;
    const hex = (value: bigint): string => value.toString(16).padStart(8, '0');
    say('err', `MMIO region too small ([mem 0x${hex(range.base)}-0x${hex(end)}])`);
    return { error: EINVAL };
  }
  const coherent = isDmaCoherent(node);
  const capacity = capacityOf(node, hardware);
  const stated = registerWords(hardware.registers);
  const registers = idRegisters(capacity, stated, coherent);
  const id = identify(registers, coherent, say);
  if (typeof id === 'number') return { error: id };
  if (id.twoLevel && id.sidBits > 25) say('warn', `2-level strtab only covers 25/${id.sidBits} bits of SID`);
  const state = kernelState(machine);
  const statics = state.static<SmmuV3Statics>('arm-smmu-v3 statics', () => ({
    pageSizes: 0n,
    asids: new Set(),
    instances: new Set(),
  }));
  const instance = new ArmSmmuV3({
    device,
    node,
    machine,
    kernel,
    state,
    statics,
    id,
    registers,
    base: range.base,
    inputClass: hardware.eventClass !== false,
    busBits: factNumber(hardware.busBits) ?? 64,
    capacity: withRegisters(capacity, {
      ...(stated.has(IDR.IDR0) ? { stage1: id.stage1, stage2: id.stage2, twoLevel: id.twoLevel } : {}),
      ...(stated.has(IDR.IDR1) ? { sidBits: id.sidBits, ssidBits: id.ssidBits } : {}),
      ...(stated.has(IDR.IDR5) ? { oas: id.oas } : {}),
    }),
  });
  return { error: 0, instance };
}
