/**
 * The binding catalogue: which compatible is which IOMMU, which driver serves it, what each cell of a specifier means.
 * The facts are data (catalogue/bindings.json, read from the drivers of Linux 6.12); this file gives them types.
 */
import type { DtNode } from '../devicetree/model';
import { compatibles } from '../devicetree/read';
import data from './catalogue/bindings.json';

export type CellKind =
  | 'stream-id'
  | 'mask'
  | 'swgroup'
  | 'm4u-port'
  | 'context-bank'
  | 'machine-id'
  | 'micro-tlb'
  | 'master-number';

/** What one cell of a specifier says. `bits`: how many low bits the hardware or the driver keeps. */
export interface CellMeaning {
  readonly name: string;
  readonly kind: CellKind;
  readonly bits: number;
}

/**
 * Which masters share a group: `stream-match` those that end in one stream-mapping entry, `instance` all of one IOMMU,
 * `device` none, `pci-or-device` PCI rules else none, `swgroup` and `shared-stream` those with a common ID,
 * `bank-or-region` those of one MediaTek bank or IOVA region.
 */
export type GroupPolicy =
  | 'stream-match'
  | 'device'
  | 'pci-or-device'
  | 'instance'
  | 'swgroup'
  | 'bank-or-region'
  | 'shared-stream';

/** What several masters with the same ID on one provider mean to the driver. */
export type StreamSharing = 'smr' | 'exclusive' | 'shared' | 'last-master' | 'group';

/** How the driver takes a list that names several providers. */
export type ProviderPolicy = 'any' | 'first-only' | 'same-node' | 'last-wins' | 'two';

/** The macros people write in a cell, and the header (below include/) that defines them. */
export interface CellMacros {
  readonly header: string;
  readonly prefixes: readonly string[];
}

/** What a Tegra memory controller's driver knows: swgroups by macro name, and lists of swgroups that share a group. */
export interface SwgroupTable {
  readonly swgroups: Readonly<Record<string, number>>;
  readonly shared: readonly (readonly number[])[];
}

/** One kind of IOMMU. */
export interface Binding {
  readonly id: string;
  /** The platform driver's name. */
  readonly driver: string;
  /** For people: `Arm SMMUv3`. */
  readonly model: string;
  /** The driver's source file. */
  readonly file: string;
  readonly compatibles: readonly string[];
  /** The driver binds through one of these, which must stand in `compatible` too. Empty: through `compatibles`. */
  readonly requires: readonly string[];
  /** Properties without which the driver's probe fails. */
  readonly requiredProperties: readonly string[];
  readonly config: string;
  readonly initcall: string;
  /** Smallest and greatest #iommu-cells the driver reads. */
  readonly cells: readonly [number, number];
  readonly cellNames: readonly CellMeaning[];
  /** The provider's property that gives the mask of a specifier without one. */
  readonly oneCellMask: string | null;
  readonly group: GroupPolicy;
  /** In bytes, smallest first, with 4 KiB CPU pages where the hardware offers several sets. */
  readonly pageSizes: readonly bigint[];
  /** Bits of an IOVA. */
  readonly iovaBits: number;
  /** Whether the driver has of_xlate; without it the core never attaches a master. */
  readonly ofXlate: boolean;
  /** `kernel`: config and command line decide; `own`: the driver has an identity domain of its own; `identity`: always. */
  readonly defaultDomain: 'kernel' | 'own' | 'identity' | 'per-device';
  readonly providers: ProviderPolicy;
  readonly streamSharing: StreamSharing;
  /** The first kernel with the driver, null when older than every model here. */
  readonly since: string | null;
}

interface CatalogueFile {
  readonly drivers: readonly (Omit<Binding, 'pageSizes'> & { readonly pageSizes: readonly string[] })[];
  readonly headers: Readonly<Record<string, CellMacros>>;
  readonly swgroups: Readonly<Record<string, SwgroupTable>>;
}

const file = data as unknown as CatalogueFile;

/** Every IOMMU kind, in the catalogue's order. */
export const bindings: readonly Binding[] = file.drivers.map((driver) => ({
  ...driver,
  pageSizes: driver.pageSizes.map((size) => BigInt(size)),
}));

const byCompatible = new Map<string, Binding>();
for (const binding of bindings) for (const compatible of binding.compatibles) byCompatible.set(compatible, binding);

/** The IOMMU kind of a node: by the first compatible that the catalogue knows. Null when none is. */
export function bindingOf(node: DtNode): Binding | null {
  for (const compatible of compatibles(node)) {
    const binding = byCompatible.get(compatible);
    if (binding !== undefined) return binding;
  }
  return null;
}

/** The macros for a provider's cells: header and name prefixes, by its most specific known compatible. */
export function cellMacrosOf(node: DtNode): CellMacros | null {
  for (const compatible of compatibles(node)) {
    const macros = file.headers[compatible];
    if (macros !== undefined) return macros;
  }
  return null;
}

/** The swgroup table of a Tegra memory controller (drivers/memory/tegra), or null. */
export function swgroupTableOf(node: DtNode): SwgroupTable | null {
  for (const compatible of compatibles(node)) {
    const table = file.swgroups[compatible];
    if (table !== undefined) return table;
  }
  return null;
}
