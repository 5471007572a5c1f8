import type { DtNode } from '../../../devicetree/model';
import type { SimulationReport } from '../../../simulator/report';
import { type Finding, propertySpan, type Rule, type RuleContext, see } from '../rule';

const EBUSY = -16;
const ETIMEDOUT = -110;

/** A master whose probe the simulated kernel ends with an error. */
export const probeFails: Rule = {
  code: 'probe-fails',
  severity: 'warning',
  title: 'The probe of a master fails',
  why: "The device never works. -EBUSY means that another device of the same IOMMU group has taken the group for a domain of its own: the kernel lets no driver that uses the DMA API into such a group. Any other error is the driver's.",
  fix: 'Give the two devices streams of their own, if the hardware has them; else only one of the two drivers can be used.',
  kernel:
    'drivers/iommu/iommu.c (iommu_device_use_default_domain, -EBUSY), drivers/base/platform.c (platform_dma_configure)',
  bad: '',
  good: '&a { iommus = <&smmu 0x480 0x0>; };',
  *check(context) {
    const { view, report } = context;
    if (report === null) return;
    for (const master of [...view.masters.filter((m) => m.enabled), ...view.maps]) {
      const entry = context.device(master.node);
      // what the end of waiting for a supplier makes fail is deferred's
      if (entry?.status !== 'failed' || entry.error === null || entry.error === ETIMEDOUT) continue;
      if (view.provider(master.node) !== null) continue;
      const owner = entry.error === EBUSY ? ownerOf(report, master.node) : null;
      // that a driver takes the group while it probes is only assumed of it: many do so later, when all have probed
      if (owner?.assumed === true) continue;
      yield finding(context, master.node, entry.error, owner?.path ?? null, propertySpan(master.property, master.node));
    }
  },
};

/** The device whose driver has the IOMMU group of a master, and whether what that driver does is only assumed. */
function ownerOf(
  report: SimulationReport,
  master: DtNode,
): { readonly path: string; readonly assumed: boolean } | null {
  const group = report.groups.find((each) => each.devices.includes(master.path));
  const path = group?.devices.find(
    (other) => other !== master.path && report.devices.find((d) => d.device === other)?.status === 'bound',
  );
  if (group === undefined || path === undefined) return null;
  const regions = report.domains.filter((d) => d.group === group.id).flatMap((d) => d.regions);
  const own = regions.filter((region) => region.owner === path);
  return { path, assumed: own.length > 0 && own.every((region) => region.assumption !== null) };
}

function finding(
  { node }: RuleContext,
  master: DtNode,
  error: number,
  owner: string | null,
  span: Finding['span'],
): Finding {
  const mine = owner !== null;
  const place = mine ? node(owner) : null;
  return {
    span,
    // any other error is the word of a scenario or of the catalogue
    ...(mine ? {} : { severity: 'information' as const }),
    message: mine
      ? `${master.path} does not probe: error ${error} (-EBUSY). It shares its IOMMU group with ${owner}, whose driver has taken the group for a domain of its own.`
      : `${master.path} does not probe: its driver ends with error ${error}.`,
    related: place === null ? [] : see(place, 'Its driver has the group'),
  };
}
