import { propertySpan, type Rule } from '../rule';

/** Some SMMUs use `mmu-masters`, others `iommus`. */
export const legacyMixed: Rule = {
  code: 'legacy-mixed',
  severity: 'error',
  title: 'mmu-masters and iommus in one tree',
  why: 'The first SMMU that probes decides which binding the driver uses for all of them. An SMMU described the other way fails to probe ("not probing due to mismatched DT properties").',
  fix: 'Convert mmu-masters to iommus everywhere.',
  kernel: 'drivers/iommu/arm/arm-smmu/arm-smmu.c (arm_smmu_device_dt_probe: legacy_binding)',
  bad: '&smmu_old { «mmu-masters» = <&a 0x480>; };\n&a { #stream-id-cells = <1>; };\n&b { iommus = <&smmu 0x480 0x0>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };\n&b { iommus = <&smmu 0x481 0x0>; };',
  *check({ view }) {
    const arm = view.providers.filter((p) => p.enabled && p.binding?.driver === 'arm-smmu');
    const generic = arm.find((p) => !p.node.properties.has('mmu-masters') && p.cells !== null);
    if (generic === undefined) return;
    for (const node of view.legacy) {
      const property = node.properties.get('mmu-masters');
      yield {
        span: propertySpan(property, node),
        message: `${node.path} uses mmu-masters while ${generic.node.path} uses #iommu-cells: one of them does not probe.`,
      };
    }
  },
};
