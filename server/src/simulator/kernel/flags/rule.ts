/** What a rule behind a flag of the kernel models is. */
import type { KernelVersion } from '../versions';

export interface KernelRule<T> {
  /** What differs, in a sentence. */
  readonly what: string;
  /** The functions (and files) that decide it. */
  readonly source: string;
  /** The value from that version on, until the next one named. 3.19 is always named. */
  readonly since: { readonly '3.19': T } & Readonly<Partial<Record<KernelVersion, T>>>;
  /** Whether recordings of 6.12 confirm the 6.12 value. */
  readonly recorded: boolean;
}

/** A rule for each flag of a family. */
export type RulesOf<Flags> = { readonly [F in keyof Flags]: KernelRule<Flags[F]> };
