/** Finds every driver of a kernel tree: its tables, when it registers, and what its probe goes on to make. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  EarlyProvider,
  InitcallLevel,
  KernelPlace,
  OfMatch,
  Population,
  ResourceKind,
} from '../../src/simulator/kernel/drivers';
import {
  type CFunction,
  type CSource,
  elements,
  expand,
  field,
  nested,
  splitArgs,
  stringLiteral,
  type Variable,
  words,
} from './csource';
import type { KernelObject } from './kbuild';
import { reachOf } from './reach';
import { Sources, variablesOf } from './sources';

/** A driver of which nothing special is known. */
const PLAIN: Omit<FoundDriver, 'name' | 'bus' | 'of' | 'place' | 'object'> = {
  ids: [],
  amba: [],
  level: 'device',
  managesDma: false,
  usesIommuApi: false,
  iommuProvider: false,
  probeOnce: false,
  asynchronous: false,
  noUnbind: false,
  populates: [],
  gets: [],
  providesBelow: false,
  syncState: false,
};

/** The kinds of driver structures that can bind to a node, and where their generic part stands. */
const DRIVER_TYPES: Readonly<Record<string, { bus: string; generic: string }>> = {
  platform_driver: { bus: 'platform', generic: 'driver.' },
  amba_driver: { bus: 'amba', generic: 'drv.' },
  pci_driver: { bus: 'pci', generic: '' },
  i2c_driver: { bus: 'i2c', generic: 'driver.' },
  i3c_driver: { bus: 'i3c', generic: 'driver.' },
  spi_driver: { bus: 'spi', generic: 'driver.' },
  spi_mem_driver: { bus: 'spi', generic: 'spidrv.driver.' },
  spmi_driver: { bus: 'spmi', generic: 'driver.' },
  mdio_driver: { bus: 'mdio_bus', generic: 'mdiodrv.driver.' },
  mipi_dsi_driver: { bus: 'mipi-dsi', generic: 'driver.' },
  serdev_device_driver: { bus: 'serial', generic: 'driver.' },
  slim_driver: { bus: 'slimbus', generic: 'driver.' },
  sdw_driver: { bus: 'soundwire', generic: 'driver.' },
  rpmsg_driver: { bus: 'rpmsg', generic: 'drv.' },
  apr_driver: { bus: 'aprbus', generic: 'driver.' },
  scmi_driver: { bus: 'scmi_protocol', generic: '' },
  virtio_driver: { bus: 'virtio', generic: 'driver.' },
  dp_aux_ep_driver: { bus: 'dp-aux', generic: 'driver.' },
  nvmem_layout_driver: { bus: 'nvmem-layout', generic: 'driver.' },
  fsl_mc_driver: { bus: 'fsl-mc', generic: 'driver.' },
  fsi_driver: { bus: 'fsi', generic: 'drv.' },
  sdio_driver: { bus: 'sdio', generic: '' },
  usb_driver: { bus: 'usb', generic: '' },
};

const ID_TABLES = new Set(['i2c_device_id', 'spi_device_id', 'i3c_device_id', 'slim_device_id', 'platform_device_id']);
/** enum scmi_std_protocol (include/linux/scmi_protocol.h): what `reg` of a protocol node says. */
const SCMI_PROTOCOLS: Readonly<Record<string, number>> = {
  SCMI_PROTOCOL_BASE: 0x10,
  SCMI_PROTOCOL_POWER: 0x11,
  SCMI_PROTOCOL_SYSTEM: 0x12,
  SCMI_PROTOCOL_PERF: 0x13,
  SCMI_PROTOCOL_CLOCK: 0x14,
  SCMI_PROTOCOL_SENSOR: 0x15,
  SCMI_PROTOCOL_RESET: 0x16,
  SCMI_PROTOCOL_VOLTAGE: 0x17,
  SCMI_PROTOCOL_POWERCAP: 0x18,
  SCMI_PROTOCOL_PINCTRL: 0x19,
};
const LEVEL = /^(?:omap_)?(early|pure|core|postcore|arch|subsys|fs|rootfs|device|late)_initcall(_sync)?$/;

