/** The kernel's sources, parsed at first use, and what can be looked up across files. */
import { type CFunction, type CSource, type Macro, parseC, type Variable } from './csource';
import { detached, hashOf } from './hash';
import type { KernelObject } from './kbuild';
import { folderOf, type KernelFiles, normalize } from './kernel-files';

/** Longer files are lists of registers and firmware: nothing of theirs is read. */
export const MAX_TEXT = 1_500_000;
/** Characters of source that stay parsed; the file used longest ago goes first. */
const MAX_PARSED = 30_000_000;
/** How deep headers are followed for a macro. */
const MAX_INCLUDES = 8;

/** What a result was made from: files that were read or looked for, and the sets of functions that were searched. */
export interface Reading {
  readonly files: Set<string>;
  readonly scopes: Set<string>;
}

interface Parsed {
  readonly source: CSource;
  readonly size: number;
  /** The .c files that it includes: their text counts as its own. */
  readonly pasted: readonly string[];
}

export class Sources {
  private readonly parsed = new Map<string, Parsed | null>();
  private size = 0;
  private readonly scopeFiles = new Map<string, string[]>();
  private readonly globalFunctions = new Map<string, ReadonlyMap<string, string>>();
  private readonly chains = new Map<string, readonly string[]>();
  private readonly probes = new Map<string, readonly string[]>();
  private reading: Reading | null = null;

  constructor(
    private readonly files: KernelFiles,
    objects: readonly KernelObject[],
    /** Told of the functions that other files can call, whenever a scope is searched. */
    private readonly onExports: (file: string, pasted: readonly string[], hash: string) => void = () => undefined,
  ) {
    for (const object of objects) {
      push(this.scopeFiles, `f:${folderOf(object.file)}`, object.file);
      push(this.scopeFiles, moduleScope(object), object.file);
    }
  }

  /** Runs work, and says what it read. */
  watch<T>(work: () => T): { readonly value: T; readonly reading: Reading } {
    const before = this.reading;
    const reading: Reading = { files: new Set(), scopes: new Set() };
    this.reading = reading;
    try {
      return { value: work(), reading };
    } finally {
      this.reading = before;
    }
  }

