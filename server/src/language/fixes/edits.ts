/** Changes of text that leave it formatted as the text around it. */

import type { DtNode, DtProperty, NodeDefinition } from '../../devicetree/model';
import { writtenEntries } from '../../iommu/specifiers';
import { hex } from '../../iommu/words';
import type { SourceFile, Span } from '../../source/file';
import type { Fix } from '../rules/rule';

/** The white space at the start of the line that holds an offset. */
export function indentAt(file: SourceFile, offset: number): string {
  const start = file.text.lastIndexOf('\n', offset - 1) + 1;
  return /^[ \t]*/.exec(file.text.slice(start, offset + 200))?.[0] ?? '';
}

/** The body's place just after the `{` of a node's definition, and the indent of a property there; null for a generated node. */
function bodyOf(node: DtNode): Body | null {
  const definition = node.definitions.find((d) => d.reference === null) ?? node.definitions[0];
  return definition === undefined ? null : bodyAt(definition);
}

interface Body {
  readonly at: Span;
  readonly indent: string;
  readonly empty: boolean;
}

function bodyAt(definition: NodeDefinition): Body | null {
  const { file, start, end } = definition.span;
  const brace = file.text.indexOf('{', definition.nameSpan.end);
  if (brace < 0 || brace > end) return null;
  const outer = indentAt(file, start);
  const inner = /\{[ \t]*\n([ \t]+)\S/.exec(file.text.slice(brace, Math.min(end, brace + 400)))?.[1] ?? `${outer}\t`;
  const rest = file.text.slice(brace + 1, end);
  return { at: { file, start: brace + 1, end: brace + 1 }, indent: inner, empty: /^\s*\}/.test(rest) };
}

/** Inserts a statement into a node: after its `reg`, `compatible` or whatever leading property stands there. */
export function insertProperty(node: DtNode, statement: string, title: string, preferred = true): Fix[] {
  const body = bodyOf(node);
  if (body === null) return [];
  const first = node.definitions.find((d) => d.reference === null) ?? node.definitions[0];
  const anchor = ['reg', 'compatible']
    .map((n) => node.properties.get(n)?.span)
    .find((s) => s != null && s.file === first?.span.file && s.start >= first.span.start && s.end <= first.span.end);
  if (anchor !== undefined && anchor !== null)
    return [
      {
        title,
        edits: [
          {
            span: { file: anchor.file, start: anchor.end, end: anchor.end },
            text: `\n${indentAt(anchor.file, anchor.start)}${statement}`,
          },
        ],
        preferred,
      },
    ];
  const oneLine = !body.at.file.text.slice(body.at.start, first?.span.end).includes('\n');
  const text = oneLine ? ` ${statement}` : `\n${body.indent}${statement}`;
  return [{ title, edits: [{ span: body.at, text }], preferred }];
}

/** The change that puts a statement into one definition of a node: behind what stands there. */
export function insertInto(definition: NodeDefinition, statement: string): Fix['edits'] {
  const body = bodyAt(definition);
  if (body === null) return [];
  const { file, start, end } = body.at;
  const oneLine = !file.text.slice(start, definition.span.end).includes('\n');
  return [{ span: { file, start, end }, text: oneLine ? ` ${statement}` : `\n${body.indent}${statement}` }];
}

/** A number as `count` cells of 32 bits, the highest first: `0x1 0x80000000`. */
export function cellsText(value: bigint, count: number): string {
  return Array.from({ length: count }, (_, i) => hex((value >> BigInt(32 * (count - 1 - i))) & 0xffffffffn)).join(' ');
}

/** Inserts a statement on a line of its own after a property. */
export function insertAfter(property: DtProperty, statement: string, title: string, preferred = true): Fix[] {
  if (property.span === null) return [];
  const { file, start, end } = property.span;
  const lineStart = file.text.lastIndexOf('\n', start - 1) + 1;
  const ownLine = /^[ \t]*$/.test(file.text.slice(lineStart, start));
  const text = ownLine ? `\n${indentAt(file, start)}${statement}` : ` ${statement}`;
  return [{ title, edits: [{ span: { file, start: end, end }, text }], preferred }];
}

/** The whole statement with the line it stands on, when nothing else stands there. */
export function statementLines(span: Span): Span {
  const text = span.file.text;
  let start = span.start;
  while (start > 0 && (text[start - 1] === ' ' || text[start - 1] === '\t')) start--;
  let end = span.end;
  while (text[end] === ' ' || text[end] === '\t') end++;
  const wholeLine = (start === 0 || text[start - 1] === '\n') && (text[end] === '\n' || end >= text.length);
  return wholeLine ? { file: span.file, start, end: Math.min(text.length, end + 1) } : span;
}

/** Removes a property's statement. */
export function removeProperty(property: DtProperty, title: string, preferred = false): Fix[] {
  if (property.span === null) return [];
  return [{ title, edits: [{ span: statementLines(property.span), text: '' }], preferred }];
}

