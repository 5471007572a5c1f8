/** Groups, domains with their regions, DMA operations, faults and providers of the report. */

import { iommuView } from '../../iommu/view';
import { hex } from '../../iommu/words';
import type { AccessOutcome } from '../contract/hardware-domain';
import { ownedDomains } from '../dma/report-domains';
import type { TraceEntry } from '../probe/core';
import type { ReportDma, ReportDomain, ReportFault, ReportGroup, ReportProvider, ReportRidMap } from '../report';
import type { ReportContext } from './context';
import { silentProviders, withVendorFacts } from './vendor';

export function reportGroups({ outcome }: ReportContext): ReportGroup[] {
  return outcome.machine.iommu.groups().map((group) => ({
    id: group.id,
    type: group.type,
    devices: group.devices.map((d) => d.ref),
    reservedRegions: group.reservedRegions.map((r) => [hex(r.start), hex(r.end), r.type] as const),
    provider: group.provider?.ref ?? null,
  }));
}

export function reportDomains({ outcome, client }: ReportContext): ReportDomain[] {
  return ownedDomains(client, outcome.machine.kernel.pageSize).map(({ domain }) => domain);
}

function bigText(value: unknown): string | null {
  return typeof value === 'bigint' || typeof value === 'number' ? hex(value) : null;
}

/** Every DMA operation that allocates or maps, in order. */
export function reportDma({ outcome }: ReportContext): ReportDma[] {
  const found: ReportDma[] = [];
  const { log } = outcome.machine.core;
  for (let i = 0; i < log.length; i++) {
    const { event, device, detail } = log[i] as TraceEntry;
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
  const { log } = outcome.machine.core;
  for (let i = 0; i < log.length; i++) {
    const { event, device, detail } = log[i] as TraceEntry;
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
  return [
    ...outcome.machine.providers.map((instance) => withVendorFacts(instance.report(), instance.node)),
    ...silentProviders(outcome),
  ];
}

/** `iommu-map` of every host, as the tree states it. */
export function reportRidMaps({ outcome }: ReportContext): ReportRidMap[] {
  return iommuView(outcome.machine.core.tree).maps.map(({ node, mask, rows }) => ({
    host: node.path,
    mask,
    rows: rows.map(({ ridBase, length, provider, idBase }) => ({
      ridBase,
      length: Math.max(1, length),
      provider: provider?.path ?? null,
      idBase: idBase ?? null,
    })),
  }));
}
