import { nameOf } from '../../../iommu/words';
import { cellsSpan, type Rule } from '../rule';

/** An IOMMU made for one master has two. */
export const iommuShared: Rule = {
  code: 'iommu-shared',
  severity: 'warning',
  title: 'Two masters on an IOMMU that serves one',
  why: "A SysMMU sits in front of one device; its driver remembers the last master only and gates its clock with that one's power state. The other master loses its translation when the remembered one sleeps.",
  fix: 'Give each device the IOMMU that its bus port goes through.',
  kernel: 'drivers/iommu/exynos-iommu.c (exynos_iommu_of_xlate: data->master)',
  bad: '&a { iommus = <&sysmmu>; };\n&b { iommus = <«&sysmmu»>; };',
  good: '&a { iommus = <&sysmmu>; };',
  *check({ view }) {
    for (const provider of view.providers) {
      if (provider.binding?.streamSharing !== 'last-master') continue;
      const live = view.uses(provider).filter((use) => use.enabled);
      const first = live[0];
      const second = live.find((use) => use.node !== first?.node);
      if (first === undefined || second === undefined || second.from.kind !== 'iommus') continue;
      yield {
        span: cellsSpan(second.from.master.property, second.from.entry.cell),
        message: `${nameOf(provider.node)} already serves ${first.node.path}: the driver keeps one master only.`,
      };
    }
  },
};
