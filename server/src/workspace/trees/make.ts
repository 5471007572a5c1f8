/** Reads a makefile as far as lists of files and compiler flags go: assignments, all branches of conditionals together. */
import { dirname, join } from 'node:path';
import type { Disk } from '../disk';
import { headOf } from './tree';

/** Bounds of one reading: characters that expansion may give, and how deep variables nest. */
const MAX_EXPANDED = 400_000;
const MAX_DEPTH = 24;
const MAX_INCLUDES = 24;

interface Assignment {
  readonly name: string;
  readonly value: string;
}

export class Makefile {
  private readonly values = new Map<string, string[]>();
  /** In the order of the text. */
  readonly assignments: Assignment[] = [];
  /** The whole text, lines joined at backslashes, comments left out. */
  text = '';
  private budget = MAX_EXPANDED;
  private readonly read = new Set<string>();

  private constructor(
    private readonly disk: Disk,
    private readonly root: string,
  ) {}

  /**
   * Reads a makefile; null when there is none. With `follow`, what it includes by a path that can be told is read too. Other
   * values may be given for variables (`srctree`). A value is that of every assignment together: which branch of a conditional
   * holds is not known.
   */
  static open(
    disk: Disk,
    path: string,
    given: Readonly<Record<string, string>> = {},
    follow: string | null = null,
  ): Makefile | null {
    const file = new Makefile(disk, follow ?? dirname(path));
    for (const [name, value] of Object.entries(given)) file.values.set(name, [value]);
    if (!file.readIn(path, follow !== null)) return null;
    return file;
  }

  /** Reads another makefile as if it were included. */
  add(path: string): void {
    this.readIn(path, true);
  }

