/**
 * The address spaces of a board under a strategy, out of two boots: the simulated one (S6), and the same without fw_devlink,
 * where only deferral orders things. Where a strategy attaches the same master to a domain of the same kind, its driver asks
 * for the same memory and gets the same IOVAs: each address space has an allocator of its own. What differs is who has one.
 *
 * - S6 is the boot itself, S5 the one without fw_devlink.
 * - S4: as S5; a master whose driver never binds has attached to nothing.
 * - S1: the automatic mappings alone, of masters whose IOMMU can be declared early. A driver that would attach a domain of
 *   its own is refused until it tears the mapping down: what it would map through the IOMMU API is not there.
 * - S2, S3: only what drivers attach themselves, where the IOMMU has registered by then.
 */
import type { OwnedDomain } from '../dma/report-domains';
import type { DeviceRef, StrategyId, StrategyMap, StrategyMaster } from '../report';

/** A master's row, and whether the IOMMU is there when its driver attaches a domain of its own. */
export interface MapMaster {
  readonly row: StrategyMaster;
  readonly finds: boolean;
}

const keyOf = ({ devices }: Pick<StrategyMap, 'devices'>): string => [...devices].sort().join(' ');

const mapOf = ({ domain, devices }: OwnedDomain, regions = domain.regions): StrategyMap => {
  const { type, granule, aperture } = domain;
  return { devices, type, granule, aperture, regions };
};

/** Everything of the maps but physical addresses, which depend on who allocates first in the whole machine. */
const said = (maps: readonly StrategyMap[]): string =>
  maps
    .map((map) =>
      JSON.stringify({ ...map, devices: keyOf(map), regions: map.regions.map((r) => ({ ...r, phys: null })) }),
    )
    .sort()
    .join('\n');

function chosen(
  id: Exclude<StrategyId, 'S6'>,
  masters: ReadonlyMap<DeviceRef, MapMaster>,
  domains: readonly OwnedDomain[],
): StrategyMap[] {
  const some = (devices: readonly DeviceRef[], holds: (master: MapMaster) => boolean): boolean =>
    devices.some((device) => {
      const master = masters.get(device);
      return master !== undefined && holds(master);
    });
  // PCI functions and others that no `iommus` names have no row: they are attached as the boot attaches them
  const named = ({ devices }: OwnedDomain): boolean => devices.some((device) => masters.has(device));
  switch (id) {
    case 'S1':
      return domains.flatMap((owned) => {
        const { byDriver, devices, domain } = owned;
        if (byDriver || (named(owned) && !some(devices, ({ row }) => row.translatedBeforeProbe))) return [];
        const refused = (owner: DeviceRef | null): boolean =>
          owner !== null && masters.get(owner)?.row.mustTearDown === true;
        return [
          mapOf(
            owned,
            domain.regions.filter(({ kind, owner }) => kind !== 'api' || !refused(owner)),
          ),
        ];
      });
    case 'S2':
    case 'S3':
      return domains
        .filter(({ byDriver, devices }) => byDriver && some(devices, ({ finds }) => finds))
        .map((owned) => mapOf(owned));
    case 'S4':
      return domains
        .filter((owned) => !named(owned) || some(owned.devices, ({ row }) => row.binds === true))
        .map((owned) => mapOf(owned));
    case 'S5':
      return domains.map((owned) => mapOf(owned));
  }
}

/**
 * @param boot the domains of the boot itself
 * @param deferred those of the boot without fw_devlink
 * @returns null: every IOVA is that of the boot
 */
export function strategyMaps(
  id: StrategyId,
  masters: readonly MapMaster[],
  boot: readonly OwnedDomain[],
  deferred: readonly OwnedDomain[],
): StrategyMap[] | null {
  if (id === 'S6') return null;
  const maps = chosen(id, new Map(masters.map((master) => [master.row.device, master])), deferred);
  return said(maps) === said(boot.map((owned) => mapOf(owned))) ? null : maps;
}
