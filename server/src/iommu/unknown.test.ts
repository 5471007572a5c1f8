/** Constants of a header that is missing: they stay unknown in specifiers, in the boot and in the findings, and are no 0. */
import { describe, expect, test } from 'vitest';
import { buildTree } from '../devicetree/build';
import { sameTree } from '../devicetree/same';
import { ruleContext } from '../language/rules/context';
import { diagnose } from '../language/rules/findings';
import { simulate } from '../simulator/simulate';
import { sourceFile } from '../source/file';
import { iommuView } from './view';

const uri = 'file:///b.dts';
const HEAD = `/dts-v1/;
#include <dt-bindings/gone.h>
/ {
	#address-cells = <1>; #size-cells = <1>; compatible = "x";
	cpus { #address-cells = <1>; #size-cells = <0>; cpu@0 { device_type = "cpu"; compatible = "arm,cortex-a57"; reg = <0>; }; };
	intc: interrupt-controller@f000 { compatible = "arm,gic-400"; reg = <0xf000 0x1000>; #interrupt-cells = <3>; #address-cells = <0>; interrupt-controller; };
	smmu: iommu@10000 { compatible = "arm,mmu-500"; reg = <0x10000 0x10000>; #iommu-cells = <1>; #global-interrupts = <1>; interrupt-parent = <&intc>; interrupts = <0 1 4>, <0 2 4>; };
`;
const built = (body: string) => {
  const file = sourceFile(uri, `${HEAD}${body}\n};\n`);
  return buildTree(uri, { read: (at) => (at === uri ? file : null), readBytes: () => null });
};
const dma = (unit: string, iommus: string): string =>
  `	dma@${unit} { compatible = "snps,dma-spear1340"; reg = <0x${unit} 0x100>; iommus = <&smmu ${iommus}>; };`;

test('are told by their place in the specifier', () => {
  const { tree } = built(
    [dma('1000', 'SID_A'), dma('2000', '0'), dma('3000', '(SID_B | 1)'), dma('4000', 'SID(3)')].join('\n'),
  );
  const view = iommuView(tree);
  expect(view.masters.map((m) => m.list.entries.map((e) => e.unknown))).toEqual([[[0]], [undefined], [[0]], [[0]]]);
  const [provider] = view.providers;
  expect(provider && view.uses(provider).map((use) => [use.node.path, use.id])).toEqual([['/dma@2000', 0]]);
});

test('are no 0 to what compares trees', () => {
  const tree = (iommus: string) => built(dma('1000', iommus)).tree;
  expect(sameTree(tree('SID_A'), tree('0'))).toBe(false);
  expect(sameTree(tree('SID_A'), tree('SID_A'))).toBe(true);
});

describe('in the boot', () => {
  const body = [dma('1000', 'SID_A'), dma('2000', 'SID_B'), dma('3000', '7')].join('\n');
  const { tree, problems, unknown } = built(body);
  const report = simulate(tree, { board: 'b' });
  const of = (path: string) => report.devices.find((d) => d.device === path);
  test('no two masters share a group for them, and the reason says that it is unknown', () => {
    for (const path of ['/dma@1000', '/dma@2000']) {
      expect(of(path)?.group ?? null).toBeNull();
      expect(of(path)?.untranslatedReason).toMatch(/unknown, it has constants that nothing here defines/);
    }
    expect(of('/dma@3000')?.group).toBe(0);
    expect(report.groups.flatMap((g) => g.devices)).not.toContain('/dma@1000');
  });
  test('rules keep silent about them', () => {
    const context = ruleContext(tree, iommuView(tree), report);
    const said = diagnose(context, problems, {}, unknown).filter(
      ({ severity }) => severity === 'error' || severity === 'warning',
    );
    expect(said.map((d) => d.code)).toEqual(['cpp/include-not-found']);
  });
});

describe('do not hide that their IOMMU never registers: what the kernel does then hangs on no stream', () => {
  // without interrupts the driver ends with -ENODEV (arm_smmu_device_probe)
  const { tree } = built(
    [
      dma('1000', 'SID_A'),
      dma('3000', '7'),
      '	pcie@50000000 { compatible = "pci-host-ecam-generic"; device_type = "pci"; reg = <0x50000000 0x100000>; bus-range = <0 0>; #address-cells = <3>; #size-cells = <2>; ranges = <0x02000000 0 0x60000000 0x60000000 0 0x100000>; iommu-map = <0 &bad BASE 1>; };',
      '	bad: iommu@20000 { compatible = "arm,mmu-500"; reg = <0x20000 0x10000>; #iommu-cells = <1>; #global-interrupts = <1>; };',
    ]
      .join('\n')
      .replaceAll('&smmu', '&bad')
      .replaceAll('"snps,dma-spear1340"', '"generic-xhci"'),
  );
  for (const kernel of ['6.12', '7.3']) {
    const report = simulate(tree, { board: 'b', kernel });
    const of = (path: string) => report.devices.find((device) => device.device === path);
    test(`masters wait for it, or go on without it, alike: ${kernel}`, () => {
      const [known, unknown] = ['/dma@3000', '/dma@1000'].map(of);
      expect(known?.attempts).toBeGreaterThan(1);
      expect(unknown).toMatchObject({ status: known?.status, error: known?.error, attempts: known?.attempts });
      expect(unknown?.untranslatedReason).toMatch(/had not registered when the deferred-probe timeout expired/);
      expect(of('/pcie@50000000')?.untranslatedReason ?? '').not.toMatch(/unknown, it has constants/);
    });
  }
});
