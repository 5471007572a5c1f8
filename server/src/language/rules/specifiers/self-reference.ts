import { cellsSpan, type Rule } from '../rule';

/** An IOMMU that is its own master. */
export const selfReference: Rule = {
  code: 'self-reference',
  severity: 'error',
  title: 'An IOMMU names itself in iommus',
  why: 'The IOMMU would have to be registered before its own probe: its dma_configure defers until the kernel gives up, and every master behind it waits as long.',
  fix: 'Remove iommus from the IOMMU, or name the IOMMU above it.',
  kernel: 'drivers/iommu/of_iommu.c (of_iommu_xlate), drivers/base/dd.c (really_probe)',
  bad: '&smmu { iommus = <«&smmu 0x1 0x0»>; };',
  good: '&smmu { };',
  *check({ view }) {
    for (const master of view.masters)
      for (const entry of master.read)
        if (entry.node === master.node)
          yield {
            span: cellsSpan(master.property, entry.cell, 1 + entry.args.length),
            message: `${master.node.path} names itself: its probe would wait for itself.`,
          };
  },
};
