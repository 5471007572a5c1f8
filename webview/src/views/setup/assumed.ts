/** What a boot assumes because nobody says it: default workloads, and facts of the hardware. */
import { isVendorFact, vendorFacts } from '../../../../server/src/drawing/vendor-facts';
import type { SimulationReport } from '../../../../server/src/simulator/report';
import { h } from '../../dom';
import { deviceLink, foldable, type ViewContext } from '../../view';

/** Assumptions with the devices that rest on them. */
function assumptions(report: SimulationReport): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { regions, group, device } of report.domains) {
    for (const { assumption, owner } of regions) {
      if (assumption === null) continue;
      const owners = found.get(assumption) ?? new Set();
      owners.add(owner ?? device ?? `group ${group}`);
      found.set(assumption, owners);
    }
  }
  return found;
}

export function assumed(context: ViewContext): HTMLElement {
  const found = assumptions(context.report);
  const facts = context.report.providers.flatMap(({ device, capacity }) =>
    (capacity ?? []).filter((fact) => fact.assumed && !isVendorFact(fact)).map((fact) => ({ device, ...fact })),
  );
  const vendors = vendorFacts(context.report.providers);
  if (found.size === 0 && facts.length === 0 && vendors.length === 0)
    return h('p', { class: 'note' }, 'Nothing: the scenario states what drivers map and what the hardware holds.');
  return h(
    'div',
    {},
    found.size > 0 &&
      h('p', { class: 'note' }, 'Mappings of a default workload, because no scenario says what these drivers do:'),
    ...[...found].map(([text, owners]) =>
      foldable(
        context,
        `setup.assumed.${text}`,
        found.size <= 4,
        `${text} (${owners.size === 1 ? '1 device' : `${owners.size} devices`})`,
        () =>
          h(
            'p',
            { class: 'owners' },
            ...[...owners].map((owner) => (owner.startsWith('/') ? deviceLink(context, owner) : h('span', {}, owner))),
          ),
      ),
    ),
    facts.length > 0 && h('p', { class: 'note gap-above' }, 'Facts of the hardware that the tree does not tell:'),
    facts.length > 0 &&
      h(
        'ul',
        { class: 'plain-list' },
        ...facts.map((fact) =>
          h(
            'li',
            {},
            deviceLink(context, fact.device),
            ' ',
            h('span', { class: 'mono' }, `${fact.name} = ${String(fact.value)}`),
            h('span', { class: 'note' }, ` (${fact.source})`),
          ),
        ),
      ),
    vendors.length > 0 &&
      h('p', { class: 'note gap-above' }, 'IOMMU drivers of vendors, and what they do otherwise than mainline:'),
    vendors.length > 0 &&
      h(
        'ul',
        { class: 'plain-list' },
        ...vendors.map(({ text, source, devices }) =>
          h(
            'li',
            {},
            ...devices.flatMap((device) => [deviceLink(context, device), ' ']),
            text,
            h('span', { class: 'note' }, ` (${source})`),
          ),
        ),
      ),
  );
}
