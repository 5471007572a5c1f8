import { nameOf } from '../../../iommu/words';
import { cellsSpan, type Rule } from '../rule';

/** A mask that makes an entry match every stream, on an SMMU with other masters. */
export const maskMatchesAll: Rule = {
  code: 'mask-matches-all',
  severity: 'warning',
  title: 'A mask that matches every stream',
  why: 'A mask bit set means "ignore". A mask of all ones takes every stream of the SMMU for this device; any other master overlaps it.',
  fix: "Set only the bits that differ between the device's own streams; 0x0 matches the ID exactly.",
  kernel: 'drivers/iommu/arm/arm-smmu/arm-smmu.c (arm_smmu_find_sme)',
  bad: '&a { iommus = <&smmu 0x480 «0x7fff»>; };\n&b { iommus = <&smmu 0x481 0x0>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };\n&b { iommus = <&smmu 0x481 0x0>; };',
  *check({ view }) {
    for (const provider of view.providers) {
      if (provider.binding?.streamSharing !== 'smr') continue;
      const uses = view.uses(provider);
      for (const use of uses) {
        if (use.from.kind !== 'iommus' || use.from.entry.args.length < 2 || (use.mask & 0x7fff) !== 0x7fff) continue;
        if (!uses.some((other) => other.node !== use.node)) continue;
        yield {
          span: cellsSpan(use.from.master.property, use.from.entry.cell + 2),
          message: `This mask ignores every bit: ${use.node.path} takes all streams of ${nameOf(provider.node)}, which has other masters too.`,
        };
      }
    }
  },
};
