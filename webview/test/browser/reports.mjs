// The reports that the panel is tried on: real boards simulated by the built engine, and hostile ones.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { linuxSource } from '../../../client/scripts/linux-source.mjs';
import { root } from './page.mjs';

/** What the command line prints of a board. */
function simulated(board) {
  const text = execFileSync(process.execPath, [join(root, 'dist/cli.js'), 'simulate', board, '--format', 'json'], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return JSON.parse(text);
}

const examples = {
  phone: join(root, 'examples/mmu500/lab-m8-phone.dts'),
  server: join(root, 'examples/smmuv3/lab-s3-server.dts'),
  tablet: join(root, 'examples/tegra/lab-t210-tablet.dts'),
};
const kernelBoards = { crd: 'qcom/x1e80100-crd.dts', rdb: 'freescale/fsl-lx2160a-rdb.dts' };

/** The files of real boards by name; boards of the kernel only where its source is. */
export function realBoards() {
  const boards = { ...examples };
  const linux = linuxSource();
  for (const [name, board] of Object.entries(kernelBoards)) {
    const path = linux === null ? null : join(linux, 'arch/arm64/boot/dts', board);
    if (path !== null && existsSync(path)) boards[name] = path;
  }
  return boards;
}

export const realReports = () =>
  Object.fromEntries(Object.entries(realBoards()).map(([name, board]) => [name, simulated(board)]));

const hex = (value) => `0x${value.toString(16)}`;

function device(path, more = {}) {
  const [name, unit] = path.slice(path.lastIndexOf('/') + 1).split('@');
  return {
    device: path,
    name: unit === undefined ? name : `${unit}.${name}`,
    bus: 'platform',
    driver: 'lab',
    status: 'bound',
    attempts: 1,
    boundAt: 0,
    deferReason: null,
    error: null,
    group: null,
    domain: null,
    translated: false,
    untranslatedReason: null,
    source: null,
    ...more,
  };
}

export const emptyReport = {
  schema: 1,
  board: 'empty',
  kernel: '6.12',
  kernelChosen: { model: '6.12', release: null, by: 'newest', near: false, text: '6.12' },
  cmdline: '',
  strategy: 'S6',
  verified: [],
  complete: true,
  devices: [],
  timeline: [],
  deferred: [],
  chains: [],
  links: [],
  groups: [],
  providers: [],
  domains: [],
  dma: [],
  faults: [],
  power: { suspend: [], resume: [] },
  strategies: [],
  messages: [],
};

const kinds = ['alloc', 'map', 'sg', 'resource', 'reserved', 'direct', 'msi', 'api'];

/** @param {number} regions in all, over so many domains */
export function manyRegions(regions, domains) {
  const each = regions / domains;
  const report = { ...emptyReport, board: `${regions} regions in ${domains}`, devices: [], groups: [], domains: [] };
  for (let d = 0; d < domains; d++) {
    const path = `/soc/dma@${(0x1000000 + d * 0x1000).toString(16)}`;
    report.devices.push(device(path, { group: d, domain: 'DMA', translated: true, boundAt: d }));
    report.groups.push({ id: d, type: 'DMA', devices: [path], reservedRegions: [], provider: null });
    const list = [];
    for (let i = 0; i < each; i++) {
      const kind = kinds[(i * 7) % 4 === 3 ? (i % 5) + 3 : (i * 7) % 3];
      const iova = 0xffff0000n - BigInt(i) * 0x6000n;
      list.push({
        iova: hex(iova),
        size: hex(0x1000n * BigInt((i % 5) + 1)),
        kind,
        owner: path,
        phys: hex(0x8000000n + BigInt(i) * 0x1000n),
        assumption: null,
      });
    }
    report.domains.push({
      id: d,
      group: d,
      device: null,
      type: 'DMA',
      granule: 4096,
      aperture: ['0x0', '0xffffffffffff'],
      regions: list,
    });
  }
  return report;
}

/** Devices that wait for one regulator, in rows of suppliers. */
export function manyDeferred(count) {
  const report = { ...emptyReport, board: `${count} deferred`, devices: [], timeline: [], deferred: [], chains: [] };
  const rootPath = '/soc/regulator@0';
  report.devices.push(device(rootPath, { status: 'no-driver', driver: null, boundAt: null }));
  let n = 0;
  for (let i = 0; i < count; i++) {
    const path = `/soc/client@${(0x1000 + i * 16).toString(16)}`;
    const middle = i % 10 === 0 ? rootPath : `/soc/client@${(0x1000 + (i - (i % 10)) * 16).toString(16)}`;
    const reason = `wait for supplier ${middle}`;
    report.devices.push(device(path, { status: 'deferred', deferReason: reason, attempts: 3, boundAt: null }));
    report.deferred.push({ device: path, reason });
    const steps = middle === rootPath ? ['vdd-supply'] : ['phys', 'vdd-supply'];
    const way = middle === rootPath ? [path, rootPath] : [path, middle, rootPath];
    report.chains.push({
      device: path,
      path: way,
      steps,
      cause: 'no-driver',
      property: steps[0],
      fix: `Enable a driver for ${rootPath}.`,
    });
    for (const phase of ['device', 'deferred', 'late'])
      report.timeline.push({
        n: n++,
        phase,
        event: 'defer',
        device: path,
        driver: 'lab',
        result: -517,
        detail: reason,
      });
  }
  report.timeline.sort(
    (a, b) => ['device', 'deferred', 'late'].indexOf(a.phase) - ['device', 'deferred', 'late'].indexOf(b.phase),
  );
  for (const [i, entry] of report.timeline.entries()) entry.n = i;
  return report;
}

/** Markup and very long words wherever a name can stand. */
export function hostileNames() {
  const evil = '/soc/<img src=x onerror="window.hacked=1">@1';
  const long = `/soc/${'a-very-long-node-name-without-any-break'.repeat(4)}@ffffffffffffffff`;
  const report = {
    ...emptyReport,
    board: '<script>window.hacked=1</script>',
    cmdline: '<b>iommu.strict=1</b>'.repeat(4),
  };
  report.devices = [
    device(evil, { status: 'failed', error: -22, driver: '<i>driver</i>', group: 0, boundAt: null }),
    device(long, { status: 'deferred', deferReason: `wait for supplier ${evil}`, boundAt: null }),
    device('/soc/"quoted" & <b>bold</b>', { translated: true, group: 0, domain: 'DMA', untranslatedReason: null }),
  ];
  report.deferred = [{ device: long, reason: `wait for supplier ${evil}` }];
  report.chains = [
    {
      device: long,
      path: [long, evil],
      steps: ['<u>-supply'],
      cause: 'probe-error',
      property: '<u>-supply',
      fix: `Mend <b>${evil}</b>.`,
    },
  ];
  report.timeline = [
    {
      n: 0,
      phase: '<b>core</b>',
      event: 'probe',
      device: evil,
      driver: '<i>driver</i>',
      result: -22,
      detail: '<img src=x>',
    },
    { n: 1, phase: '<b>core</b>', event: 'fail', device: evil, driver: '<i>driver</i>', result: -22, detail: '' },
    { n: 2, phase: 'late', event: 'defer', device: long, driver: 'x', result: -517, detail: '' },
  ];
  report.groups = [
    {
      id: 0,
      type: 'DMA',
      devices: [report.devices[2].device, long],
      reservedRegions: [['0x8000000', '0x80fffff', 'msi']],
      provider: evil,
    },
  ];
  report.providers = [
    {
      device: evil,
      model: '<model>',
      streamTable: [{ '<k>': '<v>', masters: [long] }],
      contextBanks: [],
      registers: { '<R>': '0x0' },
    },
  ];
  report.domains = [
    {
      id: 0,
      group: 0,
      device: null,
      type: 'DMA',
      granule: 4096,
      aperture: ['0x0', '0xffffffff'],
      regions: [
        { iova: '0x1000', size: '0x1000', kind: 'map', owner: evil, phys: '0x1', assumption: '<b>assumed</b>' },
        { iova: '0xffffffff', size: '0x0', kind: 'map', owner: null, phys: null, assumption: null },
      ],
    },
  ];
  report.messages = [
    { level: 'err', device: evil, driver: null, text: '<script>window.hacked=1</script> '.repeat(12) },
  ];
  report.faults = [{ master: evil, stream: '0x1', iova: '0x1234', kind: 'translation', message: '<b>fault</b>' }];
  report.strategies = ['S1', 'S6'].map((id) => ({
    id,
    maps:
      id === 'S6'
        ? null
        : [
            {
              devices: [evil],
              type: '<b>DMA</b>',
              granule: 4096,
              aperture: ['0x0', '0xffff'],
              regions: report.domains[0].regions,
            },
          ],
    masters: [
      {
        device: evil,
        translatedBeforeProbe: true,
        automaticMapping: true,
        mustTearDown: true,
        deferrals: 3,
        waitsFor: [long],
        suspendOrderSafe: false,
        devres: false,
        attachedBy: 'core',
        binds: false,
        note: '<b>note</b>',
      },
    ],
  }));
  return report;
}

/** Every device failed. */
export function allFailed() {
  const report = { ...emptyReport, board: 'all failed' };
  report.devices = Array.from({ length: 12 }, (_, i) =>
    device(`/soc/dev@${i}`, { status: i % 3 === 0 ? 'rejected' : 'failed', error: -110, boundAt: null }),
  );
  return report;
}

export const hostileReports = () => ({
  hostile: hostileNames(),
  'regions-1': manyRegions(10_000, 1),
  'regions-50': manyRegions(10_000, 50),
  deferred: manyDeferred(1000),
  empty: emptyReport,
  failed: allFailed(),
});
