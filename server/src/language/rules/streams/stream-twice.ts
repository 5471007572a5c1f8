import { meetings } from '../../../iommu/streams';
import type { StreamUse } from '../../../iommu/view';
import { hex, nameOf } from '../../../iommu/words';
import { modelFor } from '../../../simulator/kernel/rules';
import { idFixes } from '../../fixes/streams';
import { cellsSpan, type Rule } from '../rule';

/** One stream ID for two enabled masters of an SMMUv3. */
export const streamTwice: Rule = {
  code: 'stream-twice',
  severity: 'error',
  title: 'One stream ID for two masters of an SMMUv3',
  why: 'A stream-table entry belongs to one device. The second device with the ID is refused (-EINVAL, "stream already in tree"; -ENODEV by Linux 6.18); it runs without the IOMMU, and since its stream is the first one\'s, it reads and writes through the first device\'s mappings. Up to Linux 5.10 nothing is checked: attaching the second while the first translates is a kernel BUG in arm_smmu_write_strtab_ent.',
  fix: "Give each device its own stream ID, as the SoC's manual states it.",
  kernel: 'drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c (arm_smmu_insert_master; arm_smmu_write_strtab_ent)',
  bad: '&a { iommus = <&smmu3 0x10>; };\n&b { iommus = <«&smmu3 0x10»>; };',
  good: '&a { iommus = <&smmu3 0x10>; };\n&b { iommus = <&smmu3 0x11>; };',
  *check({ view, device, kernel }) {
    const rule = modelFor(kernel)?.smmuV3Alias ?? 'aliasing';
    for (const provider of view.providers) {
      if (provider.binding?.streamSharing !== 'exclusive') continue;
      const live = view.uses(provider).filter((use) => use.enabled);
      for (const meeting of meetings(live)) {
        if (meeting.a.node === meeting.b.node) continue;
        const a = device(meeting.a.node)?.boundAt ?? null;
        const b = device(meeting.b.node)?.boundAt ?? null;
        const [early, late] = a !== null && b !== null && b < a ? [meeting.b, meeting.a] : [meeting.a, meeting.b];
        const first = spanOf(early);
        yield {
          span: spanOf(late),
          message: `Stream ${hex(late.id)} of ${nameOf(provider.node)} already belongs to ${early.node.path}: ${
            rule === 'unchecked'
              ? `Linux ${kernel} does not check that, and is stopped by a kernel BUG when ${late.node.path} is attached while the other translates.`
              : `an SMMUv3 refuses a second device (${rule === 'aliasing' ? '-ENODEV' : '-EINVAL'}), and ${late.node.path} runs without its own translation.`
          }`,
          related: first === null ? [] : [{ span: first, message: `${early.node.path} has it` }],
          fixes: () => idFixes(view, provider, late),
        };
      }
    }
  },
};

function spanOf(use: StreamUse) {
  return use.from.kind === 'iommus'
    ? cellsSpan(use.from.master.property, use.from.entry.cell, 1 + use.from.entry.args.length)
    : cellsSpan(use.from.map.property, (use.from.map.rows[use.from.row]?.cell ?? 0) + 1, 3);
}
