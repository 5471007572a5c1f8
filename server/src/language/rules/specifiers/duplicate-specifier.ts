import { sameCells } from '../../../iommu/view';
import { nameOf } from '../../../iommu/words';
import { removeCells } from '../../fixes/edits';
import { cellsSpan, type Rule } from '../rule';

/** The same specifier twice in one list. */
export const duplicateSpecifier: Rule = {
  code: 'duplicate-specifier',
  severity: 'hint',
  title: 'The same IOMMU specifier twice in one list',
  why: 'The second entry adds nothing: the stream already maps to this device. Often it was meant to be another ID.',
  fix: 'Remove it, or write the ID that was meant.',
  kernel: 'drivers/iommu/arm/arm-smmu/arm-smmu.c (arm_smmu_master_alloc_smes), arm-smmu-v3.c (arm_smmu_insert_master)',
  bad: '&a { iommus = <&smmu 0x480 0x0>, <«&smmu 0x480 0x0»>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>, <&smmu 0x481 0x0>; };',
  *check({ view }) {
    for (const master of view.masters) {
      const entries = master.read.slice(0, 512);
      const seen = new Map<string, number>();
      for (const entry of entries) {
        if (entry.node === null) continue;
        const key = `${entry.phandle} ${entry.args.join(' ')}`;
        const first = seen.get(key);
        if (first === undefined) {
          seen.set(key, entry.index);
          continue;
        }
        const original = entries[first];
        if (original === undefined || !sameCells(original.args, entry.args)) continue;
        const span = cellsSpan(master.property, entry.cell, 1 + entry.args.length);
        const other = cellsSpan(master.property, original.cell, 1 + original.args.length);
        yield {
          span,
          message: `${nameOf(entry.node)}${entry.args.map((a) => ` 0x${a.toString(16)}`).join('')} stands twice in iommus of ${master.node.path}.`,
          unnecessary: true,
          related: other === null ? [] : [{ span: other, message: 'First here' }],
          fixes: () => (span === null ? [] : removeCells(master.property, span, 'Remove the duplicate')),
        };
      }
    }
  },
};
