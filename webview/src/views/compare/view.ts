/** What differs: between two kernels or two strategies on this board, or between before and after the changes of its repository. */
import './style.css';
import { segments } from '../../controls';
import { h } from '../../dom';
import { keep, type ViewContext } from '../../view';
import { changesReviewed } from './changes';
import { kernelsCompared } from './kernels';
import { strategiesCompared } from './strategies';

const parts = [
  { id: 'kernels', text: 'Two kernels' },
  { id: 'strategies', text: 'Two strategies' },
  { id: 'changes', text: 'Changes of the repository' },
] as const;

const bodies = { kernels: kernelsCompared, strategies: strategiesCompared, changes: changesReviewed } as const;

export function compareView(context: ViewContext, root: HTMLElement): void {
  const kept = keep<string>(context, 'compare.what', 'kernels');
  const part = parts.find(({ id }) => id === kept)?.id ?? 'kernels';
  const choose = segments('What is compared', parts, part, (id) => {
    context.kept.set('compare.what', id);
    context.redraw();
  });
  const body = h('div', {});
  root.append(h('div', { class: 'bar' }, choose), body);
  bodies[part](context, body);
}
