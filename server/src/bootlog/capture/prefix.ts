/**
 * What stands in front of the kernel's own text in a line: time stamps of printk, dmesg, syslog, logcat and terminal
 * programs, priorities, colours, quoting marks; and lines that hold the text inside JSON or YAML.
 */

export interface Unwrapped {
  /** The kernel's text. */
  readonly text: string;
  /** The line carried a time stamp or priority of the kernel: it begins a message. */
  readonly stamped: boolean;
  /** printk's own stamp in seconds since the boot; null without one. */
  readonly time: number | null;
}

/** Terminal colours and NUL bytes: nothing of a message. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
const NOISE = /\u0000|\u001b\[[0-9;?]*[A-Za-z]/g;

/** printk's own stamp, with the caller of CONFIG_PRINTK_CALLER: `[    1.234567][    T1] `. */
const STAMP = /\[\s*(\d+\.\d+)\]\s?(?:\[\s*[TC]?\d+\]\s?)?(?:@\d+ )?/;
/** `dmesg -T`: `[Sun Nov 22 12:00:00 2026] `; `dmesg --time-format iso`; minicom and tio: `[2026-11-22 12:00:00.123] `. */
const CLOCK =
  /^\[?(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\s)?(?:(?:[A-Z][a-z]{2}\s+\d+|\d{4}-\d\d-\d\d|\d\d-\d\d)[ T])?\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?(?:\s\d{4})?\]?\s+/;
/** `adb logcat` (threadtime and brief) of the kernel's buffer. */
const LOGCAT =
  /^\d\d-\d\d \d\d:\d\d:\d\d\.\d+\s+(?:\S+\s+)?\d+\s+\d+ [VDIWEFS] (?:[^:]*?): ?|^[VDIWEF]\/[^(]{0,40}\(\s*\d+\): /;
const SYSLOG = /^.{0,80}?\bkernel(?:\[\d+\])?: /;
/** Who printed it, as HiSilicon's and CIX's kernels put it behind the stamp: `[pid:134,cpu0,irq/13-arm-smmu]`. */
const PRINTER = /^\[pid:\d+,cpu\d+,[^\]]*\]\s*/;
/** Qualcomm's log viewer: `0x000000000277BBFA |   1263.468579:   `. */
const VIEWER = /^0x[0-9A-Fa-f]{6,16} \|\s+\d+\.\d+:\s+/;
const PRIORITY = /^<\d{1,3}>/;
/** `dmesg -x`: `kern  :err   : `. */
const FACILITY = /^(?:kern|user|daemon|syslog)\s*:\s*[a-z]+\s*: ?/;
const QUOTE = /^(?:\s?[>|]\s?)+(?=\S)/;

/** The text of a line without anything in front of it. */
export function bodyOf(raw: string): Unwrapped {
  let line = raw.charCodeAt(raw.length - 1) === 13 ? raw.slice(0, -1) : raw;
  if (line.includes('\u0000') || line.includes('\u001b')) line = line.replace(NOISE, '');
  const inside = line.charCodeAt(0) === 123 || line.startsWith('- {') ? messageOf(line) : null;
  if (inside !== null) line = inside;
  const stamp = STAMP.exec(line);
  if (stamp !== null && stamp.index < 160)
    return {
      text: line.slice(stamp.index + stamp[0].length).replace(PRINTER, ''),
      stamped: true,
      time: Number(stamp[1]),
    };
  const syslog = SYSLOG.exec(line);
  if (syslog !== null) return { text: line.slice(syslog[0].length).replace(PRIORITY, ''), stamped: true, time: null };
  let text = line;
  let stamped = inside !== null;
  for (const pattern of [QUOTE, VIEWER, PRIORITY, LOGCAT, FACILITY, CLOCK]) {
    const match = pattern.exec(text);
    if (match === null) continue;
    text = text.slice(match[0].length);
    stamped ||= pattern !== QUOTE;
  }
  return { text, stamped, time: null };
}

/** The message of a line of `journalctl -o json`, or of a LAVA or KernelCI log (`- {"dt": …, "msg": "…"}`); else null. */
function messageOf(line: string): string | null {
  const json = line.startsWith('- ') ? line.slice(2) : line;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // YAML's flow mapping with other quotes: take what stands after `msg:`.
    const text = /[{,]\s*["']?msg["']?: ?(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)')/.exec(json);
    if (text === null) return null;
    return text[1] === undefined
      ? (text[2] ?? '').replaceAll("''", "'")
      : text[1].replace(/\\t/g, '\t').replace(/\\(.)/g, '$1');
  }
  if (typeof value !== 'object' || value === null) return null;
  const fields = value as { readonly MESSAGE?: unknown; readonly msg?: unknown; readonly message?: unknown };
  const message = fields.MESSAGE ?? fields.msg ?? fields.message;
  if (typeof message === 'string') return message;
  // journald writes text that is no UTF-8 as a list of bytes.
  if (Array.isArray(message) && message.every((b) => typeof b === 'number'))
    return new TextDecoder().decode(Uint8Array.from(message as number[]));
  return null;
}
