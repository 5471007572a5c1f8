/** The drivers of a kernel, cut to what one configuration builds: those of our own catalogues, and of a person's own kernel. */
import { type CatalogueData, DRIVER_FLAGS, type PackedRelease } from './catalogue/data';
import { DefaultConfigs } from './catalogue/defaults';
import { CatalogueSet } from './catalogue/set';
import { SHIPPED } from './catalogue/shelf';
import { Catalogue, type ConfigLookup } from './catalogue/tables';
import type { DriverSet, KernelPlace } from './drivers';
import type { Architecture } from './names';
import { modelFor } from './rules';

export type { ConfigLookup } from './catalogue/tables';

/** A driver as a person could switch it on. */
export interface AvailableDriver {
  readonly name: string;
  readonly bus: string;
  readonly config: string | null;
  readonly tristate: boolean;
  /** It attaches domains of its own with the IOMMU API, whatever the core or the glue set up. */
  readonly usesIommuApi: boolean;
  readonly place: KernelPlace | null;
}

/** Where a catalogue comes from that is not one of ours: a person's own kernel tree, or a file made of one. */
export interface CatalogueOrigin {
  /** The tree, or the file. */
  readonly path: string;
  /** Nothing is missing of the tree: a compatible that no driver names has none in this kernel. */
  readonly whole: boolean;
  /** Somebody named it; else it is the tree that the board lies in, and counts for no other kernel. */
  readonly named: boolean;
}

export class KernelCatalogue {
  private readonly defaults: DefaultConfigs;
  private readonly sets = new WeakMap<ConfigLookup, DriverSet>();

  constructor(
    private readonly source: Catalogue,
    /** Null: one of ours. */
    readonly origin: CatalogueOrigin | null = null,
  ) {
    this.defaults = new DefaultConfigs(this.source);
  }

  /** The same drivers, called for otherwise. */
  from(origin: CatalogueOrigin): KernelCatalogue {
    return new KernelCatalogue(this.source, origin);
  }

  /** As it was read; null: one of ours. */
  get data(): CatalogueData | null {
    return this.source.data;
  }

  /** The release that the catalogue was made from (`6.12.117`). */
  get kernel(): string {
    return this.source.facts.kernel;
  }

  /** The symbols that decide which drivers of the catalogue are built. */
  get symbols(): readonly string[] {
    return this.source.symbols;
  }

  /** The place of drivers/base in the link order of the catalogue's drivers: before the driver with this `order`. */
  get coreOrder(): number {
    return this.source.facts.beforeCore - 0.5;
  }

  /** The drivers that a configuration builds. Made once for each lookup function: keep it as long as the configuration. */
  driverSet(config: ConfigLookup): DriverSet {
    let set = this.sets.get(config);
    if (set === undefined) {
      set = new CatalogueSet(this.source, config);
      this.sets.set(config, set);
    }
    return set;
  }

  /** The link order of the first driver whose source lies in a folder itself; after all drivers where there is none. */
  linkOrderIn(folder: string): number {
    const { rows, files } = this.source;
    for (let order = 0; order < rows.count; order++) {
      const file = files[rows.fileOf(order)] ?? '';
      if (file.slice(0, file.lastIndexOf('/') + 1) === folder) return order;
    }
    return rows.count;
  }

  /** The IOMMUs that a configuration declares (IOMMU_OF_DECLARE); null: the kernel has no such table, or it was not read. */
  declaredIommus(config: ConfigLookup): readonly string[] | null {
    const rows = this.source.facts.declaredIommus;
    return rows?.flatMap(([compatible, gate]) => (this.source.built(gate, config) === 'y' ? [compatible] : [])) ?? null;
  }

  /** The default configuration of a board (DefaultConfigs.of). The same function each time. */
  defaultConfig(arch: Architecture, root: readonly string[] = [], cpu: readonly string[] = []): ConfigLookup {
    return this.defaults.of(arch, root, cpu);
  }

  /** Whether a driver of this name is on a bus, built or not. */
  hasDriver(bus: string, name: string): boolean {
    return this.source.rows.named(bus, name) >= 0;
  }

  /** All drivers for a compatible (or its I2C or SPI name), built or not: what a person could switch on. */
  driversForCompatible(compatible: string): readonly AvailableDriver[] {
    const { source } = this;
    const id = compatible.slice(compatible.indexOf(',') + 1);
    const own = source.rows.ofCompatible(compatible);
    const orders = own.length > 0 ? own : ['i2c', 'spi'].flatMap((bus) => source.rows.ofId(bus, id));
    return orders.flatMap((order) => {
      const row = source.rows.driver(order);
      if (row === undefined) return [];
      const config = source.symbolOf(row[5]);
      return {
        name: row[0],
        bus: source.buses[row[1]] ?? '',
        config,
        tristate: config !== null && source.isTristate(config),
        usesIommuApi: (row[6] & (1 << DRIVER_FLAGS.indexOf('usesIommuApi'))) !== 0,
        place: source.place(row[3], row[4]),
      };
    });
  }

  /** Whether an OF declare table of the kernel names this compatible, in whatever configuration. */
  isEarlyCompatible(compatible: string): boolean {
    return this.source.rows.early(compatible).length > 0;
  }
}

/** The catalogue of a kernel of a person's own. */
export function ownCatalogue(data: CatalogueData, origin: CatalogueOrigin | null = null): KernelCatalogue {
  return new KernelCatalogue(Catalogue.whole(data), origin);
}

const loaded = new Map<string, KernelCatalogue>();

const rank = (version: string): number => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major * 1000 + minor;
};

/** The catalogue for a kernel: of the newest release not after it, of the oldest for those before. Read once. */
export function catalogueFor(version: string): KernelCatalogue {
  const wanted = rank(version);
  const release = SHIPPED.filter((known) => rank(known.version) <= wanted).pop() ?? SHIPPED[0];
  if (release === undefined) throw new Error('no catalogue');
  let found = loaded.get(release.version);
  if (found === undefined) {
    found = new KernelCatalogue(shippedCatalogue(release.version));
    loaded.set(release.version, found);
  }
  return found;
}

/** The drivers of a model that boots: a person's own as far as they are for it, else those of the nearest release. */
export function driversFor(model: string, own: KernelCatalogue | null | undefined): KernelCatalogue {
  const counts = own?.origin != null && (own.origin.named || modelFor(own.kernel)?.version === model);
  return counts ? own : catalogueFor(model);
}

/** For people: whose drivers these are. */
export function driversText(drivers: KernelCatalogue): string {
  const release = `Linux ${drivers.kernel.replace(/\.$/, '')}`;
  return drivers.origin === null ? `drivers of ${release}` : `drivers of ${drivers.origin.path} (${release})`;
}

/** The shipped catalogue of a release (`6.12`). Throws for one that is not shipped. */
export function shippedCatalogue(version: string): Catalogue {
  const release = SHIPPED.find((known) => known.version === version);
  if (release === undefined) throw new Error(`no catalogue of ${version}`);
  return Catalogue.shelved(JSON.parse(release.text) as PackedRelease);
}

/** Whether a release (`6.12.117`) is one that a catalogue of ours was made of. */
export function isShippedRelease(release: string): boolean {
  return SHIPPED.some(({ text }) => /"kernel":"([^"]+)"/.exec(text.slice(0, 200))?.[1] === release);
}

/** Whether some kernel that we have the drivers of knows a driver for a compatible (or its I2C or SPI name). */
export function someKernelDrives(compatible: string): boolean {
  return SHIPPED.some(({ version }) => catalogueFor(version).driversForCompatible(compatible).length > 0);
}
