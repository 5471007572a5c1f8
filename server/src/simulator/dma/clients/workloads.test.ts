/** Default workloads: which class a device falls into, and that nothing of them looks like a fact. */
import { describe, expect, it } from 'vitest';
import { TreeBuilder } from '../../../devicetree/build';
import { nodeAt } from '../../../devicetree/read';
import { sourceFile } from '../../../source/file';
import { kernelModel } from '../../kernel/rules';
import { defaultWorkload } from './workloads';

function workloadOf(name: string, compatible: string, props = 'iommus = <&smmu 1>;') {
  const uri = 'w:/board.dts';
  const text = `/dts-v1/; / { smmu: iommu { #iommu-cells = <1>; }; ${name} { compatible = "${compatible}"; ${props} }; };`;
  const source = sourceFile(uri, text);
  const { tree } = new TreeBuilder().build(uri, { read: (u) => (u === uri ? source : null), readBytes: () => null });
  const node = nodeAt(tree, `/${name}`);
  return defaultWorkload(
    {
      node,
      ref: `/${name}`,
      name,
      bus: 'platform',
      parent: null,
      pci: null,
      driverName: 'x',
      driverManagesDma: false,
    },
    false,
    kernelModel('6.12'),
    [],
  );
}

describe('default workloads', () => {
  it.each([
    ['gpu@0', 'arm,mali-t860', 'GPU'],
    ['dc@54200000', 'nvidia,tegra124-dc', 'display'],
    ['vop@ff900000', 'rockchip,rk3399-vop-big', 'display'],
    ['usb@fe800000', 'snps,dwc3', 'USB'],
    ['ethernet@fe300000', 'rockchip,rk3399-gmac', 'network'],
    ['mmc@fe310000', 'arasan,sdhci-5.1', 'storage'],
    ['ufshc@1d84000', 'qcom,sdm845-ufshc', 'storage'],
    ['video-codec@aa00000', 'qcom,sdm845-venus', 'codec'],
    ['isp@ff910000', 'rockchip,rk3399-cif-isp', 'camera'],
    ['dma-controller@800000', 'qcom,sdm845-gpi-dma', 'DMA engine'],
  ])('%s is taken for %s', (name, compatible, kind) => {
    const workload = workloadOf(name, compatible);
    expect(workload?.assumption).toContain(`assumed for class ${kind}: `);
    expect(workload?.ops.length).toBeGreaterThan(0);
  });

  it('says so when it knows no class', () => {
    expect(workloadOf('thing@0', 'acme,thing')?.assumption).toMatch(/no class known/);
  });

  it('assumes nothing of a device without IOMMU', () => {
    expect(workloadOf('usb@0', 'snps,dwc3', '')).toBeNull();
  });
});
