/** Finds every driver of a kernel tree: its tables, when it registers, and what its probe goes on to make. */
import type { InitcallLevel } from '../simulator/kernel/drivers';
import { type CSource, expand, field, splitArgs, type Variable, words } from './csource';
import { EarlyReader } from './early';
import { type Discovery, DRIVER_TYPES, type FoundDriver } from './found';
import type { KernelObject } from './kbuild';
import type { KernelFiles } from './kernel-files';
import { irqchipDriver, scmiTransport } from './macro-drivers';
import { reachOf } from './reach';
import { Sources, variablesOf } from './sources';
import { type Named, TableReader } from './tables';

const LEVEL = /^(?:omap_)?(early|pure|core|postcore|arch|subsys|fs|rootfs|device|late)_initcall(_sync)?$/;

interface Registration {
  readonly source: CSource;
  readonly variable: Variable;
  readonly level: InitcallLevel;
  readonly probeOnce: boolean;
}

/** The levels at which no device of the tree exists yet. */
const BEFORE_DEVICES: ReadonlySet<InitcallLevel> = new Set(['early', 'pure', 'core', 'postcore', 'arch']);
const INTERESTING = /_driver\b|of_device_id|_OF_DECLARE|IRQCHIP_DECLARE|IRQCHIP_MATCH|_initcall|module_init/;

