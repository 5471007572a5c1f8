import { nameOf } from '../../../iommu/words';
import { cellsSpan, type Rule } from '../rule';
import { readingOf } from './row-reading';

/** Rows of iommu-map that this kernel reads and others do not. */
export const mapForm: Rule = {
  code: 'map-form',
  severity: 'information',
  title: 'Rows of iommu-map that other kernels read otherwise',
  why: "Linux 7.2 changed how iommu-map is cut into rows: by the #iommu-cells of each IOMMU instead of always four cells. Rows with a mask work from 7.2 on; rows of four for an IOMMU with two cells work up to 7.1, and after it only when all rows name one IOMMU and have length 1 (then with a warning at boot). fw_devlink, pcie-qcom and host1x go on reading rows of four in 7.3: fw_devlink then takes the wrong cells for IOMMUs from the second row on and orders the host after the first row's IOMMU alone, and pcie-qcom reads the wrong stream IDs where it programs its own table.",
  fix: 'Nothing, when the tree is for this kernel alone. A tree for both keeps to rows of length 1 for one IOMMU, without masks.',
  kernel: 'drivers/of/base.c (of_map_id, of_check_bad_map), drivers/of/property.c (parse_iommu_maps)',
  bad: '&pcie { iommu-map = <«0x0 &smmu 0x100 0x0 0x1»>; };',
  good: '&pcie { iommu-map = <0x0 &smmu 0x100 0x1>; };',
  *check({ view, kernel }) {
    const reading = readingOf(kernel);
    for (const map of view.maps) {
      if (map.sameForAll || map.end !== null) continue;
      const { oldRows } = map.byCells;
      if (reading === 'four' ? map.written !== 'four' || oldRows : map.written !== 'by-cells' && !oldRows) continue;
      const row = map.rows.find((r) => r.provider !== null && (view.provider(r.provider)?.cells ?? 1) !== 1);
      if (row?.provider == null) continue;
      const cells = view.provider(row.provider)?.cells ?? 1;
      yield {
        span: cellsSpan(map.property, row.cell, row.width),
        message: oldRows
          ? `Rows of four cells for ${nameOf(row.provider)}, which has #iommu-cells = <${cells}>: Linux 7.2 and later take them as they were meant, with a warning at boot.`
          : reading === 'by-cells'
            ? `Rows with ${cells} ID cells work from Linux 7.2 on; older kernels read four cells a row, and refuse or misread this map.`
            : `Rows of four cells for ${nameOf(row.provider)}, which has #iommu-cells = <${cells}>, work up to Linux 7.1; from 7.2 on the kernel refuses or misreads this map.`,
      };
    }
  },
};
