/** Small pieces of Markdown that read well in a hover. */

import type { DtNode } from '../devicetree/model';
import { hex } from '../iommu/words';
import { positionAt, type Span } from '../source/file';
import { pathOfUri } from '../source/uri';
import { nodeSpan } from './rules/rule';

/** A link that jumps to a place (`file:///…#L12`), with the text given. */
export function link(text: string, span: Span | null): string {
  if (span === null) return text;
  return `[${text}](${span.file.uri}#L${positionAt(span.file, span.start).line + 1})`;
}

/** A node as a link: `&label` or the path. */
export function nodeLink(node: DtNode): string {
  const label = node.labels[0];
  return link(code(label === undefined ? node.path : `&${label.name}`), nodeSpan(node));
}

/** `file.dtsi:12` as a link. */
export function placeLink(span: Span | null): string {
  if (span === null) return '';
  const name = pathOfUri(span.file.uri).split('/').pop() ?? '';
  return link(`${name}:${positionAt(span.file, span.start).line + 1}`, span);
}

export function code(text: string): string {
  return `\`${text.replace(/`/g, "'")}\``;
}

/** `0x100`-`0x10f`: numbers from a first one on. */
export function run(first: number, count: number): string {
  return count === 1 ? code(hex(first)) : `${code(hex(first))}-${code(hex(first + count - 1))}`;
}

/** A table; cells may hold Markdown, pipes are escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) => `| ${cells.map((c) => c.replace(/\|/g, '\\|')).join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
}