  private readIn(path: string, follow: boolean): boolean {
    if (this.read.has(path) || this.read.size > MAX_INCLUDES) return false;
    const raw = headOf(this.disk, path);
    if (raw === null) return false;
    this.read.add(path);
    const text = raw.replace(/\r?\n/g, '\n').replace(/\\\n/g, ' ');
    for (const full of text.split('\n')) {
      const line = full.replace(/(^|[^\\])#.*$/, '$1');
      this.text += `${line}\n`;
      const assignment =
        /^[ \t]*(?:export[ \t]+|override[ \t]+)?([\w.$(){}+,-]+)[ \t]*(\+|:{1,3}|\?)?=[ \t]*(.*)$/.exec(line);
      if (assignment !== null) this.assign(assignment[1] ?? '', assignment[3] ?? '');
      const include = follow ? /^[ \t]*-?include[ \t]+(\S+)[ \t]*$/.exec(line)?.[1] : undefined;
      if (include !== undefined) this.readIn(join(this.root, this.expand(include)), true);
    }
    return true;
  }

  private assign(written: string, value: string): void {
    const name = written.includes('$') ? this.expand(written) : written;
    this.assignments.push({ name, value });
    const known = this.values.get(name);
    if (known === undefined) this.values.set(name, [value]);
    else if (known.length < 1000) known.push(value);
  }

  /** The words of a variable, expanded; empty when nothing is assigned. */
  words(name: string): string[] {
    return this.split(this.valueOf(name, 0, new Set()));
  }

  /** The words of a text, expanded. */
  wordsOf(text: string): string[] {
    return this.split(this.expand(text));
  }

  /** The first value that is assigned to a variable, expanded; null when there is none. */
  first(name: string): string | null {
    const value = this.values.get(name)?.[0];
    return value === undefined ? null : this.expand(value).trim();
  }

  expand(text: string): string {
    this.budget = MAX_EXPANDED;
    return this.expanded(text, 0, new Set());
  }

  /** Arguments of every `$(call NAME,…)` whose name matches, as written. */
  calls(name: RegExp): string[][] {
    const found: string[][] = [];
    for (const match of this.text.matchAll(/\$[({]call[ \t]+/g)) {
      const body = this.text.slice(match.index, match.index + 20_000);
      const end = closing(body, 1);
      if (end < 0) continue;
      const [called, ...rest] = argumentsOf(body.slice(match[0].length, end));
      if (called !== undefined && name.test(called.trim())) found.push(rest);
    }
    return found;
  }

  private split(text: string): string[] {
    return text.split(/\s+/).filter((word) => word !== '');
  }

  private valueOf(name: string, depth: number, open: ReadonlySet<string>): string {
    const values = this.values.get(name);
    if (values === undefined || open.has(name)) return '';
    const inside = new Set(open).add(name);
    return values.map((value) => this.expanded(value, depth + 1, inside)).join(' ');
  }

  private expanded(text: string, depth: number, open: ReadonlySet<string>): string {
    if (!text.includes('$') || depth > MAX_DEPTH) return this.spend(text.includes('$') ? '' : text);
    let out = '';
    for (let i = 0; i < text.length; ) {
      const dollar = text.indexOf('$', i);
      if (dollar < 0) {
        out += this.spend(text.slice(i));
        break;
      }
      out += this.spend(text.slice(i, dollar));
      const next = text[dollar + 1];
      if (next !== '(' && next !== '{') {
        if (next === '$') out += '$';
        i = dollar + 2;
        continue;
      }
      const end = closing(text, dollar + 1);
      if (end < 0) break;
      out += this.reference(text.slice(dollar + 2, end), depth, open);
      i = end + 1;
      if (this.budget <= 0) break;
    }
    return out;
  }

  private reference(body: string, depth: number, open: ReadonlySet<string>): string {
    const call = /^([a-z-]+)[ \t]+/.exec(body);
    if (call === null) {
      // $(NAME:.a=.b)
      const [, name = body, from, to = ''] = /^([^:]+):([^=]*)=(.*)$/.exec(body) ?? [];
      const value = this.valueOf(this.expanded(name, depth + 1, open), depth, open);
      if (from === undefined) return value;
      return this.split(value)
        .map((word) => (word.endsWith(from) ? word.slice(0, word.length - from.length) + to : word))
        .join(' ');
    }
    const args = argumentsOf(body.slice(call[0].length)).map((arg) => this.expanded(arg, depth + 1, open));
    const words = (i: number): string[] => this.split(args[i] ?? '');
    switch (call[1]) {
      case 'addprefix':
        return this.spend(
          words(1)
            .map((word) => `${args[0] ?? ''}${word}`)
            .join(' '),
        );
      case 'addsuffix':
        return this.spend(
          words(1)
            .map((word) => `${word}${args[0] ?? ''}`)
            .join(' '),
        );
      case 'notdir':
        return words(0)
          .map((word) => word.slice(word.lastIndexOf('/') + 1))
          .join(' ');
      case 'if':
      case 'or':
        return args.slice(call[1] === 'if' ? 1 : 0).join(' ');
      case 'sort':
      case 'strip':
      case 'abspath':
      case 'realpath':
        return words(0).join(' ');
      case 'call':
        // make_helpers/build_macros.mk of Trusted Firmware-A
        return args[0]?.trim() === 'uppercase' ? words(1).join(' ').toUpperCase() : '';
      default:
        return '';
    }
  }

  /** Text that counts against what may come of one expansion. */
  private spend(text: string): string {
    this.budget -= text.length;
    return this.budget < 0 ? '' : text;
  }
}

/** The index of the bracket that closes the one at `open`; -1 when none does. */
function closing(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    const c = text[i];
    if (c === '(' || c === '{') depth++;
    else if ((c === ')' || c === '}') && --depth === 0) return i;
  }
  return -1;
}

/** Splits at the commas that stand in no brackets. */
function argumentsOf(text: string): string[] {
  const out: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    const c = text[i];
    if (c === '(' || c === '{') depth++;
    else if (c === ')' || c === '}') depth--;
    else if (i === text.length || (c === ',' && depth === 0)) {
      out.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return out;
}
