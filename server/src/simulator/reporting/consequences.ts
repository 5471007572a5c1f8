/** What one device takes from others: an IOMMU that does not register, a group that gets no mapping. */
import type { SimDevice } from '../contract/device';
import type { TraceEntry } from '../probe/core';
import type { ReportConsequence } from '../report';
import type { ReportContext } from './context';

/** A device is named once a kind, with what its last attempt showed; in the order in which it happened. */
export function reportConsequences({ outcome }: ReportContext): ReportConsequence[] {
  const found = new Map<string, ReportConsequence>();
  const { log } = outcome.machine.core;
  for (let i = 0; i < log.length; i++) {
    const { event, device, detail } = log[i] as TraceEntry;
    if (device === null) continue;
    if (event === 'registration-refused') {
      const iommu = detail.iommu as SimDevice;
      const row = { kind: 'registration-refused', device: device.ref, iommu: iommu.ref } as const;
      found.set(`${event} ${device.ref}`, { ...row, error: Number(detail.result), others: [] });
    }
    if (event === 'default-domain-refused') {
      const iommu = detail.iommu as SimDevice;
      const members = (detail.members ?? []) as readonly SimDevice[];
      const impossible = (detail.impossible ?? null) as { readonly why: string; readonly assumed: boolean } | null;
      found.set(`${event} ${device.ref}`, {
        kind: event,
        device: device.ref,
        iommu: iommu.ref,
        error: Number(detail.result),
        others: members.flatMap((member) => (member === device ? [] : [member.ref])),
        ...(impossible === null ? {} : { why: { text: impossible.why, assumed: impossible.assumed } }),
      });
    }
    if (event === 'arm-attach-failed') {
      const members = (detail.members ?? []) as readonly SimDevice[];
      const { iommu } = outcome.machine;
      // Before 6.15 the first one of the group has its mapping, and only the others are refused.
      if (members.length === 0 || [device, ...members].some((one) => iommu.view(one).mapping !== null)) continue;
      found.set(`${event} ${device.ref}`, {
        kind: 'group-without-mapping',
        device: device.ref,
        iommu: iommu.view(device).provider?.ref ?? null,
        error: Number(detail.result),
        others: members.map((member) => member.ref),
      });
    }
  }
  return [...found.values()];
}
