import { nameOf } from '../../../iommu/words';
import { nodeSpan, type Rule } from '../rule';

/** The provider's driver cannot be attached through `iommus` in this kernel. */
export const noXlate: Rule = {
  code: 'no-xlate',
  severity: 'hint',
  title: 'The driver of this IOMMU does not take part in iommus',
  why: 'The core attaches masters through of_xlate of the IOMMU driver. This driver has none in Linux 6.12, so of_iommu_configure ends with -ENODEV for every master and nothing is translated automatically.',
  fix: 'Nothing in the tree: it is a matter of the kernel. Drivers that manage the IOMMU themselves still can.',
  kernel: 'drivers/iommu/of_iommu.c (of_iommu_xlate: !ops->of_xlate), drivers/iommu/omap-iommu.c, mtk_iommu_v1.c',
  bad: '&{/soc} { «mmu@1e000000» { compatible = "ti,omap4-iommu"; reg = <0x1e000000 0x100>; #iommu-cells = <0>; }; };',
  good: '',
  *check({ view }) {
    for (const provider of view.providers)
      if (provider.enabled && provider.binding !== null && !provider.binding.ofXlate)
        yield {
          span: nodeSpan(provider.node),
          message: `The driver ${provider.binding.driver} has no of_xlate in Linux 6.12: masters that name ${nameOf(provider.node)} are not attached by the core.`,
        };
  },
};
