import { compatibles } from '../../../devicetree/read';
import { modelFor } from '../../../simulator/kernel/rules';
import { propertySpan, type Rule, see } from '../rule';

const EINVAL = -22;

/** 32-bit ARM: devices that share a group get no mapping at all, in kernels where the group is complete before a probe. */
export const groupWithoutMapping: Rule = {
  code: 'group-without-mapping',
  severity: 'error',
  title: 'Masters that share a group get no mapping on 32-bit ARM',
  why: 'The glue of 32-bit ARM attaches a mapping of its own to each master before its probe, which works only for the one device of a group. Since Linux 6.15 a group is complete before its first driver probes, so that none of its members gets a mapping: they all run with physical addresses, and nothing is translated. Up to 6.14 the first one got its mapping. A second member without a driver is enough.',
  fix: 'Give each master streams of its own where the hardware can. Found only where the simulated kernel does so.',
  kernel: 'arch/arm/mm/dma-mapping.c (arm_setup_iommu_dma_ops), drivers/iommu/iommu.c (iommu_attach_device)',
  bad: '',
  good: '&a { iommus = <&smmu 0x480 0x0>; };\n&b { iommus = <&smmu 0x481 0x0>; };',
  *check({ report, node, drivers }) {
    // Before that the first device of the group got a mapping, and only those after it are refused one.
    if (report === null || modelFor(report.kernel)?.attachMoment !== 'registration') return;
    for (const { kind, device, error, others } of report.consequences ?? []) {
      const master = node(device);
      if (kind !== 'group-without-mapping' || error !== EINVAL || master === null) continue;
      // a driver that attaches a domain of its own (display and host1x of Tegra) needs no mapping of the glue's
      const own = compatibles(master).some((c) => drivers.driversForCompatible(c).some((d) => d.usesIommuApi));
      yield {
        ...(own ? { severity: 'information' as const } : {}),
        span: propertySpan(master.properties.get('iommus'), master),
        message: `On Linux ${report.kernel} ${device} gets no mapping: it shares its IOMMU group with ${others.join(', ')}, and 32-bit ARM attaches a mapping only to the one device of a group. All of them run with physical addresses.`,
        related: others.flatMap((other) => {
          const found = node(other);
          return found === null ? [] : see(found, 'is in the same group');
        }),
      };
    }
  },
};
