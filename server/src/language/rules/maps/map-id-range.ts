import { hex, nameOf } from '../../../iommu/words';
import { cellsSpan, type Rule } from '../rule';

/** Output IDs of a row that the IOMMU cannot have. */
export const mapIdRange: Rule = {
  code: 'map-id-range',
  severity: 'error',
  title: 'Stream IDs of iommu-map beyond what the IOMMU has',
  why: 'The mapped ID is handed to the IOMMU driver as it is. The arm-smmu driver keeps 16 bits of it, so functions at the end of the row share the streams of others.',
  fix: 'Correct the stream ID base or the length.',
  kernel: 'drivers/of/base.c (of_map_id), drivers/iommu/arm/arm-smmu/arm-smmu.c (arm_smmu_of_xlate)',
  bad: '&pcie { iommu-map = <0x0 &smmu «0xff00» 0x1000>; };',
  good: '&pcie { iommu-map = <0x0 &smmu 0x100 0x1000>; };',
  *check({ view }) {
    for (const map of view.maps)
      for (const row of map.rows) {
        const provider = row.provider === null ? null : view.provider(row.provider);
        const meaning = provider?.binding?.cellNames[0];
        if (provider === null || meaning === undefined || row.length === 0) continue;
        const limit = provider.binding?.streamSharing === 'smr' ? 0x10000 : 2 ** meaning.bits;
        const last = row.idBase + row.length - 1;
        if (last < limit) continue;
        yield {
          span: cellsSpan(map.property, row.cell + 2),
          message: `This row gives stream IDs up to ${hex(last)}, but ${nameOf(provider.node)} (${provider.binding?.model}) has none above ${hex(limit - 1)}.`,
        };
      }
  },
};
