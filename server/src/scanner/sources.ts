/** The kernel's sources, parsed at first use, and what can be looked up across files. */
import { type CFunction, type CSource, type Macro, parseC, type Variable } from './csource';
import type { KernelObject } from './kbuild';
import { folderOf, type KernelFiles, normalize } from './kernel-files';

export class Sources {
  private readonly parsed = new Map<string, CSource | null>();
  private readonly byModule = new Map<string, string[]>();
  private readonly byFolder = new Map<string, string[]>();
  private readonly globalFunctions = new Map<string, ReadonlyMap<string, CSource>>();

  constructor(
    private readonly files: KernelFiles,
    objects: readonly KernelObject[],
  ) {
    for (const object of objects) {
      const folder = folderOf(object.file);
      push(this.byFolder, folder, object.file);
      push(this.byModule, `${folder.split('/').slice(0, 4).join('/')}:${object.modname}`, object.file);
    }
  }

  /** The text of a file with the .c files that it includes pasted in behind it; null when absent. */
  private text(file: string, depth = 0): string | null {
    let text = this.files.read(file);
    if (text !== null && depth < 2)
      for (const include of text.matchAll(/^\s*#\s*include\s+"([^"]+\.c)"/gm)) {
        const inner = this.text(normalize(`${folderOf(file)}/${include[1] ?? ''}`), depth + 1);
        if (inner !== null) text += `\n${inner}`;
      }
    return text;
  }

  get(file: string): CSource | null {
    let source = this.parsed.get(file);
    if (source === undefined) {
      const text = this.text(file);
      source = text === null ? null : parseC(file, text);
      this.parsed.set(file, source);
    }
    return source;
  }

  header(from: string, include: string): CSource | null {
    const name = include.slice(1, -1);
    const places = include.startsWith('"')
      ? [normalize(`${folderOf(from)}/${name}`), `include/${name}`]
      : [`include/${name}`];
    for (const place of places) {
      const source = name.endsWith('.h') ? this.get(place) : null;
      if (source !== null) return source;
    }
    return null;
  }

  private readonly visible = new Map<string, ReadonlyMap<string, Macro>>();

  /** The macros that a file sees: its own, those of headers included with quotes, and with `system` those of the others. */
  macros(source: CSource, system: boolean, depth = 0): ReadonlyMap<string, Macro> {
    const key = `${source.file}${system ? ':system' : ''}`;
    const known = this.visible.get(key);
    if (known !== undefined) return known;
    const merged = new Map<string, Macro>();
    this.visible.set(key, merged);
    for (const include of source.includes) {
      if ((!system && !include.startsWith('"')) || depth > 3) continue;
      const header = this.header(source.file, include);
      if (header === null) continue;
      for (const [name, macro] of this.macros(header, false, depth + 1)) merged.set(name, macro);
    }
    for (const [name, macro] of source.macros) merged.set(name, macro);
    return merged;
  }

  macro(source: CSource, name: string, system: boolean): Macro | undefined {
    return this.macros(source, system).get(name);
  }

  /** A function that other files can call, looked for in the same module, then in the same folder, then in drivers/iommu. */
  globalFunction(from: KernelObject, name: string): { source: CSource; fn: CFunction } | null {
    const folder = folderOf(from.file);
    const module = `${folder.split('/').slice(0, 4).join('/')}:${from.modname}`;
    const scopes: readonly [string, readonly string[]][] = [
      [`m:${module}`, this.byModule.get(module) ?? []],
      [`f:${folder}`, this.byFolder.get(folder) ?? []],
      [`f:${folderOf(folder)}`, folder.split('/').length > 3 ? (this.byFolder.get(folderOf(folder)) ?? []) : []],
      ['f:drivers/iommu', this.byFolder.get('drivers/iommu') ?? []],
    ];
    for (const [key, files] of scopes) {
      let index = this.globalFunctions.get(key);
      if (index === undefined) {
        const made = new Map<string, CSource>();
        for (const file of files) {
          const source = this.get(file);
          if (source === null) continue;
          for (const fn of source.functions.values()) if (!fn.isStatic && !made.has(fn.name)) made.set(fn.name, source);
        }
        index = made;
        this.globalFunctions.set(key, index);
      }
      const source = index.get(name);
      const fn = source?.functions.get(name);
      if (source !== undefined && fn !== undefined) return { source, fn };
    }
    return null;
  }

  /** The headers that a file includes, in order. */
  headers(source: CSource): CSource[] {
    return source.includes.flatMap((include) => this.header(source.file, include) ?? []);
  }
}

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
