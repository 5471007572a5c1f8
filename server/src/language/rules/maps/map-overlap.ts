import type { IommuMap, MapRow } from '../../../iommu/map';
import { cellPartAt } from '../../../iommu/specifiers';
import { hex } from '../../../iommu/words';
import { removeCells } from '../../fixes/edits';
import { cellsSpan, type Edit, type Fix, type Rule } from '../rule';

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
            fixes: () => apart(map, first, second),
          };
        }
        if (row.ridBase + row.length > widest.ridBase + widest.length) widest = row;
      }
    }
  },
};

/** The edit that gives a cell of a row another number. */
function cellEdit(map: IommuMap, cell: number, value: number): Edit[] {
  const part = cellPartAt(map.property, cell);
  return part === null ? [] : [{ span: part.span, text: hex(value) }];
}

/**
 * Two rows made disjoint. What the kernel does now stays as it is when the row that loses gives way; when the row that
 * wins gives way, the requester IDs in both get the other stream IDs.
 */
function apart(map: IommuMap, winner: MapRow, loser: MapRow): Fix[] {
  const winnerEnd = winner.ridBase + winner.length;
  const loserEnd = loser.ridBase + loser.length;
  const lengthCell = (row: MapRow) => row.cell + row.width - 1;
  const fixes: Fix[] = [];
  if (winner.ridBase <= loser.ridBase && loserEnd <= winnerEnd) {
    const span = cellsSpan(map.property, loser.cell, loser.width);
    if (span !== null) fixes.push(...removeCells(map.property, span, 'Remove the row, which is never used'));
  } else if (winner.ridBase <= loser.ridBase) {
    const by = winnerEnd - loser.ridBase;
    fixes.push({
      title: `Begin this row behind the other, at RID ${hex(winnerEnd)}: nothing changes`,
      edits: [
        ...cellEdit(map, loser.cell, winnerEnd),
        ...cellEdit(map, loser.cell + 2, loser.idBase + by),
        ...cellEdit(map, lengthCell(loser), loser.length - by),
      ],
      preferred: true,
    });
  } else if (loserEnd <= winnerEnd)
    fixes.push({
      title: `End this row where the other begins, at RID ${hex(winner.ridBase)}: nothing changes`,
      edits: cellEdit(map, lengthCell(loser), winner.ridBase - loser.ridBase),
      preferred: true,
    });
  if (winner.ridBase < loser.ridBase)
    fixes.push({
      title: `End the other row at RID ${hex(loser.ridBase)}: this row's stream IDs count`,
      edits: cellEdit(map, lengthCell(winner), loser.ridBase - winner.ridBase),
    });
  return fixes.filter((fix) => fix.edits.length > 0);
}
