/** A likely cause and what speaks for it. */
export interface Cause {
  readonly text: string;
  /** The evidence: what in the log, the tree or the boot on paper says so. */
  readonly because: string;
}

export const cause = (text: string, because: string): Cause => ({ text, because });
