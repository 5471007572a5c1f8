/** The state that the maps are compared with: before the last edit, or under another kernel. */
import { mapKey } from '../../../../server/src/drawing/compare-maps';
import { type DomainMap, domainMaps } from '../../../../server/src/drawing/iova';
import type { SimulationReport } from '../../../../server/src/simulator/report';
import { choice } from '../../controls';
import { h } from '../../dom';
import { keep, type ViewContext } from '../../view';

export interface OtherState {
  readonly element: HTMLElement;
  /** Its maps by key; null: nothing is compared. */
  maps(): Map<string, DomainMap> | null;
}

/** @param changed told when there is another state to compare with */
export function otherState(context: ViewContext, changed: () => void): OtherState {
  const element = h('span', { class: 'compare' });
  const said = h('span', { class: 'note', role: 'status' });
  let chosen = keep(context, 'iova.compare', '');
  let other: SimulationReport | null = chosen === 'before' ? context.before : null;
  if (chosen === 'before' && other === null) chosen = '';
  const fill = (kernels: readonly string[]) => {
    const options = [{ value: '', text: 'Compare with …' }];
    if (context.before !== null) options.push({ value: 'before', text: 'before the last edit' });
    for (const kernel of kernels)
      if (kernel !== context.report.kernel) options.push({ value: kernel, text: `Linux ${kernel}` });
    element.replaceChildren(choice('Compare with', options, chosen, choose), said);
  };
  function choose(value: string): void {
    chosen = value;
    context.kept.set('iova.compare', value);
    said.textContent = '';
    if (value === '' || value === 'before') {
      other = value === '' ? null : context.before;
      return changed();
    }
    said.textContent = `Simulating Linux ${value} …`;
    context.ask({ kind: 'boot', kernel: value }).then(
      (report) => {
        if (chosen !== value) return;
        said.textContent = '';
        other = report;
        changed();
      },
      (error: Error) => {
        said.textContent = error.message;
      },
    );
  }
  fill(chosen === '' || chosen === 'before' ? [] : [chosen]);
  context.ask({ kind: 'setup' }).then(
    ({ kernels }) => fill(kernels),
    () => undefined,
  );
  if (chosen !== '' && chosen !== 'before') choose(chosen);
  return { element, maps: () => other && new Map(domainMaps(other).map((map) => [mapKey(map), map])) };
}