export function discover(kernel: KernelFiles, objects: readonly KernelObject[]): Discovery {
  const sources = new Sources(kernel, objects);
  const unregistered: string[] = [];
  const files = objects.filter((o) => INTERESTING.test(kernel.read(o.file) ?? ''));

  // Driver structures and match tables that other files may name.
  const globals = new Map<string, Named>();
  const objectOf = new Map<CSource, KernelObject>();
  for (const object of files) {
    const source = sources.get(object.file);
    if (source === null) continue;
    objectOf.set(source, object);
    for (const variable of source.variables)
      if (!variable.isStatic && (variable.type in DRIVER_TYPES || variable.type.endsWith('_id')))
        globals.set(variable.name, { source, variable });
  }

  const tables = new TableReader(sources, globals);
  const early = new EarlyReader(sources, tables);
  const registered = new Map<Variable, Registration>();
  const ordered: (Registration | FoundDriver)[] = [];
  /** How many drivers are linked before the driver core (drivers/base). */
  let beforeCore = 0;
  const register = (r: Registration): void => {
    if (registered.has(r.variable)) return;
    registered.set(r.variable, r);
    ordered.push(r);
  };

  /** Driver structures that an identifier stands for: itself, or the list in an array of pointers. */
  const driversNamed = (source: CSource, name: string): { source: CSource; variable: Variable }[] => {
    const variable = variablesOf(source).get(name);
    const known = variable === undefined ? globals.get(name) : { source, variable };
    if (known === undefined) return [];
    if (!(known.variable.type in DRIVER_TYPES)) return [];
    const listed = [...known.variable.body.matchAll(/&\s*(\w+)/g)].map((m) => m[1] ?? '');
    const isList =
      field(known.variable.body, 'probe') === null && listed.length > 0 && !/\.\w+\s*=/.test(known.variable.body);
    return isList ? listed.flatMap((n) => driversNamed(known.source, n)) : [known];
  };

  /** Everything that a function registers, in the order of the text, through functions that it calls. */
  const registerFrom = (
    object: KernelObject,
    source: CSource,
    body: string,
    level: InitcallLevel,
    seen: Set<string>,
  ): void => {
    const text = expand(body, (n) => (/driver/i.test(n) ? sources.macro(source, n, false) : undefined), 3);
    for (const match of text.matchAll(/\b([A-Za-z_]\w*)\b(\s*\()?/g)) {
      const name = match[1] ?? '';
      if (match[2] === undefined) {
        for (const found of driversNamed(source, name)) {
          const before = text.slice(Math.max(0, (match.index ?? 0) - 80), match.index);
          const call = /(\w+)\s*\([^()]*$/.exec(before)?.[1] ?? '';
          if (/unregister|del_driver/.test(call)) continue;
          register({ ...found, level, probeOnce: /platform_driver_probe|platform_create_bundle/.test(call) });
        }
        // A table of structures that point to drivers (drm/exynos, sound): each of them, in order.
        const table = variablesOf(source).get(name);
        if (
          table !== undefined &&
          !(table.type in DRIVER_TYPES) &&
          /driver/i.test(table.body) &&
          !seen.has(`=${name}`)
        ) {
          seen.add(`=${name}`);
          for (const inner of words(table.body))
            for (const found of driversNamed(source, inner.name)) register({ ...found, level, probeOnce: false });
        }
        continue;
      }
      if (/unregister|_exit$|^(if|for|while|switch|return|sizeof)$/.test(name)) continue;
      const own = source.functions.get(name);
      const target =
        own !== undefined ? { source, fn: own } : seen.size < 60 ? sources.globalFunction(object, name) : null;
      if (target === null) continue;
      const key = `${target.source.file}:${name}`;
      if (seen.has(key)) continue;
      seen.add(key);
      registerFrom(object, target.source, target.fn.body, level, seen);
    }
  };

  for (const object of files) {
    const source = sources.get(object.file);
    if (source === null) continue;
    if (object.file === 'drivers/base/dd.c') beforeCore = ordered.length;
    for (const invocation of source.invocations) {
      const { name } = invocation;
      if (early.readDeclare(name, invocation.args, invocation.line, object, source)) continue;
      if (name === 'IRQCHIP_PLATFORM_DRIVER_END') {
        ordered.push(irqchipDriver(invocation.args, invocation.line, object, source));
        continue;
      }
      if (name === 'DEFINE_SCMI_TRANSPORT_DRIVER') {
        ordered.push(scmiTransport(tables, invocation.args, invocation.line, object, source));
        continue;
      }
      const level = LEVEL.exec(name);
      const isInit = name === 'module_init' || name === '__initcall' || level !== null;
      if (isInit) {
        const at = level === null ? 'device' : (`${level[1]}${level[2] ?? ''}` as InitcallLevel);
        const fn = source.functions.get(invocation.args.trim());
        if (fn !== undefined) {
          registerFrom(object, source, fn.body, at, new Set([`${source.file}:${fn.name}`]));
          if (BEFORE_DEVICES.has(at)) early.readWalk(source, object, fn, invocation.line);
        }
        continue;
      }
      const args = splitArgs(invocation.args).map((a) => a.trim().replace(/^&/, ''));
      const named = args.flatMap((a) => driversNamed(source, a));
      if (named.length > 0 && /driver|init/i.test(name)) {
        const prefix = /^(core|postcore|arch|subsys|fs|late)_/.exec(name)?.[1] as InitcallLevel | undefined;
        for (const found of named)
          register({ ...found, level: prefix ?? 'device', probeOnce: /driver_probe$/.test(name) });
      }
    }
  }
  for (const object of files) {
    const source = sources.get(object.file);
    if (source === null) continue;
    for (const variable of source.variables) {
      if (!(variable.type in DRIVER_TYPES) || registered.has(variable)) continue;
      if (!/of_match_table|id_table|probe/.test(variable.body)) continue;
      if (driversNamed(source, variable.name).some((d) => d.variable !== variable)) continue;
      unregistered.push(`${object.file}:${variable.line} ${variable.name}`);
      register({ source, variable, level: 'device', probeOnce: false });
    }
  }
  // Registrations were found in link order of the file that holds the initcall.
  const described = ordered.flatMap((r) => {
    if (!('variable' in r)) return r;
    const object = objectOf.get(r.source);
    const type = DRIVER_TYPES[r.variable.type];
    return object === undefined || type === undefined ? null : describe(r, object, type);
  });
  const drivers = described.filter((d) => d !== null);
  const before = described.slice(0, beforeCore).filter((d) => d !== null).length;
  return { drivers, beforeCore: before, early: early.found, unregistered, unread: tables.unread };

  function describe(r: Registration, object: KernelObject, type: { bus: string; generic: string }): FoundDriver {
    const { source, variable } = r;
    const body = expand(variable.body, (n) =>
      /^[A-Z]/.test(n) || n === 'of_match_ptr' ? undefined : sources.macro(source, n, false),
    );
    const get = (path: string): string | null => field(body, path);
    const nameText = get(`${type.generic}name`) ?? get('name');
    const name = (nameText === null ? null : tables.textOf(source, object, nameText)) ?? object.modname;
    const ofText = get(`${type.generic}of_match_table`) ?? get('driver.of_match_table') ?? get('of_match_table');
    const table = ofText === null || /^NULL$/.test(ofText) ? null : tables.variableNamed(source, ofText);
    if (ofText !== null && table === null && ofText !== 'NULL')
      tables.unread.push(`${object.file}:${variable.line} table ${ofText}`);
    const of = table === null ? [] : tables.ofRows(table.source, object, table.variable);
    const { ids, amba, pci } = tables.busIds(source, object, get('id_table') ?? get('spidrv.id_table'));
    const reach =
      type.bus === 'pci' || type.bus === 'usb' || type.bus === 'virtio'
        ? { usesIommuApi: false, iommuProvider: false, populates: [], gets: [], providesBelow: false }
        : reachOf(sources, object, source, variable);
    return {
      name,
      bus: type.bus,
      of,
      ids,
      amba,
      pci,
      level: r.level,
      managesDma: isTrue(get('driver_managed_dma')),
      usesIommuApi: reach.usesIommuApi,
      iommuProvider: reach.iommuProvider,
      probeOnce: r.probeOnce,
      asynchronous: /PROBE_PREFER_ASYNCHRONOUS/.test(get(`${type.generic}probe_type`) ?? ''),
      noUnbind: isTrue(get(`${type.generic}suppress_bind_attrs`)),
      populates: reach.populates,
      gets: reach.gets,
      providesBelow: reach.providesBelow,
      syncState: get(`${type.generic}sync_state`) !== null,
      place: { file: object.file, line: variable.line },
      object,
    };
  }
}

const isTrue = (value: string | null): boolean => value === 'true' || value === '1';
