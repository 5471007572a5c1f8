/**
 * What a boot does to the devices of a board, boiled down to what two boots are compared by, and the comparison: of two
 * kernels, of two states of a board, of both sides of a patch.
 */
import type { ReportDevice, SimulationReport } from '../report';
import { blocksUnlisted } from '../unlisted';

/** What became of a device. */
export interface DeviceBehaviour {
  readonly status: ReportDevice['status'] | 'absent';
  /** An enabled node with `iommus` that nothing made a device of: a driver above it may, later or elsewhere. */
  readonly unpopulated: boolean;
  readonly translated: boolean;
  readonly domain: string | null;
  /** The devices of its group, itself included, sorted; empty without one. Group numbers differ from boot to boot and say nothing. */
  readonly groupedWith: readonly string[];
  /** The IOMMU of its group; null without one. */
  readonly iommu: string | null;
  /** The phase in which its driver bound; null: it never did. */
  readonly boundIn: string | null;
  /** Whether its probe was deferred at least once. */
  readonly defers: boolean;
  /** What it waited for: the supplier that bound last or never, then what that one waited for. Empty when it was not deferred. */
  readonly waits: readonly string[];
  /** Where its mappings are, in the order of the calls; the first of them. */
  readonly iovas: readonly string[];
  /** The faults of its accesses. */
  readonly faults: readonly string[];
  readonly reason: string | null;
}

/** How many stream-mapping entries and context banks of an Arm SMMU (v1, v2) are taken. */
export interface TakenParts {
  readonly entries: number;
  readonly entriesOf: number | null;
  readonly banks: number;
  readonly banksOf: number | null;
}

export interface IommuUse {
  /** Null: it has no such parts; what other models put in the report's tables are other things. */
  readonly taken: TakenParts | null;
  /** Whether it refuses the DMA of a device that it has no entry for. */
  readonly blocksUnlisted: boolean;
}

/** One boot. Plain data: it goes through JSON unchanged. */
export interface Behaviour {
  readonly kernel: string;
  /** False when the kernel itself stops. */
  readonly complete: boolean;
  readonly devices: Readonly<Record<string, DeviceBehaviour>>;
  readonly iommus: Readonly<Record<string, IommuUse>>;
}

const ABSENT: DeviceBehaviour = {
  status: 'absent',
  unpopulated: false,
  translated: false,
  domain: null,
  groupedWith: [],
  iommu: null,
  boundIn: null,
  defers: false,
  waits: [],
  iovas: [],
  faults: [],
  reason: null,
};

/** Mappings of one device that are compared. */
const MAX_IOVAS = 16;
/** Steps of a chain that are followed. */
const MAX_CHAIN = 8;

function listsBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const lists = new Map<string, T[]>();
  for (const item of items) {
    const list = lists.get(key(item));
    if (list === undefined) lists.set(key(item), [item]);
    else list.push(item);
  }
  return lists;
}

