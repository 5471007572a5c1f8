import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatSize, shortName, typedAddress } from '../../server/src/drawing/address';
import { chooseTicks, layoutAxis } from '../../server/src/drawing/address-axis';
import { chainClusters, edgePath, fittingGraph, placeGraph } from '../../server/src/drawing/chains';
import { domainMaps, mapMatches, regionAt } from '../../server/src/drawing/iova';
import { filterTimeline, formatErrno, lanes, phasesOf } from '../../server/src/drawing/timeline';
import { pan, showing, wholeAxis, zoom } from '../../server/src/drawing/window';
import type { ReportChain, SimulationReport } from '../../server/src/simulator/report';
import { providerViews, table } from '../src/model/groups';
import { strategyTable, verdict } from '../src/model/strategies';
import { summarize } from '../src/model/summary';
import { region, sample } from './sample';

describe('addresses', () => {
  test.each([
    [0n, '0 B'],
    [512n, '512 B'],
    [4096n, '4 KiB'],
    [6000n, '5.85 KiB'],
    [0x7e9000n, '7.91 MiB'],
    [1n << 48n, '256 TiB'],
    [1n << 64n, '16 EiB'],
  ])('%s bytes', (size, text) => expect(formatSize(size)).toBe(text));
  test.each([
    ['0xFF80_0000', 0xff800000n],
    [' 0x10 ', 0x10n],
    ['10', 0x10n],
    ['usb', null],
    ['0x', null],
  ])('typed %j', (text, address) => expect(typedAddress(text, true)).toBe(address));
  test('digits alone are no address where something is called so', () =>
    expect(typedAddress('ac00000', false)).toBe(null));
  test.each([
    ['/soc/usb@1', 'usb@1'],
    ['/', '/'],
    ['0000:01:00.0', '0000:01:00.0'],
  ])('short name of %s', (path, name) => expect(shortName(path)).toBe(name));
});

const segmentsOf = (axis: ReturnType<typeof layoutAxis>) => axis.cuts.slice(1).map((_, i) => axis.segment(i));

describe('address axis', () => {
  const stretch = fc.record({ start: fc.bigInt(0n, 0xffff_f000n), size: fc.bigInt(1n, 0x100_0000n) });

  test('keeps order, covers the aperture without holes, and finds every address again', () => {
    fc.assert(
      fc.property(fc.array(stretch, { maxLength: 30 }), fc.bigInt(0n, 0xffff_ffffn), (stretches, address) => {
        const axis = layoutAxis(stretches, [0n, 0xffff_ffffn], 4096n);
        const segments = segmentsOf(axis);
        segments.forEach((segment, i) => {
          const next = segments[i + 1];
          expect(segment.to).toBeGreaterThan(segment.from);
          expect(next ? next.start : segment.start + segment.size).toBe(
            next ? segment.start + segment.size : segments.at(-1)!.start + segments.at(-1)!.size,
          );
          const covered = stretches.some(
            ({ start, size }) => start < segment.start + segment.size && segment.start < start + size,
          );
          expect(segment.used).toBe(covered);
        });
        const segment = segments.find(({ start, size }) => start <= address && address < start + size)!;
        const position = axis.position(address);
        expect(position).toBeGreaterThanOrEqual(segment.from);
        expect(position).toBeLessThanOrEqual(segment.to);
      }),
    );
  });

  test('a page in 256 TiB stays visible', () => {
    const axis = layoutAxis([{ start: 0xffff_f000n, size: 4096n }], [0n, (1n << 48n) - 1n], 4096n);
    const segments = segmentsOf(axis);
    const page = segments.find((segment) => segment.used)!;
    expect(page.to - page.from).toBeGreaterThan(0.2);
    expect(segments.filter((segment) => segment.broken)).toHaveLength(2);
  });

  test('ticks keep their distance and name the ends', () => {
    const axis = layoutAxis(
      [
        { start: 0x1000n, size: 0x1000n },
        { start: 0x8000_0000n, size: 0x1000n },
      ],
      [0n, 0xffff_ffffn],
      4096n,
    );
    const ticks = chooseTicks(
      axis,
      (position) => position * 800,
      800,
      () => 100,
    );
    expect(ticks[0]!.address).toBe(0n);
    expect(ticks.at(-1)!.address).toBe(0xffff_ffffn);
    for (let i = 1; i < ticks.length; i++) {
      expect(ticks[i]!.labelX - ticks[i - 1]!.labelX).toBeGreaterThanOrEqual(100);
    }
  });
});

