/**
 * Reads Kconfig files (Documentation/kbuild/kconfig-language.rst) of an architecture, from the top one through all that it
 * sources. Never throws: a line that it does not know is skipped.
 */
import { folderOf, type KernelFiles } from '../kernel-files';
import { parseExpr } from './expression';
import { Macros } from './macros';
import { both, type Expr, type KconfigModel, KconfigSymbol, MODULE, NO, symbolExpr, YES } from './symbols';

/** A block that is open: what it asks of everything in it. */
interface Block {
  readonly kind: 'menu' | 'if' | 'choice' | 'top';
  /** Known once the block's own `depends on` lines are read. */
  depends: Expr | null;
  /** `visible if`: counts for prompts only. */
  visible: Expr | null;
  readonly choice: KconfigSymbol | null;
}

/** One config or choice statement with its properties, until the next statement. */
interface Entry {
  readonly symbol: KconfigSymbol;
  depends: Expr | null;
  readonly prompts: (Expr | null)[];
  readonly defaults: { expr: Expr; when: Expr | null }[];
  readonly selects: { target: KconfigSymbol; when: Expr | null; imply: boolean }[];
}

/** Files may source each other in a circle. */
const MAX_FILES = 20_000;
const MAX_DEPTH = 60;

const TYPES = /^(def_)?(bool|boolean|tristate|string|int|hex)\b\s*(.*)$/;

class Reader {
  readonly symbols = new Map<string, KconfigSymbol>();
  readonly missing: string[] = [];
  modules: KconfigSymbol | null = null;
  private readonly constants = new Map<string, KconfigSymbol>([
    ['y', YES],
    ['m', MODULE],
    ['n', NO],
  ]);
  private readonly blocks: Block[] = [{ kind: 'top', depends: null, visible: null, choice: null }];
  private readonly choices = new Map<string, KconfigSymbol>();
  private entry: Entry | null = null;
  private read = 0;

  constructor(
    private readonly files: KernelFiles,
    private readonly macros: Macros,
  ) {}

  source(path: string, depth: number): void {
    if (depth > MAX_DEPTH || this.read++ > MAX_FILES) return;
    const text = this.files.read(path);
    if (text === null) {
      this.missing.push(path);
      return;
    }
    const lines = text.split('\n');
    for (let i = 0; i < lines.length; i++) {
      let line = lines[i] ?? '';
      while (line.endsWith('\\') && i + 1 < lines.length) line = line.slice(0, -1) + (lines[++i] ?? '');
      const trimmed = line.trim();
      if (trimmed === '' || trimmed.startsWith('#')) continue;
      if (/^(?:help|---\s*help\s*---)\s*$/.test(trimmed)) {
        i = afterHelp(lines, i + 1) - 1;
        continue;
      }
      this.statement(trimmed, path, depth);
    }
  }

  private statement(raw: string, path: string, depth: number): void {
    const assignment = /^([A-Za-z_][\w-]*)\s*(\+=|:=|=)\s*(.*)$/.exec(raw);
    if (assignment !== null) {
      this.macros.assign(assignment[1] ?? '', assignment[2] ?? '', assignment[3] ?? '');
      return;
    }
    const line = raw.includes('$') ? this.macros.expand(raw).trim() : raw;
    const [, word = '', rest = ''] = /^(\w+)\s*(.*)$/.exec(line) ?? [];
    switch (word) {
      case 'config':
      case 'menuconfig':
        this.close();
        this.open(this.symbol(rest.trim()));
        return;
      case 'choice':
        this.close();
        this.openChoice(rest.trim());
        return;
      case 'menu':
        this.close();
        this.blocks.push(this.block('menu', null));
        return;
      case 'if':
        this.close();
        this.blocks.push(this.block('if', this.condition(rest)));
        return;
      case 'endif':
      case 'endmenu':
      case 'endchoice':
        this.close();
        if (this.blocks.length > 1) this.blocks.pop();
        return;
      case 'comment':
      case 'mainmenu':
        this.close();
        this.ignored = word === 'comment';
        return;
      case 'source':
      case 'rsource':
      case 'osource':
      case 'orsource': {
        this.close();
        const name = rest.trim().replace(/^"(.*)"$/, '$1');
        const target = word.includes('rsource') ? `${folderOf(path)}/${name}` : name;
        if (!word.startsWith('o') || this.files.has(target)) this.source(target, depth + 1);
        return;
      }
      default:
        this.property(word, rest);
    }
  }

  /** Behind a comment statement: its depends lines are nobody's. */
  private ignored = false;

  private property(word: string, rest: string): void {
    if (this.ignored) return;
    const { entry } = this;
    const block = this.blocks[this.blocks.length - 1];
    if (word === 'depends') {
      const wanted = this.condition(rest.replace(/^on\b/, ''));
      if (entry !== null) entry.depends = both(entry.depends, wanted);
      else if (block !== undefined) block.depends = both(block.depends, wanted);
      return;
    }
    if (word === 'visible') {
      if (block !== undefined) block.visible = both(block.visible, this.condition(rest.replace(/^if\b/, '')));
      return;
    }
    if (entry === null) return;
    const typed = TYPES.exec(`${word} ${rest}`);
    if (typed !== null) {
      const type = typed[2] === 'boolean' ? 'bool' : typed[2];
      entry.symbol.type = type as KconfigSymbol['type'];
      const text = typed[3] ?? '';
      if (typed[1] !== undefined) this.addDefault(entry, text);
      else if (text !== '') entry.prompts.push(this.condition(splitIf(text)[1]));
      return;
    }
    switch (word) {
      case 'prompt':
        entry.prompts.push(this.condition(splitIf(rest)[1]));
        return;
      case 'default':
        this.addDefault(entry, rest);
        return;
      case 'select':
      case 'imply': {
        const [target, when] = splitIf(rest);
        entry.selects.push({
          target: this.symbol(target.trim()),
          when: this.condition(when),
          imply: word === 'imply',
        });
        return;
      }
      case 'optional':
        entry.symbol.optional = true;
        return;
      case 'modules':
        this.modules = entry.symbol;
        return;
      case 'option': {
        if (/^modules\b/.test(rest)) this.modules = entry.symbol;
        const environment = /^env\s*=\s*"(\w+)"/.exec(rest)?.[1];
        if (environment !== undefined) entry.symbol.environment = this.macros.expand(`$(${environment})`);
        return;
      }
      default:
    }
  }

