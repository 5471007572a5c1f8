import type { DtNode } from '../../../devicetree/model';
import type { Master } from '../../../iommu/view';
import { nameOf } from '../../../iommu/words';
import { cellsSpan, type Rule } from '../rule';

/** One list names several IOMMUs, but the driver keeps one. */
export const severalProviders: Rule = {
  code: 'several-providers',
  severity: 'error',
  title: 'iommus names several IOMMUs, but the driver keeps one',
  why: 'A device has one list of IDs, tied to one IOMMU. Most drivers hand every ID to the first provider (Arm SMMU, IPMMU, M4U), Rockchip keeps the last, Qualcomm refuses a second. The IDs then land on the wrong IOMMU.',
  fix: 'Keep the entries of one IOMMU, or describe the second path as a device of its own.',
  kernel:
    'drivers/iommu/iommu.c (iommu_fwspec_init: iommu_fwnode is the first provider), rockchip-iommu.c (rk_iommu_of_xlate)',
  bad: '&a { iommus = <&smmu 0x480 0x0>, <«&smmu_b 0x481 0x0»>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>, <&smmu 0x481 0x0>; };',
  *check({ view }) {
    for (const master of view.masters) {
      const nodes = providerNodes(master);
      const first = nodes[0];
      const binding = first === undefined ? null : (view.provider(first)?.binding ?? null);
      if (nodes.length < 2 || first === undefined || binding === null) continue;
      const limit = binding.providers === 'two' ? 2 : 1;
      if (binding.providers === 'any' || nodes.length <= limit) continue;
      // providers of different drivers are another rule's
      if (nodes.some((n) => view.provider(n)?.binding?.driver !== binding.driver)) continue;
      const second = nodes[limit];
      const entry = master.read.find((e) => e.node === second);
      if (second === undefined || entry === undefined) continue;
      const what =
        binding.providers === 'last-wins'
          ? `the driver keeps the last one only (${nameOf(nodes[nodes.length - 1] ?? second)})`
          : binding.providers === 'same-node'
            ? 'the driver refuses the second one'
            : binding.providers === 'two'
              ? 'the driver takes two at most'
              : `the IDs for ${nameOf(second)} are given to ${nameOf(first)}`;
      yield {
        span: cellsSpan(master.property, entry.cell, 1 + entry.args.length),
        message: `${master.node.path} names ${nodes.length} IOMMUs of the kind ${binding.model}: ${what}.`,
      };
    }
  },
};

function providerNodes(master: Master): DtNode[] {
  return [...new Set(master.read.flatMap((e) => (e.node === null ? [] : [e.node])))];
}
