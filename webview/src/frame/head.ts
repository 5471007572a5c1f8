/** The head of the panel: which board, which kernel, and its numbers, each a link to what it counts. */
import { signButton } from '../controls';
import { h } from '../dom';
import type { ReportState, View } from '../messages';
import { summarize } from '../model/summary';
import { type MenuItem, menuButton } from './menu';

export interface HeadActions {
  /** Shows a view; `part` is what of it is meant (views/devices: a kind of device). */
  go(view: View, part?: string): void;
  run(): void;
  /** What can be done with the view that is shown. */
  exports(): readonly MenuItem[];
}

export function head({ board, report, milliseconds }: ReportState, actions: HeadActions): HTMLElement {
  const numbers = summarize(report);
  const fact = (count: number, what: string, where: readonly [View, string?], kind = '') =>
    count > 0 &&
    h(
      'button',
      { class: `count ${kind}`, type: 'button', title: `Show ${what}`, onclick: () => actions.go(...where) },
      h('b', {}, String(count)),
      ` ${what}`,
    );
  const tag = (text: string, title: string, part: string, kind = '') =>
    h('button', { class: `tag ${kind}`, type: 'button', title, onclick: () => actions.go('setup', part) }, text);
  return h(
    'header',
    {},
    h(
      'div',
      { class: 'title' },
      h(
        'div',
        { class: 'title-words' },
        h('h1', {}, board),
        tag(`Linux ${report.kernelChosen.text}`, 'Kernel, command line, configuration and scenario', 'kernel'),
      ),
      h(
        'div',
        { class: 'title-actions' },
        menuButton(
          signButton('export', 'Copy or save this view', () => undefined),
          'Copy or save',
          actions.exports,
        ),
        signButton('refresh', `Simulate again (took ${Math.max(1, Math.round(milliseconds))} ms)`, actions.run),
      ),
    ),
    h(
      'div',
      { class: 'counts' },
      fact(numbers.bound, 'bound', ['devices', 'bound'], 'good'),
      fact(numbers.deferred, 'deferred', ['chains'], 'care'),
      fact(numbers.failed, 'failed', ['devices', 'failed'], 'bad'),
      fact(numbers.noDriver, 'without driver', ['devices', 'no-driver']),
      fact(numbers.groups, numbers.groups === 1 ? 'group' : 'groups', ['groups']),
      fact(numbers.untranslated, 'untranslated', ['devices', 'untranslated'], 'care'),
      fact(numbers.faults, numbers.faults === 1 ? 'fault' : 'faults', ['messages', 'faults'], 'bad'),
      fact(numbers.assumed, numbers.assumed === 1 ? 'region assumed' : 'regions assumed', ['setup', 'assumed']),
      report.verified.length > 0 &&
        tag('what is verified', 'What recordings of real kernels verify', 'verified', 'verified'),
      report.cmdline !== '' && h('code', { title: `Kernel command line: ${report.cmdline}` }, report.cmdline),
    ),
    !report.complete &&
      h('p', { class: 'stopped', role: 'alert' }, 'This kernel stops here (BUG or panic); the messages say why.'),
  );
}
