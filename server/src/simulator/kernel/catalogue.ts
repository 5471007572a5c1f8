/**
 * The drivers of a kernel: the built-in catalogues, one release whole and the others by what differs (catalogue/*.json),
 * each unpacked at first use and cut to what one configuration builds.
 */
import text61 from './catalogue/6.1.json?raw';
import text612 from './catalogue/6.12.json?raw';
import text73 from './catalogue/7.3.json?raw';
import { type CatalogueData, type CatalogueDifference, DRIVER_FLAGS } from './catalogue/data';
import { DefaultConfigs } from './catalogue/defaults';
import { applyDifference } from './catalogue/difference';
import { CatalogueSet } from './catalogue/set';
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
  private readonly source: Catalogue;
  private readonly defaults: DefaultConfigs;
  private readonly sets = new WeakMap<ConfigLookup, DriverSet>();

  constructor(
    data: CatalogueData,
    /** Null: one of ours. */
    readonly origin: CatalogueOrigin | null = null,
  ) {
    this.source = new Catalogue(data);
    this.defaults = new DefaultConfigs(this.source);
  }

  /** As it is before it is unpacked. */
  get data(): CatalogueData {
    return this.source.data;
  }

  /** The release that the catalogue was made from (`6.12.117`). */
  get kernel(): string {
    return this.source.data.kernel;
  }

  /** The symbols that decide which drivers of the catalogue are built. */
  get symbols(): readonly string[] {
    return this.source.symbols;
  }

  /** The place of drivers/base in the link order of the catalogue's drivers: before the driver with this `order`. */
  get coreOrder(): number {
    return this.source.data.beforeCore - 0.5;
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
    const { drivers } = this.source.data;
    const first = drivers.findIndex((row) => {
      const file = this.source.place(row[3], 0)?.file ?? '';
      return file.slice(0, file.lastIndexOf('/') + 1) === folder;
    });
    return first < 0 ? drivers.length : first;
  }

  /** The IOMMUs that a configuration declares (IOMMU_OF_DECLARE); null: the kernel has no such table, or it was not read. */
  declaredIommus(config: ConfigLookup): readonly string[] | null {
    const rows = this.source.data.declaredIommus;
    return rows?.flatMap(([compatible, gate]) => (this.source.built(gate, config) === 'y' ? [compatible] : [])) ?? null;
  }

  /** The default configuration of a board (DefaultConfigs.of). The same function each time. */
  defaultConfig(arch: Architecture, root: readonly string[] = [], cpu: readonly string[] = []): ConfigLookup {
    return this.defaults.of(arch, root, cpu);
  }

  /** Whether a driver of this name is on a bus, built or not. */
  hasDriver(bus: string, name: string): boolean {
    return this.source.names.has(`${bus}:${name}`);
  }

  /** All drivers for a compatible (or its I2C or SPI name), built or not: what a person could switch on. */
  driversForCompatible(compatible: string): readonly AvailableDriver[] {
    const { source } = this;
    const id = compatible.slice(compatible.indexOf(',') + 1);
    const named = ['i2c', 'spi'].flatMap((bus) => source.ids.get(`${bus}:${id}`) ?? []);
    return (source.compatibles.get(compatible) ?? named).flatMap((at) => {
      const row = source.data.drivers[at];
      if (row === undefined) return [];
      const config = source.symbolOf(row[5]);
      return {
        name: row[0],
        bus: source.data.buses[row[1]] ?? '',
        config,
        tristate: config !== null && source.isTristate(config),
        usesIommuApi: (row[6] & (1 << DRIVER_FLAGS.indexOf('usesIommuApi'))) !== 0,
        place: source.place(row[3], row[4]),
      };
    });
  }

  /** Whether an OF declare table of the kernel names this compatible, in whatever configuration. */
  isEarlyCompatible(compatible: string): boolean {
    return this.source.early.has(compatible);
  }
}

let base: CatalogueData | null = null;
const wholeBase = (): CatalogueData => {
  base ??= JSON.parse(text73) as CatalogueData;
  return base;
};
const byDifference = (text: string) => (): CatalogueData =>
  applyDifference(wholeBase(), JSON.parse(text) as CatalogueDifference);

/** The releases that have a catalogue, oldest first. */
const RELEASES: readonly { readonly version: string; readonly data: () => CatalogueData }[] = [
  { version: '6.1', data: byDifference(text61) },
  { version: '6.12', data: byDifference(text612) },
  { version: '7.3', data: wholeBase },
];

const loaded = new Map<string, KernelCatalogue>();

const rank = (version: string): number => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major * 1000 + minor;
};

/** The catalogue for a kernel: of the newest release not after it, of the oldest for those before. Read once. */
export function catalogueFor(version: string): KernelCatalogue {
  const wanted = rank(version);
  const release = RELEASES.filter((known) => rank(known.version) <= wanted).pop() ?? RELEASES[0];
  if (release === undefined) throw new Error('no catalogue');
  let found = loaded.get(release.version);
  if (found === undefined) {
    found = new KernelCatalogue(release.data());
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

/** The shipped catalogue of a release (`6.12`), as it is before it is unpacked. Throws for one that is not shipped. */
export function shippedCatalogue(version: string): CatalogueData {
  const release = RELEASES.find((known) => known.version === version);
  if (release === undefined) throw new Error(`no catalogue of ${version}`);
  return release.data();
}

/** Whether a release (`6.12.117`) is one that a catalogue of ours was made of. */
export function isShippedRelease(release: string): boolean {
  return [text61, text612, text73].some((text) => /"kernel":"([^"]+)"/.exec(text.slice(0, 200))?.[1] === release);
}

/** Whether some kernel that we have the drivers of knows a driver for a compatible (or its I2C or SPI name). */
export function someKernelDrives(compatible: string): boolean {
  return RELEASES.some(({ version }) => catalogueFor(version).driversForCompatible(compatible).length > 0);
}
