/** Packs what was discovered into the catalogue's compact form (catalogue/data.ts). */
import type {
  CatalogueData,
  ConfigRow,
  DriverRow,
  EarlyRow,
  OfRow,
  PopulationRow,
} from '../simulator/kernel/catalogue/data';
import { DRIVER_FLAGS, EARLY_KINDS, GETS_SHIFT, packNumbers } from '../simulator/kernel/catalogue/data';
import { packPciRows } from '../simulator/kernel/catalogue/pci-ids';
import { INITCALL_LEVELS, type KernelPlace, RESOURCE_KINDS } from '../simulator/kernel/drivers';
import { KERNEL_SYMBOLS } from '../simulator/kernel/names';
import type { ConfigValues } from './default-configs';
import type { Discovery, FoundDriver } from './found';
import type { KernelObject } from './kbuild';
import type { Machine } from './machines';

/** Symbols that no Makefile names but that say how a kernel behaves: a configuration keeps them. */
const BEHAVIOUR =
  /^CONFIG_(MODULES|SMP|NR_CPUS|HZ|PM|PM_\w+|PCI|PCIE\w*|PCI_\w+|IOMMU\w*|ARM_SMMU\w*|ARM_DMA\w*|ARM_LPAE|DMA_\w+|SWIOTLB|ZONE_DMA\w*|ARM64_\w*PAGES|ARM64_VA_BITS|ARM64_PA_BITS|PAGE_SIZE\w*|OF|OF_IOMMU|ARCH_MULTI_V\w+|HIGHMEM|FW_DEVLINK\w*|TEGRA_MC)$/;
const ASKED: ReadonlySet<string> = new Set(KERNEL_SYMBOLS);

class Table {
  readonly items: string[];
  private readonly index: Map<string, number>;
  constructor(items: readonly string[] = []) {
    this.items = [...items];
    this.index = new Map(items.map((item, at) => [item, at]));
  }
  of(item: string): number {
    let at = this.index.get(item);
    if (at === undefined) {
      at = this.items.length;
      this.index.set(item, at);
      this.items.push(item);
    }
    return at;
  }
}

/** The tables that rows point into. Those of a further kernel begin with those of the base. */
export interface Tables {
  readonly symbols: readonly string[];
  readonly gates: readonly string[];
  readonly buses: readonly string[];
  readonly files: readonly string[];
}

/** The first condition is the empty one: always built. */
const noTables: Tables = { symbols: [], gates: [''], buses: [], files: [] };

/** Only drivers that can meet a node, and PCI and virtio drivers, which a function or a scenario names. */
const isUseful = (d: FoundDriver, cells: ReadonlySet<string>): boolean =>
  d.of.length > 0 ||
  (d.bus === 'platform' ? [d.name, ...d.ids].some((id) => cells.has(id)) : d.ids.length > 0) ||
  d.amba.length > 0 ||
  d.bus === 'pci' ||
  d.bus === 'virtio' ||
  d.bus === 'scmi_protocol';

/** A scanned tree: its release, what was found in it, and its configurations by name, symbols with prefix. */
export interface ScannedTree {
  readonly kernel: string;
  readonly found: Discovery;
  readonly machines: readonly Machine[];
  readonly configs: ReadonlyMap<string, ConfigValues>;
  readonly tristate: ReadonlySet<string>;
}

