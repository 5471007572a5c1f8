/** What this boot rests on: kernel, command line, configuration and scenario, to look at and to change; what is assumed. */
import './style.css';
import { button, choice, textField } from '../../controls';
import { h } from '../../dom';
import type { Answer } from '../../messages';
import { keep, type ViewContext } from '../../view';
import { assumed } from './assumed';

export function setupView(context: ViewContext, root: HTMLElement): void {
  const { report } = context;
  const part = keep(context, 'setup.part', '');
  const section = (id: string, title: string, ...children: (Node | string)[]) =>
    h('section', { class: `card${part === id ? ' pointed' : ''}` }, h('h2', {}, title), ...children);
  const controls = h('div', { class: 'controls' });
  const said = h('p', { class: 'note', role: 'status' });
  root.append(
    h(
      'div',
      { class: 'cards' },
      section(
        'kernel',
        'This boot',
        h(
          'dl',
          { class: 'terms' },
          h('dt', {}, 'Kernel'),
          h('dd', {}, `Linux ${report.kernelChosen.text}`),
          ...(report.drivers === undefined ? [] : [h('dt', {}, 'Drivers'), h('dd', {}, report.drivers)]),
          h('dt', {}, 'Command line'),
          h('dd', {}, report.cmdline === '' ? 'none' : h('code', {}, report.cmdline)),
        ),
        controls,
        said,
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
  const fail = (error: Error) => {
    said.textContent = error.message;
  };
  context.ask({ kind: 'setup' }).then((setup) => controls.replaceChildren(...fields(context, setup, fail)), fail);
}

/** A command line that is typed over the one that is set. */
interface Draft {
  readonly over: string;
  readonly text: string;
}

/** The settings, each with its control; a change is a setting of the workspace, and the board boots again. */
function fields(context: ViewContext, setup: Answer<'setup'>, fail: (error: Error) => void): HTMLElement[] {
  const set = (setting: 'kernel' | 'cmdline' | 'config', value: string) => {
    context.ask({ kind: 'set', setting, value }).catch(fail);
  };
  const kernels = [
    { value: '', text: 'Chosen by scenario or tree' },
    ...setup.kernels.map((kernel) => ({ value: kernel, text: `Linux ${kernel}` })),
  ];
  // what is typed and not applied yet survives whatever draws the view anew meanwhile
  const draft = keep<Draft | null>(context, 'setup.cmdline', null);
  let cmdline = draft !== null && draft.over === setup.cmdline ? draft.text : setup.cmdline;
  const line = textField('Kernel command line', cmdline, (value) => {
    cmdline = value;
    context.kept.set('setup.cmdline', { over: setup.cmdline, text: value } satisfies Draft);
  });
  const apply = () => set('cmdline', cmdline);
  line.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') apply();
  });
  const pick = () =>
    context.ask({ kind: 'pick-config' }).then((path) => {
      if (path !== null) set('config', path);
    }, fail);
  const row = (label: string, ...children: (Node | string)[]) =>
    h(
      'div',
      { class: 'setting' },
      h('span', { class: 'setting-name' }, label),
      h('span', { class: 'setting-value' }, ...children),
    );
  const { scenario, scenarioExists, scenarioChosen, config } = setup;
  const chooseScenario = (which: 'pick' | 'beside') => context.ask({ kind: 'choose-scenario', which }).catch(fail);
  const name = scenario.slice(scenario.lastIndexOf('/') + 1);
  return [
    row(
      'Kernel',
      choice('Kernel model', kernels, setup.kernel, (value) => set('kernel', value)),
    ),
    row('Command line', line, button('Apply', apply)),
    row(
      'Configuration',
      config === '' ? h('span', {}, 'the default of the architecture, or the scenario’s') : h('code', {}, config),
      button('Choose a .config', () => void pick()),
      config === '' ? '' : button('Use the default', () => set('config', '')),
    ),
    row(
      'Scenario',
      scenarioExists
        ? h('code', { title: scenario }, name)
        : scenarioChosen
          ? h('span', { class: 'mark bad' }, h('code', { title: scenario }, name), ' is chosen and cannot be read')
          : h('span', {}, 'none: the catalogue and default workloads apply'),
      button(scenarioExists ? 'Edit' : 'Create from this board', () => context.ask({ kind: 'scenario' }).catch(fail)),
      button('Choose another', () => chooseScenario('pick')),
      scenarioChosen ? button('Use the one beside', () => chooseScenario('beside')) : '',
    ),
  ];
}