  private addDefault(entry: Entry, text: string): void {
    const [value, when] = splitIf(text);
    const expr = parseExpr(value, (name, constant) => this.named(name, constant));
    if (expr !== null) entry.defaults.push({ expr, when: this.condition(when) });
  }

  private block(kind: Block['kind'], depends: Expr | null): Block {
    const choice = this.blocks[this.blocks.length - 1]?.choice ?? null;
    return { kind, depends, visible: null, choice };
  }

  private open(symbol: KconfigSymbol): void {
    this.entry = { symbol, depends: null, prompts: [], defaults: [], selects: [] };
  }

  private openChoice(name: string): void {
    // a choice with a name may be defined in pieces
    let symbol = name === '' ? undefined : this.choices.get(name);
    if (symbol === undefined) {
      symbol = new KconfigSymbol(name, false);
      symbol.values = [];
      if (name !== '') this.choices.set(name, symbol);
    }
    this.open(symbol);
    this.pendingChoice = symbol;
  }
  private pendingChoice: KconfigSymbol | null = null;

  /** Ends the statement that is open: what its menus ask is added to all that it says. */
  close(): void {
    this.ignored = false;
    const { entry } = this;
    this.entry = null;
    if (entry === null) return;
    const { symbol } = entry;
    let outer: Expr | null = null;
    let visible: Expr | null = null;
    for (const block of this.blocks) {
      outer = both(outer, block.depends);
      visible = both(visible, block.visible);
    }
    const depends = both(outer, entry.depends);
    symbol.depends.push(depends);
    for (const prompt of entry.prompts) symbol.prompts.push(both(depends, both(prompt, visible)));
    for (const { expr, when } of entry.defaults) symbol.defaults.push({ expr, when: both(depends, when) });
    for (const { target, when, imply } of entry.selects) {
      const by = both(symbolExpr(symbol), both(depends, when)) ?? symbolExpr(symbol);
      (imply ? target.impliedBy : target.selectedBy).push(by);
    }
    if (symbol === this.pendingChoice) {
      this.pendingChoice = null;
      this.blocks.push({ kind: 'choice', depends: symbolExpr(symbol), visible: null, choice: symbol });
      return;
    }
    const choice = this.blocks[this.blocks.length - 1]?.choice ?? null;
    if (choice !== null && symbol.prompts.length > 0 && choice.values?.includes(symbol) === false) {
      symbol.choice = choice;
      choice.values.push(symbol);
      if (choice.type === 'unknown') choice.type = symbol.type;
      if (symbol.type === 'unknown') symbol.type = choice.type;
    }
  }

  private symbol(name: string): KconfigSymbol {
    let symbol = this.symbols.get(name);
    if (symbol === undefined) {
      symbol = new KconfigSymbol(name, false);
      this.symbols.set(name, symbol);
    }
    return symbol;
  }

  private named(name: string, constant: boolean): KconfigSymbol {
    const known = this.constants.get(name);
    if (known !== undefined) return known;
    if (!constant) return this.symbol(name);
    const made = new KconfigSymbol(name, true);
    this.constants.set(name, made);
    return made;
  }

  private condition(text: string): Expr | null {
    return text.trim() === '' ? null : parseExpr(text, (name, constant) => this.named(name, constant));
  }
}

/** The line behind a help text: the first one that is indented less than its first. */
function afterHelp(lines: readonly string[], from: number): number {
  const width = (line: string): number => {
    let columns = 0;
    for (const c of line) {
      if (c === '\t') columns = (columns & ~7) + 8;
      else if (c === ' ') columns++;
      else break;
    }
    return columns;
  };
  let i = from;
  while (i < lines.length && (lines[i] ?? '').trim() === '') i++;
  const indent = width(lines[i] ?? '');
  // a help text without any: the next statement stands at once
  if (indent === 0) return i;
  while (i < lines.length && ((lines[i] ?? '').trim() === '' || width(lines[i] ?? '') >= indent)) i++;
  return i;
}

/** `"text" if X` as text and condition. */
function splitIf(text: string): [string, string] {
  let quote: string | null = null;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? '';
    if (quote !== null) {
      if (c === '\\') i++;
      else if (c === quote) quote = null;
    } else if (c === '"' || c === "'") quote = c;
    else if (c === '#') return [text.slice(0, i), ''];
    else if (c === 'i' && /^if\b/.test(text.slice(i, i + 3)) && /(^|[\s")'])$/.test(text.slice(0, i)))
      return [text.slice(0, i), text.slice(i + 2).replace(/#.*$/, '')];
  }
  return [text, ''];
}

/** The symbols of a tree's Kconfig for an architecture (as in `arch/`). */
export function readKconfig(files: KernelFiles, arch: string): KconfigModel {
  const reader = new Reader(files, new Macros({ SRCARCH: arch, ARCH: arch }));
  // before 2.6.3x an architecture has the top file
  reader.source(files.has('Kconfig') ? 'Kconfig' : `arch/${arch}/Kconfig`, 0);
  reader.close();
  return { symbols: reader.symbols, modules: reader.modules, missing: reader.missing };
}
