/** What a sub-command tells of itself. */
export interface Command {
  readonly summary: string;
  /** The arguments, and below them one line an option. */
  readonly usage: string;
  readonly options: readonly (readonly [option: string, meaning: string])[];
  /** Command lines to copy, each with what it is for. */
  readonly examples: readonly (readonly [line: string, purpose: string])[];
  /** What its exit status says; empty: only that it could not run (2). */
  readonly exit: readonly (readonly [status: number, meaning: string])[];
  /** Takes none of the common options. */
  readonly bare?: boolean;
  load(): Promise<{ run(args: readonly string[]): Promise<number> }>;
}

/** One option of a help line, taken apart: `-@` of `--symbols, -@`; the words that it can have as a value. */
export interface CommandOption {
  readonly names: readonly string[];
  readonly takesValue: boolean;
  /** The values that it can have; none when any text will do. */
  readonly choices: readonly string[];
  readonly meaning: string;
}

/** Reads `--format text|json` or `--symbols, -@`. */
export function optionOf([text, meaning]: Command['options'][number]): CommandOption {
  const parts = text.split(', ').map((part) => part.split(' '));
  const value = parts[0]?.[1];
  return {
    names: parts.flatMap((part) => part[0] ?? []),
    takesValue: value !== undefined,
    choices: value !== undefined && /^[\w.]+(\|[\w.]+)+$/.test(value) ? value.split('|') : [],
    meaning,
  };
}
