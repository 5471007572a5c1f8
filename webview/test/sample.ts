/** A report made by hand for the panel's tests: small, but with every kind of fact the views draw. */
import type { ReportDevice, ReportRegion, SimulationReport, TimelineEntry } from '../../server/src/simulator/report';

const uri = 'file:///boards/sample.dts';

export function device(path: string, more: Partial<ReportDevice> = {}): ReportDevice {
  const at = path.slice(path.lastIndexOf('/') + 1);
  const [name, unit] = at.split('@');
  return {
    device: path,
    name: unit === undefined ? at : `${unit}.${name}`,
    bus: 'platform',
    driver: null,
    status: 'bound',
    attempts: 1,
    boundAt: null,
    deferReason: null,
    error: null,
    group: null,
    domain: null,
    translated: false,
    untranslatedReason: null,
    source: { uri, line: 10, column: 2 },
    ...more,
  };
}

export function region(iova: string, size: string, more: Partial<ReportRegion> = {}): ReportRegion {
  return { iova, size, kind: 'alloc', owner: '/soc/display@ae00000', phys: null, assumption: null, ...more };
}

const events: Omit<TimelineEntry, 'n'>[] = [
  { phase: 'core', event: 'add-device', device: '/soc/iommu@15000000', driver: null, result: 0, detail: '' },
  { phase: 'core', event: 'add-device', device: '/soc/display@ae00000', driver: null, result: 0, detail: '' },
  { phase: 'subsys', event: 'register-driver', device: null, driver: 'clk-lab', result: 0, detail: '' },
  { phase: 'device', event: 'probe', device: '/soc/display@ae00000', driver: 'lab-display', result: -517, detail: '' },
  {
    phase: 'device',
    event: 'defer',
    device: '/soc/display@ae00000',
    driver: 'lab-display',
    result: -517,
    detail: 'wait for supplier /soc/iommu@15000000',
  },
  { phase: 'device', event: 'probe', device: '/soc/iommu@15000000', driver: 'arm-smmu', result: 0, detail: '' },
  { phase: 'device', event: 'bound', device: '/soc/iommu@15000000', driver: 'arm-smmu', result: 0, detail: '' },
  { phase: 'deferred', event: 'retry', device: '/soc/display@ae00000', driver: 'lab-display', result: 0, detail: '' },
  { phase: 'deferred', event: 'group', device: '/soc/display@ae00000', driver: null, result: 0, detail: 'group 0' },
  { phase: 'deferred', event: 'bound', device: '/soc/display@ae00000', driver: 'lab-display', result: 0, detail: '' },
  {
    phase: 'late',
    event: 'defer',
    device: '/soc/usb@a600000',
    driver: 'lab-usb',
    result: -517,
    detail: 'wait for supplier /soc/phy@88e0000',
  },
];

export const sample: SimulationReport = {
  schema: 1,
  board: 'sample.dts',
  kernel: '6.12',
  kernelChosen: { model: '6.12', release: '6.12.117', by: 'tree', near: false, text: "6.12 (the tree's)" },
  cmdline: 'iommu.strict=1',
  strategy: 'S6',
  verified: ['Deferral order', 'Group numbering'],
  complete: true,
  devices: [
    device('/soc/iommu@15000000', { driver: 'arm-smmu', boundAt: 0 }),
    device('/soc/display@ae00000', {
      driver: 'lab-display',
      attempts: 2,
      boundAt: 1,
      group: 0,
      domain: 'DMA',
      translated: true,
    }),
    device('/soc/camera@ac00000', { driver: 'lab-camera', group: 1, domain: 'DMA', translated: true, boundAt: 2 }),
    device('/soc/usb@a600000', {
      driver: 'lab-usb',
      status: 'deferred',
      deferReason: 'wait for supplier /soc/phy@88e0000',
    }),
    device('/soc/phy@88e0000', { driver: 'lab-phy', status: 'deferred', deferReason: 'wait for supplier /soc/pmic' }),
    device('/soc/pmic', { status: 'no-driver' }),
    device('/soc/codec@aa00000', {
      driver: 'lab-codec',
      untranslatedReason: 'iommus names /soc/iommu@1000, which is disabled: the codec runs without translation',
    }),
  ],
  timeline: events.map((event, n) => ({ n, ...event })),
  deferred: [
    { device: '/soc/usb@a600000', reason: 'wait for supplier /soc/phy@88e0000' },
    { device: '/soc/phy@88e0000', reason: 'wait for supplier /soc/pmic' },
  ],
  chains: [
    {
      device: '/soc/usb@a600000',
      path: ['/soc/usb@a600000', '/soc/phy@88e0000', '/soc/pmic'],
      steps: ['phys', 'vdda-supply'],
      cause: 'no-driver',
      property: 'phys',
      fix: 'Enable a driver for /soc/pmic.',
    },
    {
      device: '/soc/phy@88e0000',
      path: ['/soc/phy@88e0000', '/soc/pmic'],
      steps: ['vdda-supply'],
      cause: 'no-driver',
      property: 'vdda-supply',
      fix: 'Enable a driver for /soc/pmic.',
    },
  ],
  links: [],
  groups: [
    {
      id: 0,
      type: 'DMA',
      devices: ['/soc/display@ae00000'],
      reservedRegions: [['0x8000000', '0x80fffff', 'msi']],
      provider: '/soc/iommu@15000000',
    },
    { id: 1, type: 'DMA', devices: ['/soc/camera@ac00000'], reservedRegions: [], provider: '/soc/iommu@15000000' },
  ],
  providers: [
    {
      device: '/soc/iommu@15000000',
      model: 'arm-mmu-500',
      streamTable: [
        { smr: 0, streamId: '0x800', mask: '0x2', contextBank: 0, masters: ['/soc/display@ae00000'] },
        { smr: 1, streamId: '0xc00', mask: '0x0', contextBank: 1, masters: ['/soc/camera@ac00000'] },
      ],
      contextBanks: [{ index: 0, stage: 1, domain: 0 }],
      registers: { SMR0: '0x80020800' },
    },
  ],
  domains: [
    {
      id: 0,
      group: 0,
      device: null,
      type: 'DMA',
      granule: 4096,
      aperture: ['0x0', '0xffffffff'],
      regions: [
        region('0xff800000', '0x7e9000', { assumption: 'one 1920x1080 framebuffer' }),
        region('0xff7ff000', '0x1000', { kind: 'map', phys: '0x80001000' }),
        region('0x8000000', '0x100000', { kind: 'msi', owner: null }),
      ],
    },
    { id: 1, group: 1, device: null, type: 'identity', granule: 4096, aperture: ['0x0', '0xffffffff'], regions: [] },
  ],
  dma: [],
  faults: [
    {
      master: '/soc/display@ae00000',
      stream: '0x800',
      iova: '0x1000',
      kind: 'translation',
      message: 'arm-smmu 15000000.iommu: Unhandled context fault',
    },
  ],
  power: { suspend: [], resume: [] },
  strategies: [
    {
      id: 'S6',
      masters: [
        {
          device: '/soc/display@ae00000',
          translatedBeforeProbe: true,
          automaticMapping: true,
          mustTearDown: false,
          deferrals: 0,
          waitsFor: [],
          suspendOrderSafe: true,
          devres: true,
          attachedBy: 'core',
          binds: true,
          note: '',
        },
      ],
      maps: null,
    },
  ],
  messages: [{ level: 'warn', device: '/soc/usb@a600000', driver: null, text: 'deferred probe pending' }],
};