describe('zoom', () => {
  test('keeps the point under the pointer and stays on the axis', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 50, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (factor, at) => {
          const next = zoom(wholeAxis, factor, at);
          expect(next.from).toBeGreaterThanOrEqual(0);
          expect(next.to).toBeLessThanOrEqual(1 + 1e-9);
          expect((at - next.from) / (next.to - next.from)).toBeCloseTo(at, 6);
        },
      ),
    );
  });
  test('pans to the end and no further', () => expect(pan({ from: 0.8, to: 0.9 }, 5)).toEqual({ from: 0.9, to: 1 }));
  test('shows a region with room around it', () => {
    const { from, to } = showing(0.4, 0.5);
    expect(from).toBeCloseTo(0.3);
    expect(to).toBeCloseTo(0.6);
  });
});

describe('IOVA maps', () => {
  const [map, identity] = domainMaps(sample);
  test('regions in address order, reserved space not counted as mapped', () => {
    expect(map!.regions.map((each) => each.start)).toEqual([0x8000000n, 0xff7ff000n, 0xff800000n]);
    expect(map!.mapped).toBe(0x7e9000n + 0x1000n);
    expect(map!.assumed).toBe(true);
  });
  test('finds the region of an address', () => {
    expect(regionAt(map!, 0xff7ff123n)?.kind).toBe('map');
    expect(regionAt(map!, 0x1000n)).toBeNull();
  });
  test.each([
    ['display', true],
    ['group 1', false],
    ['', true],
    ['camera', false],
  ])('filter %j', (query, matches) => expect(mapMatches(map!, query)).toBe(matches));
  test('a domain without regions and a wrong aperture still has an axis', () => {
    expect(identity!.layout.axis.position(0n)).toBe(0);
    const domains = [{ ...sample.domains[0]!, aperture: ['0x10', '0x0'] as const, regions: [region('0x0', '0x0')] }];
    expect(domainMaps({ ...sample, domains })[0]!.regions).toEqual([]);
  });
});

describe('defer chains', () => {
  test('gathers chains by root and merges shared steps', () => {
    const [cluster, ...others] = chainClusters(sample);
    expect(others).toEqual([]);
    expect(cluster).toMatchObject({
      root: '/soc/pmic',
      cause: 'no-driver',
      waiting: ['/soc/usb@a600000', '/soc/phy@88e0000'],
    });
    expect(cluster!.edges.map(({ from, to, properties }) => [shortName(from), shortName(to), ...properties])).toEqual([
      ['usb@a600000', 'phy@88e0000', 'phys'],
      ['phy@88e0000', 'pmic', 'vdda-supply'],
    ]);
  });
  test('takes the direction that fits', () => {
    const [cluster] = chainClusters(sample);
    expect(fittingGraph(cluster!, 7.2, 2000).direction).toBe('LR');
    expect(fittingGraph(cluster!, 7.2, 200).direction).toBe('TB');
  });
  test('a graph runs from left to right and leaves room for each label', () => {
    const placed = placeGraph(chainClusters(sample)[0]!, 7.2, 'LR');
    const x = (id: string) => placed.nodes.find((node) => node.id === id)!.x;
    expect(x('/soc/usb@a600000')).toBeLessThan(x('/soc/phy@88e0000'));
    expect(x('/soc/phy@88e0000')).toBeLessThan(x('/soc/pmic'));
    expect(placed.edges.every((edge) => edge.label.width > 0 && edgePath(edge.points, 'LR').startsWith('M'))).toBe(
      true,
    );
  });
  const many: ReportChain[] = Array.from({ length: 40 }, (_, i) => ({
    ...sample.chains[1]!,
    device: `/dev@${i}`,
    path: [`/dev@${i}`, '/soc/pmic'],
  }));
  const crowd: SimulationReport = { ...sample, chains: [...sample.chains, ...many] };
  test('folds a crowd behind one supplier, and shows it when asked', () => {
    const folded = chainClusters(crowd)[0]!;
    expect(folded.waiting).toHaveLength(42);
    expect(folded.nodes.filter((node) => node.role === 'folded').map((node) => node.label)).toEqual([
      '36 more devices',
    ]);
    expect(chainClusters(crowd, { '/soc/pmic': 100 })[0]!.nodes).toHaveLength(43);
  });
  test('a cycle is placed too', () => {
    const chains: ReportChain[] = [
      { ...sample.chains[0]!, cause: 'cycle', path: ['/a', '/b', '/a'], steps: ['x', 'y'], device: '/a' },
    ];
    const placed = placeGraph(chainClusters({ ...sample, chains })[0]!, 7, 'TB');
    expect(placed.nodes).toHaveLength(2);
    expect(placed.edges).toHaveLength(2);
  });
  test('a device that waits for itself alone has a node and no edge', () => {
    const chains: ReportChain[] = [{ ...sample.chains[0]!, cause: 'deferred', path: ['/a'], steps: [], device: '/a' }];
    expect(placeGraph(chainClusters({ ...sample, chains })[0]!, 7, 'TB').nodes).toHaveLength(1);
  });
});

