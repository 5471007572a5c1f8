import { expect, test } from 'vitest';
import { domainMaps } from '../../../server/src/drawing/iova';
import type { SimulationReport } from '../../../server/src/simulator/report';
import type { BootLog } from '../messages';
import { mapFaults } from './faults';

const group = (id: number, device: string) => ({
  id,
  type: 'DMA',
  devices: [device],
  reservedRegions: [],
  provider: null,
});
const domain = (id: number) => ({
  id,
  group: id,
  device: null,
  type: 'DMA',
  granule: 4096,
  aperture: ['0x0', '0xffffffff'],
  regions: [],
});
const report = {
  groups: [group(0, '/a'), group(1, '/b')],
  domains: [domain(0), domain(1)],
  faults: [{ master: '/a', stream: '0x1', iova: '0x1000', kind: 'translation', message: '' }],
} as unknown as SimulationReport;
const entry = (type: string, device: string | null, of: number | null, iova: string) => ({
  type,
  headline: 'a fault',
  line: 7,
  repeats: null,
  address: { iova, range: [iova, iova], text: null, device, group: of },
});
const log = {
  entries: [
    entry('fault', '/b', 1, '0x2000'),
    entry('fault', '/b', null, '0x3000'),
    entry('fault', null, null, '0x4000'),
    entry('refusal', '/b', 1, '0x5000'),
    { ...entry('fault', '/b', 1, ''), address: null },
  ],
} as unknown as BootLog;

test('each map has the faults of its masters, of this boot and of the log', () => {
  const told = domainMaps(report).map((map) =>
    mapFaults(map, report, log).map(({ address, view, where }) => [address, view, where]),
  );
  expect(told).toEqual([
    [[0x1000n, 'messages', 'this boot']],
    [
      [0x2000n, 'log', 'boot log, line 7'],
      [0x3000n, 'log', 'boot log, line 7'],
    ],
  ]);
});

test('without a log there are those of this boot', () => {
  const [first, second] = domainMaps(report);
  expect(mapFaults(first!, report, null)).toHaveLength(1);
  expect(mapFaults(second!, report, null)).toEqual([]);
});
