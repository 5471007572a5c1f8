/** When a master is parsed and attached, and an IOMMU that is not ready. */
import {
  arm,
  catalogue,
  client,
  declaredEarly,
  deferred,
  device,
  domainType,
  driverless,
  FUNCTION,
  group,
  HALF,
  iommu,
  mapped,
  master,
  pci,
  says,
  single,
  status,
  tegra,
  v3,
} from '../boards';
import type { Row } from '../row';

export const ATTACH: readonly Row[] = [
  {
    flag: 'attachMoment',
    from: '3.19',
    to: '4.12',
    // The IOMMU registers when the master exists already: 3.19 gives it a group, and no mapping any more.
    soc: iommu() + master(0),
    options: arm,
    see: mapped(0),
    expect: [false, true, false],
  },
  {
    flag: 'attachMoment',
    from: '6.12',
    to: '6.18',
    soc: iommu() + driverless(0),
    see: group(0),
    expect: [null, 0, null],
  },
  {
    flag: 'notifierFrom',
    from: '5.15',
    to: '6.6',
    soc: tegra + driverless(0),
    options: catalogue,
    see: group(0),
    expect: [0, null, 0],
  },
  {
    flag: 'opsScope',
    from: '6.6',
    to: '6.12',
    soc: iommu() + v3.replace('oi:', 's:'),
    see: (report) => report.devices.filter((d) => d.name.endsWith('.iommu')).map((d) => d.status),
    expect: [
      ['bound', 'failed'],
      ['bound', 'bound'],
      ['bound', 'failed'],
    ],
  },
  {
    flag: 'coreDemandsFwspec',
    from: '6.6',
    to: '6.12',
    soc: driverless(0) + tegra,
    options: catalogue,
    see: group(0),
    expect: [0, null, 0],
  },
  {
    flag: 'driversThatParse',
    from: '3.19',
    to: '4.12',
    soc: single('ti,omap4-iommu', 0) + driverless(0, '<&oi>'),
    options: catalogue,
    see: group(0),
    expect: [null, 0, null],
  },
  {
    flag: 'driversThatParse',
    from: '4.12',
    to: '5.15',
    soc: driverless(0) + tegra,
    options: catalogue,
    see: group(0),
    expect: [null, 0, null],
  },
  {
    flag: 'claimsDefaultDomain',
    from: '5.15',
    to: '6.6',
    soc: iommu('oracle,group-mode = <1>;') + master(0) + master(1),
    options: arm,
    see: status(1),
    expect: ['bound', 'failed', 'bound'],
  },
  {
    // A Tegra group of 6.6 has no default domain; in 6.12 it has, so that the wait shows in 6.6 only.
    flag: 'claimsDefaultDomain',
    from: '6.6',
    to: '6.12',
    soc: master(0) + tegra,
    options: catalogue,
    see: (report) => [device(report, 0)?.status, domainType(report)],
    expect: [
      ['bound', 'unknown'],
      ['bound', 'identity'],
      ['deferred', 'unknown'],
    ],
    inFrom: true,
  },

  {
    flag: 'missingIommu',
    from: '3.19',
    to: '4.12',
    soc: v3 + master(0, '', 'oracle,client-subsys'),
    see: group(0),
    expect: [null, 0, null],
  },
  {
    flag: 'missingIommu',
    from: '4.12',
    to: '5.15',
    soc: iommu('', 'oracle,iommu') + master(0, '', 'oracle,client-subsys'),
    see: group(0),
    expect: [null, 0, null],
  },
  {
    flag: 'declaredIommus',
    from: '3.19',
    to: '4.12',
    soc: v3 + master(0, '', 'oracle,client-subsys'),
    see: group(0),
    expect: [null, 0, null],
  },
  {
    // From 5.0 on every IOMMU is waited for: the table is gone.
    flag: 'declaredIommus',
    from: '4.12',
    to: '5.15',
    soc:
      v3 +
      master(0, '', 'oracle,client-subsys') +
      iommu('', 'oracle,iommu').replace('oi:', 'o2:') +
      client(1, 'iommus = <&o2 1>;', 'oracle,client-subsys'),
    see: (report) => [0, 1].map((n) => deferred(n)(report)),
    expect: [
      [true, false],
      [true, true],
      [false, false],
    ],
    inFrom: true,
  },
  {
    flag: 'partialFwspec',
    from: '6.6',
    to: '6.12',
    soc: HALF,
    see: (report) =>
      report.messages.some((m) => m.device === '/soc/client@a100000' && m.text === 'device is behind an iommu'),
    expect: [true, false, true],
  },
  {
    flag: 'mapRows',
    from: '6.18',
    to: '7.3',
    // a row of four cells for an IOMMU with two: from 7.2 on it is cut short
    soc: iommu().replace('#iommu-cells = <1>', '#iommu-cells = <2>'),
    options: pci('<1 0 4096 0>', '0 &oi 0 0x10000'),
    see: (report) => report.devices.find((d) => d.name === FUNCTION)?.group ?? null,
    expect: [1, null, 1],
  },
  {
    flag: 'iommuMap',
    from: '3.19',
    to: '4.12',
    soc: iommu(),
    options: pci('<3 0 4096 0>'),
    see: (report) => report.groups.length,
    expect: [0, 1, 0],
  },
  {
    // The function's own ID is good, the alias of the bridge above it is none that the IOMMU takes.
    flag: 'iommuMap',
    from: '4.12',
    to: '5.15',
    soc: iommu('oracle,max-sid = <10>;'),
    options: pci('<3 0 4096 0>', '0x218 &oi 1 1>, <0x200 &oi 99 1', {
      scenario: {
        pci: [
          {
            host: '/pcie@10000000',
            devices: [
              { bdf: '00:01.0', driver: 'pcieport', kind: 'root-port', multifunction: false, acs: true, secondary: 1 },
              { bdf: '01:00.0', driver: null, kind: 'pcie-to-pci', multifunction: false, acs: false, secondary: 2 },
              { bdf: '02:03.0', driver: 'oracle-pci', kind: 'conventional', multifunction: false, acs: false },
            ],
          },
        ],
      },
    }),
    see: (report) => report.devices.find((d) => d.name === '0000:02:03.0')?.group ?? null,
    expect: [0, null, 0],
  },
  {
    flag: 'noIommuIsError',
    from: '6.6',
    to: '6.12',
    soc: client(0, ''),
    see: says(/Adding to IOMMU failed/),
    expect: [null, 'Adding to IOMMU failed: -19', null],
  },
  {
    // What is not declared early has no device when it is disabled: in 4.12 there is nothing to use.
    flag: 'disabledIommu',
    from: '3.19',
    to: '4.12',
    soc: iommu('status = "disabled";', 'oracle,iommu-early') + master(0),
    options: declaredEarly({ groupsLater: true }),
    see: mapped(0),
    expect: [true, false, false],
    inFrom: true,
  },
  {
    flag: 'earlyIommus',
    from: '3.19',
    to: '4.12',
    soc: iommu('', 'oracle,iommu-early') + master(0),
    options: declaredEarly({ groupsLater: true }),
    see: mapped(0),
    expect: [true, false, true],
  },
];
