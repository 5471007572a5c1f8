/** The page while there is no report. */
import { button, progressRing } from '../controls';
import { h } from '../dom';
import type { PanelState, ReportState } from '../messages';

export function notice(now: Exclude<PanelState, ReportState>, again: () => void): HTMLElement {
  switch (now.state) {
    case 'loading':
      return h(
        'div',
        { class: 'notice', role: 'status' },
        progressRing(),
        h('h1', {}, `Simulating the boot of ${now.board ?? 'the board'} …`),
      );
    case 'empty':
      return h(
        'div',
        { class: 'notice' },
        h('h1', {}, 'No board yet'),
        h('p', {}, 'Open a devicetree file and run “SMMU Scope: Simulate Boot”.'),
      );
    case 'cancelled':
      return h(
        'div',
        { class: 'notice' },
        h('h1', {}, 'The simulation was cancelled'),
        button('Simulate again', again, 'primary'),
      );
    case 'error':
      return h(
        'div',
        { class: 'notice error', role: 'alert' },
        h('h1', {}, 'The board could not be simulated'),
        h('p', {}, now.message),
        button('Try again', again, 'primary'),
      );
  }
}
