import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ReportDomain, ReportRegion, SimulationReport } from '../simulator/report';
import { compareMaps, compareStates } from './compare-maps';
import { domainMaps } from './iova';
import { mapPicture } from './iova-picture';
import { charWidth, type Picture, roomOf, type TextShape } from './picture';
import { type Palette, toSvg } from './svg';
import { wholeAxis, zoom } from './window';

const kinds = ['alloc', 'map', 'sg', 'resource', 'reserved', 'direct', 'msi', 'api'] as const;
const hex = (value: bigint): string => `0x${value.toString(16)}`;
const aregion = (iova: bigint, size: bigint, kind: ReportRegion['kind'] = 'map'): ReportRegion => ({
  iova: hex(iova),
  size: hex(size),
  kind,
  owner: '/soc/dma@1',
  phys: null,
  assumption: null,
});
const mapOf = (regions: readonly ReportRegion[], aperture: readonly [string, string] = ['0x0', '0xffffffffffff']) => {
  const domain: ReportDomain = { id: 0, group: 0, device: null, type: 'DMA', granule: 4096, aperture, regions };
  return domainMaps({ groups: [], domains: [domain] } as unknown as SimulationReport)[0]!;
};

/** The boxes of the texts, as wide as the drawing reckons them. */
function textBoxes({ shapes }: Picture) {
  const texts = shapes.filter((shape): shape is TextShape => shape.shape === 'text');
  return texts.map(({ x, y, text, anchor, mono }) => {
    const width = mono ? text.length * charWidth : roomOf(text);
    const left = anchor === 'middle' ? x - width / 2 : anchor === 'end' ? x - width : x;
    return { left, right: left + width, top: y - 9, bottom: y + 2, text };
  });
}

const someRegions = fc.array(
  fc.record({
    iova: fc.bigInt(0n, 0xffff_ffffn).map((value) => value & ~0xfffn),
    pages: fc.bigInt(1n, 5000n),
    kind: fc.constantFrom(...kinds),
  }),
  { maxLength: 40 },
);

describe('the drawing of an IOVA map', () => {
  test('no text leaves it or touches another one, in any width and zoom', () => {
    fc.assert(
      fc.property(
        someRegions,
        fc.integer({ min: 300, max: 1600 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: 8 }),
        (list, width, at, steps) => {
          const map = mapOf(
            list.map(({ iova, pages, kind }) => aregion(iova, pages * 4096n, kind)),
            ['0x0', '0xffffffffffffffff'],
          );
          let window = wholeAxis;
          for (let i = 0; i < steps; i++) window = zoom(window, 2, at);
          const picture = mapPicture(map, { window, width, marked: 0x1000n, lit: null, faults: [], rows: 0 });
          const boxes = textBoxes(picture);
          for (const [i, a] of boxes.entries()) {
            expect(a.left).toBeGreaterThanOrEqual(-0.01);
            expect(a.right).toBeLessThanOrEqual(width + 0.01);
            for (const b of boxes.slice(i + 1)) {
              const apart =
                a.right <= b.left + 0.01 || b.right <= a.left + 0.01 || a.bottom <= b.top || b.bottom <= a.top;
              expect(apart, `${a.text} and ${b.text}`).toBe(true);
            }
          }
        },
      ),
    );
  });

  test('every gap of a usual map has its size written, at 400 pixels too', () => {
    const map = mapOf([
      aregion(0x8000000n, 0x100000n, 'msi'),
      aregion(0xff7ff000n, 0x1000n),
      aregion(0xff800000n, 0x7e9000n),
    ]);
    const picture = mapPicture(map, { window: wholeAxis, width: 360, marked: null, lit: null, faults: [], rows: 0 });
    expect(picture.unlabelled).toBe(0);
    const texts = textBoxes(picture).map(({ text }) => text);
    for (const size of ['128 MiB', '3.86 GiB']) expect(texts).toContain(size);
  });

  test('faults are marked where they lie, once a pixel, none beyond the aperture', () => {
    const map = mapOf([aregion(0xfff00000n, 0x10000n)], ['0x0', '0xffffffff']);
    const faults = [0x1000n, 0x1001n, 0x8000_0000n, 0x1_0000_0000n];
    const { shapes, band } = mapPicture(map, {
      window: wholeAxis,
      width: 360,
      marked: null,
      lit: null,
      faults,
      rows: 0,
    });
    const marks = shapes.filter((shape) => shape.shape === 'line' && shape.ink === 'bad');
    const position = (address: bigint) => Math.round(10 + map.layout.axis.position(address) * 340);
    expect(marks).toEqual(
      [0x1000n, 0x8000_0000n].map((address) =>
        expect.objectContaining({ x1: position(address), y1: band.top, y2: band.top + band.height }),
      ),
    );
  });

  test('ten thousand regions are drawn with as many shapes as there are pixels', () => {
    const regions = Array.from({ length: 10_000 }, (_, i) => aregion(BigInt(i) * 0x6000n, 0x1000n));
    const map = mapOf(regions);
    const { shapes } = mapPicture(map, { window: wholeAxis, width: 800, marked: null, lit: null, faults: [], rows: 0 });
    expect(shapes.length).toBeLessThan(5000);
  });
});

