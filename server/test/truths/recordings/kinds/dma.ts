/**
 * What the DMA and IOMMU APIs gave the rig's clients: every operation of a device behind an IOMMU, scatter-list segments,
 * the state of device, domain and mapping at each look, and the results of explicit API calls.
 */

import type { DeviceDmaView } from '../../../../src/simulator/contract/dma-core';
import type { TraceEntry } from '../../../../src/simulator/probe/core';
import { Device } from '../../../../src/simulator/probe/devices/device';
import { buildOf, isFirst, releaseOf } from '../adapter/kernels';
import { UNLOGGED } from '../adapter/ops';
import { apiOf, dmaOf, infoOf, type RecordedDma, type RecordedInfo } from '../recorded-dma';
import type { RecordingFile } from '../recording';
import type { FactKind } from './kind';
import { untimely } from './lazy';

const hex = (value: unknown): string | null => (typeof value === 'bigint' ? `0x${value.toString(16)}` : null);

/** The rig's names of our operations. */
const KIND: Readonly<Record<string, string>> = {
  alloc: 'coherent',
  'alloc-noncontiguous': 'noncontig',
  'map-sg': 'sg',
  'map-resource': 'resource',
};

/** Keyed by node path or kernel name; the recordings write `pci:` before a function without node. */
function byDevice<T>(list: readonly T[], deviceOf: (item: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const item of list) {
    const key = deviceOf(item).replace(/^pci:/, '');
    const of = found.get(key);
    if (of === undefined) found.set(key, [item]);
    else of.push(item);
  }
  return found;
}

/** Which recorded operations went through an IOMMU: the others' addresses are physical and not reproducible. */
export function translatedOps(file: RecordingFile): Set<RecordedDma> {
  const found = new Set<RecordedDma>();
  const infos = infoOf(file);
  const slots = new Map<string, boolean>();
  let at = 0;
  const state = new Map<string, boolean>();
  for (const op of dmaOf(file)) {
    for (; at < infos.length && (infos[at] as RecordedInfo).t <= op.t; at++) {
      const info = infos[at] as RecordedInfo;
      state.set(info.device, info.dma_iommu);
    }
    const key = `${op.device} ${op.slot}`;
    const mapped =
      op.ops !== undefined
        ? op.ops === 'iommu_ops'
        : op.nr_bitmaps === undefined
          ? (state.get(op.device) ?? false)
          : op.nr_bitmaps > 0;
    const translated = op.kind === 'free' ? (slots.get(key) ?? mapped) : mapped;
    if (op.kind !== 'free') slots.set(key, translated);
    if (translated) found.add(op);
  }
  return found;
}

/** By node, of a device that has gone too. */
const phaseOf = ({ device }: TraceEntry): string =>
  device instanceof Device && device.dead && device.node !== null ? device.node.path : (device?.ref ?? '');

export const dma: FactKind = {
  name: 'dma',
  incomplete: true,
  compare({ file, outcome }, tally) {
    const translated = translatedOps(file);
    const late = untimely(file, translated);
    const predicted = byDevice(
      outcome.machine.core.log.filter((e) => e.event === 'dma'),
      phaseOf,
    );
    const recorded = byDevice(dmaOf(file), (op) => op.device);
    for (const device of new Set([...recorded.keys(), ...predicted.keys()])) {
      const ops = recorded.get(device) ?? [];
      const ours = predicted.get(device) ?? [];
      // The edu driver logs its results elsewhere (`edu`).
      if (ours[0]?.device?.driverName === 'oracle-edu') continue;
      for (let i = 0; i < Math.max(ops.length, ours.length); i++) {
        const op = ops[i];
        const entry = ours[i];
        const detail = entry?.detail;
        const name = `${device}[${i}]`;
        const kind = detail === undefined ? null : (KIND[String(detail.kind)] ?? detail.kind);
        const row =
          detail === undefined ? null : [detail.op === -1 ? -1 : detail.tag, kind, detail.error, hex(detail.iova)];
        if (op === undefined) {
          tally.fact('dma', name, null, row);
          continue;
        }
        if (!translated.has(op)) continue;
        if (late.has(op)) {
          // The flush queue's timer ran or not: only that the call succeeded is a fact.
          tally.fact('dma-lazy', name, [op.op, op.kind, op.ret], row === null ? null : row.slice(0, 3));
          continue;
        }
        tally.fact('dma', name, [op.op, op.kind, op.ret, op.iova], row);
        if (op.kind === 'sg')
          tally.fact(
            'sg-segments',
            name,
            (op.segments ?? []).map((s) => [s.iova, s.len]),
            ((detail?.segments ?? []) as readonly { iova: bigint; length: number }[]).map((s) => [
              hex(s.iova),
              s.length,
            ]),
          );
        if (op.nr_bitmaps !== undefined && op.nr_bitmaps > 0)
          tally.fact('bitmaps', name, op.nr_bitmaps, detail?.bitmaps ?? null);
      }
    }
  },
};

