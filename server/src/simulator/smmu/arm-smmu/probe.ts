/** arm_smmu_device_probe(): from the node and the ID registers to a registered instance, or the errno. */

import { u32 } from '../../../devicetree/read';
import { capacityOf, withRegisters } from '../../../iommu/capacity';
import type { HardwareFacts } from '../../../iommu/hardware-facts';
import { interruptCount, isCompatible, isDmaCoherent, registerRanges } from '../../../iommu/nodes';
import type { SimDevice } from '../../contract/device';
import { EINVAL, ENODEV } from '../../contract/errno';
import type { ProviderProbe } from '../../contract/iommu-driver';
import type { KernelView } from '../../contract/kernel-view';
import type { MachineServices, MessageLevel } from '../../contract/machine';
import { kernelState } from '../kernel-state';
import { ArmSmmuInstance } from './arm-smmu';
import { type ArmSmmuConfiguration, blocksByDefault, offeredPageSizes, probeConfiguration } from './configuration';
import { ArmSmmuHardware } from './hardware';
import { armSmmuFacts, loadRegisters, statesIdRegisters } from './hardware-facts';
import { type ArmSmmuModel, armSmmuModel } from './implementation';
import { SMR_VALID } from './registers';
import type { ArmSmmuStatics } from './setup';
import { vendorLimit } from './vendor';

/** The value of a boolean module parameter (kstrtobool); null when absent or unreadable. */
function booleanParam(value: string | null): boolean | null {
  if (value === null) return null;
  if (value === '' || /^(1|y|t|on)/i.test(value)) return true;
  return /^(0|n|f|of)/i.test(value) ? false : null;
}

/** What the implementations' cfg_probe does to the configuration (qcom, Marvell). */
function adjusted(configuration: ArmSmmuConfiguration, device: SimDevice, model: ArmSmmuModel): ArmSmmuConfiguration {
  const node = device.node;
  let { banks, formats, groups } = configuration;
  if (device.node !== null) {
    banks = vendorLimit(device.node, 'context-banks', banks);
    groups = vendorLimit(device.node, 'smr', groups);
  }
  if (model.hideAarch64) formats = { k4: false, k16: false, k64: false };
  if (model.qcom !== null && node !== null) {
    const sdm630 = isCompatible(node, 'qcom,sdm630-smmu-v2');
    if (model.qcom.keepsBootMappings) {
      if (isCompatible(node, 'qcom,msm8998-smmu-v2') && banks === 13) banks = 12;
      else if (sdm630 && banks === 21) banks = 7;
      else if (sdm630 && banks === 14) banks = 13;
    } else if (model.qcom.hide16k) {
      formats = { ...formats, k16: false };
      if (sdm630 && banks === 5) banks = 2;
    }
  }
  return { ...configuration, banks, formats, groups };
}

