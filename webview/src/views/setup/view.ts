/** What this boot rests on: kernel, command line, what is assumed, what recordings verify. */
import './style.css';
import type { SimulationReport } from '../../../../server/src/simulator/report';
import { h } from '../../dom';
import { deviceLink, foldable, keep, type ViewContext } from '../../view';

export function setupView(context: ViewContext, root: HTMLElement): void {
  const { report } = context;
  const part = keep(context, 'setup.part', '');
  const section = (id: string, title: string, ...children: (Node | string)[]) =>
    h('section', { class: `card${part === id ? ' pointed' : ''}` }, h('h2', {}, title), ...children);
  root.append(
    h(
      'div',
      { class: 'cards' },
      section(
        'kernel',
        'Kernel',
        h('dl', { class: 'terms' }, h('dt', {}, 'Model'), h('dd', {}, `Linux ${report.kernelChosen.text}`)),
        h(
          'dl',
          { class: 'terms' },
          h('dt', {}, 'Command line'),
          h('dd', {}, report.cmdline === '' ? 'none' : h('code', {}, report.cmdline)),
        ),
      ),
      section('assumed', 'What is assumed', assumed(context)),
      section(
        'verified',
        'What is verified',
        report.verified.length === 0
          ? h('p', { class: 'note' }, 'No recording of a real kernel verifies this model yet.')
          : h('ul', { class: 'plain-list' }, ...report.verified.map((sentence) => h('li', {}, sentence))),
      ),
    ),
  );
}

/** Assumptions with the devices that rest on them. */
export function assumptions(report: SimulationReport): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { regions, group } of report.domains) {
    for (const { assumption, owner } of regions) {
      if (assumption === null) continue;
      const owners = found.get(assumption) ?? new Set();
      owners.add(owner ?? `group ${group}`);
      found.set(assumption, owners);
    }
  }
  return found;
}

function assumed(context: ViewContext): HTMLElement {
  const found = assumptions(context.report);
  const facts = context.report.providers.flatMap(({ device, capacity }) =>
    (capacity ?? []).filter((fact) => fact.assumed).map((fact) => ({ device, ...fact })),
  );
  if (found.size === 0 && facts.length === 0)
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
  );
}
