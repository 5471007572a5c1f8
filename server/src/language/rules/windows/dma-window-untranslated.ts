import type { DtNode } from '../../../devicetree/model';
import { hex, nameOf } from '../../../iommu/words';
import { propertySpan, type Rule } from '../rule';

/** Rows of dma-ranges that no bus above translates. */
export const dmaWindowUntranslated: Rule = {
  code: 'dma-window-untranslated',
  severity: 'error',
  title: 'dma-ranges leads nowhere',
  why: 'The kernel translates the parent address of each row through the buses above. Where one has no row for it, the kernel drops the row with "translation of DMA address to CPU address failed"; when none is left the device gets no DMA configuration.',
  fix: 'Correct the parent address, or the dma-ranges of the bus above.',
  kernel: 'drivers/of/address.c (of_dma_get_range)',
  bad: '&bus3 { «dma-ranges» = <0x0 0xc0000000 0x10000000>; };\n&c { iommus = <&smmu 0x480 0x0>; };',
  good: '&bus3 { dma-ranges = <0x0 0x80000000 0x10000000>; };\n&c { iommus = <&smmu 0x480 0x0>; };',
  *check({ view, windows }) {
    const told = new Set<DtNode>();
    for (const { node, enabled } of view.masters) {
      const found = enabled ? windows(node.parent) : null;
      if (found === null || found.untranslated.length === 0 || told.has(found.from)) continue;
      told.add(found.from);
      const row = found.untranslated[0];
      yield {
        span: propertySpan(found.from.properties.get('dma-ranges'), found.from),
        message: `The row for parent address ${hex(row?.parent ?? 0n)} is in no dma-ranges above ${nameOf(found.from)}: the kernel drops it, also for ${node.path}.`,
      };
    }
  },
};
