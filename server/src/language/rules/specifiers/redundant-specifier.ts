import { covers, formatMatched } from '../../../iommu/streams';
import { maskOf, sameCells } from '../../../iommu/view';
import { removeCells } from '../../fixes/edits';
import { cellsSpan, type Rule } from '../rule';

/** A specifier whose streams an other entry of the same list matches already. */
export const redundantSpecifier: Rule = {
  code: 'redundant-specifier',
  severity: 'hint',
  title: 'A specifier inside another one of the same list',
  why: 'The driver finds the streams covered by the entry of the wider match and shares it: this specifier changes nothing. When the wider one comes later the driver refuses it (-EINVAL) and the device runs without the IOMMU.',
  fix: 'Remove the narrower specifier.',
  kernel: 'drivers/iommu/arm/arm-smmu/arm-smmu.c (arm_smmu_find_sme)',
  bad: '&a { iommus = <&smmu 0x480 0x3>, <«&smmu 0x481 0x0»>; };',
  good: '&a { iommus = <&smmu 0x480 0x3>, <&smmu 0x484 0x0>; };',
  *check({ view }) {
    for (const master of view.masters) {
      const entries = master.read.slice(0, 256).flatMap((entry) => {
        const provider = entry.node === null ? null : view.provider(entry.node);
        return provider?.binding?.streamSharing === 'smr' && entry.args.length > 0
          ? [{ entry, provider, id: (entry.args[0] ?? 0) & 0xffff, mask: maskOf(provider, entry.args) }]
          : [];
      });
      for (let j = 0; j < entries.length; j++) {
        const b = entries[j];
        if (b === undefined) continue;
        const i = entries.findIndex(
          (a, k) =>
            k !== j &&
            a.provider === b.provider &&
            covers(a, b) &&
            !sameCells(a.entry.args, b.entry.args) &&
            !(covers(b, a) && k > j),
        );
        const a = entries[i];
        if (a === undefined) continue;
        const wideLater = i > j && !covers(b, a);
        const span = cellsSpan(master.property, b.entry.cell, 1 + b.entry.args.length);
        const wide = cellsSpan(master.property, a.entry.cell, 1 + a.entry.args.length);
        yield {
          span: wideLater ? wide : span,
          severity: wideLater ? 'error' : 'hint',
          message: wideLater
            ? `This match (${formatMatched(a.id, a.mask)}) contains an earlier one of the list: the driver refuses it (-EINVAL), and ${master.node.path} runs without the IOMMU.`
            : `${formatMatched(b.id, b.mask)} ${b.mask === a.mask ? 'is the same match as' : 'lies inside'} another entry of this list (${formatMatched(a.id, a.mask)}).`,
          unnecessary: !wideLater,
          related:
            (wideLater ? span : wide) === null
              ? []
              : [{ span: (wideLater ? span : wide)!, message: 'The other entry' }],
          fixes: () => (span === null ? [] : removeCells(master.property, span, 'Remove the redundant specifier')),
        };
      }
    }
  },
};
