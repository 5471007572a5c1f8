/** Escapes in strings and character literals. */
import { HEX, isClass } from '../source/characters';

const encoder = new TextEncoder();
const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };

/** A string's bytes with its escapes resolved (dtc's get_escape_char); the text is UTF-8, or one character a byte (`bytewise`). */
export function unescapeString(text: string, bytewise = false): Uint8Array {
  const bytes = bytewise ? Uint8Array.from(text, (c) => c.charCodeAt(0)) : encoder.encode(text);
  if (!text.includes('\\')) return bytes;
  const out: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const c = bytes[at] as number;
    if (c !== 92 || at + 1 === bytes.length) {
      out.push(c);
      continue;
    }
    const next = bytes[++at] as number;
    const known = ESCAPES[String.fromCharCode(next)];
    if (known !== undefined) out.push(known);
    else if (next >= 48 && next < 56) {
      let value = 0;
      let digits = 0;
      for (; digits < 3 && ((bytes[at] ?? 0) & 0xf8) === 48; digits++)
        value = value * 8 + ((bytes[at++] as number) & 7);
      out.push(value & 0xff);
      at--;
    } else if (next === 120 && isClass(bytes[at + 1] ?? 0, HEX)) {
      let value = 0;
      for (let digits = 0; digits < 2 && isClass(bytes[at + 1] ?? 0, HEX); digits++)
        value = value * 16 + Number.parseInt(String.fromCharCode(bytes[++at] as number), 16);
      out.push(value);
    } else out.push(next);
  }
  return Uint8Array.from(out);
}