/** Replaces the value of a property (what stands between `=` and `;`). */
export function replaceValue(property: DtProperty, value: string, title: string, preferred = true): Fix[] {
  if (property.span === null || property.nameSpan === null) return [];
  const { file, end } = property.span;
  return [{ title, edits: [{ span: { file, start: property.nameSpan.end, end }, text: ` = ${value};` }], preferred }];
}

/** Removes one entry of a comma-separated list of `<…>` groups, or one run of cells inside a group. */
export function removeCells(property: DtProperty, span: Span, title: string, preferred = true): Fix[] {
  if (property.span === null || property.span.file !== span.file) return [];
  const text = span.file.text;
  let start = span.start;
  let end = span.end;
  const skipBack = () => {
    while (start > 0 && /\s/.test(text[start - 1] ?? '')) start--;
  };
  const skipAhead = () => {
    while (/\s/.test(text[end] ?? '')) end++;
  };
  skipBack();
  skipAhead();
  if (text[start - 1] === '<' && text[end] === '>') {
    start--;
    end++;
    skipBack();
    if (text[start - 1] === ',') start--;
    else {
      start = span.start;
      while (text[start - 1] !== '<') start--;
      start--;
      skipAhead();
      if (text[end] === ',') {
        end++;
        skipAhead();
      } else return removeProperty(property, title, preferred);
    }
    return [{ title, edits: [{ span: { file: span.file, start, end }, text: '' }], preferred }];
  }
  // inside a longer group: keep one blank
  const inner = text[start - 1] === '<' ? { start: span.start, end } : { start, end: span.end };
  return [{ title, edits: [{ span: { file: span.file, ...inner }, text: '' }], preferred }];
}

/**
 * Writes a list of specifiers anew, one `<…>` an entry, apart as the entries were. `change` is asked for each entry by
 * the index of its first cell: other text, null to leave it out, undefined to keep it. Nothing when macros make the list.
 */
export function rewriteList(
  property: DtProperty,
  change: (cell: number) => string | null | undefined,
  title: string,
  preferred = true,
): Fix[] {
  const { span, nameSpan } = property;
  if (span === null || nameSpan === null) return [];
  const { text } = span.file;
  const entries = writtenEntries(property);
  const kept: string[] = [];
  for (const { head, args } of entries) {
    const last = args[args.length - 1] ?? head;
    if (head === null || last === null) return [];
    if (head.span.file !== span.file || last.span.file !== span.file || head.span.start < span.start) return [];
    const to = change(head.offset / 4);
    if (to !== null) kept.push(to ?? text.slice(head.span.start, last.span.end));
  }
  if (kept.length === 0) return [];
  const second = entries[1]?.head?.span.start;
  const between = second === undefined ? '' : text.slice(entries[0]?.head?.span.end ?? second, second);
  // the white space of the first break, aligned as it was
  const space = /\n[ \t]*/.exec(between)?.[0] ?? ' ';
  return replaceValue(property, kept.map((entry) => `<${entry}>`).join(`,${space}`), title, preferred);
}

/** Inserts a node at the end of another one's body (the one in file `near`, if any), each line with the body's indent. */
export function insertNode(parent: DtNode, lines: readonly string[], title: string, near: SourceFile): Fix[] {
  const definition = parent.definitions.find((d) => d.span.file === near) ?? parent.definitions[0];
  const body = definition === undefined ? null : bodyAt(definition);
  if (body === null || definition === undefined) return [];
  const { file } = definition.span;
  const preferred = true;
  const close = file.text.lastIndexOf('}', definition.span.end - 1);
  if (close < body.at.end) return [];
  const line = file.text.lastIndexOf('\n', close - 1) + 1;
  const ownLine = /^[ \t]*$/.test(file.text.slice(line, close)) && line > body.at.start;
  const written = lines.map((l) => (l === '' ? '' : `${body.indent}${l}`)).join('\n');
  const blank = parent.children.size > 0 || parent.properties.size > 0 ? '\n' : '';
  return ownLine
    ? [{ title, edits: [{ span: { file, start: line, end: line }, text: `${blank}${written}\n` }], preferred }]
    : [
        {
          title,
          edits: [
            {
              span: { file, start: close, end: close },
              text: `${blank}\n${written}\n${indentAt(file, definition.span.start)}`,
            },
          ],
          preferred,
        },
      ];
}

/** The line that includes a header, behind the last include of a file, else behind `/dts-v1/;`, else at its start. */
export function insertInclude(file: SourceFile, header: string): Fix['edits'][number] {
  const behind =
    [...file.text.matchAll(/^[ \t]*#[ \t]*include[^\n]*\n/gm)].at(-1) ?? /\/dts-v1\/[^\n]*\n/.exec(file.text);
  const at = behind === null || behind === undefined ? 0 : behind.index + behind[0].length;
  return { span: { file, start: at, end: at }, text: `#include <${header}>\n` };
}
