import { cellPartAt } from '../../../iommu/specifiers';
import { formatMatched } from '../../../iommu/streams';
import { hex } from '../../../iommu/words';
import { cellsSpan, type Rule } from '../rule';

/** An ID with bits that its own mask ignores. */
export const idInMask: Rule = {
  code: 'id-in-mask',
  severity: 'hint',
  title: 'The ID has bits that its mask ignores',
  why: 'Mask bits are "do not care": the bits of the ID below them do not matter. The entry matches, but not for the reason it seems to; often one of the two numbers is wrong.',
  fix: 'Clear those bits in the ID, or correct the mask.',
  kernel: 'drivers/iommu/arm/arm-smmu/arm-smmu.c (arm_smmu_find_sme), Arm IHI 0062 (SMMU_SMRn)',
  bad: '&a { iommus = <&smmu «0x486» 0x6>; };',
  good: '&a { iommus = <&smmu 0x480 0x6>; };',
  *check({ view }) {
    for (const master of view.masters)
      for (const entry of master.read) {
        const provider = entry.node === null ? null : view.provider(entry.node);
        const id = entry.args[0];
        const mask = entry.args[1];
        if (provider?.binding?.streamSharing !== 'smr' || id === undefined || mask === undefined || (id & mask) === 0)
          continue;
        const part = cellPartAt(master.property, entry.cell + 1);
        const clean = hex((id & ~mask) >>> 0);
        yield {
          span: cellsSpan(master.property, entry.cell + 1),
          message: `The mask ${hex(mask)} ignores bits ${hex(id & mask)} of the ID ${hex(id)}: this matches ${formatMatched(id, mask)}, the same as ${clean}.`,
          fixes: () =>
            part === null || part.macros.length > 0
              ? []
              : [{ title: `Change the ID to ${clean}`, edits: [{ span: part.span, text: clean }] }],
        };
      }
  },
};
