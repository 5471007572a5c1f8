/** Two states of the same board's maps: which regions came, moved, or went. */
import type { DomainMap, MapRegion } from './iova';

export type Change = 'added' | 'moved' | 'gone';

export interface RegionChange {
  readonly change: Change;
  /** As it is now; as it was, when it is gone. */
  readonly region: MapRegion;
  /** Where it was, when it moved. */
  readonly was: MapRegion | null;
}

export interface MapComparison {
  readonly changes: readonly RegionChange[];
  readonly count: Readonly<Record<Change, number>>;
}

/** What makes a region the same one at another address. */
const identity = ({ kind, owner, size }: MapRegion): string => `${kind} ${owner} ${size}`;
const place = (region: MapRegion): string => `${region.start} ${identity(region)}`;

/** Devices without their order; of several maps of the same devices (an own domain over the automatic one) each its place. */
function keyed(maps: readonly DomainMap[]): Map<string, DomainMap> {
  const found = new Map<string, DomainMap>();
  for (const map of maps) {
    const devices = [...map.devices].sort().join(' ') || `domain ${map.domain.id}`;
    for (let n = 0; ; n++)
      if (!found.has(`${devices} ${n}`)) {
        found.set(`${devices} ${n}`, map);
        break;
      }
  }
  return found;
}

export interface StateComparison {
  /** What became of each map that is there now. */
  readonly of: ReadonlyMap<DomainMap, MapComparison & { readonly before: DomainMap | null }>;
  /** Maps that only the other state has. */
  readonly gone: readonly DomainMap[];
}

/**
 * All maps of two states. A map is the same one when its devices are; where groups were made otherwise, one that shares a
 * device with it. Group numbers say nothing: they differ from boot to boot.
 */
export function compareStates(now: readonly DomainMap[], before: readonly DomainMap[]): StateComparison {
  const old = keyed(before);
  const pairs = new Map<DomainMap, DomainMap | null>();
  for (const [key, map] of keyed(now)) {
    pairs.set(map, old.get(key) ?? null);
    old.delete(key);
  }
  for (const [map, found] of pairs) {
    if (found !== null) continue;
    const shared = [...old].find(([, other]) => other.devices.some((device) => map.devices.includes(device)));
    if (shared === undefined) continue;
    pairs.set(map, shared[1]);
    old.delete(shared[0]);
  }
  const of = new Map(
    [...pairs].map(([map, other]) => [map, { ...compareMaps(map, other ?? undefined), before: other }]),
  );
  return { of, gone: [...old.values()] };
}

/** @param before the same map in the other state; undefined: it had none */
export function compareMaps(now: DomainMap, before: DomainMap | undefined): MapComparison {
  const old = new Map<string, MapRegion[]>();
  for (const region of before?.regions ?? []) push(old, place(region), region);
  const left: MapRegion[] = [];
  for (const region of now.regions) if (old.get(place(region))?.shift() === undefined) left.push(region);
  const moved = new Map<string, MapRegion[]>();
  for (const regions of old.values()) for (const region of regions) push(moved, identity(region), region);
  const changes: RegionChange[] = left.map((region) => {
    const was = moved.get(identity(region))?.shift() ?? null;
    return { change: was === null ? 'added' : 'moved', region, was };
  });
  for (const regions of moved.values())
    for (const region of regions) changes.push({ change: 'gone', region, was: null });
  const count = { added: 0, moved: 0, gone: 0 };
  for (const { change } of changes) count[change]++;
  changes.sort((a, b) => (a.region.start < b.region.start ? -1 : a.region.start > b.region.start ? 1 : 0));
  return { changes, count };
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