test('markup in names stays text in SVG', () => {
  const palette = new Proxy({}, { get: () => 'black' }) as Palette;
  const evil = '<script>"&';
  const picture: Picture = {
    width: 10,
    height: 10,
    label: evil,
    shapes: [
      { shape: 'text', x: 0, y: 0, text: evil, ink: 'text', anchor: 'start', title: evil },
      { shape: 'rect', x: 0, y: 0, width: 1, height: 1, pattern: 'dots', title: evil },
    ],
  };
  const svg = toSvg(picture, palette);
  expect(svg).not.toContain('<script');
  expect(svg).toContain('&lt;script&gt;&quot;&amp;');
  expect(svg).toContain('id="p-dots"');
});

describe('two states of a map', () => {
  const before = mapOf([aregion(0x1000n, 0x1000n), aregion(0x8000n, 0x2000n), aregion(0x20000n, 0x3000n)]);
  const now = mapOf([aregion(0x1000n, 0x1000n), aregion(0xa000n, 0x2000n), aregion(0x40000n, 0x4000n)]);
  test('new, moved, gone', () => {
    const { changes, count } = compareMaps(now, before);
    expect(count).toEqual({ added: 1, moved: 1, gone: 1 });
    expect(changes.map(({ change, region, was }) => [change, region.start, was?.start ?? null])).toEqual([
      ['moved', 0xa000n, 0x8000n],
      ['gone', 0x20000n, null],
      ['added', 0x40000n, null],
    ]);
  });
  test('against no map everything is new', () => expect(compareMaps(now, undefined).count.added).toBe(3));
  test('against itself nothing', () => expect(compareMaps(now, now).changes).toEqual([]));
});

describe('two states of a board', () => {
  const state = (...groups: readonly (readonly [devices: readonly string[], iova: bigint])[]) =>
    domainMaps({
      groups: groups.map(([devices], id) => ({ id, type: 'DMA', devices, reservedRegions: [], provider: null })),
      domains: groups.map(([, iova], id) => ({
        id,
        group: id,
        device: null,
        type: 'DMA',
        granule: 4096,
        aperture: ['0x0', '0xffffffff'],
        regions: [aregion(iova, 0x1000n)],
      })),
    });
  test.each<[string, ReturnType<typeof state>, ReturnType<typeof state>, string[], string[]]>([
    [
      'group numbers do not count',
      state([['/a'], 0n], [['/b'], 0x1000n]),
      state([['/b'], 0x1000n], [['/a'], 0x2000n]),
      ['/a: moved', '/b: '],
      [],
    ],
    ['a map that is not there any more', state([['/a'], 0n]), state([['/a'], 0n], [['/b'], 0n]), ['/a: '], ['/b']],
    ['a map that was not there', state([['/a'], 0n]), state(), ['/a: added'], []],
    ['a group that lost a member', state([['/a'], 0n]), state([['/a', '/b'], 0n]), ['/a: '], []],
    [
      'two domains of the same devices',
      state([['/a'], 0n], [['/a'], 0x1000n]),
      state([['/a'], 0n], [['/a'], 0x2000n]),
      ['/a: ', '/a: moved'],
      [],
    ],
  ])('%s', (_, now, before, expected, gone) => {
    const compared = compareStates(now, before);
    const told = [...compared.of].map(([map, { changes }]) => `${map.devices}: ${changes.map(({ change }) => change)}`);
    expect(told).toEqual(expected);
    expect(compared.gone.map(({ devices }) => devices.join())).toEqual(gone);
  });
});
