import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { catalogueFacts } from '../../test/helpers/catalogue-facts';
import { shippedCatalogue } from '../simulator/kernel/catalogue';
import {
  type CatalogueData,
  type DriverRow,
  type EarlyRow,
  numbersOf,
  type OfRow,
  type PackedRelease,
  packNumbers,
} from '../simulator/kernel/catalogue/data';
import { Shelf } from '../simulator/kernel/catalogue/shelf';
import { Catalogue } from '../simulator/kernel/catalogue/tables';
import { shelve } from './shelve';

const BUSES = ['platform', 'i2c', 'pci', 'amba'];
// few, so that releases share rows, and one beginning with another
const WORDS = ['a', 'a,b', 'a,b-c', 'a b', 'z:9', 'Ä'];
const word = fc.constantFrom(...WORDS);
const small = fc.integer({ min: 0, max: 2 });

const ofRows: fc.Arbitrary<readonly OfRow[]> = fc
  .array(
    fc.tuple(
      fc.oneof(word, fc.tuple(fc.option(word), fc.option(word), fc.constant(null), small)) as fc.Arbitrary<OfRow>,
      fc.integer({ min: -3, max: 3 }),
    ),
    { maxLength: 3 },
  )
  .map((pairs) => pairs.flat() as readonly OfRow[]);

const driver: fc.Arbitrary<DriverRow> = fc
  .tuple(
    word,
    small,
    small,
    small,
    fc.integer({ min: 1, max: 999 }),
    fc.integer({ min: -2, max: 2 }),
    small,
    ofRows,
    fc.array(word, { maxLength: 1 }),
    fc.array(word, { maxLength: 2 }),
    fc.array(fc.tuple(small, small), { maxLength: 1 }),
  )
  .map(([name, bus, ...rest]) => [name, bus === 2 ? 3 : bus, ...rest] as unknown as DriverRow);

const pciDriver = word.map((name): DriverRow => [name, 2, 0, 0, 7, 0, 0, [], [], ['1b36,14']]);
const earlyRow: fc.Arbitrary<EarlyRow> = fc.tuple(small, word, small, small, fc.integer({ min: 1, max: 99 }), small);

const catalogue = (kernel: string): fc.Arbitrary<CatalogueData> =>
  fc
    .tuple(fc.array(fc.oneof(driver, pciDriver), { maxLength: 12 }), fc.array(earlyRow, { maxLength: 6 }), small)
    .map(([drivers, early, tristate]) => ({
      kernel,
      beforeCore: 1,
      configs: { arm64: { y: packNumbers([0, 2]), m: packNumbers([1]), other: { HZ: '250' } } },
      machines: [['a,b', 0]],
      buses: BUSES,
      symbols: ['ONE', 'TWO', 'THREE'].map((name, i) => (i === tristate ? `${name}*` : name)).join(' '),
      gates: ' 0|1',
      files: 'drivers/x.c y.c drivers/z/z.c',
      early,
      drivers,
    }));

describe('what is put on the shelf', () => {
  test('is found there as in each catalogue by itself', () => {
    fc.assert(
      fc.property(catalogue('7.3.1'), catalogue('6.1.1'), (newer, older) => {
        const files = shelve([
          { version: '7.3', data: newer },
          { version: '6.1', data: older },
        ]);
        const shelf = new Shelf((name) => {
          const file = files.get(name);
          return typeof file === 'string' ? file : JSON.stringify(file);
        });
        for (const [version, data] of [
          ['7.3', newer],
          ['6.1', older],
        ] as const) {
          const whole = Catalogue.whole(data);
          const shelved = Catalogue.shelved(files.get(`${version}.json`) as PackedRelease, shelf);
          const symbols = new Set(whole.symbols);
          expect(catalogueFacts(shelved, symbols)).toEqual(catalogueFacts(whole, symbols));
          for (const asked of [...WORDS, '', 'a,', 'zz', 'Ö']) {
            expect(shelved.rows.ofCompatible(asked)).toEqual(whole.rows.ofCompatible(asked));
            expect(shelved.rows.early(asked)).toEqual(whole.rows.early(asked));
            for (const bus of [...BUSES, 'i2', 'none']) {
              expect(shelved.rows.ofId(bus, asked)).toEqual(whole.rows.ofId(bus, asked));
              expect(shelved.rows.named(bus, asked)).toBe(whole.rows.named(bus, asked));
            }
          }
          for (const bus of [...BUSES, 'i2', 'none']) expect(shelved.rows.onBus(bus)).toEqual(whole.rows.onBus(bus));
          for (let order = 0; order < whole.rows.count; order++)
            expect(shelved.rows.fileOf(order)).toBe(whole.rows.fileOf(order));
        }
      }),
      { numRuns: 300 },
    );
  });

  test('is the same text whatever a row is called beside it', () => {
    fc.assert(
      fc.property(catalogue('7.3.1'), (data) => {
        const files = [...shelve([{ version: '7.3', data }])];
        expect([...shelve([{ version: '7.3', data: structuredClone(data) }])]).toEqual(files);
        for (const [name, text] of files)
          if (typeof text === 'string')
            expect([name, text.split('\n').slice(0, -1)]).toEqual([name, text.split('\n').slice(0, -1).sort()]);
      }),
    );
  });
});

test('numbers are packed and read', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat({ max: 5000 })), (numbers) => {
      const sorted = numbers.sort((a, b) => a - b);
      expect(numbersOf(packNumbers(sorted))).toEqual(sorted);
    }),
  );
});

test.each(['6.1', '6.12', '7.3'])('the shelf has %s', (version) => {
  const { rows, facts } = shippedCatalogue(version);
  expect(facts.kernel.startsWith(`${version}.`)).toBe(true);
  expect(rows.count).toBeGreaterThan(5000);
  expect(rows.driver(rows.named('platform', 'arm-smmu-v3'))?.[0]).toBe('arm-smmu-v3');
  expect(rows.ofCompatible('arm,smmu-v3')).toEqual([rows.named('platform', 'arm-smmu-v3')]);
});
