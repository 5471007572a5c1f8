/**
 * Finds every driver of a kernel tree: its tables, when it registers, and what its probe goes on to make. What an object
 * says is kept with all that it was made from, so that a changed file costs itself and those that read it.
 */
import type { CSource } from './csource';
import { type Discovery, DRIVER_TYPES, type FoundDriver, type FoundEarly, type ObjectFindings } from './found';
import { detached, hashOf } from './hash';
import type { KernelObject } from './kbuild';
import type { KernelFiles } from './kernel-files';
import { ObjectReader } from './object-reader';
import { type Reading, Sources, variablesOf } from './sources';
import type { Named } from './tables';

const INTERESTING = /_driver\b|of_device_id|_OF_DECLARE|IRQCHIP_DECLARE|IRQCHIP_MATCH|_initcall|module_init/;

/** A file as it was when it was last read. */
interface KeptFile {
  /** The .c files that it includes: their text is its own. */
  readonly pasted: readonly string[];
  /** Of itself and of these. */
  readonly stamp: string;
  /** Whether it can say anything of drivers. */
  readonly speaks: boolean;
  /** The structures and tables in it that other files may name. */
  readonly names: readonly string[];
}

type KeptExports = readonly [pasted: readonly string[], stamp: string, hash: string];

interface KeptObject {
  readonly modname: string;
  readonly findings: ObjectFindings;
  /** By their numbers in `paths`. */
  readonly files: readonly number[];
  /** The sets of functions searched, with what they offered. */
  readonly scopes: readonly (readonly [scope: string, hash: string])[];
}

/** What a scan found, with what each part was made from. Plain data, for the next scan of the same tree. */
export interface KeptScan {
  readonly paths: readonly string[];
  readonly stamps: readonly string[];
  readonly files: Readonly<Record<string, KeptFile>>;
  /** The hash of the functions that a file offers to others, with the .c files that it includes and their stamp. */
  readonly exports: Readonly<Record<string, KeptExports>>;
  /** Of all structures and tables that files may name. */
  readonly globals: string;
  readonly objects: Readonly<Record<string, KeptObject>>;
}

/** Told how far a scan is: objects read, of so many. Throws to stop it. */
export type Progress = (done: number, of: number) => void;

export interface Discovered {
  readonly discovery: Discovery;
  readonly kept: KeptScan;
  /** How many objects were read anew. */
  readonly read: number;
}

export function discover(
  kernel: KernelFiles,
  objects: readonly KernelObject[],
  before: KeptScan | null = null,
  progress: Progress = () => undefined,
): Discovered {
  const stampOf = (file: string, pasted: readonly string[]): string =>
    pasted.length === 0 ? kernel.stamp(file) : [file, ...pasted].map((path) => kernel.stamp(path)).join(' ');
  const exports = new Map<string, KeptExports>();
  const sources = new Sources(kernel, objects, (file, pasted, hash) =>
    exports.set(file, [pasted, stampOf(file, pasted), hash]),
  );

  // Driver structures and match tables that other files may name.
  const keptFiles: Record<string, KeptFile> = {};
  const homes = new Map<string, string>();
  const speaking: KernelObject[] = [];
  const total = objects.length * 2;
  objects.forEach((object, at) => {
    if (at % 200 === 0) progress(at, total);
    const { file } = object;
    const known = before?.files[file];
    const kept =
      known !== undefined && known.stamp === stampOf(file, known.pasted)
        ? known
        : outline(kernel, sources, file, stampOf);
    keptFiles[file] = kept;
    if (!kept.speaks) return;
    speaking.push(object);
    for (const name of kept.names) homes.set(name, file);
  });
  const global = (name: string): Named | null => {
    const home = homes.get(name);
    const source = home === undefined ? null : sources.get(home);
    const variable = source === null ? undefined : variablesOf(source).get(name);
    return source === null || variable === undefined ? null : { source, variable };
  };
  const globals = hashOf([...homes].map(([name, file]) => `${name} ${file}`).join('\n'));

  // What each object says, from the last scan while nothing that it was made from has changed.
  const stillExports = (file: string): string | null => {
    const now = exports.get(file);
    if (now !== undefined) return now[2];
    const old = before?.exports[file];
    if (old === undefined || old[1] !== stampOf(file, old[0])) return null;
    exports.set(file, old);
    return old[2];
  };
  const scopeHashes = new Map<string, string>();
  const scopeHash = (scope: string): string => {
    let hash = scopeHashes.get(scope);
    if (hash === undefined) {
      hash = sources.scopeHash(scope, stillExports);
      scopeHashes.set(scope, hash);
    }
    return hash;
  };
  const unchanged = before?.paths.map((path, i) => kernel.stamp(path) === before.stamps[i]) ?? [];
  const isCurrent = (kept: KeptObject, object: KernelObject): boolean =>
    kept.modname === object.modname &&
    kept.files.every((i) => unchanged[i] === true) &&
    kept.scopes.every(([scope, hash]) => scopeHash(scope) === hash);

  const paths: string[] = [];
  const numbers = new Map<string, number>();
  const numberOf = (path: string): number => {
    let number = numbers.get(path);
    if (number === undefined) {
      number = paths.length;
      numbers.set(path, number);
      paths.push(path);
    }
    return number;
  };
  const keptObjects: Record<string, KeptObject> = {};
  let read = 0;
  const keep = (object: KernelObject, value: ObjectFindings, reading: Reading): KeptObject => ({
    modname: object.modname,
    findings: value,
    files: detached([...reading.files]).map(numberOf),
    scopes: [...reading.scopes].map((scope) => [scope, scopeHash(scope)] as const),
  });
  const findings = speaking.map((object, at): ObjectFindings | null => {
    if (at % 50 === 0) progress(objects.length + Math.round((at / speaking.length) * objects.length), total);
    const known = before === null || before.globals !== globals ? undefined : before.objects[object.file];
    if (before !== null && known !== undefined && isCurrent(known, object)) {
      const files = known.files.map((i) => numberOf(before.paths[i] ?? ''));
      keptObjects[object.file] = { ...known, files };
      return known.findings;
    }
    read++;
    const { value: found, reading } = sources.watch(() => ObjectReader.read(sources, object, global));
    const value = detached(found);
    if (value !== null) keptObjects[object.file] = keep(object, value, reading);
    return value;
  });
  for (const { file } of objects) stillExports(file);
  return {
    discovery: inOrder(speaking, findings),
    read,
    kept: {
      paths,
      stamps: paths.map((path) => kernel.stamp(path)),
      files: keptFiles,
      exports: Object.fromEntries(exports),
      globals,
      objects: keptObjects,
    },
  };
}

