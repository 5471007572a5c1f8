/** Power: who suspends when, and the masters whose IOMMU goes to sleep before them. The pairs are the engine's own answer. */
import './style.css';
import type { ReportPowerPair } from '../../../../server/src/simulator/report';
import { checkbox, segments } from '../../controls';
import { h } from '../../dom';
import { powerRows, unsafePairs } from '../../model/power';
import { about, dataTable, deviceLink, keep, nothing, type ViewContext } from '../../view';

const fewRows = 300;

export function powerView(context: ViewContext, root: HTMLElement): void {
  const { report } = context;
  if (report.power.suspend.length === 0) {
    root.append(nothing('Nothing to suspend', 'No device of this board takes part in suspend and resume.'));
    return;
  }
  const pairs = report.power.pairs ?? [];
  const unsafe = unsafePairs(report);
  root.append(pairCard(context, unsafe, pairs.length), orderCard(context));
}

function pairCard(context: ViewContext, unsafe: readonly ReportPowerPair[], all: number): HTMLElement {
  if (all === 0)
    return h('p', { class: 'note power-lead' }, 'No master is behind an IOMMU here: no order can be wrong.');
  if (unsafe.length === 0)
    return h(
      'p',
      { class: 'mark good power-lead' },
      `Every master suspends before its IOMMU and resumes after it (${all === 1 ? '1 pair' : `${all} pairs`}).`,
    );
  const rows = unsafe.map((pair) =>
    about(
      context,
      [pair.master, pair.iommu],
      h(
        'tr',
        { class: 'unsafe-pair' },
        h('td', {}, deviceLink(context, pair.master, 'iommus')),
        h('td', {}, deviceLink(context, pair.iommu)),
        h('td', {}, pair.linked ? 'a device link orders them, yet' : 'no device link orders them'),
      ),
    ),
  );
  return h(
    'section',
    { class: 'card warned' },
    h('h2', {}, unsafe.length === 1 ? '1 unsafe pair' : `${unsafe.length} unsafe pairs`),
    h(
      'p',
      { class: 'note' },
      'The IOMMU suspends before the master, and resumes after it: DMA in between finds an IOMMU that is asleep.',
    ),
    dataTable(['Master', 'IOMMU', 'Why'], rows, 'Unsafe pairs'),
  );
}

function orderCard(context: ViewContext): HTMLElement {
  const concerned = keep(context, 'power.concerned', (context.report.power.pairs ?? []).length > 0);
  const direction = keep<'suspend' | 'resume'>(context, 'power.direction', 'suspend');
  const list = powerRows(context.report, concerned);
  const ordered = direction === 'suspend' ? list : [...list].reverse();
  const limit = keep(context, 'power.rows', fewRows);
  const count = context.report.power.suspend.length;
  const set = (key: string, value: unknown) => {
    context.kept.set(key, value);
    context.redraw();
  };
  const rows = ordered.slice(0, limit).map(({ device, suspend, iommu, pairs }) => {
    const wrong = pairs.filter(({ safe }) => !safe);
    const others = iommu
      ? `${new Set(pairs.map(({ master }) => master)).size} masters`
      : pairs.length > 0
        ? h('span', {}, 'behind ', ...pairs.map((pair) => deviceLink(context, pair.iommu)))
        : '';
    return about(
      context,
      [device],
      h(
        'tr',
        { class: iommu ? 'iommu-row' : '' },
        h('td', { class: 'number' }, String(direction === 'suspend' ? suspend : count - suspend + 1)),
        h('td', {}, deviceLink(context, device)),
        h('td', { class: 'short' }, iommu ? 'IOMMU' : pairs.length > 0 ? 'master' : ''),
        h('td', {}, others),
        h(
          'td',
          { class: pairs.length === 0 ? '' : wrong.length > 0 ? 'mark bad' : 'mark good' },
          pairs.length === 0 ? '' : wrong.length === 0 ? 'safe' : iommu ? `too early for ${wrong.length}` : 'too late',
        ),
      ),
    );
  });
  const items = [
    { id: 'suspend' as const, text: 'Suspend' },
    { id: 'resume' as const, text: 'Resume' },
  ];
  return h(
    'section',
    { class: 'card power-order' },
    h('h2', {}, direction === 'suspend' ? 'In the order of suspend' : 'In the order of resume'),
    h(
      'div',
      { class: 'bar power-bar' },
      segments('Order', items, direction, (id) => set('power.direction', id)),
      checkbox('Only IOMMUs and their masters', concerned, (value) => set('power.concerned', value)),
    ),
    dataTable(['#', 'Device', 'Role', 'Of', 'Order'], rows, 'Order of suspend and resume'),
    ordered.length > limit &&
      h(
        'button',
        { class: 'device', type: 'button', onclick: () => set('power.rows', limit + 2000) },
        `Show more (${ordered.length - limit} left)`,
      ),
  );
}
