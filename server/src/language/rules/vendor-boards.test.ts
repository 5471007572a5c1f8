/** Boards for a vendor's kernel that is not at hand: what no kernel known here drives may well have its driver there. */
import { expect, test } from 'vitest';
import { snapshotOfTexts } from '../../../test/helpers/board';
import { simulateForTest } from '../../../test/helpers/simulation';
import { contextOf } from '../board-context';
import { diagnose } from './findings';

const tree = (compatible: string): string => `/dts-v1/;
/ {
	#address-cells = <1>; #size-cells = <1>; compatible = "acme,phone"; interrupt-parent = <&gic>;
	gic: interrupt-controller@8000 { compatible = "arm,gic-v3"; reg = <0x8000 0x1000>, <0x9000 0x1000>; interrupt-controller; #interrupt-cells = <3>; };
	smmu: iommu@100000 { compatible = "${compatible}"; reg = <0x100000 0x10000>; #iommu-cells = <2>; #global-interrupts = <1>; interrupts = <0 1 4>, <0 2 4>; };
	pinctrl@3000 { compatible = "acme,phone-pinctrl"; reg = <0x3000 0x1000>; off: off { pins = "a"; }; };
	mmc@2000 { compatible = "qcom,sdhci-msm-v5"; reg = <0x2000 0x1000>; pinctrl-names = "default"; pinctrl-0 = <&off>; iommus = <&smmu 1 0>; };
};
`;

test.each([
  ['an SMMU that mainline drives', 'arm,mmu-500', ['warning smmu/supplier-no-driver']],
  ["one that only its vendor's kernels do", 'qcom,qsmmu-v500', ['information smmu/supplier-no-driver']],
])('%s', (_what, compatible, expected) => {
  const snapshot = snapshotOfTexts({ 'board.dts': tree(compatible) }, simulateForTest);
  const found = diagnose(contextOf(snapshot), snapshot.problems, {}).filter(
    ({ code }) => code === 'smmu/supplier-no-driver',
  );
  expect(found.map(({ severity, code }) => `${severity} ${code}`)).toEqual(expected);
});