/** The packed catalogue of a tree, and the tables it was packed with. */
export function encode(
  { kernel, found, machines, configs, tristate }: ScannedTree,
  base: Tables = noTables,
): { readonly data: CatalogueData; readonly tables: Tables } {
  const symbols = new Table(base.symbols);
  const gates = new Table(base.gates);
  const buses = new Table(base.buses);
  const files = new Table(base.files);
  const gateOf = (object: KernelObject): number => {
    const alternatives = object.gates.map((all) =>
      all
        .map((gate) => {
          const symbol = gate.replace(/^!|\^$/g, '');
          return `${gate.startsWith('!') ? '!' : ''}${symbols.of(symbol)}${gate.endsWith('^') ? '^' : ''}`;
        })
        .join('&'),
    );
    const text = alternatives.includes('') ? '' : alternatives.join('|');
    return /^\d+$/.test(text) ? Number(text) : -1 - gates.of(text);
  };
  const place = (p: KernelPlace | null): [number, number] => (p === null ? [-1, 0] : [files.of(p.file), p.line]);

  // Platform drivers are matched by name only where a multi-function device makes one for a node of its own.
  const cells = new Set(
    found.drivers.flatMap((d) => d.populates.flatMap((p) => (p.bus === 'mfd' ? (p.names ?? []) : []))),
  );
  cells.delete('');
  const useful = (d: FoundDriver): boolean => isUseful(d, cells);
  const drivers: DriverRow[] = found.drivers.filter(useful).map((d) => {
    const [file, line] = place(d.place);
    let flags = 0;
    DRIVER_FLAGS.forEach((flag, bit) => {
      if (d[flag]) flags |= 1 << bit;
    });
    RESOURCE_KINDS.forEach((kind, bit) => {
      if (d.gets.includes(kind)) flags |= 1 << (GETS_SHIFT + bit);
    });
    const of: OfRow[] = [];
    let last = line;
    for (const row of d.of) {
      const [rowFile, rowLine] = place(row.place);
      const delta = rowLine - last;
      last = rowLine;
      const plain = row.type === null && row.name === null && rowFile === file;
      if (plain) of.push(row.compatible ?? '', delta);
      else of.push([row.compatible, row.type, row.name, rowFile], delta);
    }
    const populates: PopulationRow[] = d.populates.map((p) =>
      p.compatibles.length === 0 && p.below === null && (p.names ?? []).length === 0
        ? p.bus
        : (p.names ?? []).length === 0
          ? [p.bus, p.compatibles, p.below]
          : [p.bus, p.compatibles, p.below, p.names],
    );
    const ids =
      d.bus === 'pci'
        ? d.pci.length === 0
          ? []
          : [packPciRows(d.pci)]
        : d.bus === 'platform'
          ? d.ids.filter((id) => cells.has(id))
          : d.ids;
    const tail: unknown[] = [of, populates, ids, d.amba.map((a) => [a.id, a.mask])];
    while (tail.length > 0 && (tail[tail.length - 1] as unknown[]).length === 0) tail.pop();
    return [
      d.name,
      buses.of(d.bus),
      INITCALL_LEVELS.indexOf(d.level),
      file,
      line,
      gateOf(d.object),
      flags,
      ...tail,
    ] as unknown as DriverRow;
  });
  const machineRows = machines.map(({ compatible, object }) => [compatible, gateOf(object)] as const);
  const declaredIommus = found.declaredIommus.map(({ compatible, object }) => [compatible, gateOf(object)] as const);
  const early: EarlyRow[] = found.early.map((e) => [
    EARLY_KINDS.indexOf(e.kind),
    e.compatible,
    (e.populated ? 1 : 0) | (e.initialized ? 2 : 0),
    ...place(e.place),
    gateOf(e.object),
  ]);

  for (const values of configs.values())
    for (const [symbol, value] of values.entries())
      if ((value === 'y' || value === 'm') && (BEHAVIOUR.test(symbol) || ASKED.has(symbol))) symbols.of(symbol);
  const configRows: Record<string, ConfigRow> = {};
  for (const [name, values] of configs) {
    const other: Record<string, string> = {};
    for (const [symbol, value] of values.entries())
      if (value !== 'y' && value !== 'm' && (BEHAVIOUR.test(symbol) || ASKED.has(symbol)))
        other[symbol.slice('CONFIG_'.length)] = value;
    configRows[name] = { y: numbersSet(symbols, values, 'y'), m: numbersSet(symbols, values, 'm'), other };
  }
  return {
    data: {
      kernel,
      beforeCore: found.drivers.slice(0, found.beforeCore).filter(useful).length,
      configs: configRows,
      buses: buses.items,
      symbols: symbols.items.map((s) => `${s.slice('CONFIG_'.length)}${tristate.has(s) ? '*' : ''}`).join(' '),
      gates: gates.items.join(' '),
      files: shortened(files.items).join(' '),
      early,
      machines: machineRows,
      // only kernels of the 4.x have any, and they have a list of their own
      ...(declaredIommus.length === 0 ? {} : { declaredIommus }),
      drivers,
    },
    tables: { symbols: symbols.items, gates: gates.items, buses: buses.items, files: files.items },
  };
}

/** The numbers of the symbols that have a value, packed (ConfigRow). */
const numbersSet = (symbols: Table, values: ConfigValues, wanted: string): string =>
  packNumbers(symbols.items.flatMap((symbol, at) => (values.get(symbol) === wanted ? at : [])));

/** Without the folder where it is that of the file before. */
function shortened(files: readonly string[]): string[] {
  let folder = '';
  return files.map((file) => {
    const at = file.lastIndexOf('/') + 1;
    const own = file.slice(0, at);
    if (own === folder) return file.slice(at);
    folder = own;
    return file;
  });
}