/** The 3.19 rig knows the domains of its own IOMMU only. */
export function shownIn(file: RecordingFile, view: DeviceDmaView): DeviceDmaView {
  return !isFirst(releaseOf(file)) || view.domainDriver === 'software-iommu' ? view : { ...view, domain: null };
}

/** What the 3.19 rig does not look at: bus limit, aperture, page sizes, IDs, used pages and the current domain of a mapping. */
function firstRow(row: readonly unknown[]): unknown[] {
  const mapping = row[11];
  return [...row.slice(0, 7), Array.isArray(mapping) ? mapping.slice(0, 5) : null];
}

function infoRow(info: RecordedInfo): unknown[] {
  return [
    info.when,
    info.group,
    info.domain,
    info.dma_iommu,
    info.coherent,
    info.dma_mask,
    info.coherent_dma_mask,
    info.bus_dma_limit,
    info.aperture,
    info.pgsize_bitmap,
    info.ids,
    mappingRow(info.mapping),
  ];
}

function mappingRow(m: RecordedInfo['mapping']): unknown[] | null {
  return m === null || m === undefined
    ? null
    : [m.base, m.bits, m.nr_bitmaps, m.extensions, m.refs, m.used_pages, m.is_current_domain];
}

function mappingOf({ mapping: m }: DeviceDmaView): unknown[] | null {
  return m === null ? null : [hex(m.base), m.bits, m.bitmaps, m.extensions, m.references, m.usedPages, m.current];
}

function viewRow(when: unknown, view: DeviceDmaView): unknown[] {
  return [
    when,
    view.group ?? -1,
    view.domain ?? 'none',
    view.dmaIommu,
    view.coherent,
    hex(view.dmaMask),
    hex(view.coherentMask),
    hex(view.busLimit),
    [hex(view.aperture?.start ?? 0n), hex(view.aperture?.end ?? 0n)],
    hex(view.pageSizes),
    view.ids.map((id) => `0x${id.toString(16)}`),
    mappingOf(view),
  ];
}

/** The rig's look at itself (`iommu_info`): group, domain, masks, window, aperture, page sizes, IDs, mapping. */
export const domainFacts: FactKind = {
  name: 'domain-facts',
  incomplete: true,
  compare({ file, outcome }, tally) {
    const recorded = byDevice(infoOf(file), (info) => info.device);
    const predicted = byDevice(
      outcome.machine.core.log.filter((e) => e.event === 'dma-view'),
      phaseOf,
    );
    for (const [device, infos] of recorded) {
      const wanted = new Set(infos.map((info) => info.when));
      // The rig looks at a probe that fails at once only when it fails.
      const views = (predicted.get(device) ?? []).filter(
        (e, i, all) =>
          wanted.has(String(e.detail.when)) && !(e.detail.when === 'probe' && all[i + 1]?.detail.when === 'failing'),
      );
      const looks = views.map((e) => e.detail.view as DeviceDmaView);
      // Of a freed domain the rig reads what the memory happens to hold: its type, aperture and page sizes are no facts.
      const known = (row: unknown[], i: number): unknown[] =>
        isFirst(releaseOf(file))
          ? firstRow(row)
          : looks[i]?.domainFreed === true
            ? row.map((field, at) => (at === 2 || at === 8 || at === 9 ? '*' : field))
            : row;
      tally.list(
        'domain-facts',
        device,
        infos.map(infoRow).map(known),
        views.map((e, i) => viewRow(e.detail.when, shownIn(file, looks[i] as DeviceDmaView))).map(known),
      );
    }
  },
};

/** The ARM glue's mappings at every dump. */
export const mappings: FactKind = {
  name: 'mappings',
  compare({ file, outcome }, tally) {
    for (const [name, dump] of Object.entries(file.dumps)) {
      const snapshot = outcome.events.snapshots.find((s) => s.name === name);
      const first = isFirst(releaseOf(file));
      // The 3.19 rig lists devices that have neither group nor domain too, and no page that a mapping uses.
      const recorded = dump.domains.filter((d) => d.mapping !== undefined && !(first && d.mapping === null));
      const known = (row: unknown[] | null): unknown[] | null =>
        first && row !== null ? row.filter((_, i) => i !== 5) : row;
      if (snapshot === undefined || recorded.length === 0) continue;
      tally.set(
        'mappings',
        name,
        recorded.map((d) => [d.device, known(mappingRow(d.mapping as RecordedInfo['mapping']))]),
        snapshot.views
          .filter(({ view }) => !(first && view.mapping === null))
          .map(({ device, view }) => [device.name, known(mappingOf(view))]),
      );
    }
  },
};

/** The rig has no domain of its own at that moment: it says so when it would map, and is silent otherwise. */
const NO_DOMAIN = -61;
/** Its refusal to map into a domain that is not attached. */
const NOT_ATTACHED = -77;

/** A row of `oracle,api` names a domain that does not exist: the rig logs `opN` with -ENOENT. */
const noNumber = ({ detail }: TraceEntry): boolean =>
  detail.result === NO_DOMAIN && typeof detail.tag === 'string' && /^op\d+$/.test(detail.tag);

