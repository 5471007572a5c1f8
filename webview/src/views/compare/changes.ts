/** What changes of the repository do to the boards that they reach: this board first, then boards that change alike. */
import { shortName } from '../../../../server/src/drawing/address';
import { button } from '../../controls';
import { h } from '../../dom';
import type { Review } from '../../messages';
import { type ChangeCard, cardsOf, placeOf, summaryOf, toneOf } from '../../model/review';
import { foldable, keep, linkButton, nothing, type ViewContext } from '../../view';

/** Boards, devices and changes that are shown before a button offers the rest. */
const few = { boards: 6, devices: 4, changes: 30, cards: 40 };

export function changesReviewed(context: ViewContext, root: HTMLElement): void {
  const { review } = context;
  const problem = h('p', { class: 'mark bad', role: 'alert', hidden: true });
  const ask = (): void => {
    context.ask({ kind: 'review' }).catch((error: Error) => {
      problem.textContent = error.message;
      problem.hidden = false;
    });
  };
  if (review === null) {
    root.append(
      nothing(
        'No changes reviewed yet',
        'Which boards do the changes of this repository reach, and which of them then boot or use their IOMMUs differently?',
      ),
      h('div', { class: 'bar centred' }, button('Review Changes', ask, 'primary')),
      problem,
    );
    return;
  }
  const { report } = review;
  root.append(
    h(
      'div',
      { class: 'bar' },
      h('strong', { class: report.groups.length === 0 ? 'mark good' : 'mark care' }, summaryOf(report)),
      h('span', { class: 'note' }, `${report.base} → ${report.head}`),
      h('span', { class: 'spacer' }),
      button('Review again', ask),
    ),
    problem,
    h('div', { class: 'cards' }, ...cards(context, review)),
  );
}

function cards(context: ViewContext, review: Review): HTMLElement[] {
  const all = cardsOf(review);
  const shown = keep(context, 'compare.cards', false) ? all : all.slice(0, few.cards);
  const drawn = shown.map((each) => card(context, each));
  for (const { board, message } of review.report.failed)
    drawn.push(
      h(
        'section',
        { class: 'card' },
        h('h2', {}, boardLink(context, board)),
        h('p', { class: 'mark bad' }, `Not compared: ${message}`),
      ),
    );
  if (shown.length < all.length) drawn.push(more(context, 'compare.cards', `Show all ${all.length} groups of boards`));
  return drawn;
}

const more = (context: ViewContext, key: string, text: string): HTMLElement =>
  linkButton(text, text, () => {
    context.kept.set(key, true);
    context.redraw();
  });

const boardLink = (context: ViewContext, board: string): HTMLElement =>
  linkButton(shortName(board), `${board}\nClick to open it`, () => {
    void context.ask({ kind: 'review-place', target: { board, file: board, line: 1, column: 1 } });
  });

/** Names with commas; the rest behind a button. */
function listed(
  context: ViewContext,
  key: string,
  names: readonly string[],
  most: number,
  link: (name: string) => HTMLElement,
): HTMLElement {
  const open = keep(context, key, false);
  const shown = open || names.length <= most + 1 ? names : names.slice(0, most);
  const list = h('span', { class: 'devices' });
  shown.forEach((name, i) => {
    if (i > 0) list.append(', ');
    list.append(link(name));
  });
  if (shown.length < names.length) list.append(' ', more(context, key, `and ${names.length - shown.length} more`));
  return list;
}

function card(context: ViewContext, { key: id, boards, own, kernels, changes }: ChangeCard): HTMLElement {
  // this board's own view of an include is what its reader wants
  const through = own ?? boards[0] ?? '';
  const title =
    own === null
      ? boards.length === 1
        ? 'Board'
        : `${boards.length} boards`
      : boards.length === 1
        ? 'This board'
        : `This board and ${boards.length - 1} more`;
  const rows = (of: typeof changes) =>
    h(
      'ul',
      { class: 'changes' },
      ...of.map((change) => {
        const go = (device: string | null) => () =>
          void context.ask({ kind: 'review-place', target: placeOf(change, through, device) });
        return h('li', { class: `mark ${toneOf(change)}` }, h('span', {}, ...sentence(change)));

        /** The device or the place as a link, then what is different. */
        function sentence({ devices, text, finding, kind }: (typeof changes)[number]): (Node | string)[] {
          if (finding !== undefined) {
            const what = kind === 'new-finding' ? 'New' : kind === 'gone-finding' ? 'Gone' : 'Otherwise put';
            const at = `${finding.file}:${finding.line}`;
            const place = linkButton(shortName(at), `${at}\nClick to open it`, go(null));
            return [
              `${what} ${finding.severity}: `,
              ...(kind === 'gone-finding' ? [] : [place, ': ']),
              finding.message,
              ' ',
              h('code', {}, finding.code),
            ];
          }
          if (devices.length === 0) return [text];
          const key = `compare.devices.${id}.${text}`;
          const links = listed(context, key, devices, few.devices, (device) =>
            linkButton(shortName(device), `${device}\nClick to open its source`, go(device)),
          );
          return [links, devices.length > 1 ? `: each ${text}` : ` ${text}`];
        }
      }),
    );
  const first = changes.slice(0, few.changes);
  const rest = changes.slice(few.changes);
  return h(
    'section',
    { class: 'card review-group' },
    h('h2', {}, title, ...kernels.map((kernel) => h('span', { class: 'tag' }, `Linux ${kernel}`))),
    h(
      'p',
      { class: 'note' },
      listed(context, `compare.boards.${id}`, boards, few.boards, (board) => boardLink(context, board)),
    ),
    rows(first),
    rest.length > 0 && foldable(context, `compare.rest.${id}`, false, `${rest.length} more`, () => rows(rest)),
  );
}
