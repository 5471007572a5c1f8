/** What the dumps of sysfs and debugfs show: deferred devices, bound devices, links, waiting devices, groups, domains. */
import type { Snapshot } from '../../../../src/simulator/probe/events';
import { isFirst, releaseOf } from '../adapter/kernels';
import { lateDevices } from '../racing';
import type { RecordedDump } from '../recording';
import type { Tally } from '../tally';
import { shownIn } from './dma';
import type { Comparison, FactKind } from './kind';

type Look = (name: string, dump: RecordedDump, snapshot: Snapshot, tally: Tally, comparison: Comparison) => void;

function eachDump(name: string, look: Look): FactKind {
  return {
    name,
    compare(comparison, tally) {
      for (const [dumpName, dump] of Object.entries(comparison.file.dumps)) {
        const snapshot = comparison.outcome.events.snapshots.find((s) => s.name === dumpName);
        if (snapshot === undefined) tally.fact(name, dumpName, 'dump', null);
        else look(dumpName, dump, snapshot, tally, comparison);
      }
    },
  };
}

export const deferred = eachDump('deferred', (name, dump, snapshot, tally, comparison) => {
  // 3.19 has no such list.
  if (isFirst(releaseOf(comparison.file))) return;
  const isLate = lateDevices(comparison.racing, dump, snapshot);
  const strip = (text: string | null): string => (text ?? '').trim();
  (comparison.racing ? tally.raced : tally.list).call(
    tally,
    'deferred',
    name,
    dump.deferred.filter((d) => !isLate(d.device)).map((d) => [d.device, strip(d.reason)]),
    snapshot.deferred.filter((d) => !isLate(d.device.name)).map((d) => [d.device.name, strip(d.reason)]),
  );
});

export const bound = eachDump('bound', (name, dump, snapshot, tally, comparison) => {
  const isLate = lateDevices(comparison.racing, dump, snapshot);
  const buses = new Set(dump.bound.map((b) => b.bus));
  tally.set(
    'bound',
    name,
    dump.bound.filter((b) => !isLate(b.device)).map((b) => [b.bus, b.device, b.driver]),
    snapshot.devices
      .filter((d) => buses.has(d.device.bus) && !isLate(d.device.name))
      .map((d) => [d.device.bus, d.device.name, d.driver]),
  );
});

export const links = eachDump('links', (name, dump, snapshot, tally, comparison) => {
  const isLate = lateDevices(comparison.racing, dump, snapshot);
  const ends = (link: string): string => link.slice(link.indexOf(':') + 1);
  tally.set(
    'links',
    name,
    dump.devlinks
      .filter((l) => !isLate(ends(l.consumer)) && !isLate(ends(l.supplier)))
      .map((l) => [l.supplier, l.consumer, l.status, l.auto_remove_on, l.runtime_pm, l.sync_state_only]),
    snapshot.links
      .filter((l) => !isLate(l.consumer.name) && !isLate(l.supplier.name))
      .map((l) => [
        `${l.supplier.bus}:${l.supplier.name}`,
        `${l.consumer.bus}:${l.consumer.name}`,
        l.status,
        l.autoRemoveOn,
        l.runtimePm ? '1' : '0',
        l.syncStateOnly ? '1' : '0',
      ]),
  );
});

export const waiting = eachDump('waiting', (name, dump, snapshot, tally) => {
  tally.set(
    'waiting',
    name,
    dump.waiting_for_supplier,
    snapshot.waiting.map((d) => d.name),
  );
});

const hex = (n: bigint): string => `0x${n.toString(16).padStart(16, '0')}`;

/** 3.19 has no `type` file: the rig writes `none`. */
const groupType = (type: string, { file }: Comparison): string => (isFirst(releaseOf(file)) ? 'none' : type);

export const groups = eachDump('groups', (name, dump, snapshot, tally, comparison) => {
  tally.set(
    'groups',
    name,
    dump.groups.map((g) => [
      g.id,
      g.type,
      g.devices.map((d) => d.name).sort(),
      g.reserved_regions.map((r) => [r.start, r.end, r.type]),
    ]),
    snapshot.groups.map((g) => [
      g.id,
      groupType(g.type, comparison),
      g.devices.map((d) => d.name).sort(),
      g.reservedRegions.map((r) => [hex(r.start), hex(r.end), r.type]),
    ]),
  );
});

export const domains = eachDump('domains', (name, dump, snapshot, tally, { file }) => {
  // 3.19 has no fwspec, so no IDs to show, and devices with a domain and no group.
  const first = isFirst(releaseOf(file));
  // The type of a freed domain is what the memory happens to hold (the 32-bit set's README, "Cautions"): no fact.
  const freed = new Set(snapshot.views.filter(({ view }) => view.domainFreed).map(({ device }) => device.name));
  tally.set(
    'domains',
    name,
    dump.domains
      .filter((d) => !(first && d.group === -1 && d.type === 'none'))
      .map((d) => [d.device, d.group, freed.has(d.device) ? 'freed' : d.type, d.dma_iommu, d.ids]),
    snapshot.views
      .map(({ device, view: whole }) => ({ device, view: shownIn(file, whole) }))
      .filter(({ view }) => view.group !== null || view.domain !== null)
      .map(({ device, view }) => [
        device.name,
        view.group ?? -1,
        view.domainFreed ? 'freed' : (view.domain ?? (first ? 'none' : null)),
        view.dmaIommu,
        first ? [] : view.ids.map((id) => `0x${id.toString(16)}`),
      ]),
  );
});
