/** What a catalogue says, however it is packed. */
import { type DriverRow, numbersOf } from '../../src/simulator/kernel/catalogue/data';
import type { Catalogue } from '../../src/simulator/kernel/catalogue/tables';

/**
 * A catalogue without the numbers that only say how it is packed: one line a fact, in the order of the catalogue. Of
 * configurations the `symbols` that are asked for: what is on the shelf knows those of other releases besides.
 */
export function catalogueFacts(catalogue: Catalogue, symbols: ReadonlySet<string>): string[] {
  const { facts: release, gates, rows, files } = catalogue;
  const names = catalogue.symbols;
  const gate = (number: number): string =>
    number >= 0 ? (names[number] ?? '?') : (gates[-1 - number] ?? '').replace(/\d+/g, (n) => names[Number(n)] ?? '?');
  const file = (number: number): string => files[number] ?? '-';
  const driver = ([name, bus, level, at, line, own, flags, of = [], ...rest]: DriverRow): string =>
    JSON.stringify([
      name,
      catalogue.buses[bus],
      level,
      `${file(at)}:${line}`,
      gate(own),
      flags,
      of.map((row) => (typeof row === 'object' ? [row[0], row[1], row[2], file(row[3])] : row)),
      // a shorter row has nothing in the columns behind it
      ...[0, 1, 2].map((i) => rest[i] ?? []),
    ]);
  const configs = Object.entries(release.configs).flatMap(([name, row]) => {
    const set = (packed: string, value: string): string[] =>
      numbersOf(packed).flatMap((at) => (symbols.has(names[at] ?? '') ? `${name}: ${names[at]}=${value}` : []));
    const others = Object.entries(row.other).map(([symbol, value]) => `${name}: CONFIG_${symbol}=${value}`);
    return [...set(row.y, 'y'), ...set(row.m, 'm'), ...others].sort();
  });
  return [
    `${release.kernel}, ${release.beforeCore} before the core`,
    ...Array.from({ length: rows.count }, (_, order) => rows.driver(order)).flatMap((row) => (row ? driver(row) : [])),
    ...rows
      .allEarly()
      .map((row) => JSON.stringify([row[0], row[1], row[2], `${file(row[3])}:${row[4]}`, gate(row[5])])),
    ...release.machines.map(([compatible, own]) => `${compatible} ${gate(own)}`),
    ...configs,
    ...names
      .filter((symbol) => symbols.has(symbol) && catalogue.isTristate(symbol))
      .map((symbol) => `tristate ${symbol}`),
  ];
}
