/**
 * How numbers, nodes and quantities are written for people, wherever they are: findings, hovers, explanations, command
 * line. What happens to devices is put into words in simulator/words.ts.
 */
import type { DtNode } from '../devicetree/model';

/** `0x1f` for 31. */
export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

/** `1 cell`, `2 cells`. */
export function count(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`;
}

/** Bytes for people: `4 KiB`, `512 MiB`, or hex when it is no round number. */
export function bytes(amount: bigint): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let unit = 0;
  let value = amount;
  while (unit < units.length - 1 && value !== 0n && value % 1024n === 0n) {
    value /= 1024n;
    unit++;
  }
  return unit === 0 && amount > 9999n ? `0x${amount.toString(16)} bytes` : `${value} ${units[unit]}`;
}

/** A node for people: its label as `&label`, else its path. */
export function nameOf(node: DtNode): string {
  const label = node.labels[0];
  return label === undefined ? node.path : `&${label.name}`;
}

/** A reference to a node that can be written into a value: `&label`, or `&{/path}`. */
export function referenceTo(node: DtNode): string {
  const label = node.labels[0];
  return label === undefined ? `&{${node.path}}` : `&${label.name}`;
}
