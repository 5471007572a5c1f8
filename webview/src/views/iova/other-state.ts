/** The state that the maps are compared with: before the last edit, under another kernel, or under another strategy. */
import { type DomainMap, domainMaps, strategyMaps } from '../../../../server/src/drawing/iova';
import type { StrategyId } from '../../../../server/src/simulator/report';
import { choice } from '../../controls';
import { h } from '../../dom';
import { latest } from '../../model/latest';
import { strategyNames } from '../../model/strategies';
import { keep, type ViewContext } from '../../view';

export interface OtherState {
  readonly element: HTMLElement;
  /** Its maps; null: nothing is compared. */
  maps(): readonly DomainMap[] | null;
  /** What it is, in words: `Linux 6.1`. */
  name(): string;
}

const strategyValue = (id: StrategyId): string => `strategy ${id}`;

/** @param changed told when there is another state to compare with */
export function otherState(context: ViewContext, changed: () => void): OtherState {
  const { report, before } = context;
  const element = h('span', { class: 'compare' });
  const said = h('span', { class: 'note', role: 'status' });
  const answered = latest();
  let maps: readonly DomainMap[] | null = null;
  let chosen = keep(context, 'iova.compare', '');
  const names = new Map<string, string>([['', 'Compare with …']]);
  if (before !== null) names.set('before', 'before the last edit');
  for (const { id } of report.strategies)
    if (id !== report.strategy)
      names.set(strategyValue(id), `Strategy ${id}, ${strategyNames[id].title.toLowerCase()}`);
  if (chosen === 'before' && before === null) chosen = '';

  const fill = (kernels: readonly string[]) => {
    for (const kernel of kernels) if (kernel !== report.kernel) names.set(kernel, `Linux ${kernel}`);
    const options = [...names].map(([value, text]) => ({ value, text }));
    element.replaceChildren(choice('Compare with', options, chosen, choose), said);
  };
  /** Maps that are known without asking; undefined: the engine has to boot another kernel. */
  function known(value: string): readonly DomainMap[] | null | undefined {
    if (value === '') return null;
    if (value === 'before') return before && domainMaps(before);
    const strategy = report.strategies.find(({ id }) => strategyValue(id) === value);
    return strategy === undefined ? undefined : strategyMaps(report, strategy.id);
  }
  function choose(value: string): void {
    chosen = value;
    context.kept.set('iova.compare', value);
    said.textContent = '';
    const here = known(value);
    if (here !== undefined) {
      answered(Promise.resolve(here), show, () => undefined);
      return;
    }
    said.textContent = `Simulating Linux ${value} …`;
    answered(
      context.ask({ kind: 'boot', kernel: value }).then(domainMaps),
      (found) => {
        said.textContent = '';
        show(found);
      },
      (error) => {
        said.textContent = error.message;
      },
    );
  }
  function show(found: readonly DomainMap[] | null): void {
    maps = found;
    changed();
  }
  const first = known(chosen);
  maps = first ?? null;
  fill(first === undefined ? [chosen] : []);
  context.ask({ kind: 'setup' }).then(
    ({ kernels }) => fill(kernels),
    () => undefined,
  );
  if (first === undefined) choose(chosen);
  return { element, maps: () => maps, name: () => names.get(chosen) ?? chosen };
}
