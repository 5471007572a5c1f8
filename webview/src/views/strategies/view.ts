/** The strategies S1 to S6 of the 2015 debate, master by master. */

import './style.css';
import { shortName } from '../../../../server/src/drawing/address';
import type { StrategyId, StrategyMaster } from '../../../../server/src/simulator/report';
import { h } from '../../dom';
import { strategyNames, strategyTable, verdict } from '../../model/strategies';
import { about, deviceLink, linkButton, nothing, type ViewContext } from '../../view';

export function strategiesView(context: ViewContext, root: HTMLElement): void {
  const { ids, rows } = strategyTable(context.report);
  if (rows.length === 0) {
    root.append(
      nothing('No strategies compared', 'This simulation compares no strategies, or the board has no IOMMU masters.'),
    );
    return;
  }
  const head = h(
    'tr',
    {},
    h('th', { scope: 'col' }, 'Master'),
    ...ids.map((id) =>
      h(
        'th',
        { scope: 'col', title: strategyNames[id].about, class: id === context.report.strategy ? 'current' : '' },
        `${id} `,
        h('span', { class: 'strategy-title' }, strategyNames[id].title),
      ),
    ),
  );
  const body = rows.map(({ device, cells }) =>
    about(
      context,
      [device],
      h(
        'tr',
        {},
        h('th', { scope: 'row' }, deviceLink(context, device)),
        ...cells.map((master, i) => (master === null ? h('td') : cell(master, ids[i]!))),
      ),
    ),
  );
  const table = h('table', { class: 'strategies' }, h('thead', {}, head), h('tbody', {}, ...body));
  const about6 = ids.map((id) =>
    h('li', {}, h('strong', {}, `${id} ${strategyNames[id].title}: `), strategyNames[id].about),
  );
  root.append(
    h(
      'p',
      { class: 'intro' },
      `When is a master attached to its IOMMU, and what does its driver find? This board under the answers of ten years; kernel ${context.report.kernel} is ${context.report.strategy}.`,
    ),
    h('div', { class: 'table', tabindex: 0, role: 'group', 'aria-label': 'Strategies' }, table),
    ids.length > 1
      ? linkButton('Compare two of them', 'Masters and address spaces under two strategies', () => {
          context.kept.set('compare.what', 'strategies');
          context.go({ view: 'compare', device: null });
        })
      : '',
    h('ul', { class: 'strategy-list' }, ...about6),
  );
}

function cell(master: StrategyMaster, id: StrategyId): HTMLElement {
  const { verdict: colour, text } = verdict(master);
  const details = [
    master.automaticMapping && 'automatic mapping',
    master.deferrals > 0 && master.waitsFor.length > 0 && `waits for ${master.waitsFor.map(shortName).join(', ')}`,
    !master.suspendOrderSafe && 'suspend order not safe',
    !master.devres && 'no device-managed release',
  ].filter((detail) => detail !== false);
  return h(
    'td',
    { class: `verdict ${colour}`, title: master.note, 'data-id': id },
    h('span', { class: 'verdict-text mark' }, text),
    ...details.map((detail) => h('div', { class: 'note' }, detail)),
  );
}
