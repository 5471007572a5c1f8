/**
 * Message shapes. Each driver family has one table; a row knows the kernel function and the versions that print it, and what
 * the line says. A new message is one row here and one line in the test's table.
 */
import type { CycleFact, DeferralFact, DriverFact, FaultFact, GroupFact, RefusalFact, SyncStateFact } from '../facts';

/** A line of the log without what stands in front of the kernel's text. */
export interface LogLine {
  readonly line: number;
  /** The kernel's text. */
  readonly text: string;
  /** `driver device: message`: its three parts; driver and device are null for other forms, and `message` is all of it. */
  readonly driver: string | null;
  readonly device: string | null;
  readonly message: string;
}

type Fields<F> = Omit<F, 'line' | 'lastLine' | 'count' | 'text' | 'printedBy' | 'driver' | 'type'>;

/** What a row makes of a line. */
export type Reading =
  | ({ readonly type: 'fault'; readonly model: string } & Partial<Fields<FaultFact>>)
  /** More about the fault before it: of the same device, or of any when the line names none. */
  | ({ readonly type: 'detail' } & Partial<Fields<FaultFact>>)
  | ({ readonly type: 'deferral' } & Fields<DeferralFact>)
  | ({ readonly type: 'group' } & Fields<GroupFact>)
  | ({ readonly type: 'refusal' } & Fields<RefusalFact>)
  | ({ readonly type: 'driver' } & Fields<DriverFact>)
  | ({ readonly type: 'sync-state' } & Fields<SyncStateFact>)
  | ({ readonly type: 'cycle' } & Fields<CycleFact>)
  /** One word of the record of the fault before it (SMMUv3). */
  | { readonly type: 'word'; readonly value: bigint }
  | { readonly type: 'suppressed'; readonly count: number }
  /** A mapping that was made or taken away in some domain (trace events). */
  | { readonly type: 'mapping'; readonly gone: boolean; readonly from: bigint; readonly to: bigint }
  | { readonly type: 'kernel'; readonly what: 'boot' | 'version' | 'cmdline' | 'machine'; readonly value: string }
  /** Known, and nothing is wrong. */
  | { readonly type: 'note' };

export interface Shape {
  /** The kernel function that prints it, with its file where the name alone does not say it. */
  readonly by: string;
  /** The versions that print it: `6.13-` from there on, `-5.3` up to there, `vendor` for a vendor's tree. */
  readonly in: string;
  readonly pattern: RegExp;
  /** `text`: the pattern looks at the whole text, not at the message behind `driver device: `. */
  readonly whole?: true;
  /** Null: the line is not this shape after all. */
  readonly read: (match: RegExpExecArray, line: LogLine) => Reading | null;
  /** A block begins: this many lines that follow are looked at whatever they hold. */
  readonly opens?: number;
}

export interface Family {
  readonly name: string;
  /** What a text must hold for the table to be tried. */
  readonly anchor: RegExp;
  readonly shapes: readonly Shape[];
}

/** Hexadecimal digits with or without 0x; null for anything else. */
export const big = (text: string | undefined): bigint | null => {
  if (text === undefined) return null;
  const digits = /^(?:0x)?([0-9a-f]{1,16})$/i.exec(text)?.[1];
  return digits === undefined ? null : BigInt(`0x${digits}`);
};
export const num = (text: string | undefined): number | null => {
  const value = big(text);
  return value === null ? null : Number(value);
};

/** A row that says what went wrong in a sentence. `$1` in the sentence is the pattern's first group. */
export function says(
  by: string,
  versions: string,
  pattern: RegExp,
  why: string,
  severity: 'error' | 'warning' = 'error',
  device?: number,
): Shape {
  return {
    by,
    in: versions,
    pattern,
    read: (match, line) => ({
      type: 'driver',
      device: (device === undefined ? null : (match[device] ?? null)) ?? line.device ?? '',
      why: why.replace(/\$(\d)/g, (_, group: string) => match[Number(group)] ?? ''),
      severity,
    }),
  };
}

/** A row for a device that is refused: the device is the pattern's group `device`, else the one that prints. */
export function refuses(by: string, versions: string, pattern: RegExp, why: string, device?: number): Shape {
  return {
    by,
    in: versions,
    pattern,
    read: (match, line) => ({
      type: 'refusal',
      device: (device === undefined ? null : (match[device] ?? null)) ?? line.device ?? '',
      why: why.replace(/\$(\d)/g, (_, group: string) => match[Number(group)] ?? ''),
    }),
  };
}

/** A row that is known and tells of nothing wrong. */
export function known(by: string, versions: string, pattern: RegExp): Shape {
  return { by, in: versions, pattern, read: () => ({ type: 'note' }) };
}

/** What an error number means for a probe, for sentences. */
export function errnoText(errno: number): string {
  const names: Readonly<Record<number, string>> = {
    2: 'ENOENT: something the node should name is missing (a clock, a reset, a property)',
    5: 'EIO: the hardware did not answer as it should',
    6: 'ENXIO: no such device or resource (an interrupt, a register)',
    12: 'ENOMEM: no memory, or no ioremap of the registers',
    16: 'EBUSY: the registers or the resource belong to somebody else',
    19: 'ENODEV: the hardware or what it needs is not there',
    22: 'EINVAL: a property or an argument is wrong',
    28: 'ENOSPC: no free entry (stream-match entry, context bank, table)',
    110: 'ETIMEDOUT: it waited for something that did not come',
    121: 'EREMOTEIO',
    517: 'EPROBE_DEFER: it waits for something and is tried again',
  };
  return names[errno] ?? `error ${errno}`;
}
