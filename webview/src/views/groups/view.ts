/** IOMMUs with their groups and tables, and the masters that run without translation. */

import { formatAddress, formatSize } from '../../../../server/src/drawing/address';
import { isVendorFact } from '../../../../server/src/drawing/vendor-facts';
import type { ReportGroup } from '../../../../server/src/simulator/report';
import { h } from '../../dom';
import { type ProviderView, providerViews } from '../../model/groups';
import {
  about,
  dataTable,
  deviceLink,
  deviceLinks,
  foldable,
  linkButton,
  noTranslation,
  type ViewContext,
} from '../../view';

export function groupsView(context: ViewContext, root: HTMLElement): void {
  const { providers, loose } = providerViews(context.report);
  if (providers.length === 0 && loose.length === 0) {
    root.append(noTranslation(context));
    return;
  }
  const cards = h('div', { class: 'cards' });
  for (const view of providers) cards.append(providerCard(context, view));
  if (loose.length > 0) {
    cards.append(h('section', { class: 'card' }, h('h2', {}, 'Other groups'), groupTable(context, loose)));
  }
  root.append(cards);
}

function providerCard(context: ViewContext, view: ProviderView): HTMLElement {
  const { provider, groups } = view;
  const key = `groups.${provider.device}`;
  const capacity = (provider.capacity ?? []).filter((fact) => !isVendorFact(fact));
  const capacityTable = () =>
    dataTable(
      ['Fact', 'Value', 'From'],
      capacity.map((fact) =>
        h(
          'tr',
          {},
          h('td', { class: 'mono' }, fact.name),
          h('td', { class: 'mono' }, String(fact.value)),
          h('td', {}, fact.assumed ? `assumed: ${fact.source}` : 'stated'),
        ),
      ),
      'Capacity',
    );
  return about(
    context,
    [provider.device, ...groups.flatMap((group) => group.devices)],
    h(
      'section',
      { class: 'card' },
      h('h2', {}, deviceLink(context, provider.device), h('span', { class: 'tag' }, provider.model)),
      h(
        'div',
        { class: 'facts' },
        h('span', {}, groups.length === 1 ? '1 group' : `${groups.length} groups`),
        h('span', { class: 'path' }, provider.device),
      ),
      groups.length > 0 && groupTable(context, groups),
      capacity.length > 0 &&
        foldable(
          context,
          `${key}.capacity`,
          false,
          capacity.some((fact) => fact.assumed)
            ? 'Capacity of the hardware (assumed)'
            : 'Capacity of the hardware (stated)',
          capacityTable,
        ),
      h(
        'p',
        { class: 'links' },
        linkButton('streams, banks and registers', 'Show the streams of this IOMMU', () =>
          context.go({ view: 'streams', device: provider.device }),
        ),
      ),
    ),
  );
}

function groupTable(context: ViewContext, groups: readonly ReportGroup[]): HTMLElement {
  const rows = groups.map((group) => {
    const reserved = group.reservedRegions.map(([first, last, type]) => {
      const size = BigInt(last) - BigInt(first) + 1n;
      return h(
        'div',
        { class: 'mono' },
        `${formatAddress(BigInt(first))} – ${formatAddress(BigInt(last))} ${type} (${formatSize(size)})`,
      );
    });
    return about(
      context,
      group.devices,
      h(
        'tr',
        {},
        h('td', { class: 'number' }, String(group.id)),
        h('td', {}, h('span', { class: `tag type-${group.type}` }, group.type)),
        h(
          'td',
          {},
          deviceLinks(context, group.devices),
          group.devices.length > 1 && h('span', { class: 'note' }, ' share one address space'),
        ),
        h('td', {}, ...reserved),
      ),
    );
  }) as HTMLTableRowElement[];
  return dataTable(
    ['Group', 'Type', 'Devices', 'Reserved regions'],
    rows,
    `Groups of ${groups[0]?.provider ?? 'no IOMMU'}`,
  );
}
