/** The door to the hardware models: which driver probes which node. */
import type { DtNode } from '../../devicetree/model';
import { ENODEV, type ProbeProvider, type ProviderProbe } from '../contract';
import { isArmSmmu } from './arm-smmu/implementation';
import { probeArmSmmu } from './arm-smmu/probe';
import { probeArmSmmuV3 } from './arm-smmu-v3/probe';
import { isCompatible } from './nodes';
import { probeTegraMc } from './tegra/probe';
import { tegraSoc } from './tegra/soc';

interface ProviderModel {
  readonly name: string;
  matches(node: DtNode): boolean;
  readonly probe: ProbeProvider;
}

const MODELS: readonly ProviderModel[] = [
  { name: 'arm-smmu', matches: isArmSmmu, probe: probeArmSmmu },
  { name: 'arm-smmu-v3', matches: (node) => isCompatible(node, 'arm,smmu-v3'), probe: probeArmSmmuV3 },
  { name: 'tegra-mc', matches: (node) => tegraSoc(node) !== null, probe: probeTegraMc },
];

/** Whether a hardware model exists for a node. */
export function isModelledProvider(node: DtNode): boolean {
  return MODELS.some((model) => model.matches(node));
}

/** Probes the IOMMU at a device with the model that its node selects; -ENODEV when there is none. */
export const probeProvider: ProbeProvider = (device, machine, kernel, hardware): ProviderProbe => {
  const node = device.node;
  const model = node === null ? undefined : MODELS.find((candidate) => candidate.matches(node));
  return model === undefined ? { error: ENODEV } : model.probe(device, machine, kernel, hardware);
};
