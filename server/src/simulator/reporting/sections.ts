/** Groups, domains with their regions, DMA operations, faults and providers of the report. */
import type { AccessOutcome, GroupView } from '../contract';
import type { LiveRegion } from '../dma/client';
import type { ReportDma, ReportDomain, ReportFault, ReportGroup, ReportProvider, ReportRegion } from '../report';
import { hex, type ReportContext } from './context';

export function reportGroups({ outcome }: ReportContext): ReportGroup[] {
  return outcome.machine.iommu.groups().map((group) => ({
    id: group.id,
    type: group.type,
    devices: group.devices.map((d) => d.ref),
    reservedRegions: group.reservedRegions.map((r) => [hex(r.start), hex(r.end), r.type] as const),
    provider: group.provider?.ref ?? null,
  }));
}

function regionOf(live: LiveRegion): ReportRegion {
  return {
    iova: hex(live.iova),
    size: hex(live.size),
    kind: live.kind,
    owner: live.device.ref,
    phys: hex(live.phys),
    assumption: live.assumption,
  };
}

function reservedOf(group: GroupView): ReportRegion[] {
  return group.reservedRegions.map((r) => ({
    iova: hex(r.start),
    size: hex(r.end - r.start + 1n),
    kind: r.type.startsWith('direct') ? 'direct' : r.type.includes('msi') ? 'msi' : 'reserved',
    owner: null,
    phys: r.type.startsWith('direct') ? hex(r.start) : null,
    assumption: null,
  }));
}

/** One domain a group that translates: reserved regions first, then what the DMA API has mapped, by address. */
export function reportDomains({ outcome, client }: ReportContext): ReportDomain[] {
  const { machine } = outcome;
  const byGroup = new Map<number, LiveRegion[]>();
  for (const live of client.live()) {
    const { group } = machine.iommu.view(live.device);
    if (group === null) continue;
    const list = byGroup.get(group);
    if (list === undefined) byGroup.set(group, [live]);
    else list.push(live);
  }
  const domains: ReportDomain[] = [];
  for (const group of machine.iommu.groups()) {
    const first = group.devices[0];
    if (first === undefined) continue;
    const view = machine.iommu.view(first);
    if (view.domain === null) continue;
    const pages = view.pageSizes === 0n ? BigInt(machine.kernel.pageSize) : view.pageSizes & -view.pageSizes;
    const live = (byGroup.get(group.id) ?? []).sort((a, b) => (a.iova < b.iova ? -1 : a.iova > b.iova ? 1 : 0));
    domains.push({
      id: domains.length,
      group: group.id,
      type: view.domain,
      granule: Number(pages),
      aperture: [hex(view.aperture?.start ?? 0n), hex(view.aperture?.end ?? 0n)],
      regions: [...reservedOf(group), ...(view.domain === 'identity' ? [] : live.map(regionOf))],
    });
  }
  return domains;
}

function bigText(value: unknown): string | null {
  return typeof value === 'bigint' || typeof value === 'number' ? hex(value) : null;
}

/** Every DMA operation that allocates or maps, in order. */
export function reportDma({ outcome }: ReportContext): ReportDma[] {
  const found: ReportDma[] = [];
  for (const { event, device, detail } of outcome.machine.core.log) {
    if (
      event !== 'dma' ||
      device === null ||
      detail.kind === 'free' ||
      detail.kind === 'sleep' ||
      detail.kind === 'mask'
    )
      continue;
    const error = typeof detail.error === 'number' ? detail.error : 0;
    const segments = Array.isArray(detail.segments)
      ? (detail.segments as { iova: bigint; length: number }[]).map((s) => ({ iova: hex(s.iova), size: hex(s.length) }))
      : undefined;
    found.push({
      device: device.ref,
      op: typeof detail.op === 'number' ? detail.op : found.length,
      kind: String(detail.kind),
      size: bigText(detail.size) ?? '0x0',
      iova: bigText(detail.iova),
      error: error === 0 ? null : error,
      ...(segments === undefined ? {} : { segments }),
    });
  }
  return found;
}

export function reportFaults({ outcome }: ReportContext): ReportFault[] {
  const found: ReportFault[] = [];
  for (const { event, device, detail } of outcome.machine.core.log) {
    if (event !== 'access' || device === null) continue;
    const access = detail.outcome as AccessOutcome | undefined;
    if (access === undefined || access.fault === null) continue;
    found.push({
      master: device.ref,
      stream: hex(access.stream),
      iova: hex(access.iova),
      kind: access.fault,
      message: access.lines.join('\n'),
    });
  }
  return found;
}

export function reportProviders({ outcome }: ReportContext): ReportProvider[] {
  return outcome.machine.providers.map((instance) => instance.report());
}