export interface FoundDriver {
  readonly name: string;
  readonly bus: string;
  readonly of: OfMatch[];
  readonly ids: string[];
  readonly amba: { id: number; mask: number }[];
  readonly level: InitcallLevel;
  readonly managesDma: boolean;
  readonly usesIommuApi: boolean;
  readonly iommuProvider: boolean;
  readonly probeOnce: boolean;
  readonly asynchronous: boolean;
  readonly noUnbind: boolean;
  readonly populates: Population[];
  readonly gets: ResourceKind[];
  readonly syncState: boolean;
  readonly providesBelow: boolean;
  readonly place: KernelPlace;
  readonly object: KernelObject;
}

export interface FoundEarly extends Omit<EarlyProvider, 'config'> {
  readonly object: KernelObject;
}

export interface Discovery {
  /** In link order. */
  readonly drivers: FoundDriver[];
  /** How many of them are linked before drivers/base, whose initcalls create the devices and end deferral. */
  readonly beforeCore: number;
  readonly early: FoundEarly[];
  /** Structures that no initcall was found for: counted as device level. */
  readonly unregistered: string[];
  /** Rows of match tables that could not be read. */
  readonly unread: string[];
}

interface Registration {
  readonly source: CSource;
  readonly variable: Variable;
  readonly level: InitcallLevel;
  readonly probeOnce: boolean;
}

