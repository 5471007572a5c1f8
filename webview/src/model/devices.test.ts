import { expect, test } from 'vitest';
import type { ReportDevice, SimulationReport } from '../../../server/src/simulator/report';
import { deviceState, refusals } from './devices';

const device = (more: Partial<ReportDevice>): ReportDevice =>
  ({ device: '/a', status: 'bound', translated: false, untranslatedReason: null, ...more }) as ReportDevice;

test.each<[Partial<ReportDevice>, string, string]>([
  [{}, 'bound', 'good'],
  [{ translated: true }, 'bound', 'good'],
  [{ untranslatedReason: 'refused' }, 'bound, untranslated', 'care'],
  [{ status: 'deferred', untranslatedReason: 'not yet' }, 'deferred', 'care'],
  [{ status: 'failed' }, 'probe fails', 'bad'],
])('the state of %j', (more, text, tone) => expect(deviceState(device(more))).toEqual({ text, tone }));

test('what stood in the way of a master is told with who holds it', () => {
  const refused = [
    { device: '/a', error: -22, why: 'stream 0x1 overlaps entry 0', others: ['/b', '/c'] },
    { device: '/d', error: -28, why: 'no entry is free', others: [] },
  ];
  const report = { providers: [{ refused }, {}] } as unknown as SimulationReport;
  expect(refusals(device({}), report)).toEqual(['Stream 0x1 overlaps entry 0, held by /b, /c.']);
  expect(refusals(device({ device: '/d' }), report)).toEqual(['No entry is free.']);
  expect(refusals(device({ device: '/b' }), report)).toEqual([]);
});
