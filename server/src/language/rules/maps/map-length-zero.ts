import { cellsSpan, type Rule } from '../rule';

/** A row of length 0. */
export const mapLengthZero: Rule = {
  code: 'map-length-zero',
  severity: 'information',
  title: 'A row of iommu-map with length 0',
  why: 'A row of length 0 holds no requester ID. Boot loaders of some boards fill it in; without that, nothing behind it is translated.',
  fix: 'Write the number of requester IDs, unless the boot loader does.',
  kernel: 'drivers/of/base.c (of_map_id)',
  bad: '&pcie { iommu-map = <0x0 &smmu 0x100 «0x0»>; };',
  good: '&pcie { iommu-map = <0x0 &smmu 0x100 0x10000>; };',
  *check({ view }) {
    for (const map of view.maps)
      for (const row of map.rows)
        if (row.length === 0)
          yield {
            span: cellsSpan(map.property, row.cell + row.width - 1),
            message: `This row holds no requester ID (length 0): it needs a boot loader that fills it in.`,
          };
  },
};
