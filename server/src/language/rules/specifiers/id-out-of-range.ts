import { hex, nameOf } from '../../../iommu/words';
import { cellsSpan, type Rule } from '../rule';

/** A cell larger than the hardware or the driver keeps. */
export const idOutOfRange: Rule = {
  code: 'id-out-of-range',
  severity: 'error',
  title: 'An ID or mask beyond what the IOMMU has',
  why: 'The arm-smmu driver keeps 16 bits of an ID and of a mask and cuts the rest without a message; hardware without extended IDs has 15. Other IOMMUs have fewer streams still. The device then uses a stream nobody set up, or is refused.',
  fix: "Write the ID the SoC's manual gives; a mask that was written in the upper half of the ID belongs into a cell of its own.",
  kernel:
    "drivers/iommu/arm/arm-smmu/arm-smmu.c (arm_smmu_of_xlate, arm_smmu_probe_device), the other drivers' of_xlate",
  bad: '&a { iommus = <&smmu «0x10480» 0x0>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };',
  *check({ view }) {
    for (const master of view.masters)
      for (const entry of master.read) {
        const provider = entry.node === null ? null : view.provider(entry.node);
        const names = provider?.binding?.cellNames ?? [];
        if (provider === null || provider.binding === null) continue;
        for (let i = 0; i < entry.args.length && i < names.length; i++) {
          const meaning = names[i];
          const value = entry.args[i];
          if (meaning === undefined || value === undefined || meaning.kind === 'swgroup') continue;
          const limit = 2 ** (meaning.kind === 'mask' ? 15 : meaning.bits);
          if (value < limit) continue;
          const cut = provider.binding.streamSharing === 'smr' && value > 0xffff;
          const needsExtended = provider.binding.streamSharing === 'smr' && !cut;
          yield {
            span: cellsSpan(master.property, entry.cell + 1 + i),
            severity: needsExtended ? 'warning' : 'error',
            message: cut
              ? `${hex(value)} has more than 16 bits: the driver keeps ${hex(value & 0xffff)} of this ${meaning.name} without a message.`
              : `The ${meaning.name} ${hex(value)} is beyond ${hex(limit - 1)}: ${nameOf(provider.node)} (${provider.binding.model}) ${needsExtended ? 'has it only with extended stream IDs (16 bits)' : 'has no such stream'}.`,
          };
        }
      }
  },
};
