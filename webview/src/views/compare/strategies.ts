/** Two strategies on this board: masters that they treat otherwise, and what lies elsewhere in their address spaces. */
import { compareStates } from '../../../../server/src/drawing/compare-maps';
import { strategyMaps } from '../../../../server/src/drawing/iova';
import type { StrategyId, StrategyMaster } from '../../../../server/src/simulator/report';
import { choice } from '../../controls';
import { h } from '../../dom';
import { strategyNames, strategyTable, verdict } from '../../model/strategies';
import { about, dataTable, deviceLink, deviceLinks, keep, linkButton, nothing, type ViewContext } from '../../view';
import { changeTable, goneMaps } from '../iova/changes';

export function strategiesCompared(context: ViewContext, root: HTMLElement): void {
  const ids = context.report.strategies.map(({ id }) => id);
  const own = context.report.strategy;
  if (ids.length < 2) {
    root.append(nothing('No strategies compared', 'This simulation knows one strategy alone.'));
    return;
  }
  const known = (key: string, first: StrategyId): StrategyId =>
    ids.find((id) => id === keep(context, key, first)) ?? first;
  const first = known('compare.strategy.first', ids.find((id) => id !== own) ?? own);
  const second = known('compare.strategy.second', own);
  const options = ids.map((id) => ({ value: id, text: `${id} ${strategyNames[id].title}` }));
  const chooser = (label: string, value: StrategyId, key: string) =>
    choice(label, options, value, (chosen) => {
      context.kept.set(key, chosen);
      context.redraw();
    });
  root.append(
    h(
      'p',
      { class: 'intro' },
      'What two ways of attaching a master make of this board: who is translated, and what lies where.',
    ),
    h(
      'div',
      { class: 'bar' },
      chooser('First strategy', first, 'compare.strategy.first'),
      h('span', {}, 'with'),
      chooser('Second strategy', second, 'compare.strategy.second'),
    ),
    ...[...new Set([first, second])].map((id) =>
      h('p', { class: 'note' }, h('strong', {}, `${id} ${strategyNames[id].title}: `), strategyNames[id].about),
    ),
    h('div', { class: 'cards gap-above' }, masterCard(context, first, second), ...mapCards(context, first, second)),
    context.report.domains.length === 0
      ? ''
      : linkButton(`${first} on the IOVA maps of this boot`, 'Mark there what is new, moved or gone', () => {
          context.kept.set('iova.compare', first === own ? '' : `strategy ${first}`);
          context.go({ view: 'iova', device: null });
        }),
  );
}

function masterCard(context: ViewContext, first: StrategyId, second: StrategyId): HTMLElement {
  const { ids, rows } = strategyTable(context.report);
  const [a, b] = [ids.indexOf(first), ids.indexOf(second)];
  const cell = (master: StrategyMaster | null | undefined) => {
    if (master === null || master === undefined) return h('td', {}, 'no master');
    const { verdict: tone, text } = verdict(master);
    return h('td', {}, h('span', { class: `mark ${tone}` }, text), h('div', { class: 'note' }, master.note));
  };
  const differ = rows.filter(({ cells }) => said(cells[a]) !== said(cells[b]));
  const alike = rows.length - differ.length;
  const others = alike === 1 ? '1 master is' : `${alike} masters are`;
  if (rows.length === 0) return h('section', { class: 'card' }, h('p', {}, 'No device of this board names an IOMMU.'));
  if (differ.length === 0)
    return h(
      'section',
      { class: 'card' },
      h('p', { class: 'mark good' }, `No master differs: ${others} treated alike.`),
    );
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, differ.length === 1 ? '1 master differs' : `${differ.length} masters differ`),
    dataTable(
      ['Master', first, second],
      differ.map(({ device, cells }) =>
        about(context, [device], h('tr', {}, h('td', {}, deviceLink(context, device)), cell(cells[a]), cell(cells[b]))),
      ),
      `Masters under ${first} and ${second}`,
    ),
    alike > 0 && h('p', { class: 'note' }, `${others} treated alike.`),
  );
}

/** What of a row makes a difference to be shown. */
const said = (master: object | null | undefined): string => JSON.stringify(master ?? null);

function mapCards(context: ViewContext, first: StrategyId, second: StrategyId): (HTMLElement | string)[] {
  const [before, now] = [strategyMaps(context.report, first), strategyMaps(context.report, second)];
  if (before === null || now === null) return [];
  const { of, gone } = compareStates(now, before);
  const changed = [...of].filter(([map, { changes, before: other }]) => {
    return changes.length > 0 || other === null || other.domain.type !== map.domain.type;
  });
  const alike = of.size - changed.length;
  const cards = changed.map(([map, comparison]) => {
    const { before: other, changes } = comparison;
    const type = map.domain.type;
    return about(
      context,
      map.devices,
      h(
        'section',
        { class: 'card' },
        h('h2', {}, deviceLinks(context, map.devices), h('span', { class: `tag type-${type}` }, type)),
        other === null && h('p', { class: 'note' }, `${first} has no address space here.`),
        other !== null &&
          other.domain.type !== type &&
          h('p', { class: 'note' }, `With ${first} its type is ${other.domain.type}.`),
        changes.length > 0 && changeTable(context, comparison, `compare.${map.devices.join(' ')}`),
      ),
    );
  });
  const same = alike === 1 ? '1 address space holds' : `${alike} address spaces hold`;
  return [
    ...cards,
    gone.length > 0 ? goneMaps(context, gone, first) : '',
    alike > 0 ? h('p', { class: 'mark good' }, `${same} the same under both.`) : '',
    of.size + gone.length === 0 ? h('p', { class: 'note' }, 'Neither makes an address space on this board.') : '',
  ];
}
