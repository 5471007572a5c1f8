/** The parts of what `smmu-scope collect` gathers: lines that mean something by the part they stand in. */
import { SECTION } from '../collect-script';

/** How many lines a part is read whatever they hold. */
const WHOLE_PARTS: Readonly<Record<string, number>> = {
  cmdline: 1,
  model: 1,
  fdt: 1 << 20,
  devices_deferred: 4096,
  groups: 65536,
  devlink: 65536,
};
/** A blob of more than this many bytes of base64 is none of a board. */
const LARGEST_BLOB = 16 << 20;

/** Follows the parts of a collected file; outside of one it does nothing. */
export class Parts {
  private part: string | null = null;
  private left = 0;
  private base64: string[] = [];
  private length = 0;

  /** How many of the following lines are wanted. */
  get wants(): number {
    return this.left;
  }

  /** The name of the part that a line begins; null for other lines. */
  static begin(raw: string): string | null {
    return raw.startsWith(SECTION) ? raw.slice(SECTION.length).trim() : null;
  }

  /** Takes a line; says what it is: a part's name and its line, or null where the line is an ordinary one. */
  take(raw: string): { readonly part: string; readonly text: string } | null {
    const begun = Parts.begin(raw);
    if (begun !== null) {
      this.part = begun;
      this.left = WHOLE_PARTS[begun] ?? 0;
      if (begun === 'fdt') this.base64 = [];
      return { part: 'begin', text: begun };
    }
    if (this.part === null || this.left === 0) return null;
    this.left--;
    const text = raw.trim();
    if (/^\(.*\)$/.test(text)) return { part: 'said', text };
    if (this.part === 'cmdline' || this.part === 'model' || this.part === 'devices_deferred' || this.part === 'devlink')
      return { part: this.part, text };
    if (this.part !== 'fdt') return null;
    // uuencode -m has a line before and one after.
    if (!/^begin-base64 |^=+$/.test(text) && /^[A-Za-z0-9+/=]+$/.test(text) && this.length < LARGEST_BLOB) {
      this.base64.push(text);
      this.length += text.length;
    }
    return { part: 'fdt', text };
  }

  /** The devicetree blob that the board booted with; null when the file has none. */
  get blob(): Uint8Array | null {
    if (this.base64.length === 0) return null;
    const binary = Buffer.from(this.base64.join(''), 'base64');
    return binary.length > 40 && binary.readUInt32BE(0) === 0xd00dfeed ? Uint8Array.from(binary) : null;
  }
}
