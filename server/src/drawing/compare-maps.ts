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

/** The key of a map over two boots: group numbers may differ, the devices do not. */
export const mapKey = (map: DomainMap): string => [...map.devices].sort().join(' ') || `domain ${map.domain.id}`;

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
