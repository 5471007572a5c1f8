import { capacityNumber, capacityOf } from '../../../iommu/capacity';
import { covers } from '../../../iommu/streams';
import { nameOf } from '../../../iommu/words';
import { nodeSpan, type Rule } from '../rule';

/** More different stream matches than the SMMU can have entries. */
export const tooManyStreams: Rule = {
  code: 'too-many-streams',
  severity: 'error',
  title: 'More stream matches than the SMMU has entries',
  why: 'An SMMUv2 has at most 128 stream-mapping entries (SMMU_IDR0.NUMSMRG; many have fewer). When none is free the driver answers -ENOSPC, and the device runs without the IOMMU.',
  fix: 'Merge IDs that differ in a few bits into one entry with a mask, or leave masters out.',
  kernel: 'drivers/iommu/arm/arm-smmu/arm-smmu.c (arm_smmu_find_sme, -ENOSPC)',
  bad: `«&smmu» { };\n&a { iommus = ${Array.from({ length: 129 }, (_, i) => `<&smmu 0x${i.toString(16)} 0x0>`).join(', ')}; };`,
  good: '&a { iommus = <&smmu 0x0 0x7f>; };',
  *check({ view, report }) {
    for (const provider of view.providers) {
      if (provider.binding?.streamSharing !== 'smr') continue;
      const simulated = report?.providers.find((entry) => entry.device === provider.node.path)?.capacity;
      const known = simulated?.find((fact) => fact.name === 'streamMatchRegisters')?.value;
      const limit =
        typeof known === 'number' ? known : capacityNumber(capacityOf(provider.node), 'streamMatchRegisters');
      const live = view.uses(provider).filter((use) => use.enabled && use.from.kind === 'iommus');
      if (live.length <= limit) continue;
      const entries: { id: number; mask: number }[] = [];
      for (const use of live) if (entries.length <= limit && !entries.some((e) => covers(e, use))) entries.push(use);
      if (entries.length > limit)
        yield {
          span: provider.node.definitions[provider.node.definitions.length - 1]?.nameSpan ?? nodeSpan(provider.node),
          message: `The enabled masters of ${nameOf(provider.node)} need more than ${limit} stream-mapping entries: the last ones are refused (-ENOSPC).`,
        };
    }
  },
};
