import { isEnabled } from '../../../devicetree/read';
import type { IommuMap, MapRow } from '../../../iommu/map';
import { hex, nameOf } from '../../../iommu/words';
import { cellsSpan, type Rule } from '../rule';

/** Rows (of one map or of two) that lead different requester IDs to the same stream IDs of an SMMUv3. */
export const mapStreamShared: Rule = {
  code: 'map-stream-shared',
  severity: 'error',
  title: 'Different functions get the same SMMUv3 stream IDs',
  why: 'On an SMMUv3 a stream belongs to one device. Two functions that map to the same ID collide: the second is refused (-EINVAL) and runs without the IOMMU.',
  fix: 'Give each row its own run of stream IDs.',
  kernel: 'drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c (arm_smmu_insert_master)',
  bad: '&pcie { iommu-map = <0x0 &smmu3 0x100 0x100>, <0x100 &smmu3 «0x180» 0x100>; };',
  good: '&pcie { iommu-map = <0x0 &smmu3 0x100 0x100>, <0x100 &smmu3 0x200 0x100>; };',
  *check({ view }) {
    for (const provider of view.providers) {
      if (provider.binding?.streamSharing !== 'exclusive') continue;
      const rows: { map: IommuMap; row: MapRow }[] = [];
      for (const map of view.maps)
        if (isEnabled(map.node))
          for (const row of map.rows) if (row.provider === provider.node && row.length > 0) rows.push({ map, row });
      rows.sort((a, b) => a.row.idBase - b.row.idBase);
      let last = rows[0];
      for (const item of rows.slice(1)) {
        if (last === undefined) break;
        if (item.row.idBase < last.row.idBase + last.row.length && !isOneRun(last, item)) {
          const other = cellsSpan(last.map.property, last.row.cell + 2);
          yield {
            span: cellsSpan(item.map.property, item.row.cell + 2),
            message: `Stream IDs from ${hex(item.row.idBase)} on belong to ${last.map === item.map ? `the row of RID ${hex(last.row.ridBase)}` : last.map.node.path} as well: ${nameOf(provider.node)} (SMMUv3) refuses the second device.`,
            related: other === null ? [] : [{ span: other, message: 'The other row' }],
          };
        }
        if (item.row.idBase + item.row.length > last.row.idBase + last.row.length) last = item;
      }
    }
  },
};

interface Run {
  readonly map: IommuMap;
  readonly row: MapRow;
}

/**
 * Whether both rows give each requester ID that they have in common the same stream, and have no stream in common beyond:
 * then no second function gets it. That the rows overlap is map-overlap's.
 */
function isOneRun(a: Run, b: Run): boolean {
  return a.map === b.map && a.row.idBase - a.row.ridBase === b.row.idBase - b.row.ridBase;
}
