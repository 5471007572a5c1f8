import { compatibles } from '../../../devicetree/read';
import { nameOf } from '../../../iommu/words';
import { propertySpan, type Rule } from '../rule';

/** A Qualcomm or NVIDIA SMMU without the generic compatible through which the driver binds. */
export const providerCompatible: Rule = {
  code: 'provider-compatible',
  severity: 'error',
  title: 'An SMMU lacks the compatible that its driver matches',
  why: 'The SoC-specific compatible only selects quirks. The arm-smmu driver binds through the generic one; without it no driver probes this IOMMU.',
  fix: 'Add the generic compatible after the specific one, as the binding has it.',
  kernel: 'drivers/iommu/arm/arm-smmu/arm-smmu.c (arm_smmu_of_match), arm-smmu-qcom.c (qcom_smmu_impl_of_match)',
  bad: '&smmu { «compatible» = "qcom,sdm845-smmu-500"; };',
  good: '&smmu { compatible = "qcom,sdm845-smmu-500", "arm,mmu-500"; };',
  *check({ view }) {
    for (const provider of view.providers) {
      const requires = provider.binding?.requires ?? [];
      if (!provider.enabled || requires.length === 0) continue;
      const has = compatibles(provider.node);
      if (requires.some((c) => has.includes(c))) continue;
      yield {
        span: propertySpan(provider.node.properties.get('compatible'), provider.node),
        message: `${nameOf(provider.node)} (${has[0] ?? ''}) needs ${requires.map((c) => `"${c}"`).join(' or ')} in compatible: the driver matches that one only.`,
      };
    }
  },
};
