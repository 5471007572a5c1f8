import { parseIommuAddresses } from '../../../iommu/reserved';
import { count, nameOf } from '../../../iommu/words';
import { cellsSpan, type Rule } from '../rule';

/** `iommu-addresses` that cannot be read. */
export const reservedCells: Rule = {
  code: 'reserved-cells',
  severity: 'error',
  title: 'iommu-addresses is not <device address size>',
  why: "Each entry is the phandle of a device, then an address and a size in the cells of that device's DMA parent bus. With too few cells the kernel reads past the entry and reserves something else or nothing.",
  fix: "Write phandle, address and size with the #address-cells and #size-cells of the device's bus.",
  kernel: 'drivers/iommu/of_iommu.c (of_iommu_get_resv_regions), drivers/of/address.c (of_translate_dma_region)',
  bad: '&fb { iommu-addresses = <«&a 0x80000000»>; };\n&a { iommus = <&smmu 0x480 0x0>; memory-region = <&fb>; };',
  good: '&fb { iommu-addresses = <&a 0x80000000 0x800000>; };\n&a { iommus = <&smmu 0x480 0x0>; memory-region = <&fb>; };',
  *check({ tree, nodesWith }) {
    for (const node of nodesWith('iommu-addresses')) {
      const addresses = parseIommuAddresses(tree, node);
      const problem = addresses?.problem;
      if (addresses === null || problem == null) continue;
      if (problem.kind === 'short')
        yield {
          span: cellsSpan(addresses.property, problem.cell, 1 + problem.found),
          message: `${nameOf(problem.device)} needs ${count(problem.wanted, 'cell')} of address and size here (the cells of its bus), but ${problem.found} follow.`,
        };
      else
        yield {
          span: cellsSpan(addresses.property, problem.cell),
          message: `iommu-addresses of ${node.path}: no node has the phandle 0x${problem.phandle.toString(16)}.`,
        };
    }
  },
};
