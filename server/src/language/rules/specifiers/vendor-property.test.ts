/** Values of vendors' properties that their drivers refuse, and that no vendor's IOMMU is an error. */
import { describe, expect, test } from 'vitest';
import { boardOf } from '../../../../test/helpers/vendor-board';
import { vendorIommus } from '../../../iommu/vendor';
import { iommuView } from '../../../iommu/view';
import { ruleContext } from '../context';
import { diagnose } from '../findings';

function found(nodes: string, compatible: string, more = '', cells = 0) {
  const { tree } = boardOf(
    `smmu: iommu@1 { compatible = "${compatible}"; reg = <1 1>; #iommu-cells = <${cells}>; ${more} };\n${nodes}`,
  );
  return diagnose(ruleContext(tree, iommuView(tree), null), [], {});
}
/** What the rule says of a master of an IOMMU, or of the IOMMU. */
const says = (compatible: string, master: string, more = ''): string[] =>
  found(
    `a: a@2 { compatible = "v,a"; reg = <2 1>; iommus = <&smmu>; ${master} }; other: other { };
    g: group { compatible = "samsung,sysmmu-group"; };`,
    compatible,
    more,
  )
    .filter((d) => d.code === 'smmu/vendor-property')
    .map((d) => d.message);

const QCOM = 'qcom,qsmmu-v500';
const SAMSUNG = 'samsung,sysmmu-v9';
const GROUP = 'samsung,iommu-group = <&g>;';

test.each([
  ['a pair', QCOM, '', 'qcom,stream-id-range = <1>;', 'is a pair of cells'],
  ['pairs', QCOM, '', 'qcom,handoff-smrs = <1 2 3>;', 'list of pairs of cells, and has 3'],
  ['no pairs', QCOM, '', 'qcom,handoff-smrs = <>;', 'has 0 cells'],
  ['a cell', QCOM, '', 'qcom,num-smr-override = <1 2>;', 'is one cell, and has 2'],
  ['pairs of 64 bits', 'nvidia,smmu-500', 'iommu-resv-regions = <0 0 0>;', '', 'no list of pairs'],
  ['a number of a group', 'nvidia,smmu-500', 'iommu-group-id = <0 1>;', '', 'is one cell, and has 2'],
  ['ranges that are not whole', SAMSUNG, `${GROUP} samsung,iommu-identity-map = <1>;`, '', 'takes none of them'],
  ['a window of one cell', SAMSUNG, `${GROUP} dma-window = <1>;`, '', 'in 2 cells, and has 1'],
  ['a window above 4 GiB', SAMSUNG, `${GROUP} #dma-address-cells = <2>; dma-window = <1 0 0x1000>;`, '', '-ERANGE'],
  ['no group', SAMSUNG, '', '', 'names no samsung,iommu-group'],
  ['a group that is none', SAMSUNG, 'samsung,iommu-group = <&other>;', '', 'is no samsung,sysmmu-group'],
  ['an offset of one cell', 'brcm,bcm2712-iommu', '', 'dma-iova-offset = <1>;', '64 bits'],
  ['domains of two cells', 'nvidia,tegra210-smmu', '', 'domains = <&g 1>;', 'a node and two cells each, and has 2'],
  ['domains without windows', 'nvidia,tegra210-smmu', '', 'domains = <&g 1 0>;', 'none that its driver takes'],
  ['no iova_info', 'hisi,hisi-smmu-lpae', '', '', 'no child iova_info'],
])('%s is told', (_, compatible, master, provider, text) => {
  const messages = says(compatible, master, provider);
  expect(messages.length).toBe(1);
  expect(messages[0]).toContain(text);
});

test.each([
  ['no client', '', '', 'in its domain-clients'],
  ['a window from 0', '&a', 'dma-window = <0 0x1000>;', 'starts at 0'],
  ['a client', '&a', 'dma-window = <0x1000 0x1000>;', null],
])('a SysMMU of an Exynos kernel: %s', (_, client, window, text) => {
  const messages = found(
    `a: a@2 { compatible = "v,a"; reg = <2 1>; iommus = <&smmu>; }; b: b@3 { compatible = "v,b"; reg = <3 1>; iommus = <&smmu>; };
     d: domain { compatible = "samsung,exynos-iommu-bus"; domain-clients = <${client} &b>; ${window} };`,
    'samsung,exynos-sysmmu',
  )
    .filter((f) => f.code === 'smmu/vendor-property')
    .map((f) => f.message);
  expect(messages.length).toBe(text === null ? 0 : 1);
  expect(messages[0] ?? '').toContain(text ?? '');
});

test.each([
  ['Qualcomm', QCOM, '', 'qcom,handoff-smrs = <1 2 3 4>; qcom,num-smr-override = <1>;'],
  ['L4T', 'nvidia,smmu-500', 'iommu-resv-regions = <0 0 0 1>; iommu-group-id = <1>;', ''],
  ['Samsung', SAMSUNG, `${GROUP} dma-window = <0x1000 0x1000>; samsung,iommu-reserved-map = <1 1>;`, ''],
  [
    "names that are no vendor's own, of another's IOMMU",
    'arm,mmu-500',
    'dma-window = <1>; size = <1 2 3>;',
    'cache = <>;',
  ],
  [
    'L4T of 4.9',
    'nvidia,tegra210-smmu',
    '',
    'domains = <&as 1 0>; as: as { iova-start = <0 1>; iova-size = <0 1>; num-pf-page = <0>; gap-page = <1>; };',
  ],
  ['BCM2712', 'brcm,bcm2712-iommu', '', 'dma-iova-offset = <1 0>; cache = <&other>;'],
  ['HiSilicon', 'hisi,hisi-smmu-lpae', '', 'iova_info { start-addr = <0 1>; size = <0 1>; };'],
])('%s: nothing to tell', (_, compatible, master, provider) => {
  expect(says(compatible, master, provider)).toEqual([]);
});

describe('a compatible of a vendor', () => {
  test.each(vendorIommus.flatMap((i) => i.compatibles))('%s is no error', (compatible) => {
    const errors = found(
      'a: a@2 { compatible = "v,a"; reg = <2 1>; iommus = <&smmu 1>; };',
      compatible,
      '#global-interrupts = <0>;',
      1,
    )
      .filter((d) => d.severity === 'error')
      .map((d) => `${d.code} ${d.message}`);
    expect(errors).toEqual([]);
  });
});
