import { cellPartAt, startsGroup } from '../../../iommu/specifiers';
import { cellsSpan, type Rule } from '../rule';

/** A phandle of 0 inside `iommus`. */
export const hole: Rule = {
  code: 'hole',
  severity: 'error',
  title: 'A hole (phandle 0) in iommus',
  why: 'A phandle of 0 is an empty entry: of_parse_phandle_with_args answers -ENOENT there, and the loop over iommus stops. Entries after the hole are never read.',
  fix: 'Remove the 0, or name the IOMMU that belongs there.',
  kernel: 'drivers/iommu/of_iommu.c (of_iommu_configure_dev), drivers/of/base.c (__of_parse_phandle_with_args)',
  bad: '&a { iommus = <&smmu 0x480 0x0>, <«0»>, <&smmu 0x481 0x0>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>, <&smmu 0x481 0x0>; };',
  *check({ view }) {
    for (const master of view.masters) {
      if (master.written.some((e) => e.head === null)) continue;
      const empty = master.list.entries.find((e) => e.phandle === 0);
      if (empty === undefined || master.list.problem !== null) continue;
      // a 0 that is a cell too many behind an IOMMU is cell-count's
      const part = cellPartAt(master.property, empty.cell);
      if (part !== null && master.written.length > 0 && !startsGroup(part)) continue;
      const left = master.list.entries.length - empty.index - 1;
      yield {
        span: cellsSpan(master.property, empty.cell),
        message: `A phandle of 0 ends iommus of ${master.node.path} here${left > 0 ? `: ${left} more ${left === 1 ? 'entry is' : 'entries are'} never read` : ''}.`,
      };
    }
  },
};
