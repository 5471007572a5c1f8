import { isPciBus } from '../../../iommu/addresses';
import { hex } from '../../../iommu/words';
import { cellsSpan, type Rule } from '../rule';

/** A row beyond the 16 bits of a PCI requester ID. */
export const mapRidRange: Rule = {
  code: 'map-rid-range',
  severity: 'error',
  title: 'A row beyond the last requester ID',
  why: 'A PCI requester ID has 16 bits (bus, device, function). A row that reaches beyond 0xffff describes functions that cannot exist; usually base and length were swapped or a zero is too many.',
  fix: 'Correct the base or the length.',
  kernel: 'drivers/pci/pci.h (PCI_DEVID), drivers/of/base.c (of_map_id)',
  bad: '&pcie { iommu-map = <«0x100 &smmu 0x100 0x10000»>; };',
  good: '&pcie { iommu-map = <0x0 &smmu 0x100 0x10000>; };',
  *check({ view }) {
    for (const map of view.maps) {
      if (!isPciBus(map.node)) continue;
      for (const row of map.rows)
        if (row.ridBase + row.length > 0x10000)
          yield {
            span: cellsSpan(map.property, row.cell, row.width),
            message: `This row reaches RID ${hex(row.ridBase + row.length - 1)}; the last one of a PCI bus is 0xffff.`,
          };
    }
  },
};
