/** Reads one object of the kernel: its driver structures, what its initcalls register, its OF declare tables. */
import type { InitcallLevel } from '../simulator/kernel/drivers';
import { type CSource, expand, field, splitArgs, type Variable, words } from './csource';
import { EarlyReader } from './early';
import { DRIVER_TYPES, type ObjectFindings, type ReadDriver, type Registration } from './found';
import type { KernelObject } from './kbuild';
import { irqchipDriver, scmiTransport } from './macro-drivers';
import { reachOf } from './reach';
import { type Sources, variablesOf } from './sources';
import { type Named, TableReader } from './tables';

const LEVEL = /^(?:omap_)?(early|pure|core|postcore|arch|subsys|fs|rootfs|device|late)_initcall(_sync)?$/;

/** The levels at which no device of the tree exists yet. */
const BEFORE_DEVICES: ReadonlySet<InitcallLevel> = new Set(['early', 'pure', 'core', 'postcore', 'arch']);

/** How many functions one initcall is followed through. */
const MAX_FOLLOWED = 60;

export class ObjectReader {
  private readonly ordered: (Registration | ReadDriver)[] = [];
  private readonly tables: TableReader;
  private readonly early: EarlyReader;

  private constructor(
    private readonly sources: Sources,
    private readonly object: KernelObject,
    private readonly source: CSource,
    private readonly global: (name: string) => Named | null,
  ) {
    this.tables = new TableReader(sources, global);
    this.early = new EarlyReader(sources, this.tables);
  }

  /** What an object says; `global` finds structures and tables that other files may name. */
  static read(sources: Sources, object: KernelObject, global: (name: string) => Named | null): ObjectFindings | null {
    const source = sources.get(object.file);
    if (source === null) return null;
    const reader = new ObjectReader(sources, object, source, global);
    reader.invocations();
    const structures = source.variables.flatMap((variable) => {
      const type = DRIVER_TYPES[variable.type];
      if (type === undefined) return [];
      const lonely =
        /of_match_table|id_table|probe/.test(variable.body) &&
        !reader.driversNamed(source, variable.name).some((d) => d.variable !== variable);
      return { variable: variable.name, driver: reader.describe(variable, type), lonely };
    });
    const { ordered, early, tables } = reader;
    return { ordered, early: early.found, declaredIommus: early.declaredIommus, structures, unread: tables.unread };
  }

  private invocations(): void {
    const { object, source, early, tables, ordered } = this;
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
          this.registerFrom(source, fn.body, at, new Set([`${source.file}:${fn.name}`]));
          if (BEFORE_DEVICES.has(at)) early.readWalk(source, object, fn, invocation.line);
        }
        continue;
      }
      const args = splitArgs(invocation.args).map((a) => a.trim().replace(/^&/, ''));
      const named = args.flatMap((a) => this.driversNamed(source, a));
      if (named.length > 0 && /driver|init/i.test(name)) {
        const prefix = /^(core|postcore|arch|subsys|fs|late)_/.exec(name)?.[1] as InitcallLevel | undefined;
        for (const found of named) this.register(found, prefix ?? 'device', /driver_probe$/.test(name));
      }
    }
  }

  private register({ source, variable }: Named, level: InitcallLevel, probeOnce: boolean): void {
    this.ordered.push({ file: source.file, variable: variable.name, level, probeOnce });
  }

  /** Driver structures that an identifier stands for: itself, or the list in an array of pointers. */
  private driversNamed(source: CSource, name: string, depth = 0): Named[] {
    const variable = variablesOf(source).get(name);
    const known = variable === undefined ? this.global(name) : { source, variable };
    if (known === null || !(known.variable.type in DRIVER_TYPES) || depth > 4) return [];
    const listed = [...known.variable.body.matchAll(/&\s*(\w+)/g)].map((m) => m[1] ?? '');
    const isList =
      field(known.variable.body, 'probe') === null && listed.length > 0 && !/\.\w+\s*=/.test(known.variable.body);
    return isList ? listed.flatMap((n) => this.driversNamed(known.source, n, depth + 1)) : [known];
  }

  /** Everything that a function registers, in the order of the text, through functions that it calls. */
  private registerFrom(source: CSource, body: string, level: InitcallLevel, seen: Set<string>): void {
    const { sources, object } = this;
    const text = expand(body, (n) => (/driver/i.test(n) ? sources.macro(source, n, false) : undefined), 3);
    for (const match of text.matchAll(/\b([A-Za-z_]\w*)\b(\s*\()?/g)) {
      const name = match[1] ?? '';
      if (match[2] === undefined) {
        for (const found of this.driversNamed(source, name)) {
          const before = text.slice(Math.max(0, (match.index ?? 0) - 80), match.index);
          const call = /(\w+)\s*\([^()]*$/.exec(before)?.[1] ?? '';
          if (/unregister|del_driver/.test(call)) continue;
          this.register(found, level, /platform_driver_probe|platform_create_bundle/.test(call));
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
            for (const found of this.driversNamed(source, inner.name)) this.register(found, level, false);
        }
        continue;
      }
      if (/unregister|_exit$|^(if|for|while|switch|return|sizeof)$/.test(name)) continue;
      const own = source.functions.get(name);
      const target =
        own !== undefined
          ? { source, fn: own }
          : seen.size < MAX_FOLLOWED
            ? sources.globalFunction(object, name)
            : null;
      if (target === null) continue;
      const key = `${target.source.file}:${name}`;
      if (seen.has(key)) continue;
      seen.add(key);
      this.registerFrom(target.source, target.fn.body, level, seen);
    }
  }

  private describe(variable: Variable, type: { bus: string; generic: string }): ReadDriver {
    const { sources, source, object, tables } = this;
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
      level: 'device',
      managesDma: isTrue(get('driver_managed_dma')),
      usesIommuApi: reach.usesIommuApi,
      iommuProvider: reach.iommuProvider,
      probeOnce: false,
      asynchronous: /PROBE_PREFER_ASYNCHRONOUS/.test(get(`${type.generic}probe_type`) ?? ''),
      noUnbind: isTrue(get(`${type.generic}suppress_bind_attrs`)),
      populates: reach.populates,
      gets: reach.gets,
      providesBelow: reach.providesBelow,
      syncState: get(`${type.generic}sync_state`) !== null,
      place: { file: object.file, line: variable.line },
    };
  }
}

const isTrue = (value: string | null): boolean => value === 'true' || value === '1';