/** The behaviour that a report tells of, of every device in it. */
export function behaviourOf(report: SimulationReport): Behaviour {
  const byRef = new Map(report.devices.map((d) => [d.device, d]));
  const groups = new Map(report.groups.map((g) => [g.id, [...g.devices].sort()]));
  const iommuOf = new Map(report.groups.map((g) => [g.id, g.provider]));
  const boundIn = new Map<string, string>();
  const deferred = new Set<string>();
  for (const { event, device, phase } of report.timeline) {
    if (device === null) continue;
    if (event === 'bound' && !boundIn.has(device)) boundIn.set(device, phase);
    if (event === 'defer') deferred.add(device);
  }
  const suppliers = listsBy(report.links, (link) => link.consumer);
  const chains = new Map(report.chains.map((chain) => [chain.device, chain.path.slice(1)]));
  const dma = listsBy(
    report.dma.filter((d) => d.iova !== null),
    (d) => d.device,
  );
  const faults = listsBy(report.faults, (fault) => fault.master);
  const late = (ref: string): number => byRef.get(ref)?.boundAt ?? Number.POSITIVE_INFINITY;
  const waitsOf = (ref: string): readonly string[] => {
    const known = chains.get(ref);
    if (known !== undefined) return known.slice(0, MAX_CHAIN);
    const path: string[] = [];
    for (let at = ref; deferred.has(at) && path.length < MAX_CHAIN; ) {
      let next: string | null = null;
      for (const { supplier, cycle } of suppliers.get(at) ?? [])
        if (!cycle && byRef.has(supplier) && (next === null || late(supplier) > late(next))) next = supplier;
      if (next === null || next === ref || path.includes(next)) break;
      path.push(next);
      at = next;
    }
    return path;
  };
  const devices: Record<string, DeviceBehaviour> = {};
  for (const d of report.devices)
    devices[d.device] = {
      status: d.status,
      unpopulated: d.bus === '',
      translated: d.translated,
      domain: d.domain,
      groupedWith: d.group === null ? [] : (groups.get(d.group) ?? []),
      iommu: d.group === null ? null : (iommuOf.get(d.group) ?? null),
      boundIn: boundIn.get(d.device) ?? null,
      defers: deferred.has(d.device),
      waits: waitsOf(d.device),
      // without translation these are places in memory, which move with whatever was allocated before
      iovas: d.translated ? (dma.get(d.device) ?? []).slice(0, MAX_IOVAS).map((entry) => entry.iova ?? '') : [],
      faults: (faults.get(d.device) ?? []).slice(0, MAX_IOVAS).map((fault) => `${fault.kind} at ${fault.iova}`),
      reason: d.untranslatedReason ?? d.deferReason ?? null,
    };
  // a group may name functions that are no devices of their own
  for (const { devices: members } of report.groups)
    for (const ref of members) devices[ref] ??= { ...ABSENT, groupedWith: [...members].sort() };
  const iommus: Record<string, IommuUse> = {};
  for (const { device, streamTable, contextBanks, capacity } of report.providers) {
    const limit = (name: string): number | null => {
      const value = capacity?.find((fact) => fact.name === name)?.value;
      return typeof value === 'number' ? value : null;
    };
    const driver = byRef.get(device)?.driver ?? null;
    iommus[device] = {
      taken:
        driver === 'arm-smmu'
          ? {
              entries: streamTable.length,
              entriesOf: limit('streamMatchRegisters'),
              banks: contextBanks.length,
              banksOf: limit('contextBanks'),
            }
          : null,
      blocksUnlisted: blocksUnlisted(driver, report.kernel, report.cmdline),
    };
  }
  return { kernel: report.kernel, complete: report.complete, devices, iommus };
}

/** A device of a boot; `absent` where the boot does not know it. */
export function deviceIn(behaviour: Behaviour, ref: string): DeviceBehaviour {
  return behaviour.devices[ref] ?? ABSENT;
}

export type DifferenceKind =
  | 'status'
  | 'translation'
  | 'group'
  | 'neighbours'
  | 'domain'
  | 'phase'
  | 'deferral'
  | 'iovas'
  | 'faults';

const others = (d: DeviceBehaviour, ref: string): string[] => d.groupedWith.filter((name) => name !== ref);

/** In what two boots differ for a device, the weightiest first. Empty: it behaves the same. */
export function differencesOf(ref: string, a: DeviceBehaviour, b: DeviceBehaviour): DifferenceKind[] {
  const found: DifferenceKind[] = [];
  if (a.status !== b.status) found.push('status');
  if (a.translated !== b.translated) found.push('translation');
  if ((a.groupedWith.length === 0) !== (b.groupedWith.length === 0)) found.push('group');
  else if (others(a, ref).join() !== others(b, ref).join()) found.push('neighbours');
  if (a.domain !== b.domain && a.domain !== null && b.domain !== null) found.push('domain');
  if (a.boundIn !== b.boundIn && a.boundIn !== null && b.boundIn !== null) found.push('phase');
  if (a.defers !== b.defers) found.push('deferral');
  if (firstMoved(a, b) >= 0) found.push('iovas');
  if (a.faults.join() !== b.faults.join()) found.push('faults');
  return found;
}

/** The first mapping (from 0) that is elsewhere; -1: none, or one of the two maps nothing at all. */
export function firstMoved(a: DeviceBehaviour, b: DeviceBehaviour): number {
  if (a.iovas.length === 0 || b.iovas.length === 0) return -1;
  const at = a.iovas.findIndex((iova, n) => iova !== b.iovas[n]);
  return at >= 0 ? at : a.iovas.length === b.iovas.length ? -1 : a.iovas.length;
}

/** The other devices of a device's group. */
export const neighboursOf = others;
