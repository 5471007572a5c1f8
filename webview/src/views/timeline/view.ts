/** The timeline: who tried, deferred and bound, in the order of the boot; drawn, played step by step, and listed. */
import './style.css';
import { type Lane, lanes } from '../../../../server/src/drawing/timeline';
import { choice } from '../../controls';
import { h } from '../../dom';
import { foldable, keep, linkButton, nothing, type ViewContext } from '../../view';
import { eventList } from './events';
import { laneChart } from './lanes';

const laneLimit = 40;

export function timelineView(context: ViewContext, root: HTMLElement): void {
  const { report } = context;
  if (report.timeline.length === 0) {
    root.append(nothing('Nothing happened', 'The simulated boot has no events.'));
    return;
  }
  const wanted = keep(context, 'timeline.lanes.which', 'all');
  const limit = keep(context, 'timeline.lanes.limit', laneLimit);
  const all = lanes(report, 0);
  const drawn = lanes(report, limit, laneFilter(context, wanted));
  if (all.more > 0) {
    const body = () =>
      h(
        'div',
        {},
        h('div', { class: 'bar' }, whichChoice(context, wanted)),
        drawn.lanes.length === 0
          ? h('p', { class: 'note' }, 'No device of this choice tried more than once.')
          : laneChart(context, drawn.lanes),
        drawn.more > 0 &&
          linkButton(`Draw ${Math.min(100, drawn.more)} more of ${drawn.more} devices`, 'Draw more lanes', () => {
            context.kept.set('timeline.lanes.limit', limit + 100);
            context.redraw();
          }),
      );
    root.append(
      foldable(context, 'timeline.lanes', true, `Devices that had to try more than once (${all.more})`, body),
    );
  }
  root.append(eventList(context));
}

/** Which lanes are drawn: all, those that wait to the end, one device, or what is behind one IOMMU. */
function whichChoice(context: ViewContext, wanted: string): HTMLElement {
  const options = [
    { value: 'all', text: 'All of them' },
    { value: 'deferred', text: 'Only those still deferred' },
  ];
  if (context.device !== null) options.push({ value: `device ${context.device}`, text: `Only ${context.device}` });
  for (const { device } of context.report.providers)
    options.push({ value: `iommu ${device}`, text: `Only behind ${device}` });
  return choice('Which devices', options, wanted, (value) => {
    context.kept.set('timeline.lanes.which', value);
    context.kept.delete('timeline.step');
    context.redraw();
  });
}

function laneFilter(context: ViewContext, wanted: string): (lane: Lane) => boolean {
  if (wanted === 'deferred') return ({ outcome }) => outcome === 'deferred';
  if (wanted.startsWith('device ')) return ({ device }) => device === wanted.slice('device '.length);
  if (!wanted.startsWith('iommu ')) return () => true;
  const iommu = wanted.slice('iommu '.length);
  const { groups, links } = context.report;
  const behind = new Set([
    iommu,
    ...groups.filter(({ provider }) => provider === iommu).flatMap(({ devices }) => devices),
    ...links.filter(({ supplier }) => supplier === iommu).map(({ consumer }) => consumer),
  ]);
  return ({ device }) => behind.has(device);
}