/** The levels at which no device of the tree exists yet. */
const BEFORE_DEVICES: ReadonlySet<InitcallLevel> = new Set(['early', 'pure', 'core', 'postcore', 'arch']);
/** Calls that mark a node as initialized. */
const TREE_PROVIDERS =
  /\b(?:of_genpd_add_provider_\w+|of_clk_add_(?:hw_)?provider|irq_domain_(?:add|create|instantiate)\w*)\s*\(|\bfwnode_dev_initialized\s*\([^;]*\btrue\b/;
const TREE_WALKS =
  /\b(?:for_each_matching_node(?:_and_match)?|of_find_matching_node(?:_and_match)?)\s*\(\s*\w+\s*,\s*(\w+)/g;
const TREE_SEARCHES = /\b(?:for_each_compatible_node|of_find_compatible_node)\s*\(\s*\w+\s*,\s*[^,]+,\s*"([^"]+)"/g;

const INTERESTING = /_driver\b|of_device_id|_OF_DECLARE|IRQCHIP_DECLARE|IRQCHIP_MATCH|_initcall|module_init/;

export function discover(root: string, objects: readonly KernelObject[]): Discovery {
  const sources = new Sources(root, objects);
  const early: FoundEarly[] = [];
  const unregistered: string[] = [];
  const unread: string[] = [];
  const files = objects.filter((o) => INTERESTING.test(readFileSync(join(root, o.file), 'utf8')));

  // Driver structures and match tables that other files may name.
  const globals = new Map<string, { source: CSource; variable: Variable; object: KernelObject }>();
  const objectOf = new Map<CSource, KernelObject>();
  for (const object of files) {
    const source = sources.get(object.file);
    if (source === null) continue;
    objectOf.set(source, object);
    for (const variable of source.variables)
      if (!variable.isStatic && (variable.type in DRIVER_TYPES || variable.type.endsWith('_id')))
        globals.set(variable.name, { source, variable, object });
  }

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
      if (readDeclare(name, invocation.args, invocation.line, object, source)) continue;
      if (name === 'DEFINE_SCMI_TRANSPORT_DRIVER') {
        ordered.push(scmiTransport(invocation.args, invocation.line, object, source));
        continue;
      }
      const level = LEVEL.exec(name);
      const isInit = name === 'module_init' || name === '__initcall' || level !== null;
      if (isInit) {
        const at = level === null ? 'device' : (`${level[1]}${level[2] ?? ''}` as InitcallLevel);
        const fn = source.functions.get(invocation.args.trim());
        if (fn !== undefined) {
          registerFrom(object, source, fn.body, at, new Set([`${source.file}:${fn.name}`]));
          if (BEFORE_DEVICES.has(at)) readWalk(source, object, fn, invocation.line);
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
  return { drivers, beforeCore: before, early, unregistered, unread };

  function readDeclare(name: string, args: string, line: number, object: KernelObject, source: CSource): boolean {
    const kinds: Readonly<Record<string, EarlyProvider['kind']>> = {
      CLK_OF_DECLARE: 'clk',
      CLK_OF_DECLARE_DRIVER: 'clk',
      IRQCHIP_DECLARE: 'irqchip',
      TIMER_OF_DECLARE: 'timer',
      RESERVEDMEM_OF_DECLARE: 'reservedmem',
    };
    if (name === 'IRQCHIP_PLATFORM_DRIVER_END') {
      readIrqchipDriver(args, line, object, source);
      return true;
    }
    const kind = kinds[name];
    if (kind === undefined) return false;
    const parts = splitArgs(expand(args, (n) => sources.macro(source, n, /COMPAT/.test(n))));
    const compatible = stringLiteral(parts[1] ?? '');
    if (compatible === null) {
      unread.push(`${object.file}:${line} ${name}(${args})`);
      return true;
    }
    const fn = source.functions.get((parts[2] ?? '').trim());
    const clears = fn !== undefined && /of_node_clear_flag\s*\([^)]*OF_POPULATED/.test(fn.body);
    early.push({
      kind,
      compatible,
      populated: (name === 'CLK_OF_DECLARE' || kind === 'irqchip') && !clears,
      initialized:
        kind === 'irqchip'
          ? !(fn !== undefined && /fwnode_dev_initialized\s*\([^)]*false/.test(fn.body))
          : kind === 'clk',
      place: { file: object.file, line },
      object,
    });
    // One that serves further nodes, which it looks for (kirkwood_clk_init: the gating clocks).
    if (kind === 'clk' && fn !== undefined)
      for (const body of bodiesFrom(source, fn))
        for (const match of body.matchAll(TREE_SEARCHES))
          if (match[1] !== compatible) foundBy(match[1] ?? '', false, object, line);
    return true;
  }

  /** A node that code before the devices looks for and provides for. */
  function foundBy(compatible: string, populated: boolean, object: KernelObject, line: number): void {
    if (compatible === '' || early.some((e) => e.compatible === compatible && e.object === object)) return;
    early.push({
      kind: 'other',
      compatible,
      populated,
      initialized: true,
      place: { file: object.file, line },
      object,
    });
  }

  /** The bodies of a function and of those in its file that it calls. */
  function bodiesFrom(source: CSource, fn: CFunction): string[] {
    const bodies: string[] = [];
    const seen = new Set<string>();
    const visit = (at: CFunction): void => {
      seen.add(at.name);
      bodies.push(at.body);
      for (const { name, called } of words(at.body)) {
        const next = called && !seen.has(name) ? source.functions.get(name) : undefined;
        if (next !== undefined) visit(next);
      }
    };
    visit(fn);
    return bodies;
  }

  /**
   * An initcall that runs before the tree becomes devices (of_platform_default_populate_init, arch_initcall_sync), looks
   * for nodes of a table itself and registers providers for them: rcar_sysc_pd_init, exynos4_pm_init_power_domain.
   */
  function readWalk(source: CSource, object: KernelObject, fn: CFunction, line: number): void {
    const bodies = bodiesFrom(source, fn);
    if (!bodies.some((body) => TREE_PROVIDERS.test(body))) return;
    const found = new Set<string>();
    for (const body of bodies) {
      for (const match of body.matchAll(TREE_WALKS)) {
        const table = variableNamed(source, match[1] ?? '');
        if (table !== null)
          for (const row of rowsOf(table.source, object, table.variable)) found.add(row.compatible ?? '');
      }
      for (const match of body.matchAll(TREE_SEARCHES)) found.add(match[1] ?? '');
    }
    const populated = bodies.some((body) => /of_node_set_flag\s*\([^)]*OF_POPULATED\b/.test(body));
    for (const compatible of found) foundBy(compatible, populated, object, line);
  }

  /** IRQCHIP_PLATFORM_DRIVER_BEGIN(x) IRQCHIP_MATCH(…) … IRQCHIP_PLATFORM_DRIVER_END(x): a platform driver `x`. */
  function readIrqchipDriver(args: string, line: number, object: KernelObject, source: CSource): void {
    const name = (splitArgs(args)[0] ?? '').trim();
    const begin = source.invocations.find((i) => i.name === 'IRQCHIP_PLATFORM_DRIVER_BEGIN' && i.args.trim() === name);
    const rows = source.invocations.filter(
      (i) => i.name === 'IRQCHIP_MATCH' && i.line > (begin?.line ?? 0) && i.line < line,
    );
    ordered.push({
      name,
      bus: 'platform',
      of: rows.flatMap((row) => {
        const compatible = stringLiteral(splitArgs(row.args)[0] ?? '');
        return compatible === null
          ? []
          : [{ compatible, type: null, name: null, place: { file: object.file, line: row.line } }];
      }),
      ...PLAIN,
      noUnbind: true,
      place: { file: object.file, line: begin?.line ?? line },
      object,
    });
  }

  /**
   * DEFINE_SCMI_TRANSPORT_DRIVER(tag, driver, …, table, …): the platform driver `tag_transport`. Its probe makes the SCMI
   * instance that shares its node, and that the devices of the protocol nodes.
   */
  function scmiTransport(args: string, line: number, object: KernelObject, source: CSource): FoundDriver {
    const [tag = '', , , match = ''] = splitArgs(args).map((a) => a.trim());
    const table = variableNamed(source, match);
    return {
      name: `${tag}_transport`,
      bus: 'platform',
      of: table === null ? [] : rowsOf(table.source, object, table.variable),
      ...PLAIN,
      populates: [{ bus: 'scmi_protocol', compatibles: [], below: null }],
      place: { file: object.file, line },
      object,
    };
  }

  /** The string that an expression means in a file: a literal, a macro, KBUILD_MODNAME, or a char array. */
  function textOf(source: CSource, object: KernelObject, expression: string): string | null {
    const value = expression.trim();
    if (/^\(?(?:char\s*\*\)?\s*)?KBUILD_MODNAME\)?$/.test(value)) return object.modname;
    const direct = stringLiteral(value.replace(/^\(\s*(?:const\s+)?char\s*\*\s*\)/, ''));
    if (direct !== null) return direct;
    for (const system of [false, true]) {
      const expanded = expand(value, (n) => (n === 'KBUILD_MODNAME' ? undefined : sources.macro(source, n, system)));
      if (/^\(?KBUILD_MODNAME\)?$/.test(expanded.trim())) return object.modname;
      const literal = stringLiteral(expanded.replace(/\bKBUILD_MODNAME\b/g, `"${object.modname}"`));
      if (literal !== null) return literal;
    }
    return null;
  }

  function variableNamed(source: CSource, expression: string): { source: CSource; variable: Variable } | null {
    const name = expression
      .replace(/\b(of_match_ptr|ACPI_PTR|pm_ptr|PTR_IF)\s*\(/g, '(')
      .replace(/\(\s*(?:const\s+)?struct\s+\w+\s*\*\s*\)/g, '')
      .replace(/[()&\s]/g, '')
      .replace(/\[0\]$/, '');
    const own = variablesOf(source).get(name);
    if (own !== undefined) return { source, variable: own };
    const global = globals.get(name);
    if (global !== undefined) return global;
    for (const header of sources.headers(source)) {
      const variable = variablesOf(header).get(name);
      if (variable !== undefined) return { source: header, variable };
    }
    return null;
  }

  function rowsOf(source: CSource, object: KernelObject, table: Variable): OfMatch[] {
    const rows: OfMatch[] = [];
    for (const element of elements(table.body)) {
      const line = table.bodyLine + element.lines;
      const expanded = expand(element.value, (n) => sources.macro(source, n, false));
      for (const part of elements(expanded)) {
        const row = nested(part.value);
        if (row === null) {
          if (/[A-Za-z]/.test(part.value) && !/^\w+\s*\(\s*\)$/.test(part.value)) {
            const guess = /"([\w.+-]+,[\w.,+-]+)"/.exec(part.value)?.[1];
            if (guess !== undefined)
              rows.push({ compatible: guess, type: null, name: null, place: { file: source.file, line } });
            else unread.push(`${source.file}:${line} ${part.value.slice(0, 60)}`);
          }
          continue;
        }
        const read = (name: string): string | null => {
          const value = field(row, name);
          return value === null ? null : textOf(source, object, value);
        };
        const match = { compatible: read('compatible'), type: read('type'), name: read('name') };
        if (match.compatible === null && match.type === null && match.name === null) {
          if (/compatible/.test(row)) unread.push(`${source.file}:${line} ${row.trim().slice(0, 60)}`);
          continue;
        }
        rows.push({ ...match, place: { file: source.file, line } });
      }
    }
    return rows;
  }

  function describe(r: Registration, object: KernelObject, type: { bus: string; generic: string }): FoundDriver {
    const { source, variable } = r;
    const body = expand(variable.body, (n) =>
      /^[A-Z]/.test(n) || n === 'of_match_ptr' ? undefined : sources.macro(source, n, false),
    );
    const get = (path: string): string | null => field(body, path);
    const nameText = get(`${type.generic}name`) ?? get('name');
    const name = (nameText === null ? null : textOf(source, object, nameText)) ?? object.modname;
    const ofText = get(`${type.generic}of_match_table`) ?? get('driver.of_match_table') ?? get('of_match_table');
    const table = ofText === null || /^NULL$/.test(ofText) ? null : variableNamed(source, ofText);
    if (ofText !== null && table === null && ofText !== 'NULL')
      unread.push(`${object.file}:${variable.line} table ${ofText}`);
    const of = table === null ? [] : rowsOf(table.source, object, table.variable);
    const idText = get('id_table') ?? get('spidrv.id_table');
    const idTable = idText === null ? null : variableNamed(source, idText);
    const ids: string[] = [];
    const amba: { id: number; mask: number }[] = [];
    if (idTable !== null) {
      for (const element of elements(idTable.variable.body)) {
        const expanded = expand(element.value, (n) =>
          sources.macro(idTable.source, n, idTable.variable.type === 'amba_id'),
        );
        for (const part of elements(expanded)) {
          const row = nested(part.value);
          if (row === null) continue;
          if (idTable.variable.type === 'amba_id') {
            const id = numberOf(field(row, 'id'));
            const mask = numberOf(field(row, 'mask'));
            if (id !== null && mask !== null && mask !== 0) amba.push({ id, mask });
          } else if (idTable.variable.type === 'scmi_device_id') {
            const protocol = SCMI_PROTOCOLS[elements(row)[0]?.value ?? ''];
            if (protocol !== undefined) ids.push(protocol.toString(16));
          } else if (ID_TABLES.has(idTable.variable.type)) {
            const text = field(row, 'name') ?? elements(row)[0]?.value ?? '';
            const id = textOf(idTable.source, object, text);
            if (id !== null && id !== '') ids.push(id);
          }
        }
      }
    }
    const reach =
      type.bus === 'pci' || type.bus === 'usb' || type.bus === 'virtio'
        ? { usesIommuApi: false, iommuProvider: false, populates: [], gets: [], providesBelow: false }
        : reachOf(sources, object, source, variable);
    return {
      name,
      bus: type.bus,
      of,
      ids: type.bus === 'pci' ? [] : ids,
      amba,
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

/** The value of a constant expression of numbers, |, << and parentheses; null when it is anything else. */
function numberOf(text: string | null): number | null {
  if (text === null) return null;
  const clean = text.replace(/(0[xX][0-9a-fA-F]+|\d+)[uUlL]*/g, '$1').replace(/\s+/g, '');
  const inner = /^\((.*)\)$/.exec(clean)?.[1] ?? clean;
  let value = 0;
  for (const part of inner.split('|')) {
    const shift = /^\(?(0[xX][0-9a-fA-F]+|\d+)(?:<<(\d+))?\)?$/.exec(part);
    if (shift === null) return null;
    value |= Number(shift[1]) << Number(shift[2] ?? 0);
  }
  return value >>> 0;
}
