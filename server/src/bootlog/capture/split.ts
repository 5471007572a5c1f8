/** Splits the kernel's text of a line into who prints and what. */
import type { LogLine } from '../lines/shape';

/** `driver device: message` as dev_printk() writes it; a driver's name has no colon at its end. */
const DEVICE_LINE = /^(\S*[^\s:]) (\S+?): (.*)$/s;
/** A device alone: a unit address, a path, a PCI function. */
const BARE_DEVICE = /^((?:[0-9a-f]{3,16}\.[\w,.+-]+|\/\S+|[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.\d)): (.*)$/s;

export function lineOf(line: number, text: string): LogLine {
  const match = DEVICE_LINE.exec(text);
  if (match !== null)
    return { line, text, driver: match[1] ?? null, device: match[2] ?? null, message: match[3] ?? '' };
  const bare = BARE_DEVICE.exec(text);
  if (bare !== null) return { line, text, driver: null, device: bare[1] ?? null, message: bare[2] ?? '' };
  return { line, text, driver: null, device: null, message: text };
}