function outline(
  kernel: KernelFiles,
  sources: Sources,
  file: string,
  stampOf: (file: string, pasted: readonly string[]) => string,
): KeptFile {
  const speaks = INTERESTING.test(kernel.read(file) ?? '');
  const source: CSource | null = speaks ? sources.get(file) : null;
  const names = (source?.variables ?? [])
    .filter((v) => !v.isStatic && (v.type in DRIVER_TYPES || v.type.endsWith('_id')))
    .map((v) => detached(v.name));
  const pasted = speaks ? sources.pastedIn(file) : [];
  return { pasted, stamp: stampOf(file, pasted), speaks, names };
}

/** Puts together what the objects say, in link order: a structure counts where it is first registered. */
function inOrder(objects: readonly KernelObject[], findings: readonly (ObjectFindings | null)[]): Discovery {
  const structures = new Map<string, FoundDriver>();
  objects.forEach((object, i) => {
    for (const { variable, driver } of findings[i]?.structures ?? [])
      structures.set(`${object.file}:${variable}`, { ...driver, object });
  });
  const registered = new Set<string>();
  const drivers: FoundDriver[] = [];
  const early: FoundEarly[] = [];
  const declaredIommus: Discovery['declaredIommus'] = [];
  const unregistered: string[] = [];
  const unread: string[] = [];
  /** How many drivers are linked before the driver core (drivers/base). */
  let beforeCore = 0;
  objects.forEach((object, i) => {
    if (object.file === 'drivers/base/dd.c') beforeCore = drivers.length;
    const own = findings[i];
    for (const item of own?.ordered ?? []) {
      if ('bus' in item) {
        drivers.push({ ...item, object });
        continue;
      }
      const key = `${item.file}:${item.variable}`;
      if (registered.has(key)) continue;
      registered.add(key);
      const driver = structures.get(key);
      if (driver !== undefined) drivers.push({ ...driver, level: item.level, probeOnce: item.probeOnce });
    }
    for (const provider of own?.early ?? []) early.push({ ...provider, object });
    for (const compatible of own?.declaredIommus ?? []) declaredIommus.push({ compatible, object });
    unread.push(...(own?.unread ?? []));
  });
  objects.forEach((object, i) => {
    for (const { variable, lonely } of findings[i]?.structures ?? []) {
      const key = `${object.file}:${variable}`;
      const driver = structures.get(key);
      if (!lonely || registered.has(key) || driver === undefined) continue;
      registered.add(key);
      unregistered.push(`${object.file}:${driver.place.line} ${variable}`);
      drivers.push(driver);
    }
  });
  return { drivers, beforeCore, early, declaredIommus, unregistered, unread };
}
