/** What the preprocessor is told, and the plain data it gives: includes and problems. */
import type { Expansion } from './expansion';
import type { SourceFile, Span } from './file';
import type { ByOption } from './undecided';

/** Where a text comes from: a file, or macros. */
export type TextOrigin = SourceFile | Expansion;

/** A folder to search for includes; with `prefix`, only names below `prefix/` are looked up there, without it. */
export interface IncludeFolder {
  readonly uri: string;
  readonly prefix?: string;
  /** The folder as cpp was given it (-I), for __FILE__; by default its path. */
  readonly name?: string;
}

/** Bounds that turn a runaway input into a problem. */
export interface Limits {
  readonly includeDepth: number;
  readonly fileSize: number;
  readonly incbinSize: number;
  readonly nodeDepth: number;
  /** Characters of all files of one tree together, each time they are included. */
  readonly totalSize: number;
  /** Includes of one tree. */
  readonly includes: number;
  /** Tokens that macro expansion of one tree may handle. */
  readonly expansionSteps: number;
}

export const DEFAULT_LIMITS: Limits = {
  includeDepth: 200,
  fileSize: 16 << 20,
  incbinSize: 64 << 20,
  nodeDepth: 200,
  totalSize: 256 << 20,
  includes: 20_000,
  expansionSteps: 4_000_000,
};

export interface RelatedPlace {
  readonly span: Span;
  readonly message: string;
}

export interface SourceProblem {
  readonly severity: 'error' | 'warning' | 'information';
  readonly code: string;
  readonly message: string;
  readonly span: Span;
  readonly related?: readonly RelatedPlace[];
}

/** One include as it was met: where, what it says, and what it found (null: not found). */
export interface IncludeUse {
  readonly span: Span;
  readonly text: string;
  readonly target: string | null;
  readonly kind: 'cpp' | 'dtc';
}

/** What the clock says to a run of cpp, as text. Without it cpp's own words for a time that it cannot tell are given. */
export interface BuildTime {
  /** `Mmm dd yyyy`, the day padded with a blank. */
  readonly date: string;
  /** `hh:mm:ss`. */
  readonly time: string;
  /** When a file was changed, as asctime writes it: `Www Mmm dd hh:mm:ss yyyy`; null when that is not known. */
  changed(uri: string): string | null;
}

export interface PreprocessOptions {
  readonly includeFolders: readonly IncludeFolder[];
  readonly defines: readonly (readonly [name: string, value: string])[];
  readonly limits: Limits;
  /** The entry file as cpp was given it, for __FILE__ and __BASE_FILE__; by default its path. */
  readonly name?: string;
  readonly builtAt?: BuildTime;
  /** The source is a part of something that is not there: names and labels that are not found are no mistakes. */
  readonly incomplete?: boolean;
  /** Headers that the tree's build makes, by the name in the include: one that is missing is no mistake of the source. */
  readonly generated?: RegExp;
  /**
   * The build gives the symbols of a configuration to cpp (linux/kconfig.h of U-Boot: IS_ENABLED in conditions). `set`: they
   * are among the macros; `unknown`: nobody configured the tree, and what asks for one makes the source incomplete.
   */
  readonly kconfig?: 'set' | 'unknown';
  /** The build passes macros by its options: what hangs on them is no mistake of the source. */
  readonly byOption?: ByOption;
}

/** A symbol of a configuration. */
export const CONFIG_SYMBOL = /^CONFIG_\w/;
