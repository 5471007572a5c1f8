import { cellPartsOf } from '../../../iommu/specifiers';
import { nameOf } from '../../../iommu/words';
import { RUNS_UNTRANSLATED } from '../../../simulator/words';
import { type Rule, see } from '../rule';

/** `iommus` or `iommu-map` names a node that is no IOMMU. */
export const notAProvider: Rule = {
  code: 'not-a-provider',
  severity: 'error',
  title: 'The node named is no IOMMU',
  why: 'The kernel looks for #iommu-cells in the node named; without it the whole list ends with an error, and the device runs untranslated: its DMA goes to physical addresses.',
  fix: 'Name the IOMMU, not one of its neighbours.',
  kernel: 'drivers/of/base.c (of_phandle_iterator_next), drivers/iommu/of_iommu.c (of_iommu_configure_dev)',
  bad: '&a { iommus = <«&intc» 0x480>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };',
  *check({ view }) {
    for (const name of ['iommus', 'iommu-map'])
      for (const item of name === 'iommus' ? view.masters : view.maps)
        for (const part of cellPartsOf(item.property)) {
          const target = part.reference?.target;
          if (target === undefined || target === null || view.provider(target) !== null) continue;
          yield {
            span: part.span,
            message: `${nameOf(target)} (${target.path}) has no #iommu-cells: it is no IOMMU, so ${item.node.path} ${RUNS_UNTRANSLATED}.`,
            related: see(target, 'The node named'),
            fixes: () =>
              view.providers
                .filter((p) => p.enabled && p.node.labels[0] !== undefined)
                .slice(0, 4)
                .map((p) => ({
                  title: `Change to ${nameOf(p.node)}`,
                  edits: [{ span: part.span, text: nameOf(p.node) }],
                })),
          };
        }
  },
};
