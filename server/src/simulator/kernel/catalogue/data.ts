/**
 * The shapes of catalogues: of one kernel by itself (CatalogueData), and of the shelf (shipped/, made by `npm run catalogue`),
 * which holds each row once that several releases have. Compact: tables of strings, rows that point into them. Only this folder
 * and the scanner know it.
 */

/** Bits of a driver's flags, lowest first. */
export const DRIVER_FLAGS = [
  'managesDma',
  'usesIommuApi',
  'iommuProvider',
  'probeOnce',
  'asynchronous',
  'noUnbind',
  'syncState',
  'providesBelow',
] as const;

/** The bits above them: what the probe asks for, in the order of RESOURCE_KINDS. */
export const GETS_SHIFT = DRIVER_FLAGS.length;

/** The symbol that stands for a module built outside the kernel's tree: m whatever the configuration says. */
export const EXTERNAL_MODULE = 'CONFIG_@EXTERNAL';

export const EARLY_KINDS = ['clk', 'irqchip', 'timer', 'reservedmem', 'other', 'iommu'] as const;

/** A compatible or [compatible, type, name, file], each followed by its line less the line before (first: the driver's). */
export type OfRow = string | number | readonly [string | null, string | null, string | null, number];
export type PopulationRow = string | readonly [string, readonly string[], string | null, (readonly string[])?];

/**
 * name, bus, level, file, line, gate, flags, then as far as not empty: of, populates, ids (of a PCI driver one text,
 * pci-ids.ts), AMBA [id, mask].
 */
export type DriverRow = readonly [
  string,
  number,
  number,
  number,
  number,
  number,
  number,
  (readonly OfRow[])?,
  (readonly PopulationRow[])?,
  (readonly string[])?,
  (readonly (readonly [number, number])[])?,
];

/** kind, compatible, 1 populated | 2 initialized, file, line, gate. */
export type EarlyRow = readonly [number, string, number, number, number, number];
/** A 32-bit ARM machine (DT_MACHINE_START): compatible, gate. */
export type MachineRow = readonly [string, number];

/**
 * A resolved default configuration: the symbols that are y and m, as the distances between their numbers less one in base
 * 36, separated by blanks (nothing: 0), and the values of others without prefix.
 */
export interface ConfigRow {
  readonly y: string;
  readonly m: string;
  readonly other: Readonly<Record<string, string>>;
}

/** The numbers that are packed as in ConfigRow, ascending. */
export function numbersOf(packed: string): number[] {
  const numbers: number[] = [];
  let at = -1;
  for (const gap of packed.split(' ').slice(0, -1)) {
    at += 1 + (gap === '' ? 0 : Number.parseInt(gap, 36));
    numbers.push(at);
  }
  return numbers;
}

/** Numbers, ascending, as `numbersOf` reads them. */
export function packNumbers(numbers: readonly number[]): string {
  // one more blank than gaps, so that a single empty one is not the empty list
  return numbers
    .map((number, i) => number - (numbers[i - 1] ?? -1) - 1)
    .map((gap) => `${gap === 0 ? '' : gap.toString(36)} `)
    .join('');
}

export interface CatalogueTables {
  readonly buses: readonly string[];
  /** Without prefix, `*` behind tristate ones; separated by blanks. */
  readonly symbols: string;
  /**
   * Conditions of other kinds than one symbol, separated by blanks: alternatives with `|`, of symbols (numbers) with `&`. A
   * symbol counts with its value, with `^` behind it as y when it is m, with `!` before it when it is not set. Empty: always
   * built. A row's gate is a symbol's number, or -1 less the number of one of these.
   */
  readonly gates: string;
  /** Separated by blanks; one without a folder is in the folder of the one before. */
  readonly files: string;
}

/** What is said once of a release. */
export interface ReleaseFacts {
  /** The release that it was made from. */
  readonly kernel: string;
  /** How many of the drivers are linked before drivers/base. */
  readonly beforeCore: number;
  /**
   * Resolved default configurations: by architecture, then those of 32-bit ARM for machines that the first leaves out, in
   * the order in which they are tried.
   */
  readonly configs: Readonly<Record<string, ConfigRow>>;
  readonly machines: readonly MachineRow[];
  /** Compatibles of IOMMU_OF_DECLARE with their gates; absent where the kernel has no such table (after 4.20). */
  readonly declaredIommus?: readonly MachineRow[];
}

/** One kernel's catalogue by itself, as `smmu-scope catalogue` writes it. */
export interface CatalogueData extends CatalogueTables, ReleaseFacts {
  /** Of a part of a tree: folders that its Makefiles name and that are not there. */
  readonly missing?: readonly string[];
  readonly early: readonly EarlyRow[];
  /** In link order. */
  readonly drivers: readonly DriverRow[];
}

/** Rows in link order: the number of each, and its line in the source; separated by blanks. */
export interface PackedOrder {
  readonly rows: string;
  readonly lines: string;
}

/**
 * A release on the shelf (shipped/6.12.json): which of the rows that all releases share are its own, and where. Symbols are
 * those of the shelf's tables; `tristate` says those that are, as in ConfigRow.
 */
export interface PackedRelease extends ReleaseFacts {
  readonly tristate: string;
  readonly early: PackedOrder;
  readonly drivers: PackedOrder;
}

/** A driver's line on the shelf behind its bus and name; match rows and IDs are numbers of lines of their files. */
export type PackedDriver = readonly [
  file: number,
  level: number,
  gate: number,
  flags: number,
  of?: readonly (number | Exclude<OfRow, string | number>)[],
  populates?: readonly PopulationRow[],
  ids?: readonly (number | string)[],
  amba?: readonly (readonly [number, number])[],
];

/** An early provider's line on the shelf behind its compatible: kind, 1 populated | 2 initialized, file, gate. */
export type PackedEarly = readonly [number, number, number, number];
