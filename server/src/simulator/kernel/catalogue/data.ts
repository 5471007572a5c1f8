/**
 * The shapes of catalogue/*.json, made by `npm run catalogue`: one kernel whole (the base), and what differs in the others.
 * Compact: tables of strings, rows that point into them. Only this folder and the scanner know it.
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

/** The column that holds a row's line. */
export const LINE_COLUMN = 4;

/**
 * A resolved default configuration: the symbols that are y and m, as the distances between their numbers less one in base
 * 36, separated by blanks (nothing: 0), and the values of others without prefix.
 */
export interface ConfigRow {
  readonly y: string;
  readonly m: string;
  readonly other: Readonly<Record<string, string>>;
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

export interface CatalogueData extends CatalogueTables {
  /** The release that it was made from. */
  readonly kernel: string;
  /** Of a part of a tree: folders that its Makefiles name and that are not there. */
  readonly missing?: readonly string[];
  /** How many of the drivers are linked before drivers/base. */
  readonly beforeCore: number;
  /**
   * Resolved default configurations: by architecture, then those of 32-bit ARM for machines that the first leaves out, in
   * the order in which they are tried.
   */
  readonly configs: Readonly<Record<string, ConfigRow>>;
  readonly early: readonly EarlyRow[];
  readonly machines: readonly MachineRow[];
  /** Compatibles of IOMMU_OF_DECLARE with their gates; absent where the kernel has no such table (after 4.20). */
  readonly declaredIommus?: readonly MachineRow[];
  /** In link order. */
  readonly drivers: readonly DriverRow[];
}

/** What makes one row of the next one of the base: by column, a new value, or for a list its steps. */
export type RowChange = Readonly<Record<string, unknown>>;
/** Steps through a list of the base: takes so many, leaves so many out (negative), or adds these. The rest is left out. */
export type ListSteps = readonly (number | readonly unknown[])[];

/**
 * A list of rows by the base's: a number takes or leaves out so many, an object changes one, an array is a row of its own.
 * `lines` are added to the lines of the rows that come from the base: separated by blanks, nothing for 0.
 */
export interface RowsDifference {
  readonly rows: readonly (number | RowChange | readonly unknown[])[];
  readonly lines: string;
}

/** A kernel by its differences from the base. The tables are added to the base's; row numbers go on where those end. */
export interface CatalogueDifference extends CatalogueTables {
  readonly kernel: string;
  readonly beforeCore: number;
  readonly configs: CatalogueData['configs'];
  /** Symbols of the base, without prefix, that are tristate here and not there, or the other way round. */
  readonly tristate: string;
  readonly early: RowsDifference;
  readonly machines: RowsDifference;
  readonly drivers: RowsDifference;
}
