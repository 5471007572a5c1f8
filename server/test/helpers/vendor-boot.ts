/** Boots of small boards with vendors' IOMMUs, and what their masters got. */
import { expect } from 'vitest';
import { parseScenario } from '../../src/scenario/parse';
import type { SimulationReport } from '../../src/simulator/report';
import { simulate } from '../../src/simulator/simulate';
import { boardOf } from './vendor-board';

const PROVIDERS = [
  'samsung,sysmmu-v9',
  'samsung,sysmmu-v7',
  'mediatek,iommu_v0',
  'mediatek,m4u',
  'allwinner,sunxi-iommu',
  'brcm,bcm2712-iommu',
  'hisi,hisi-smmu-lpae',
  'qcom,qsmmu-v500',
  'nvidia,tegra234-smmu',
  'nvidia,tegra210-mc',
  'rockchip,iommu-v2',
  'nvidia,tegra210-smmu',
  't19x,arm,mmu-500',
  'samsung,exynos-sysmmu',
  'mm,smmu-v3',
  'rockchip,iommu-av1d',
];
const driver = (name: string, compatible: string, more = {}) => ({ name, compatible: [compatible], ...more });
const DRIVERS = [
  ...PROVIDERS.map((name) => driver(name.replace(',', '-'), name, { provider: 'hardware' })),
  driver('sysmmu-group', 'samsung,sysmmu-group'),
  driver('iommuc', 'brcm,bcm2712-iommuc'),
  driver('client', 'vendor,client'),
];

export function boot(nodes: string, more: object = {}): SimulationReport {
  const { tree } = boardOf(`
	interrupt-parent = <&gic>;
	memory@80000000 { device_type = "memory"; reg = <0x80000000 0x40000000>; };
	gic: interrupt-controller@17a00000 { compatible = "arm,gic-v3"; reg = <0x17a00000 0x10000>, <0x17a60000 0x100000>; interrupt-controller; #interrupt-cells = <3>; };
	${nodes}`);
  const { scenario } = parseScenario(JSON.stringify({ schema: 1, kernel: '6.1', drivers: DRIVERS, ...more }));
  return simulate(tree, { board: 'vendor', scenario });
}

/** An IOMMU, and masters a@1, b@2 … of it. */
export const iommu = (compatible: string, cells: number, more = ''): string =>
  `smmu: iommu@15000000 { compatible = "${compatible}"; reg = <0x15000000 0x100000>; #iommu-cells = <${cells}>; interrupts = <0 65 4>; ${more} };`;
export const master = (n: number, iommus: string, more = ''): string =>
  `m${n}@${n} { compatible = "vendor,client"; reg = <${n} 1>; iommus = <${iommus}>; ${more} };`;
export const smmu500 = (compatible: string, more = ''): string =>
  `smmu: iommu@15000000 { compatible = "${compatible}"; reg = <0x15000000 0x100000>; #iommu-cells = <2>; #global-interrupts = <1>;
		interrupts = <0 65 4>, <0 66 4>, <0 67 4>, <0 68 4>, <0 69 4>; ${more} };`;
export const GROUP = 'g: group { compatible = "samsung,sysmmu-group"; };';
export const IN_GROUP = 'samsung,iommu-group = <&g>;';
export const IOVA_INFO = 'iova_info { start-addr = <0x0 0x40000000>; size = <0x0 0x10000000>; };';

const device = (report: SimulationReport, n: number) => report.devices.find((d) => d.device === `/m${n}@${n}`);
export const groupOf = (report: SimulationReport, n: number) => device(report, n)?.group ?? null;
export const domainOf = (report: SimulationReport, n: number) =>
  report.domains.find((d) => d.group !== null && d.group === groupOf(report, n));
/** First and last of the IOVAs that a master was given. */
export function given(report: SimulationReport, n: number): [bigint, bigint] | null {
  const mapped = (domainOf(report, n)?.regions ?? []).filter(
    (r) => r.owner === `/m${n}@${n}` && (r.kind === 'alloc' || r.kind === 'map'),
  );
  if (mapped.length === 0) return null;
  const starts = mapped.map((r) => BigInt(r.iova));
  const ends = mapped.map((r) => BigInt(r.iova) + BigInt(r.size) - 1n);
  return [starts.reduce((a, b) => (a < b ? a : b)), ends.reduce((a, b) => (a > b ? a : b))];
}
export const within = (report: SimulationReport, n: number, start: bigint, end: bigint): void => {
  const found = given(report, n);
  expect(found).not.toBeNull();
  expect((found?.[0] ?? 0n) >= start && (found?.[1] ?? 0n) <= end).toBe(true);
};
export const reserved = (report: SimulationReport, n: number): string[] =>
  (report.groups.find((g) => g.id === groupOf(report, n))?.reservedRegions ?? []).map(
    ([start, end, type]) => `${start}-${end} ${type}`,
  );
export const sameGroup = (report: SimulationReport): boolean =>
  groupOf(report, 1) !== null && groupOf(report, 1) === groupOf(report, 2);
/** An access of a master of the board, after its boot. */
export const access = (n: number, iova: string): object => ({
  events: [{ event: 'access', master: `/m${n}@${n}`, iova, write: true }],
});
