/** Two kernels on this board: the masters that they treat differently, in sentences and side by side. */
import { button, choice } from '../../controls';
import { h } from '../../dom';
import type { Answer } from '../../messages';
import { latest } from '../../model/latest';
import { dataTable, deviceLink, keep, linkButton, type ViewContext } from '../../view';

type Comparison = Answer<'compare'>;

export function kernelsCompared(context: ViewContext, root: HTMLElement): void {
  const result = h('div', { 'aria-live': 'polite' });
  const form = h('div', { class: 'bar' });
  const shown = latest();
  root.append(
    h(
      'p',
      { class: 'intro' },
      'What two kernels make of this board: groups, moments, deferrals and addresses that differ.',
    ),
    form,
    result,
  );
  context.ask({ kind: 'setup' }).then(
    ({ kernels }) => ready(kernels),
    (error: Error) => result.replaceChildren(h('p', { role: 'alert' }, error.message)),
  );

  function ready(kernels: readonly string[]): void {
    const own = context.report.kernel;
    const at = Math.max(0, kernels.indexOf(own));
    const other = kernels[at === 0 ? kernels.length - 1 : at - 1] ?? own;
    const [first, second] = [keep(context, 'compare.first', other), keep(context, 'compare.second', own)];
    const options = kernels.map((kernel) => ({ value: kernel, text: `Linux ${kernel}` }));
    form.replaceChildren(
      choice('First kernel', options, first, (value) => choose('compare.first', value)),
      h('span', {}, 'with'),
      choice('Second kernel', options, second, (value) => choose('compare.second', value)),
      button('Compare', run, 'primary'),
    );
    run();
    function choose(key: string, value: string): void {
      context.kept.set(key, value);
      run();
    }
    function run(): void {
      const pair = [keep(context, 'compare.first', other), keep(context, 'compare.second', own)];
      result.replaceChildren(h('p', { class: 'note' }, `Simulating Linux ${pair.join(' and ')} …`));
      shown(
        context.ask({ kind: 'compare', kernels: pair }),
        (found) => result.replaceChildren(drawing(context, found)),
        (error) => result.replaceChildren(h('p', { class: 'mark bad', role: 'alert' }, error.message)),
      );
    }
  }
}

function drawing(context: ViewContext, { kernels, masters, alike, stops }: Comparison): HTMLElement {
  const others = alike === 1 ? '1 master is' : `${alike} masters are`;
  const stopped = stops.map((kernel) => h('p', { class: 'mark bad' }, `Linux ${kernel} stops on this board.`));
  if (masters.length === 0)
    return h(
      'div',
      {},
      ...stopped,
      h(
        'p',
        { class: 'mark good' },
        alike === 0 ? 'Nothing differs: no device names an IOMMU.' : `Nothing differs: ${others} treated alike.`,
      ),
    );
  const cards = masters.map(({ device, texts, kernels: states }) =>
    h(
      'section',
      { class: 'card' },
      h('h2', {}, deviceLink(context, device)),
      h('ul', { class: 'plain-list' }, ...texts.map((text) => h('li', {}, text))),
      dataTable(
        ['Kernel', 'State', 'Domain', 'Binds in', 'Shares its group with'],
        states.map((state) =>
          h(
            'tr',
            {},
            h('td', {}, state.kernel),
            h('td', {}, `${state.status}${state.translated ? ', translated' : ''}`),
            h('td', {}, state.domain ?? 'none'),
            h('td', {}, state.boundIn ?? 'never'),
            h('td', {}, state.groupedWith.filter((name) => name !== device).join(', ') || 'nobody'),
          ),
        ),
        `${device} on each kernel`,
      ),
    ),
  );
  const maps = kernels.find((kernel) => kernel !== context.report.kernel);
  return h(
    'div',
    {},
    ...stopped,
    h('p', { class: 'compare-lead' }, `${masters.length} differ, ${others} treated alike.`),
    maps !== undefined &&
      h(
        'p',
        { class: 'compare-lead' },
        linkButton(`IOVA maps against Linux ${maps}`, 'Which regions are new, moved or gone', () => {
          context.kept.set('iova.compare', maps);
          context.go({ view: 'iova', device: null });
        }),
      ),
    h('div', { class: 'cards' }, ...cards),
  );
}