/** Our calls under the kernel's names; null: the rig logs nothing for it. */
function callName(entry: TraceEntry, first: boolean): string | null {
  const { call, tag, by, built, result } = entry.detail;
  if (built === false) return 'arm-glue-not-built';
  if (tag === UNLOGGED) return null;
  if (result === NOT_ATTACHED) return 'map-skipped-not-attached';
  if (noNumber(entry)) return String(tag);
  if (typeof tag === 'string' && /^io/.test(tag)) return tag;
  switch (call) {
    case 'domain-alloc':
      return first ? 'iommu_domain_alloc' : 'iommu_paging_domain_alloc';
    case 'domain-attach':
      return by === 'group' ? 'iommu_attach_group' : 'iommu_attach_device';
    case 'domain-detach':
      return 'iommu_detach';
    case 'domain-free':
      return 'iommu_domain_free';
    case 'iommu-map':
    case 'iova-alloc':
      return 'iommu_map';
    case 'iommu-unmap':
    case 'iova-free':
      return result === NO_DOMAIN ? null : 'iommu_unmap';
    case 'iova-to-phys':
      return result === NO_DOMAIN ? null : 'iova_to_phys';
    case 'claim-owner':
      return 'iommu_device_claim_dma_owner';
    case 'release-owner':
      return 'iommu_device_release_dma_owner';
    case 'arm-detach':
      return 'arm_iommu_detach_device';
    case 'arm-release':
      // Without a mapping to release the rig calls nothing.
      return entry.detail.which === 'detached' && entry.detail.referencesBefore === undefined
        ? null
        : 'arm_iommu_release_mapping';
    case 'arm-create':
      return 'arm_iommu_create_mapping';
    case 'arm-attach':
      return 'arm_iommu_attach_device';
    case 'arm-publish':
      return 'publish';
    case 'arm-teardown':
      return 'arch_teardown_dma_ops';
    case 'present':
      return 'iommu_present';
    case 'fault-handler':
      return entry.detail.current === true ? 'iommu_set_fault_handler-default' : 'iommu_set_fault_handler';
    default:
      return null;
  }
}

const field = (value: unknown): string | null => (value === undefined ? null : String(value));

/** Explicit IOMMU API and glue calls: what they returned, and the addresses and mappings they speak of. */
export const api: FactKind = {
  name: 'api',
  incomplete: true,
  compare({ recording, file, outcome }, tally) {
    const arm = buildOf(recording.set, file).startsWith('arm32');
    const first = isFirst(releaseOf(file));
    // The rig's own managed resources are no calls of the kernel's APIs.
    const recorded = byDevice(
      apiOf(file).filter((call) => call.call !== 'devres_add'),
      (call) => call.device,
    );
    const predicted = byDevice(
      outcome.machine.core.log.filter((e) => e.event === 'api'),
      phaseOf,
    );
    // Without an IOMMU the DMA API's addresses are physical ones.
    const behind = new Set([...translatedOps(file)].map((op) => op.device));
    for (const device of new Set([...recorded.keys(), ...predicted.keys()])) {
      const calls = recorded.get(device) ?? [];
      // Whether the 32-bit rig logs the end of a domain of its own is not known: what it never logs is no fact.
      const names = new Set(calls.map((c) => c.call));
      const ours = (predicted.get(device) ?? []).filter((e) => {
        const name = callName(e, first);
        const optional = arm && (name === 'iommu_detach' || name === 'iommu_domain_free');
        return name !== null && (!optional || names.has(name));
      });
      tally.list(
        'api',
        device,
        calls.map((c) => [
          c.call,
          c.ret,
          /of-dma-api-iova/.test(c.call) && !behind.has(device) ? null : field(c.iova),
          field(c.found),
          field(c.refs_before),
          field(c.had_mapping),
          field(c.bits),
          field(c.ext),
        ]),
        ours.map((e, i) => {
          const d = e.detail;
          const flag = (value: unknown): string | null => (value === undefined ? null : value === true ? '1' : '0');
          const name = callName(e, first);
          const create = name === 'arm_iommu_create_mapping';
          // What the rig calls its own allocator's steps is not documented: their results are the facts.
          const own = d.call === 'iova-alloc' || d.call === 'iova-free';
          return [
            own ? (calls[i]?.call ?? name) : name,
            noNumber(e) ? -2 : Number(d.result),
            noNumber(e) || name === 'map-skipped-not-attached'
              ? null
              : create
                ? hex(d.base)
                : /of-dma-api-iova/.test(name ?? '') && !behind.has(device)
                  ? null
                  : hex(d.iova),
            name === 'iova_to_phys' && calls.every((c) => c.found === undefined || c.call !== name)
              ? null
              : flag(d.found),
            d.referencesBefore === undefined || (first ? d.which === 'created' : d.which !== 'detached')
              ? null
              : String(d.referencesBefore),
            flag(d.hadMapping),
            create ? String(d.bits ?? 0) : null,
            create ? String(d.extensions ?? 0) : null,
          ];
        }),
      );
    }
  },
};
