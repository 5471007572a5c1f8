/** Domains with their regions for the report: what lies where in each group's address spaces. */
import { hex } from '../../iommu/words';
import type { SimDevice } from '../contract/device';
import type { ReservedRegion } from '../contract/iommu-driver';
import type { DeviceRef, RegionKind, ReportDomain, ReportRegion } from '../report';
import type { Client } from './clients/client';
import type { Domain } from './domain';
import type { Group } from './groups/groups';
import type { IommuCore } from './iommu-core';

const KIND: Readonly<Record<ReservedRegion['type'], RegionKind>> = {
  direct: 'direct',
  'direct-relaxable': 'direct',
  reserved: 'reserved',
  msi: 'msi',
  'software-msi': 'msi',
};

interface Placed {
  readonly iova: bigint;
  readonly region: ReportRegion;
}

function placed(
  iova: bigint,
  size: bigint,
  kind: RegionKind,
  owner: SimDevice | null,
  phys: bigint | null,
  assumption: string | null = null,
): Placed {
  return {
    iova,
    region: {
      iova: hex(iova),
      size: hex(size),
      kind,
      owner: owner?.ref ?? null,
      phys: phys === null ? null : hex(phys),
      assumption,
    },
  };
}

/** A domain of the report, with whose it is. */
export interface OwnedDomain {
  readonly domain: ReportDomain;
  readonly devices: readonly DeviceRef[];
  /** Its device's driver attached it, over or instead of what the core made. */
  readonly byDriver: boolean;
}

/**
 * The domains of every group: the one it is attached to and, where that is another, its default domain (which the DMA
 * API goes on using). An identity or blocked domain has no regions but reserved ones; `pageSize` stands for its granule.
 * Regions are sorted by address; domains are numbered in the order of the groups.
 */
export function ownedDomains(client: Client, pageSize: number): OwnedDomain[] {
  const { core } = client;
  const live = new Map<Domain, Placed[]>();
  const add = (domain: Domain | null, item: Placed): void => {
    if (domain === null) return;
    const list = live.get(domain);
    if (list === undefined) live.set(domain, [item]);
    else list.push(item);
  };
  for (const region of client.live()) {
    const state = core.states.of(region.device);
    const domain = state.armOps
      ? (state.armMapping?.domain ?? null)
      : state.dmaIommu
        ? (state.group?.defaultDomain ?? null)
        : null;
    add(domain, placed(region.iova, region.size, region.kind, region.device, region.phys, region.assumption));
  }
  for (const mapping of client.explicit())
    add(mapping.domain, placed(mapping.iova, mapping.size, 'api', mapping.device, mapping.phys, mapping.assumption));

  const domains: OwnedDomain[] = [];
  const mappings = new Set([...core.states.all()].map(([, state]) => state.armMapping?.domain ?? null));
  const seen = new Set<Domain>();
  for (const group of core.allGroups()) {
    for (const domain of new Set([group.domain, group.defaultDomain])) {
      if (domain === null || domain.freed) continue;
      const paging = domain.hardware.kind === 'paging';
      // A static domain belongs to many groups; it is worth a line where the group is in it.
      if (paging ? seen.has(domain) : domain !== group.domain) continue;
      seen.add(domain);
      const regions = [...(live.get(domain) ?? []), ...fixedRegions(core, group, domain)];
      regions.sort((a, b) => (a.iova < b.iova ? -1 : a.iova > b.iova ? 1 : 0));
      const { aperture } = domain.hardware;
      domains.push({
        domain: {
          id: domains.length,
          group: group.id,
          device: null,
          type: domain.type,
          granule: paging ? domain.granule : pageSize,
          aperture: paging ? [hex(aperture.start), hex(aperture.end)] : ['0x0', '0x0'],
          regions: regions.map(({ region }) => region),
        },
        devices: group.devices.map(({ ref }) => ref),
        byDriver: domain !== group.defaultDomain && !mappings.has(domain),
      });
    }
  }
  // Attached one by one (3.19): of each device the domain it is in, and its mapping's, which the DMA API goes on using.
  for (const [device, state] of core.states.all())
    for (const domain of new Set([
      state.ownDomain,
      state.ownDomain === null ? null : (state.armMapping?.domain ?? null),
    ])) {
      if (domain === null || domain.freed || seen.has(domain) || device.node === null) continue;
      seen.add(domain);
      const regions = [...(live.get(domain) ?? [])];
      regions.sort((a, b) => (a.iova < b.iova ? -1 : a.iova > b.iova ? 1 : 0));
      const { aperture } = domain.hardware;
      domains.push({
        domain: {
          id: domains.length,
          group: state.group?.id ?? null,
          device: state.group === null ? device.ref : null,
          type: domain.type,
          granule: domain.granule,
          aperture: [hex(aperture.start), hex(aperture.end)],
          regions: regions.map(({ region }) => region),
        },
        devices: [device.ref],
        byDriver: !mappings.has(domain),
      });
    }
  return domains;
}

/** Reserved regions, host bridge windows and MSI doorbells of a group's default domain. */
function fixedRegions(core: IommuCore, group: Group, domain: Domain): Placed[] {
  if (domain !== group.defaultDomain) return [];
  const found: Placed[] = [];
  const seen = new Set<string>();
  const once = (item: Placed): void => {
    const key = `${item.region.iova} ${item.region.size} ${item.region.kind}`;
    if (!seen.has(key)) found.push(item);
    seen.add(key);
  };
  for (const device of group.devices)
    for (const region of core.regionsOf(device)) {
      const phys = region.type === 'direct' || region.type === 'direct-relaxable' ? region.start : null;
      once(placed(region.start, region.length, KIND[region.type], device, phys));
    }
  for (const { start, end } of domain.cookie?.hostWindows ?? [])
    once(placed(start, end - start + 1n, 'reserved', null, null));
  const granule = BigInt(domain.granule);
  for (const page of domain.cookie?.msiPages ?? [])
    if (page.phys !== page.iova) once(placed(page.iova, granule, 'msi', null, page.phys));
  return found;
}
