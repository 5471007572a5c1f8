import { nameOf } from '../../../iommu/words';
import { nodeSpan, type Rule } from '../rule';

/** An enabled IOMMU lacks a property without which its driver's probe fails. */
export const requiredProperty: Rule = {
  code: 'required-property',
  severity: 'error',
  title: 'An IOMMU lacks a property that its driver needs',
  why: 'The driver refuses to probe without it. The IOMMU never registers; its masters are deferred until the kernel gives up, then run untranslated.',
  fix: 'Add the property as the binding describes it.',
  kernel: 'drivers/iommu/arm/arm-smmu/arm-smmu.c (arm_smmu_device_dt_probe), qcom_iommu.c (qcom_iommu_device_probe)',
  bad: '&{/soc} { «iommu@1f000000» { compatible = "arm,mmu-500"; reg = <0x1f000000 0x1000>; #iommu-cells = <1>; }; };',
  good: '&{/soc} { iommu@1f000000 { compatible = "arm,mmu-500"; reg = <0x1f000000 0x1000>; #global-interrupts = <1>; #iommu-cells = <1>; }; };',
  *check({ view }) {
    for (const provider of view.providers) {
      if (!provider.enabled || provider.binding === null) continue;
      for (const name of provider.binding.requiredProperties)
        if (!provider.node.properties.has(name))
          yield {
            span: nodeSpan(provider.node),
            message: `${nameOf(provider.node)} has no ${name}: the driver ${provider.binding.driver} refuses to probe, and no master behind it is translated.`,
          };
    }
  },
};
