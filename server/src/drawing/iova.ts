/** What the IOVA view shows of a report: one map a domain. */
import type {
  RegionKind,
  ReportDomain,
  ReportFault,
  ReportGroup,
  ReportRegion,
  SimulationReport,
  StrategyId,
} from '../simulator/report';
import { formatAddress, formatSize, parseAddress, shortName } from './address';
import { type AddressAxis, type AxisSegment, layoutAxis } from './address-axis';

export interface MapRegion {
  readonly start: bigint;
  readonly size: bigint;
  readonly kind: RegionKind;
  readonly owner: string | null;
  readonly phys: string | null;
  readonly assumption: string | null;
  /** Space that is set aside and holds no data of a device. */
  readonly quiet: boolean;
}

export interface MapLayout {
  readonly axis: AddressAxis;
  /** Position of the first and of the end address of each region. */
  readonly from: Float64Array;
  readonly to: Float64Array;
  /** The gaps that are drawn shorter than they are, in order. */
  readonly gaps: readonly AxisSegment[];
}

export interface DomainMap {
  readonly domain: ReportDomain;
  readonly group: ReportGroup | null;
  readonly devices: readonly string[];
  /** In address order; read when they are first asked for, as `layout` and `mapped` are: a panel may never come to this map. */
  readonly regions: readonly MapRegion[];
  /** Where everything stands; worked out when it is first asked for. */
  readonly layout: MapLayout;
  /** Mapped bytes, reserved regions not counted. */
  readonly mapped: bigint;
  readonly assumed: boolean;
}

/** What each kind of region is, for legends and hover texts. */
export const kindNames: Readonly<Record<RegionKind, string>> = {
  alloc: 'Coherent allocation',
  map: 'Streaming mapping',
  sg: 'Scatter list',
  resource: 'Resource (MMIO) mapping',
  api: 'Mapped through the IOMMU API',
  direct: 'Direct (one to one) mapping',
  reserved: 'Reserved, never handed out',
  msi: 'MSI doorbell window',
};

/** The same in the fewest words, for tables. */
export const shortKindNames: Readonly<Record<RegionKind, string>> = {
  alloc: 'coherent',
  map: 'streaming',
  sg: 'scatter list',
  resource: 'resource',
  api: 'IOMMU API',
  direct: 'direct',
  reserved: 'reserved',
  msi: 'MSI window',
};

/** Space that is set aside and holds no data of a device. */
const isQuiet = (kind: RegionKind): boolean => kind === 'reserved' || kind === 'msi';

/** Kinds in the order of the legend. */
export const kinds = Object.keys(kindNames) as RegionKind[];

/** Domain types in which the IOMMU passes addresses through or refuses them: there is no map to draw. */
export const hasMap = (domain: ReportDomain): boolean => domain.type !== 'identity' && domain.type !== 'blocked';

function mapRegion(region: ReportRegion): MapRegion {
  const { kind, owner, phys, assumption } = region;
  const [start, size] = [parseAddress(region.iova), parseAddress(region.size)];
  return { start, size, kind, owner, phys, assumption, quiet: isQuiet(kind) };
}

const kindRank: Readonly<Record<string, number>> = { reserved: 0, msi: 0, direct: 1 };

/** Address order; at the same address the wide background comes first, so that it is drawn first. */
function byAddress(a: MapRegion, b: MapRegion): number {
  if (a.start !== b.start) return a.start < b.start ? -1 : 1;
  const rank = (kindRank[a.kind] ?? 2) - (kindRank[b.kind] ?? 2);
  return rank !== 0 ? rank : a.size === b.size ? 0 : a.size > b.size ? -1 : 1;
}

function layoutOf(domain: ReportDomain, regions: readonly MapRegion[]): MapLayout {
  const [first, last] = [parseAddress(domain.aperture[0]), parseAddress(domain.aperture[1])];
  const axis = layoutAxis(regions, [first, last < first ? first : last], BigInt(Math.max(1, domain.granule)));
  const from = new Float64Array(regions.length);
  const to = new Float64Array(regions.length);
  regions.forEach(({ start, size }, i) => {
    from[i] = axis.position(start);
    to[i] = axis.position(start + size);
  });
  const gaps: AxisSegment[] = [];
  axis.broken.forEach((broken, i) => {
    if (broken === 1) gaps.push(axis.segment(i));
  });
  return { axis, from, to, gaps };
}

