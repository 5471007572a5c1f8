/** What a rule behind a flag of the kernel models is. */
import type { KernelVersion } from '../versions';

export interface KernelRule<T> {
  /** What differs, in a sentence. */
  readonly what: string;
  /** The functions (and files) that decide it. */
  readonly source: string;
  /** The value from that version on, until the next one named. 3.19 is always named. */
  readonly since: { readonly '3.19': T } & Readonly<Partial<Record<KernelVersion, T>>>;
  /**
   * The versions whose recordings confirm their value: with another one a fact of theirs would be predicted wrongly, or
   * the text is in their logs.
   */
  readonly recorded: readonly RecordedVersion[];
}

/** Versions that real kernels were recorded of. */
export type RecordedVersion = '3.19' | '6.1' | '6.12' | '7.3';

/** A rule for each flag of a family. */
export type RulesOf<Flags> = { readonly [F in keyof Flags]: KernelRule<Flags[F]> };
