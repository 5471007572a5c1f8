import { nameOf } from '../../../iommu/words';
import { insertProperty } from '../../fixes/edits';
import { withoutEntry } from '../providers/consequence';
import { nodeSpan, type Rule } from '../rule';

/** An IOMMU without #iommu-cells. */
export const missingIommuCells: Rule = {
  code: 'missing-iommu-cells',
  severity: 'error',
  title: 'An IOMMU that masters name has no #iommu-cells',
  why: 'Without #iommu-cells nobody can parse a reference to this IOMMU: no master that names it gets an entry in it. An SMMUv3 does not even probe.',
  fix: 'Add #iommu-cells with the number of cells that this IOMMU takes.',
  kernel: 'drivers/of/base.c (of_phandle_iterator_next: "could not get #iommu-cells")',
  bad: '&{/soc} { bare: iommu@1f000000 { compatible = "arm,smmu-v3"; reg = <0x1f000000 0x20000>; }; };\n&a { iommus = <«&bare» 0x480>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };',
  *check(context) {
    const { view } = context;
    for (const master of view.masters)
      for (const entry of master.written) {
        const target = entry.head?.reference?.target;
        const provider = target === undefined || target === null ? null : view.provider(target);
        if (entry.head === null || provider === null || provider.cells !== null) continue;
        const cells = provider.binding?.cells[1] ?? 1;
        const at = nodeSpan(provider.node);
        yield {
          span: entry.head.span,
          message: `${nameOf(provider.node)} (${provider.binding?.model ?? 'IOMMU'}) has no #iommu-cells: the kernel cannot read this list, and ${master.node.path} ${withoutEntry(context, [provider.node])}.`,
          related: at === null ? [] : [{ span: at, message: `Add #iommu-cells = <${cells}> here` }],
          fixes: () =>
            insertProperty(
              provider.node,
              `#iommu-cells = <${cells}>;`,
              `Add #iommu-cells = <${cells}> to ${nameOf(provider.node)}`,
            ),
        };
      }
  },
};