  /** The text of a file with the .c files that it includes pasted in behind it; null when absent. */
  private text(file: string, pasted: string[], depth = 0): string | null {
    let text = this.files.read(file);
    if (text === null || text.length > MAX_TEXT) return null;
    if (depth < 2 && text.includes('.c"'))
      for (const include of text.matchAll(/^[ \t]*#[ \t]*include[ \t]+"([^"\n]+\.c)"/gm)) {
        const path = normalize(`${folderOf(file)}/${include[1] ?? ''}`);
        pasted.push(path);
        const inner = this.text(path, pasted, depth + 1);
        if (inner !== null) text += `\n${inner}`;
      }
    return text;
  }

  get(file: string): CSource | null {
    let known = this.parsed.get(file);
    if (known === undefined) {
      const pasted: string[] = [];
      const text = this.text(file, pasted);
      known = text === null ? null : { source: parseC(file, text), size: text.length, pasted };
      this.size += known?.size ?? 0;
      this.parsed.set(file, known);
      this.forget();
    } else if (known !== null) {
      this.parsed.delete(file);
      this.parsed.set(file, known);
    }
    if (this.reading !== null) {
      this.reading.files.add(file);
      for (const path of known?.pasted ?? []) this.reading.files.add(path);
    }
    return known?.source ?? null;
  }

  /** The .c files that a file includes. */
  pastedIn(file: string): readonly string[] {
    this.get(file);
    return detached(this.parsed.get(file)?.pasted ?? []);
  }

  private forget(): void {
    if (this.size <= MAX_PARSED) return;
    for (const [file, entry] of this.parsed) {
      if (this.size <= MAX_PARSED * 0.8) return;
      // that a file is not there costs nothing to remember
      if (entry === null) continue;
      this.size -= entry.size;
      this.parsed.delete(file);
    }
  }

  /** Where an include leads: the first of its places that is there, and all that were tried. */
  private headerOf(from: string, include: string): { readonly path: string | null; readonly tried: readonly string[] } {
    const name = include.slice(1, -1);
    if (!name.endsWith('.h')) return { path: null, tried: [] };
    const places = include.startsWith('"')
      ? [normalize(`${folderOf(from)}/${name}`), `include/${name}`]
      : [`include/${name}`];
    const at = places.findIndex((place) => this.files.has(place));
    return at < 0 ? { path: null, tried: places } : { path: places[at] ?? null, tried: places.slice(0, at + 1) };
  }

  /** The headers that a file includes, in order. */
  headers(source: CSource): CSource[] {
    return source.includes.flatMap((include) => {
      const { path, tried } = this.headerOf(source.file, include);
      for (const place of tried) this.reading?.files.add(place);
      return path === null ? [] : (this.get(path) ?? []);
    });
  }

  /**
   * The files whose macros a file sees, nearest first: itself, then headers included with quotes, and with `system` its
   * others; of two that define a name the later include counts.
   */
  private chainOf(source: CSource, system: boolean): readonly string[] {
    const key = system ? `${source.file}:system` : source.file;
    let chain = this.chains.get(key);
    if (chain === undefined) {
      const found = new Set<string>();
      const tried = new Set<string>();
      const visit = (at: CSource, others: boolean, depth: number): void => {
        if (found.has(at.file)) return;
        found.add(at.file);
        if (depth >= MAX_INCLUDES) return;
        for (const include of [...at.includes].reverse()) {
          if (!others && !include.startsWith('"')) continue;
          const header = this.headerOf(at.file, include);
          for (const place of header.tried) tried.add(place);
          const next = header.path === null ? null : this.get(header.path);
          if (next !== null) visit(next, false, depth + 1);
        }
      };
      visit(source, system, 0);
      chain = [...found];
      this.chains.set(key, chain);
      this.probes.set(key, [...tried]);
    }
    if (this.reading !== null) for (const place of this.probes.get(key) ?? []) this.reading.files.add(place);
    return chain;
  }

  macro(source: CSource, name: string, system: boolean): Macro | undefined {
    const own = source.macros.get(name);
    if (own !== undefined) return own;
    for (const file of this.chainOf(source, system)) {
      const found = this.get(file)?.macros.get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** A function that other files can call, looked for in the same module, then in the same folder, then in drivers/iommu. */
  globalFunction(from: KernelObject, name: string): { source: CSource; fn: CFunction } | null {
    const folder = folderOf(from.file);
    const scopes = [
      moduleScope(from),
      `f:${folder}`,
      ...(folder.split('/').length > 2 ? [`f:${folderOf(folder)}`] : []),
      'f:drivers/iommu',
    ];
    for (const scope of scopes) {
      this.reading?.scopes.add(scope);
      const file = this.exportsOf(scope).get(name);
      const source = file === undefined ? null : this.get(file);
      const fn = source?.functions.get(name);
      if (source !== null && fn !== undefined) return { source, fn };
    }
    return null;
  }

  /** The functions that the files of a scope offer to others, with the file of each. */
  private exportsOf(scope: string): ReadonlyMap<string, string> {
    let index = this.globalFunctions.get(scope);
    if (index === undefined) {
      const made = new Map<string, string>();
      // a result depends on what is found in the scope (scopeHash), not on the whole of each file
      const { reading } = this;
      this.reading = null;
      for (const file of this.scopeFiles.get(scope) ?? [])
        for (const name of this.exportNames(file)) if (!made.has(name)) made.set(name, file);
      this.reading = reading;
      index = made;
      this.globalFunctions.set(scope, index);
    }
    return index;
  }

  private exportNames(file: string): string[] {
    const names: string[] = [];
    for (const fn of this.get(file)?.functions.values() ?? []) if (!fn.isStatic) names.push(fn.name);
    this.onExports(file, this.pastedIn(file), hashOf(names.join(' ')));
    return detached(names);
  }

  /** The state of what a scope offers; `known` gives that of a file that was read before. */
  scopeHash(scope: string, known: (file: string) => string | null): string {
    const parts: string[] = [];
    for (const file of this.scopeFiles.get(scope) ?? []) {
      let hash = known(file);
      if (hash === null) {
        this.exportNames(file);
        hash = known(file);
      }
      parts.push(`${file} ${hash ?? ''}`);
    }
    return hashOf(parts.join('\n'));
  }
}

const moduleScope = (object: KernelObject): string =>
  `m:${folderOf(object.file).split('/').slice(0, 4).join('/')}:${object.modname}`;

function push(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/** Variables at file scope by name. */
export function variablesOf(source: CSource): ReadonlyMap<string, Variable> {
  let index = indexes.get(source);
  if (index === undefined) {
    index = new Map(source.variables.map((v) => [v.name, v]));
    indexes.set(source, index);
  }
  return index;
}
const indexes = new WeakMap<CSource, ReadonlyMap<string, Variable>>();
