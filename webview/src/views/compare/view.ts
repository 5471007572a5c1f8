/** What differs: between two kernels on this board, or between before and after the changes of its repository. */
import './style.css';
import { segments } from '../../controls';
import { h } from '../../dom';
import { keep, type ViewContext } from '../../view';
import { changesReviewed } from './changes';
import { kernelsCompared } from './kernels';

const parts = [
  { id: 'kernels', text: 'Two kernels' },
  { id: 'changes', text: 'Changes of the repository' },
] as const;

export function compareView(context: ViewContext, root: HTMLElement): void {
  const part = keep<(typeof parts)[number]['id']>(context, 'compare.what', 'kernels');
  const choose = segments('What is compared', parts, part, (id) => {
    context.kept.set('compare.what', id);
    context.redraw();
  });
  const body = h('div', {});
  root.append(h('div', { class: 'bar' }, choose), body);
  if (part === 'changes') changesReviewed(context, body);
  else kernelsCompared(context, body);
}
