import { expect, test } from 'vitest';
import { boardOf } from '../../../../test/helpers/vendor-board';
import { parseScenario } from '../../../scenario/parse';
import type { SimulationReport } from '../../report';
import { simulate } from '../../simulate';

const SCENARIO = JSON.stringify({
  schema: 1,
  kernel: '6.1',
  drivers: [
    { name: 'arm-smmu', compatible: ['qcom,qsmmu-v500', 'arm,mmu-500'], provider: 'hardware' },
    { name: 'client', compatible: ['vendor,client'] },
  ],
});

function boot(compatible: string): SimulationReport {
  const { tree } = boardOf(`
	interrupt-parent = <&gic>;
	memory@80000000 { device_type = "memory"; reg = <0x80000000 0x40000000>; };
	gic: interrupt-controller@17a00000 { compatible = "arm,gic-v3"; reg = <0x17a00000 0x10000>, <0x17a60000 0x100000>; interrupt-controller; #interrupt-cells = <3>; };
	smmu: iommu@15000000 { compatible = "${compatible}"; reg = <0x15000000 0x100000>; #iommu-cells = <2>; #global-interrupts = <1>;
		interrupts = <0 65 4>, <0 66 4>, <0 67 4>, <0 68 4>, <0 69 4>; };
	group: group { qcom,iommu-dma-addr-pool = <0xa0000000 0x10000000>; };
	pool@1 { compatible = "vendor,client"; iommus = <&smmu 1 0>; qcom,iommu-dma-addr-pool = <0x10000000 0x10000000>; };
	one@2 { compatible = "vendor,client"; iommus = <&smmu 2 0>; qcom,iommu-group = <&group>; };
	two@3 { compatible = "vendor,client"; iommus = <&smmu 3 0>; qcom,iommu-group = <&group>; };
	bypass@4 { compatible = "vendor,client"; iommus = <&smmu 4 0>; qcom,iommu-dma = "bypass"; };
	wrong@5 { compatible = "vendor,client"; iommus = <&smmu 5 0>; qcom,iommu-dma-addr-pool = <0x10000000>; };
`);
  return simulate(tree, { board: 'phone', scenario: parseScenario(SCENARIO).scenario });
}

const iovas = (report: SimulationReport, path: string): bigint[] => {
  const group = report.devices.find((d) => d.device === path)?.group;
  const domain = report.domains.find((d) => d.group === group);
  return (domain?.regions ?? [])
    .filter((r) => r.owner === path && (r.kind === 'alloc' || r.kind === 'map'))
    .map((r) => BigInt(r.iova));
};
const groupOf = (report: SimulationReport, path: string) => report.devices.find((d) => d.device === path)?.group;

test("a vendor's SMMU: the pool is the window, a shared group is one group, bypass is identity", () => {
  const report = boot('qcom,qsmmu-v500');
  const within = (path: string, start: bigint, end: bigint): boolean => {
    const found = iovas(report, path);
    return found.length > 0 && found.every((iova) => iova >= start && iova < end);
  };
  expect(within('/pool@1', 0x10000000n, 0x20000000n)).toBe(true);
  expect(within('/one@2', 0xa0000000n, 0xb0000000n)).toBe(true);
  expect(groupOf(report, '/one@2')).toBe(groupOf(report, '/two@3'));
  expect(groupOf(report, '/pool@1')).not.toBe(groupOf(report, '/one@2'));
  expect(report.groups.find((g) => g.devices.includes('/bypass@4'))?.type).toBe('identity');
  expect(report.groups.find((g) => g.devices.includes('/wrong@5'))?.reservedRegions.length).toBe(1);
  expect(report.providers[0]?.capacity?.find((fact) => fact.name === 'vendorDriver')?.assumed).toBe(true);
});

test("mainline's SMMU: no kernel that drives it reads these properties", () => {
  const report = boot('arm,mmu-500');
  expect(groupOf(report, '/one@2')).not.toBe(groupOf(report, '/two@3'));
  expect(iovas(report, '/pool@1').every((iova) => iova >= 0x10000000n && iova < 0x20000000n)).toBe(false);
  expect(report.groups.find((g) => g.devices.includes('/bypass@4'))?.type).toBe('DMA');
  expect(report.providers[0]?.capacity?.some((fact) => fact.name.startsWith('vendor'))).toBe(false);
});
