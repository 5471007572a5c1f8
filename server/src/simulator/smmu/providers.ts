/** The door to the hardware models: which driver probes which node. */
import type { DtNode } from '../../devicetree/model';
import { compatibles } from '../../devicetree/read';
import { isCompatible } from '../../iommu/nodes';
import type { SimDevice } from '../contract/device';
import { ENODEV } from '../contract/errno';
import type { ProbeProvider, ProviderProbe } from '../contract/iommu-driver';
import { isArmSmmu } from './arm-smmu/implementation';
import { probeArmSmmu } from './arm-smmu/probe';
import { probeArmSmmuV3 } from './arm-smmu-v3/probe';
import { probeRiscv } from './riscv/riscv';
import { probeTegraMc } from './tegra/probe';
import { tegraSoc } from './tegra/soc';
import { probeDart } from './vendor/dart';
import { probeExynos } from './vendor/exynos';
import { probeIpmmu } from './vendor/ipmmu';
import { probeMediatek, probeMediatekV1 } from './vendor/mediatek';
import { probeMsm } from './vendor/msm';
import { probeOmap } from './vendor/omap';
import { probeQcomContext } from './vendor/qcom-context';
import { probeRockchip } from './vendor/rockchip';
import { probeSprd } from './vendor/sprd';
import { probeSun50i } from './vendor/sun50i';
import { isVendorModel, probeVendorIommu } from './vendor/vendor-iommu';
import { probeVirtio } from './vendor/virtio';
import { probeVsi } from './vendor/vsi';

interface ProviderModel {
  matches(node: DtNode): boolean;
  readonly probe: ProbeProvider;
}

const named = (probe: ProbeProvider, ...names: readonly string[]): ProviderModel => ({
  matches: (node) => isCompatible(node, ...names),
  probe,
});

const matching = (probe: ProbeProvider, pattern: RegExp): ProviderModel => ({
  matches: (node) => compatibles(node).some((name) => pattern.test(name)),
  probe,
});

const MODELS: readonly ProviderModel[] = [
  { matches: isArmSmmu, probe: probeArmSmmu },
  named(probeArmSmmuV3, 'arm,smmu-v3'),
  { matches: (node) => tegraSoc(node) !== null, probe: probeTegraMc },
  matching(probeRockchip, /^rockchip,(rk3568-iommu|iommu(-v2)?)$/),
  named(probeExynos, 'samsung,exynos-sysmmu'),
  named(probeMediatekV1, 'mediatek,mt2701-m4u'),
  matching(probeMediatek, /^mediatek,mt\d+-(m4u|iommu-\w+)$/),
  matching(probeIpmmu, /^renesas,(ipmmu-|rcar-gen4-ipmmu)/),
  matching(probeSun50i, /^allwinner,sun50i-h6(16)?-iommu$/),
  matching(probeOmap, /^ti,(omap2|omap4|dra7|dra7-dsp)-iommu$/),
  matching(probeDart, /^apple,(t8103|t8103-usb4|t8110|t6000)-dart$/),
  named(probeMsm, 'qcom,apq8064-iommu'),
  matching(probeQcomContext, /^qcom,msm-iommu-v[12]$/),
  named(probeSprd, 'sprd,iommu-v1'),
  named(probeVsi, 'verisilicon,iommu-1.2'),
  { matches: isVendorModel, probe: probeVendorIommu },
  named(probeRiscv, 'riscv,iommu', 'qemu,riscv-iommu', 'riscv,pci-iommu'),
];

/** A virtio-iommu is the virtio device itself; its node is that of the transport (a PCI function, virtio,mmio). */
function modelFor(device: SimDevice): ProviderModel | null {
  const node = device.node;
  if (node !== null) {
    const model = MODELS.find((candidate) => candidate.matches(node));
    if (model !== undefined) return model;
  }
  const transport = node ?? device.parent?.node ?? null;
  return transport?.properties.has('#iommu-cells') === true ? { matches: () => true, probe: probeVirtio } : null;
}

/** Probes the IOMMU at a device with the model that its node selects; -ENODEV when there is none. */
export const probeProvider: ProbeProvider = (device, machine, kernel, hardware): ProviderProbe =>
  modelFor(device)?.probe(device, machine, kernel, hardware) ?? { error: ENODEV };

/** Whether a hardware model exists for a node. */
export function isModelledProvider(node: DtNode): boolean {
  return MODELS.some((model) => model.matches(node));
}
