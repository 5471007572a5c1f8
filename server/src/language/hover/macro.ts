/** Hover on macros: what they expand to and where they are defined. */

import type { CellPart } from '../../devicetree/model';
import { hex } from '../../iommu/words';
import type { Macro } from '../../source/macro';
import type { BoardSnapshot } from '../../workspace/board';
import { code, placeLink } from '../markdown';

/** A cell that macros made: each macro from the outermost in, and the value. */
export function hoverMacro(part: CellPart): string {
  const lines = part.macros.map((m) => {
    const place = m.definition === null ? 'given on the command line' : `defined in ${placeLink(m.definition)}`;
    return `${code(m.name)} ${place}`;
  });
  return `${lines.join(', in it ')}\n\n= ${code(hex(part.value))} (${part.value})`;
}

/** A macro by name, as it stands at the end of the board's sources; null when there is none. */
export function hoverMacroName(snapshot: BoardSnapshot, name: string): string | null {
  const macro = snapshot.result.macros.find((m) => m.name === name);
  if (macro === undefined) return null;
  const body = definitionText(macro);
  const where =
    macro.file === null
      ? 'given on the command line'
      : `defined in ${placeLink({ file: macro.file, start: macro.start, end: macro.end })}`;
  return `\`\`\`c\n#define ${body}\n\`\`\`\n${macro.literal >= 0 ? `= ${code(hex(macro.literal))} (${macro.literal}), ` : ''}${where}`;
}

/** The define line without its `#define`, continuations joined, cut where it gets long. */
export function definitionText(macro: Macro): string {
  if (macro.file === null) return `${macro.name} ${macro.body.map((t) => t.text).join(' ')}`;
  const { text } = macro.file;
  let end = macro.start;
  do {
    end = text.indexOf('\n', end + 1);
    if (end < 0) end = text.length;
  } while (end < text.length && text[end - 1] === '\\');
  const line = text
    .slice(macro.start, end)
    .replace(/\\\n\s*/g, ' ')
    .replace(/[ \t]+/g, ' ');
  return line.length > 200 ? `${line.slice(0, 200)} …` : line;
}
