/** Packs what was discovered into the catalogue's compact form (catalogue-data.ts). */
import type {
  CatalogueData,
  DriverRow,
  EarlyRow,
  OfRow,
  PopulationRow,
} from '../../src/simulator/kernel/catalogue-data';
import { DRIVER_FLAGS, EARLY_KINDS, GETS_SHIFT } from '../../src/simulator/kernel/catalogue-data';
import { INITCALL_LEVELS, type KernelPlace, RESOURCE_KINDS } from '../../src/simulator/kernel/drivers';
import type { Discovery, FoundDriver } from './discover';
import type { KernelObject } from './kbuild';
import type { Machine } from './machines';

/** Symbols that no Makefile names but the simulator asks for. */
const BEHAVIOUR =
  /^CONFIG_(MODULES|SMP|NR_CPUS|HZ|PREEMPT\w*|PM|PM_\w+|PCI\w*|IOMMU\w*|ARM_SMMU\w*|ARM_DMA\w*|ARM_LPAE|DMA_\w+|SWIOTLB|ZONE_DMA\w*|ARM64_\w*PAGES|ARM64_VA_BITS\w*|ARM64_PA_BITS\w*|PAGE_SIZE\w*|PINCTRL|OF|OF_\w+|GENERIC_IRQ_CHIP|COMMON_CLK|REGULATOR|GPIOLIB|RESET_CONTROLLER|MTD|ARCH_\w+|SERIAL_DEV\w*|HAVE_\w*DMA\w*|HIGHMEM|KEXEC\w*|FW_DEVLINK\w*|DRIVER_\w+|TEGRA_\w+)$/;

class Table<T extends string> {
  readonly items: T[] = [];
  private readonly index = new Map<string, number>();
  of(item: T): number {
    let at = this.index.get(item);
    if (at === undefined) {
      at = this.items.length;
      this.index.set(item, at);
      this.items.push(item);
    }
    return at;
  }
}

/** Only drivers that can meet a node, and PCI and virtio drivers, which a scenario names. */
const isUseful = (d: FoundDriver, cells: ReadonlySet<string>): boolean =>
  d.of.length > 0 ||
  (d.bus === 'platform' ? [d.name, ...d.ids].some((id) => cells.has(id)) : d.ids.length > 0) ||
  d.amba.length > 0 ||
  d.bus === 'pci' ||
  d.bus === 'virtio' ||
  d.bus === 'scmi_protocol';

export function encode(
  kernel: string,
  found: Discovery,
  machines: readonly Machine[],
  configs: ReadonlyMap<string, ReadonlyMap<string, string | null>>,
  tristate: ReadonlySet<string>,
): CatalogueData {
  const symbols = new Table<string>();
  const gates = new Table<string>();
  const buses = new Table<string>();
  const files = new Table<string>();
  const gateOf = (object: KernelObject): number => {
    const alternatives = object.gates.map((all) =>
      all
        .map((gate) => {
          const symbol = gate.replace(/^!|\^$/g, '');
          return `${gate.startsWith('!') ? '!' : ''}${symbols.of(symbol)}${gate.endsWith('^') ? '^' : ''}`;
        })
        .join('&'),
    );
    return gates.of(alternatives.includes('') ? '' : alternatives.join('|'));
  };
  const place = (p: KernelPlace | null): [number, number] => (p === null ? [-1, 0] : [files.of(p.file), p.line]);

  // Platform drivers are matched by name only where a multi-function device makes one for a node of its own.
  const cells = new Set(found.drivers.flatMap((d) => d.populates.flatMap((p) => p.names ?? [])));
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
      p.compatibles.length === 0 && p.below === null
        ? p.bus
        : (p.names ?? []).length === 0
          ? [p.bus, p.compatibles, p.below]
          : [p.bus, p.compatibles, p.below, p.names],
    );
    const ids = d.bus === 'platform' ? d.ids.filter((id) => cells.has(id)) : d.ids;
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
  const early: EarlyRow[] = found.early.map((e) => [
    EARLY_KINDS.indexOf(e.kind),
    e.compatible,
    (e.populated ? 1 : 0) | (e.initialized ? 2 : 0),
    ...place(e.place),
    gateOf(e.object),
  ]);

  const configRows: Record<string, { y: string; m: string; other: Record<string, string> }> = {};
  for (const [name, values] of configs) {
    const y: string[] = [];
    const m: string[] = [];
    const other: Record<string, string> = {};
    const wanted = [...values.keys()].filter((s) => BEHAVIOUR.test(s) || symbols.items.includes(s)).sort();
    for (const symbol of wanted) {
      const value = values.get(symbol) ?? null;
      const short = symbol.slice('CONFIG_'.length);
      if (value === 'y') y.push(short);
      else if (value === 'm') m.push(short);
      else if (value !== null) other[short] = value;
    }
    configRows[name] = { y: y.join(' '), m: m.join(' '), other };
  }
  let folder = '';
  const shortened = files.items.map((file) => {
    const at = file.lastIndexOf('/') + 1;
    const own = file.slice(0, at);
    if (own === folder) return file.slice(at);
    folder = own;
    return file;
  });
  return {
    kernel,
    beforeCore: found.drivers.slice(0, found.beforeCore).filter(useful).length,
    configs: configRows,
    buses: buses.items,
    symbols: symbols.items.map((s) => `${s.slice('CONFIG_'.length)}${tristate.has(s) ? '*' : ''}`).join(' '),
    gates: gates.items.join(' '),
    files: shortened.join(' '),
    early,
    machines: machineRows,
    drivers,
  };
}
