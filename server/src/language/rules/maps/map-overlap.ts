import { hex } from '../../../iommu/words';
import { cellsSpan, type Rule } from '../rule';

/** Two rows of one map that hold the same requester IDs. */
export const mapOverlap: Rule = {
  code: 'map-overlap',
  severity: 'warning',
  title: 'Rows of iommu-map overlap',
  why: 'The first row that holds a requester ID wins. What a later row says about the same IDs is never used, so those functions get other stream IDs than it looks.',
  fix: 'Make the rows disjoint.',
  kernel: 'drivers/of/base.c (of_map_id)',
  bad: '&pcie { iommu-map = <0x0 &smmu 0x100 0x200>, <«0x100 &smmu 0x400 0x100»>; };',
  good: '&pcie { iommu-map = <0x0 &smmu 0x100 0x100>, <0x100 &smmu 0x400 0x100>; };',
  *check({ view }) {
    for (const map of view.maps) {
      // sorted by base: an overlap shows between a row and the widest before it
      const rows = [...map.rows].filter((r) => r.length > 0).sort((a, b) => a.ridBase - b.ridBase || a.index - b.index);
      let widest = rows[0];
      for (const row of rows.slice(1)) {
        if (widest === undefined) break;
        if (row.ridBase < widest.ridBase + widest.length) {
          const [first, second] = widest.index < row.index ? [widest, row] : [row, widest];
          const from = row.ridBase;
          const to = Math.min(row.ridBase + row.length, widest.ridBase + widest.length) - 1;
          const other = cellsSpan(map.property, first.cell, first.width);
          yield {
            span: cellsSpan(map.property, second.cell, second.width),
            message: `RIDs ${hex(from)}${to > from ? `-${hex(to)}` : ''} are in an earlier row too, which wins: stream IDs from ${hex(first.idBase)} on are used.`,
            related: other === null ? [] : [{ span: other, message: 'The row that wins' }],
          };
        }
        if (row.ridBase + row.length > widest.ridBase + widest.length) widest = row;
      }
    }
  },
};
