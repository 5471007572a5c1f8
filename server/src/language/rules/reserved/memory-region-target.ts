import { nameOf } from '../../../iommu/words';
import { cellsSpan, type Rule, see } from '../rule';

/** `memory-region` names a node outside /reserved-memory. */
export const memoryRegionTarget: Rule = {
  code: 'memory-region-target',
  severity: 'warning',
  title: 'memory-region names a node outside /reserved-memory',
  why: 'The kernel looks memory regions up among the children of /reserved-memory. Any other node is not found: the device has no region, and its driver fails or uses ordinary memory.',
  fix: 'Name a child of /reserved-memory.',
  kernel: 'drivers/of/of_reserved_mem.c (of_reserved_mem_device_init_by_idx)',
  bad: '&a { iommus = <&smmu 0x480 0x0>; memory-region = <«&intc»>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; memory-region = <&fb>; };',
  *check({ tree, view, memoryRegions }) {
    for (const { node } of view.masters) {
      const regions = memoryRegions(node);
      for (const entry of regions?.list.entries ?? []) {
        if (entry.node === null || regions === null) continue;
        const parent = entry.node.parent;
        if (parent?.name === 'reserved-memory' && parent.parent === tree.root) continue;
        yield {
          span: cellsSpan(regions.property, entry.cell),
          message: `${nameOf(entry.node)} (${entry.node.path}) is no child of /reserved-memory: the kernel finds no region for ${node.path}.`,
          related: see(entry.node, 'The node named'),
        };
      }
    }
  },
};
