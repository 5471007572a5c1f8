/**
 * What the options of a build decide. Some projects pass most of their macros with -D, by variables that whoever calls make
 * sets: no source defines them, and which branch of a conditional holds is known only to that call. What a branch defines, left
 * out or taken, is then undecided: a name of it that is not there is no mistake of the source.
 */
import type { Macro, PpToken } from './macro';

/** Names of the compiler and of C, which no option sets. */
const RESERVED = /^(?:__|defined$)/;
/** Macros of a condition that are looked into. */
const MAX_MACROS = 2000;
/** Files behind an #include that is left out. */
const MAX_FILES = 200;
/** Names that are kept; a tree with more counts as undecided altogether. */
const MAX_NAMES = 50_000;
/** Options that the finding names. */
const MAX_OPTIONS = 4;

/** What the build of a tree passes by its options. */
export interface ByOption {
  /** Macros that the user states (-D, smmuScope.defines): as decided as what the source defines. */
  readonly decided: ReadonlySet<string>;
  /** Macros that the build passes without a value that can be told. */
  readonly passed: ReadonlySet<string>;
}

export class Undecided {
  /** Macros, labels and options, with the options that the last condition around them asks for. */
  private readonly names = new Map<string, readonly string[]>();
  private readonly entered = new Set<string>();

  constructor(
    private readonly given: ByOption,
    private readonly macro: (id: number) => Macro | undefined,
  ) {
    for (const name of given.passed) this.add(name, []);
  }

  /** Whether a macro or a label of this name may be there in the real build. */
  has(name: string): boolean {
    return this.names.has(name);
  }

  /** All that may be there in the real build. */
  get all(): ReadonlySet<string> {
    return new Set(this.names.keys());
  }

  add(name: string, options: readonly string[]): void {
    if (this.names.size < MAX_NAMES) this.names.set(name, options);
  }

  /** The options that a condition hangs on, be it through macros; null: on none. */
  asks(tokens: readonly PpToken[]): readonly string[] | null {
    const queue: PpToken[] = [...tokens];
    const seen = new Set<number>();
    const options = new Set<string>();
    let found = false;
    for (let i = 0; i < queue.length && i < MAX_MACROS; i++) {
      const { kind, id, text } = queue[i] as PpToken;
      if (kind !== 'identifier' || RESERVED.test(text) || seen.has(id)) continue;
      seen.add(id);
      const macro = this.macro(id);
      const option = macro === undefined || (macro.file === null && macro.builtin === null);
      if (option && !this.given.decided.has(text)) {
        options.add(text);
        if (macro === undefined && !this.names.has(text)) this.add(text, []);
        found = true;
      } else if (this.names.has(text)) found = true;
      else if (macro?.file != null) for (const token of macro.body) queue.push(token);
    }
    return found ? [...options] : null;
  }

  /**
   * Notes what a text that is left out would define. `read` finds an include of it; the answer is whether everything in it is
   * known, which it is not when one is missing.
   */
  note(
    text: string,
    options: readonly string[],
    read: (name: string, quoted: boolean) => { uri: string; text: string } | null,
  ): boolean {
    let known = true;
    const queue = [text];
    for (const part of queue) {
      for (const [, name = ''] of part.matchAll(/^[ \t]*#[ \t]*(?:define|undef)[ \t]+([A-Za-z_]\w*)/gm))
        this.add(name, options);
      for (const [, label = ''] of part.matchAll(/(?:^|[\s;{}*/])([A-Za-z_]\w*):(?=[\s/]|[A-Za-z_])/g))
        this.add(label, options);
      for (const [, name] of part.matchAll(/^[ \t]*(?:#[ \t]*|\/)include\/?[ \t]+([<"][^>"\n]+)?/gm)) {
        const found = name === undefined ? null : read(name.slice(1), name.startsWith('"'));
        if (found === null || this.entered.size >= MAX_FILES) known = false;
        else if (!this.entered.has(found.uri)) {
          this.entered.add(found.uri);
          queue.push(found.text);
        }
      }
    }
    return known && this.names.size < MAX_NAMES;
  }

  /** The one finding of a board whose first such word is `name`. */
  message(name: string, others: number): string {
    const options = this.names.get(name) ?? [];
    const listed = options.slice(0, MAX_OPTIONS).join(', ') + (options.length > MAX_OPTIONS ? ', …' : '');
    const which = options.length === 0 ? '' : ` (${listed})`;
    const more = others === 0 ? ' is' : ` and ${others} more ${others === 1 ? 'name' : 'names'} are`;
    return `${name}${more} decided by options of the build${which}, which are not known here: what is made of them is not judged. State the options in smmuScope.defines (-D).`;
  }
}
