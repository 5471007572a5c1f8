import { formatMatched, meetings } from '../../../iommu/streams';
import { cellsSpan, type Rule } from '../rule';

/** Two enabled masters end in one stream-mapping entry: one group, no isolation between them. */
export const groupShared: Rule = {
  code: 'group-shared',
  severity: 'information',
  title: 'Two masters share one stream match, so one group',
  why: "Devices behind one stream-mapping entry are one IOMMU group: they share a domain, see each other's mappings, and can be given to user space (VFIO) only together.",
  fix: 'Nothing when the hardware wires both to one stream; else correct the ID or the mask.',
  kernel: 'drivers/iommu/arm/arm-smmu/arm-smmu.c (arm_smmu_device_group)',
  bad: '&a { iommus = <&smmu 0x480 0x0>; };\n&b { iommus = <«&smmu 0x480 0x0»>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };\n&b { iommus = <&smmu 0x481 0x0>; };',
  *check({ view }) {
    for (const provider of view.providers) {
      const sharing = provider.binding?.streamSharing;
      if (sharing !== 'smr' && sharing !== 'group') continue;
      const told = new Set<string>();
      for (const { a, b, kind } of meetings(view.uses(provider).filter((use) => use.enabled))) {
        if (kind !== 'same' || a.node === b.node || a.from.kind !== 'iommus' || b.from.kind !== 'iommus') continue;
        const pair = `${a.node.index} ${b.node.index}`;
        if (told.has(pair)) continue;
        told.add(pair);
        const first = cellsSpan(a.from.master.property, a.from.entry.cell, 1 + a.from.entry.args.length);
        yield {
          span: cellsSpan(b.from.master.property, b.from.entry.cell, 1 + b.from.entry.args.length),
          message: `${b.node.path} and ${a.node.path} use the same streams (${formatMatched(b.id, b.mask)}): they are one IOMMU group and share one address space.`,
          related: first === null ? [] : [{ span: first, message: `${a.node.path} uses them` }],
        };
      }
    }
  },
};
