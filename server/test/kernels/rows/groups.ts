/** Groups and default domains. */
import { arm, catalogue, domainType, exynos, HALF, iommu, loud, master, pci, says } from '../boards';
import type { Row } from '../row';

export const GROUPS: readonly Row[] = [
  {
    flag: 'groupMessage',
    from: '3.19',
    to: '4.12',
    soc: iommu() + master(0),
    see: says(/group/),
    expect: [null, 'iommu: Adding device a100000.client to group 0', null],
  },
  {
    flag: 'groupMessage',
    from: '4.12',
    to: '5.15',
    soc: iommu() + master(0),
    see: says(/group/),
    expect: [
      'iommu: Adding device a100000.client to group 0',
      'Adding to iommu group 0',
      'iommu: Adding device a100000.client to group 0',
    ],
  },
  {
    flag: 'defaultDomains',
    from: '3.19',
    to: '4.12',
    soc: iommu() + master(0),
    see: domainType,
    expect: [null, 'DMA', 'unknown'],
  },
  {
    flag: 'fallbackMessage',
    from: '4.12',
    to: '5.15',
    soc: exynos,
    options: { ...catalogue, cmdline: 'iommu.passthrough=1' },
    see: says(/alling back/),
    expect: [
      'failed to allocate default IOMMU domain of type 4; falling back to IOMMU_DOMAIN_DMA',
      'iommu: Failed to allocate default IOMMU domain of type 4 for group (null) - Falling back to IOMMU_DOMAIN_DMA',
      'failed to allocate default IOMMU domain of type 4; falling back to IOMMU_DOMAIN_DMA',
    ],
  },
  {
    flag: 'warnsWithoutDomain',
    from: '3.19',
    to: '4.12',
    soc: HALF,
    see: loud(/Failed to set up IOMMU/),
    expect: [null, 'warn', null],
  },
  {
    // In 6.12 no master has an IOMMU without a domain.
    flag: 'warnsWithoutDomain',
    from: '6.6',
    to: '6.12',
    soc: HALF,
    see: loud(/Failed to set up IOMMU/),
    expect: ['warn', null, null],
    inFrom: true,
  },
  {
    flag: 'passthroughParam',
    from: '3.19',
    to: '4.12',
    soc: iommu() + master(0),
    options: { cmdline: 'iommu.passthrough=1' },
    see: domainType,
    expect: [null, 'identity', 'DMA'],
  },
  {
    flag: 'strictParam',
    from: '4.12',
    to: '5.15',
    soc: iommu() + master(0),
    options: { cmdline: 'iommu.strict=0' },
    see: domainType,
    expect: ['DMA', 'DMA-FQ', 'DMA'],
  },
  {
    flag: 'driverDomainType',
    from: '4.12',
    to: '5.15',
    soc: iommu('oracle,identity;') + master(0),
    see: domainType,
    expect: ['DMA', 'identity', 'DMA'],
  },
  {
    flag: 'defaultDomainOptional',
    from: '6.6',
    to: '6.12',
    soc: iommu() + master(0),
    options: arm,
    see: domainType,
    expect: ['unknown', 'identity', 'unknown'],
  },
  {
    flag: 'coreAttachChecks',
    from: '3.19',
    to: '4.12',
    soc: iommu('oracle,group-mode = <1>;') + master(0) + master(1, 'oracle,own-domain = <1>;'),
    see: (_, result) => result.api('a101000.client').slice(0, 2),
    expect: [['domain-alloc:-19'], ['domain-alloc:0', 'domain-attach:-22'], ['domain-alloc:0', 'domain-attach:0']],
  },
  {
    // A root port with ACS: while it is off, what is behind the port is in its group.
    flag: 'acsMoment',
    from: '6.18',
    to: '7.3',
    soc: iommu(),
    options: {
      ...pci('<3 0 4096 0>'),
      scenario: {
        pci: [
          {
            host: '/pcie@10000000',
            devices: [
              { bdf: '00:03.0', driver: null, kind: 'root-port', multifunction: true, acs: true, secondary: 1 },
              { bdf: '01:00.0', driver: null, kind: 'endpoint', multifunction: false, acs: false },
            ],
          },
        ],
      },
    },
    see: (report) => report.groups.map((g) => g.devices.length),
    expect: [[2], [1, 1], [2]],
  },
];
