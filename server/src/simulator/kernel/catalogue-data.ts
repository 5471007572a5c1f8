/**
 * The shape of catalogue/drivers.json, made by `npm run catalogue -- LINUX`. Compact: tables of strings, rows that point
 * into them. Only catalogue.ts and the generator know it.
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

export const EARLY_KINDS = ['clk', 'irqchip', 'timer', 'reservedmem', 'other', 'iommu'] as const;

/** A compatible or [compatible, type, name, file], each followed by its line less the line before (first: the driver's). */
export type OfRow = string | number | readonly [string | null, string | null, string | null, number];
export type PopulationRow = string | readonly [string, readonly string[], string | null, (readonly string[])?];

/** name, bus, level, file, line, gate, flags, then as far as not empty: of, populates, ids, AMBA [id, mask]. */
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

export interface CatalogueData {
  /** The release that it was made from. */
  readonly kernel: string;
  /** How many of the drivers are linked before drivers/base. */
  readonly beforeCore: number;
  /**
   * Resolved default configurations: by architecture, then those of 32-bit ARM for machines that the first leaves out, in
   * the order in which they are tried. Symbols without prefix, separated by blanks.
   */
  readonly configs: Readonly<
    Record<string, { readonly y: string; readonly m: string; readonly other: Readonly<Record<string, string>> }>
  >;
  readonly buses: readonly string[];
  /** Without prefix, `*` behind tristate ones; separated by blanks. */
  readonly symbols: string;
  /**
   * Conditions, separated by blanks: alternatives with `|`, of symbols (numbers) with `&`. A symbol counts with its
   * value, with `^` behind it as y when it is m, with `!` before it when it is not set. Empty: always built.
   */
  readonly gates: string;
  /** Separated by blanks; one without a folder is in the folder of the one before. */
  readonly files: string;
  readonly early: readonly EarlyRow[];
  /** 32-bit ARM machines (DT_MACHINE_START): compatible, gate. */
  readonly machines: readonly (readonly [string, number])[];
  /** In link order. */
  readonly drivers: readonly DriverRow[];
}
