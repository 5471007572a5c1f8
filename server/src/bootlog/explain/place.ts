/** Where an address lies among the regions that the boot on paper knows. */
import { hex } from '../../iommu/words';
import type { ReportDomain, ReportRegion, SimulationReport } from '../../simulator/report';
import { domainOwner } from '../../simulator/words';

/** Where an address lies. Distances in bytes. */
export interface Place {
  readonly relation:
    | 'inside'
    | 'after'
    | 'before'
    | 'unmapped'
    | 'other-domain'
    | 'reserved'
    | 'beyond'
    | 'zero'
    | 'unknown';
  readonly text: string;
  readonly region: ReportRegion | null;
  readonly distance: bigint | null;
}

interface Span {
  readonly region: ReportRegion;
  readonly start: bigint;
  readonly end: bigint;
}

/** Regions that are mapped: windows that are only kept free translate nothing. */
function spansOf(domain: ReportDomain): Span[] {
  return domain.regions
    .filter((region) => region.kind !== 'reserved' && region.kind !== 'msi')
    .map((region) => ({ region, start: BigInt(region.iova), end: BigInt(region.iova) + BigInt(region.size) - 1n }))
    .sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
}

/** How far from a region an address still counts as an overrun of it. */
const NEAR = 0x10000n;

function named(region: ReportRegion): string {
  const owner = region.owner === null ? '' : ` of ${region.owner}`;
  const assumed = region.assumption === null ? '' : ' (assumed workload)';
  return `the ${region.kind} region ${region.iova}+${region.size}${owner}${assumed}`;
}

const translates = (domain: ReportDomain): boolean =>
  domain.type !== 'identity' && domain.type !== 'blocked' && BigInt(domain.aperture[1]) > 0n;

/** Places an address among the regions of a report. A domain that does not translate (identity) has no place for it. */
export function placeOf(iova: bigint, domain: ReportDomain | null, report: SimulationReport): Place {
  const none = { region: null, distance: null } as const;
  if (domain === null)
    return { ...none, relation: 'unknown', text: 'the simulation has no translated domain for this master' };
  if (!translates(domain))
    return {
      ...none,
      relation: 'unknown',
      text: `the default domain is ${domain.type}: the address is in a domain that the simulation does not know`,
    };
  const group = report.groups.find((entry) => entry.id === domain.group);
  const end = BigInt(domain.aperture[1]);
  if (iova < 0x1000n) return { ...none, relation: 'zero', text: 'in page 0, which the DMA API never gives out' };
  if (iova > end || iova < BigInt(domain.aperture[0]))
    return {
      ...none,
      relation: 'beyond',
      text: `outside the domain's aperture ${domain.aperture[0]}-${domain.aperture[1]}`,
    };
  const spans = spansOf(domain);
  const inside = spans.find((span) => iova >= span.start && iova <= span.end);
  if (inside !== undefined)
    return { relation: 'inside', region: inside.region, distance: 0n, text: `inside ${named(inside.region)}` };
  for (const [start, last, type] of group?.reservedRegions ?? [])
    if (iova >= BigInt(start) && iova <= BigInt(last))
      return { ...none, relation: 'reserved', text: `in the reserved region ${start}-${last} (${type})` };
  const below = spans.filter((span) => span.end < iova).at(-1);
  const above = spans.find((span) => span.start > iova);
  const past = below === undefined ? null : iova - below.end - 1n;
  const short = above === undefined ? null : above.start - iova;
  if (below !== undefined && past !== null && past <= NEAR && (short === null || past <= short))
    return {
      relation: 'after',
      region: below.region,
      distance: past,
      text: `${hex(past)} bytes past the end of ${named(below.region)}`,
    };
  if (above !== undefined && short !== null && short <= NEAR)
    return {
      relation: 'before',
      region: above.region,
      distance: short,
      text: `${hex(short)} bytes before ${named(above.region)}`,
    };
  for (const other of report.domains) {
    if (other === domain) continue;
    const hit = spansOf(other).find(
      (span) => span.region.assumption === null && iova >= span.start && iova <= span.end,
    );
    if (hit !== undefined)
      return {
        relation: 'other-domain',
        region: hit.region,
        distance: 0n,
        text: `mapped in domain ${other.id} of ${domainOwner(other)}: ${named(hit.region)}`,
      };
  }
  const nearest = past === null ? above : short === null || past <= short ? below : above;
  if (nearest === undefined) return { ...none, relation: 'unmapped', text: 'nothing is mapped in this domain' };
  const distance = nearest === below ? past : short;
  const side = nearest === below ? 'after' : 'before';
  return {
    relation: 'unmapped',
    region: nearest.region,
    distance,
    text: `unmapped, ${hex(distance ?? 0n)} bytes ${side} the nearest: ${named(nearest.region)}`,
  };
}
