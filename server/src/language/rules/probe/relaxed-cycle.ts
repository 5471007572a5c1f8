import { nameOf } from '../../../iommu/words';
import { nodeSpan, propertySpan, type Rule } from '../rule';

/** An IOMMU in a circle of suppliers, which the kernel finds and relaxes. */
export const relaxedCycle: Rule = {
  code: 'relaxed-cycle',
  severity: 'hint',
  title: 'An IOMMU in a dependency cycle that the kernel relaxes',
  why: 'The IOMMU and one of its suppliers name each other. The kernel prints "Fixed dependency cycle(s)" and no longer orders the two: the IOMMU may probe before the supplier is there, and the order of suspend is not guaranteed.',
  fix: 'Remove the direction that is no real need, or name it in post-init-providers.',
  kernel: 'drivers/base/core.c (__fw_devlink_relax_cycles)',
  bad: '&smmu { «clocks» = <&cc 0>; };\n&{/soc} { cc: clock@2000000 { compatible = "fixed-factor-clock"; reg = <0x2000000 0x1000>; #clock-cells = <1>; clocks = <&smmu>; clock-div = <1>; clock-mult = <1>; }; };\n&a { iommus = <&smmu 0x480 0x0>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };',
  *check({ report, view, node }) {
    const told = new Set<string>();
    for (const entry of report?.timeline ?? []) {
      if (entry.event !== 'cycle') continue;
      const pair = [...(entry.device === null ? [] : [entry.device]), ...(entry.detail.match(/\/\S+/g) ?? [])];
      const iommu = pair.map(node).find((n) => n !== null && view.provider(n) !== null);
      const other = pair.map(node).find((n) => n !== null && n !== iommu);
      if (iommu == null || other == null || told.has(`${iommu.path} ${other.path}`)) continue;
      told.add(`${iommu.path} ${other.path}`);
      const property = [...iommu.properties.values()].find((p) =>
        p.parts.some((part) => part.kind === 'cell' && part.reference?.target === other),
      );
      yield {
        span: property === undefined ? nodeSpan(iommu) : propertySpan(property, iommu),
        message: `${nameOf(iommu)} and ${other.path} depend on each other: the kernel relaxes the cycle and no longer orders them.`,
      };
    }
  },
};