describe('groups', () => {
  test('groups stand under their provider', () => {
    const { providers, loose } = providerViews(sample);
    expect(providers.map((view) => view.groups.length)).toEqual([2]);
    expect(loose).toEqual([]);
  });
  test('columns of a table are those that any row fills', () => {
    expect(
      table([
        { a: 1, b: null },
        { b: null, c: ['x', 'y'], d: true },
      ]),
    ).toEqual({
      columns: ['a', 'c', 'd'],
      rows: [
        ['1', '', ''],
        ['', 'x, y', 'yes'],
      ],
    });
  });
});

describe('timeline', () => {
  test('lanes hold the devices that tried more than once', () => {
    const { lanes: shown } = lanes(sample, 10);
    expect(shown.map((lane) => [lane.device, lane.outcome])).toEqual([
      ['/soc/display@ae00000', 'bound'],
      ['/soc/usb@a600000', 'deferred'],
    ]);
    expect(lanes(sample, 1).more).toBe(1);
  });
  test('phases', () =>
    expect(phasesOf(sample).map(({ phase }) => phase)).toEqual(['core', 'subsys', 'device', 'deferred', 'late']));
  test.each([
    ['', true, 6],
    ['', false, 11],
    ['arm-smmu', false, 2],
    ['arm-smmu', true, 1],
    ['wait for supplier', true, 2],
  ])('filter %j, probing only %s', (query, only, count) =>
    expect(filterTimeline(sample, query, only)).toHaveLength(count),
  );
  test.each([
    [0, ''],
    [-517, '-EPROBE_DEFER'],
    [-999, '-999'],
  ])('errno %i', (value, text) => expect(formatErrno(value)).toBe(text));
});

describe('strategies', () => {
  const master = sample.strategies[0]!.masters[0]!;
  test('a master missing under a strategy leaves its cell empty', () => {
    const strategies = [{ id: 'S1' as const, masters: [], maps: [] }, ...sample.strategies];
    expect(strategyTable({ ...sample, strategies }).rows).toEqual([{ device: master.device, cells: [null, master] }]);
  });
  test.each([
    [{}, 'good'],
    [{ deferrals: 2 }, 'care'],
    [{ mustTearDown: true }, 'bad'],
    [{ attachedBy: 'nobody' as const }, 'care'],
    [{ attachedBy: 'driver' as const }, 'care'],
    [{ binds: false, attachedBy: 'nobody' as const }, 'bad'],
    [{ binds: null }, 'good'],
    [{ suspendOrderSafe: false }, 'care'],
  ])('verdict of %j', (change, expected) => expect(verdict({ ...master, ...change }).verdict).toBe(expected));
});

test('summary', () =>
  expect(summarize(sample)).toEqual({
    bound: 4,
    deferred: 2,
    failed: 0,
    noDriver: 1,
    groups: 2,
    untranslated: 1,
    assumed: 1,
    warnings: 1,
    faults: 1,
  }));