/** Probes the SMMU at a device. Messages are the driver's; `hardware` are the scenario's facts about it. */
export function probeArmSmmu(
  device: SimDevice,
  machine: MachineServices,
  kernel: KernelView,
  hardware: HardwareFacts,
): ProviderProbe {
  const node = device.node;
  if (node === null) return { error: ENODEV };
  const say = (level: MessageLevel, text: string): void => machine.message(level, device, text);
  const state = kernelState(machine);
  const statics = state.static<ArmSmmuStatics>('arm-smmu statics', () => ({
    pageSizes: null,
    legacyBinding: false,
    genericBinding: false,
    cavium: 0,
  }));
  if (!node.properties.has('#global-interrupts')) {
    say('err', 'error -ENODEV: missing #global-interrupts property');
    return { error: ENODEV };
  }
  const legacy = node.properties.has('mmu-masters');
  if (legacy && !statics.genericBinding) {
    if (!statics.legacyBinding) {
      const support = kernel.config('CONFIG_ARM_SMMU_LEGACY_DT_BINDINGS') === 'y' ? 'DMA API' : 'SMMU';
      machine.message(
        'info',
        null,
        `arm-smmu: deprecated "mmu-masters" DT property in use; ${support} support unavailable`,
      );
    }
    statics.legacyBinding = true;
  } else if (!legacy && !statics.legacyBinding) statics.genericBinding = true;
  else {
    say('err', 'not probing due to mismatched DT properties');
    return { error: ENODEV };
  }
  const ranges = registerRanges(node);
  const range = ranges[0];
  if (range === undefined) return { error: EINVAL };
  const facts = armSmmuFacts(hardware);
  const capacity = capacityOf(node, hardware);
  const model = armSmmuModel(device, node, ranges.length, machine, kernel);
  if (typeof model === 'number') return { error: model };

  const globals = u32(node, '#global-interrupts', 0);
  const interrupts = interruptCount(node);
  let contextInterrupts = interrupts - globals;
  if (contextInterrupts <= 0) {
    say('err', `error -ENODEV: found ${interrupts} interrupts but expected at least ${globals + 1}`);
    return { error: ENODEV };
  }
  const keeps = ((facts.smrMaskMask << 16) | facts.smrIdMask) >>> 0;
  const registers = new ArmSmmuHardware(model.nvidia?.instances ?? 1, model.secureAliases, keeps, facts.plainMemory);
  registers.spaces.forEach((space, index) => {
    loadRegisters(space, node, facts, capacity, index);
  });
  const force = Number(kernel.param('arm-smmu.force_stage') ?? '0');
  const probed = probeConfiguration({
    read: (offset) => registers.readGlobal(offset),
    version: model.version,
    forceStage: Number.isFinite(force) ? force : 0,
    coherent: isDmaCoherent(node),
    mappedSize: Number(range.size),
    say,
  });
  if (typeof probed === 'number') return { error: probed };
  const configuration = adjusted(probed, device, model);
  registers.layout(configuration.pageShift, configuration.globalPages);
  let contextIdBase = 0;
  if (model.uniqueContextIds) {
    contextIdBase = statics.cavium;
    statics.cavium += configuration.banks;
    say('info', '\tenabling workaround for Cavium erratum 27704');
  }
  const pageSizes = offeredPageSizes(configuration);
  statics.pageSizes = (statics.pageSizes ?? 0n) | pageSizes;
  const instance = new ArmSmmuInstance({
    device,
    node,
    machine,
    kernel,
    state,
    statics,
    model,
    hardware: registers,
    configuration,
    pageSizes,
    disableBypass: booleanParam(kernel.param('arm-smmu.disable_bypass')) ?? blocksByDefault(kernel),
    contextInterrupts: model.version === 'v2' ? configuration.banks : contextInterrupts,
    globalInterrupts: globals,
    contextIdBase,
    base: range.base,
    safeToggleFails: facts.safeToggleFails,
    decodesFaults: true,
    capacity: statesIdRegisters(facts)
      ? withRegisters(capacity, {
          streamMatchRegisters: configuration.groups,
          contextBanks: configuration.banks,
          streamIdBits: Math.log2(configuration.streamIdMask + 1),
          addressBits: configuration.paBits,
        })
      : capacity,
    legacy,
  });
  if (model.qcom?.keepsBootMappings === true) keepBootMappings(instance, facts.s2crQuirk);
  say('info', `\tSupported page sizes: 0x${pageSizes.toString(16).padStart(8, '0')}`);
  if (configuration.stage1)
    say('info', `\tStage-1: ${configuration.vaBits}-bit VA -> ${configuration.ipaBits}-bit IPA`);
  if (configuration.stage2)
    say('info', `\tStage-2: ${configuration.ipaBits}-bit IPA -> ${configuration.paBits}-bit PA`);
  if (model.version === 'v2') {
    if (configuration.banks > contextInterrupts) {
      say('err', `found only ${contextInterrupts} context irq(s) but ${configuration.banks} required`);
      return { error: ENODEV };
    }
    contextInterrupts = configuration.banks;
  }
  instance.register();
  say('info', '\tpreserved 0 boot mappings');
  const top = (configuration.globalPages + configuration.banks) * 2 ** configuration.pageShift;
  if (configuration.banks > 0 && top > Number(range.size)) {
    // The bank registers lie beyond what the driver mapped: its first write there is an oops.
    machine.panic(`arm-smmu: ${device.name}: access beyond the mapped registers`);
  }
  instance.programmer.reset();
  instance.programmer.testMasks();
  return { error: 0, instance };
}

/** qcom_smmu_cfg_probe(): the S2CR quirk test, and stream-match entries that firmware left valid. */
function keepBootMappings(instance: ArmSmmuInstance, quirk: boolean): void {
  const { hardware, configuration } = instance.setup;
  const last = Math.min(128, configuration.groups) - 1;
  hardware.writeS2cr(last, quirk ? 0x200ff : 0x100ff);
  if (quirk) {
    instance.reserveBypassBank();
    if (configuration.groups > 128) {
      instance.setup.machine.message('info', instance.device, '\tLimiting the stream matching groups to 128');
      instance.streams.groups = 128;
    }
  }
  instance.streams.smrs?.forEach((smr, index) => {
    if (index >= instance.streams.groups) return;
    const value = hardware.readSmr(index);
    if ((value & SMR_VALID) === 0) return;
    smr.id = value & 0xffff;
    smr.mask = (value >>> 16) & 0x7fff;
    smr.valid = true;
    const entry = instance.streams.s2cr(index);
    entry.type = 'bypass';
    entry.bank = 0xff;
  });
}
