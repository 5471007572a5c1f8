/** Endpoints that a scenario adds to a PCI host by the names of their drivers: `"pci": [{ "host": …, "devices": ["nvme"] }]`. */
import { describe, expect, test } from 'vitest';
import { snapshotOfTexts } from '../../test/helpers/board';
import { simulate } from '../simulator/simulate';
import { parseScenario } from './parse';

const BOARD = `/dts-v1/;
/ {
	#address-cells = <2>; #size-cells = <2>;
	cpus { #address-cells = <1>; #size-cells = <0>; cpu@0 { device_type = "cpu"; compatible = "arm,cortex-a57"; reg = <0>; }; };
	smmu: iommu@9050000 { compatible = "arm,smmu-v3"; reg = <0 0x9050000 0 0x20000>; #iommu-cells = <1>; };
	pcie0: pcie@10000000 {
		compatible = "pci-host-ecam-generic"; device_type = "pci"; reg = <0x40 0x10000000 0 0x10000000>;
		#address-cells = <3>; #size-cells = <2>; bus-range = <0 0xff>;
		ranges = <0x2000000 0 0x10000000 0 0x10000000 0 0x2eff0000>;
		iommu-map = <0 &smmu 0 0x10000>;
	};
};`;

/** The functions that a scenario's hosts get: driver, group and domain of each. */
function functions(pci: string, kernel: string): string[] {
  const { scenario, problems } = parseScenario(
    `{ "kernel": "${kernel}", "pci": ${pci}, "config": { "CONFIG_BLK_DEV_NVME": "y", "CONFIG_E1000E": "y" } }`,
  );
  expect(problems).toEqual([]);
  const { tree } = snapshotOfTexts({ 'board.dts': BOARD });
  const report = simulate(tree, { board: 'board', scenario });
  return report.devices
    .filter(({ bus }) => bus === 'pci')
    .map((d) => `${d.name} ${d.driver} group ${d.group} ${d.domain} ${d.translated}`);
}

describe('endpoints by name', () => {
  test.each(['6.1', '6.12', '7.3'])('on Linux %s', (kernel) => {
    const found = functions('[{ "host": "&pcie0", "devices": ["nvme", "e1000e"] }]', kernel);
    const own = found.filter((line) => / (nvme|e1000e) /.test(line));
    expect(own.map((line) => line.replace(/^\S+ /, ''))).toEqual([
      expect.stringMatching(/^nvme group \d+ DMA(-FQ)? true$/),
      expect.stringMatching(/^e1000e group \d+ DMA(-FQ)? true$/),
    ]);
    expect(new Set(own.map((line) => /group (\d+)/.exec(line)?.[1])).size).toBe(2);
  });
  test('without the line there is none', () =>
    expect(functions('[]', '7.3').filter((l) => /nvme/.test(l))).toEqual([]));
});
