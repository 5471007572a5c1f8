import { describe, expect, test } from 'vitest';
import type { OwnedDomain } from '../dma/report-domains';
import type { ReportRegion, StrategyId, StrategyMaster } from '../report';
import { type MapMaster, strategyMaps } from './strategy-maps';

const region = (iova: string, kind: ReportRegion['kind'], owner: string): ReportRegion => ({
  iova,
  size: '0x1000',
  kind,
  owner,
  phys: '0x80000000',
  assumption: null,
});
const domain = (devices: readonly string[], regions: readonly ReportRegion[], byDriver = false): OwnedDomain => ({
  domain: {
    id: 0,
    group: 0,
    device: null,
    type: byDriver ? 'unmanaged' : 'DMA',
    granule: 4096,
    aperture: ['0x0', '0xffffffff'],
    regions,
  },
  devices,
  byDriver,
});
const master = (device: string, row: Partial<StrategyMaster>, finds = true): MapMaster => ({
  row: { device, translatedBeforeProbe: true, mustTearDown: false, binds: true, ...row } as StrategyMaster,
  finds,
});

const plain = domain(['/plain'], [region('0xfffff000', 'alloc', '/plain')]);
const own = domain(['/own'], [region('0x10000000', 'api', '/own')], true);
const underOwn = domain(['/own'], [region('0x20000000', 'api', '/own'), region('0x8000000', 'msi', '/own')]);
const function0 = domain(['0000:01:00.0'], []);
const deferred = [plain, own, underOwn, function0];

/** What of each map is left, as `devices: IOVAs`. */
const left = (id: StrategyId, masters: readonly MapMaster[], boot: readonly OwnedDomain[] = [plain]): string[] | null =>
  strategyMaps(id, masters, boot, deferred)?.map(
    ({ devices, regions }) => `${devices.join()}: ${regions.map(({ iova }) => iova).join()}`,
  ) ?? null;

const all = ['/plain: 0xfffff000', '/own: 0x10000000', '/own: 0x20000000,0x8000000', '0000:01:00.0: '];

describe('who has an address space', () => {
  test.each<[string, StrategyId, MapMaster[], string[] | null]>([
    ['S6 is the boot', 'S6', [], null],
    ['S5: all of the boot without fw_devlink', 'S5', [master('/plain', {}), master('/own', {})], all],
    [
      'S4: nobody whose driver never binds',
      'S4',
      [master('/plain', { binds: false }), master('/own', {})],
      all.slice(1),
    ],
    [
      'S1: automatic mappings; what the IOMMU API would map is refused until they are torn down',
      'S1',
      [master('/plain', {}), master('/own', { mustTearDown: true })],
      ['/plain: 0xfffff000', '/own: 0x8000000', '0000:01:00.0: '],
    ],
    [
      'S1: nobody whose IOMMU cannot be declared early',
      'S1',
      [master('/plain', { translatedBeforeProbe: false }), master('/own', {})],
      ['/own: 0x20000000,0x8000000', '0000:01:00.0: '],
    ],
    ['S2: what drivers attach', 'S2', [master('/plain', {}), master('/own', {})], ['/own: 0x10000000']],
    ['S2: nothing before the IOMMU has registered', 'S2', [master('/plain', {}), master('/own', {}, false)], []],
    ['S3: as S2', 'S3', [master('/own', {})], ['/own: 0x10000000']],
  ])('%s', (_, id, masters, expected) => expect(left(id, masters)).toEqual(expected));

  test('the IOVAs of the boot are not told twice; physical addresses do not count', () => {
    const moved = { ...plain, domain: { ...plain.domain, regions: [{ ...plain.domain.regions[0]!, phys: '0x0' }] } };
    const masters = [master('/plain', {}), master('/own', {})];
    expect(left('S5', masters, [function0, underOwn, own, moved])).toBeNull();
    expect(left('S5', masters, [function0, underOwn, own])).toEqual(all);
  });
});