function domainMap(domain: ReportDomain, group: ReportGroup | null, devices: readonly string[] | null): DomainMap {
  let read: MapRegion[] | null = null;
  let made: MapLayout | null = null;
  const owners = () => domain.regions.flatMap(({ owner }) => owner ?? []);
  const map: DomainMap = {
    domain,
    group,
    devices: devices ?? [...new Set([...(domain.device === null ? [] : [domain.device]), ...owners()])],
    get regions() {
      read ??= domain.regions
        .map(mapRegion)
        .filter(({ size }) => size > 0n)
        .sort(byAddress);
      return read;
    },
    get layout() {
      made ??= layoutOf(domain, map.regions);
      return made;
    },
    get mapped() {
      return map.regions.reduce((sum, { quiet, size }) => (quiet ? sum : sum + size), 0n);
    },
    assumed: domain.regions.some(({ assumption }) => assumption !== null),
  };
  return map;
}

/** The maps of a report, domains in the report's order. */
export function domainMaps(report: Pick<SimulationReport, 'groups' | 'domains'>): DomainMap[] {
  const groups = new Map(report.groups.map((group) => [group.id, group]));
  return report.domains.map((domain) => {
    const group = domain.group === null ? null : (groups.get(domain.group) ?? null);
    return domainMap(domain, group, group?.devices ?? null);
  });
}

/** The maps under a strategy; null: the report says nothing of it. They have no groups. */
export function strategyMaps(report: SimulationReport, id: StrategyId): DomainMap[] | null {
  const strategy = report.strategies.find((each) => each.id === id);
  if (strategy === undefined) return null;
  return (
    strategy.maps?.map(({ devices, ...map }, i) =>
      domainMap({ id: i, group: null, device: devices[0] ?? null, ...map }, null, devices),
    ) ?? domainMaps(report)
  );
}

/** `group 3`, or that there is none: a device of 3.19 is attached without. */
export const groupName = ({ group }: ReportDomain): string => (group === null ? 'no group' : `group ${group}`);

/** Whether a map is about what the user typed: part of a device's path, a type, `group 3`; an empty text is about all. */
export function mapMatches(map: DomainMap, query: string): boolean {
  const text = query.trim().toLowerCase();
  if (text === '') return true;
  const words = [
    ...map.devices,
    ...map.domain.regions.flatMap(({ owner }) => owner ?? []),
    map.domain.type,
    groupName(map.domain),
  ];
  return words.some((word) => word.toLowerCase().includes(text));
}

/** The faults of a simulated boot that lie on a map: those of its masters. */
export const faultsOn = (map: DomainMap, { faults }: SimulationReport): ReportFault[] =>
  faults.filter(({ master }) => map.devices.includes(master));

export const faultAddresses = (map: DomainMap, report: SimulationReport): bigint[] =>
  faultsOn(map, report).map(({ iova }) => parseAddress(iova));

/** Whether the aperture of a map holds an address. */
export const inAperture = ({ domain: { aperture } }: DomainMap, address: bigint): boolean =>
  parseAddress(aperture[0]) <= address && address <= parseAddress(aperture[1]);

/** The innermost region that covers an address: the last one in drawing order. */
export function regionAt(map: DomainMap, address: bigint): MapRegion | null {
  let found: MapRegion | null = null;
  for (const region of map.regions) {
    if (region.start <= address && address < region.start + region.size) found = region;
  }
  return found;
}

/** First and last address, as the kernel prints ranges. */
export const formatRange = (region: { readonly start: bigint; readonly size: bigint }): string =>
  `${formatAddress(region.start)} – ${formatAddress(region.start + region.size - 1n)}`;

/** The lines of a region's hover text. */
export function regionDetails(region: MapRegion): string[] {
  const lines = [kindNames[region.kind], `${formatRange(region)} (${formatSize(region.size)})`];
  if (region.owner !== null) lines.push(shortName(region.owner));
  if (region.phys !== null) lines.push(`at physical ${region.phys}`);
  if (region.assumption !== null) lines.push(`Assumed: ${region.assumption}`);
  return lines;
}
