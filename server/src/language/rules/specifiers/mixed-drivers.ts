import { nameOf } from '../../../iommu/words';
import { withoutEntry } from '../providers/consequence';
import { cellsSpan, type Rule } from '../rule';

/** Entries of one list belong to IOMMUs of different drivers. */
export const mixedDrivers: Rule = {
  code: 'mixed-drivers',
  severity: 'error',
  title: 'iommus mixes IOMMUs of different drivers',
  why: 'The second entry finds other operations than those of the first: -EINVAL, everything parsed so far is thrown away, and the device runs without the IOMMU.',
  fix: 'Keep the entries of one kind of IOMMU.',
  kernel: 'drivers/iommu/iommu.c (iommu_fwspec_init: ops != fwspec ops gives -EINVAL)',
  bad: '&a { iommus = <&smmu 0x480 0x0>, <«&smmu3 0x481»>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };',
  *check(context) {
    const { view } = context;
    for (const master of view.masters) {
      let first: string | null = null;
      for (const entry of master.read) {
        const driver = entry.node === null ? null : (view.provider(entry.node)?.binding?.driver ?? null);
        if (driver === null) continue;
        first ??= driver;
        if (driver === first || entry.node === null) continue;
        const iommus = master.read.flatMap(({ node }) => node ?? []);
        yield {
          span: cellsSpan(master.property, entry.cell, 1 + entry.args.length),
          message: `${nameOf(entry.node)} is served by ${driver}, the entries before it by ${first}: the kernel refuses the mixture (-EINVAL), and ${master.node.path} ${withoutEntry(context, iommus)}.`,
        };
        break;
      }
    }
  },
};
