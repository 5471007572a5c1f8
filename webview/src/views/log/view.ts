/** The boot log read back: pasted, dropped or from a file; each entry with what likely happened and where it is written. */
import './style.css';
import { shortName } from '../../../../server/src/drawing/address';
import { button, checkbox } from '../../controls';
import { h } from '../../dom';
import type { BootLog } from '../../messages';
import { cardsOf, type LogEntry, linesOf, summaryOf, toneOf, typeNames } from '../../model/log';
import { about, dataTable, deviceLink, flyTo, foldable, keep, linkButton, nothing, type ViewContext } from '../../view';

/** Cards that are drawn before a button offers the rest. */
const few = 100;
/** A dropped file larger than this is better given as a file: the extension reads that piece by piece. */
const mostDropped = 32 << 20;

export function logView(context: ViewContext, body: HTMLElement): void {
  const { log } = context;
  const root = h('div', { class: 'log' });
  body.append(root);
  const problem = h('p', { class: 'log-problem', role: 'alert', hidden: true });
  const explain = async (from: { readonly text: string } | 'file'): Promise<void> => {
    problem.hidden = true;
    try {
      await context.ask({ kind: 'explain', log: from });
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
      problem.hidden = false;
    }
  };
  const input = h('div', { class: 'log-input' }, ...inputOf(explain));
  takeDrops(root, explain, problem);
  if (log === null) {
    root.append(
      nothing(
        'No boot log yet',
        'Paste lines of a kernel log below, drop a file here (hold Shift), or choose one: faults, deferrals and refusals are explained against this board.',
      ),
      input,
      problem,
    );
    return;
  }
  const all = keep(context, 'log.all', false);
  const cards = cardsOf(log, all);
  const quiet = cardsOf(log, true).length - cardsOf(log, false).length;
  const toggle = checkbox(`What is not wrong too (${quiet})`, all, (checked) => {
    context.kept.set('log.all', checked);
    context.redraw();
  });
  root.append(
    foldable(context, 'log.input', false, 'Another log', () => input),
    problem,
    h('div', { class: 'bar' }, h('strong', { class: 'log-summary' }, summaryOf(log)), quiet > 0 && toggle),
    context.logKept
      ? ''
      : h('p', { class: 'note' }, 'This log is too long to be kept when the window reloads: choose it as a file then.'),
    h('ul', { class: 'log-kernel note' }, ...log.kernel.map((line) => h('li', {}, line.replace(/\s+/g, ' ')))),
    h('div', { class: 'cards' }, ...cardsFor(context, cards)),
    comparison(context, log),
  );
}

function inputOf(explain: (from: { readonly text: string } | 'file') => Promise<void>): HTMLElement[] {
  const area = h('textarea', {
    class: 'log-text mono',
    rows: 5,
    spellcheck: 'false',
    'aria-label': 'Lines of a kernel log',
    placeholder: '[   12.345678] arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x402, iova=0x…',
  });
  const read = (): void => {
    if (area.value.trim() !== '') void explain({ text: area.value });
  };
  // What was pasted is a whole log: nothing more is to be typed.
  area.addEventListener('paste', () => setTimeout(read));
  area.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) read();
  });
  return [
    area,
    h(
      'div',
      { class: 'bar' },
      button('Explain', read, 'primary'),
      button('Choose a file …', () => void explain('file')),
    ),
  ];
}

/** A file or a text that is dropped anywhere on the view. */
function takeDrops(
  root: HTMLElement,
  explain: (from: { readonly text: string }) => Promise<void>,
  problem: HTMLElement,
): void {
  root.ondragover = (event) => {
    event.preventDefault();
    root.classList.add('dropping');
  };
  root.ondragleave = () => root.classList.remove('dropping');
  root.ondrop = (event) => {
    event.preventDefault();
    root.classList.remove('dropping');
    const file = event.dataTransfer?.files[0];
    const text = event.dataTransfer?.getData('text/plain') ?? '';
    if (file === undefined) {
      if (text.trim() !== '') void explain({ text });
    } else if (file.size > mostDropped) {
      problem.textContent = `${file.name} is large: choose it as a file, then it is read piece by piece.`;
      problem.hidden = false;
    } else void file.text().then((content) => explain({ text: content }));
  };
}

function cardsFor(context: ViewContext, cards: readonly LogEntry[]): HTMLElement[] {
  const shown = keep(context, 'log.more', false) ? cards : cards.slice(0, few);
  const drawn = shown.map((entry) => card(context, entry));
  if (shown.length < cards.length)
    drawn.push(
      linkButton(`Show all ${cards.length}`, 'Show the other entries', () => {
        context.kept.set('log.more', true);
        context.redraw();
      }),
    );
  return drawn;
}

function card(context: ViewContext, entry: LogEntry): HTMLElement {
  const { address } = entry;
  const links = entry.links.map(({ role, device, property }) =>
    h('li', {}, h('span', { class: 'note' }, `${role} `), deviceLink(context, device, property ?? undefined)),
  );
  const causes = entry.causes.map(({ text, because }) =>
    h('li', {}, text, h('div', { class: 'note' }, `because: ${because}`)),
  );
  return about(
    context,
    entry.links.map(({ device }) => device),
    h(
      'section',
      { class: `card log-entry tone-${toneOf(entry)}` },
      h('h2', {}, h('span', { class: 'tag' }, typeNames[entry.type]), ' ', entry.headline),
      h('p', { class: 'mono log-line' }, entry.text),
      h(
        'div',
        { class: 'facts' },
        h('span', {}, linesOf(entry)),
        entry.repeats !== null && h('span', {}, entry.repeats),
        entry.printedBy !== '' && h('span', { title: 'The kernel function that prints it' }, entry.printedBy),
      ),
      links.length > 0 && h('ul', { class: 'log-links' }, ...links),
      address !== null &&
        h(
          'p',
          {},
          linkButton(address.iova, 'Show this address on the IOVA map, beside what is mapped there', () =>
            flyTo(context, address.iova, address.group),
          ),
          address.text === null ? '' : `: ${address.text}`,
        ),
      entry.details.length > 0 &&
        h('ul', { class: 'log-details note' }, ...entry.details.map((text) => h('li', {}, text))),
      causes.length > 0 && h('ol', { class: 'log-causes' }, ...causes),
    ),
  );
}

/** Groups, predicted against actual; without a comparison the groups that the log names. */
function comparison(context: ViewContext, log: BootLog): HTMLElement | '' {
  const { comparison: compared } = log;
  if (compared === null || compared.devices.length === 0) return '';
  const rows = compared.devices.map(({ device, actual, predicted, verdict, text }) =>
    h(
      'tr',
      { class: verdict === 'same' ? '' : 'differs' },
      h('td', {}, device.startsWith('/') ? deviceLink(context, device) : shortName(device)),
      h('td', { class: 'number' }, actual === null ? '–' : String(actual)),
      h('td', { class: 'number' }, predicted === null ? '–' : String(predicted)),
      h('td', {}, text),
    ),
  );
  const title = 'Groups, predicted against actual';
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, title),
    dataTable(['Device', 'Log', 'Predicted', ''], rows, title),
    !compared.sameOrder && h('p', { class: 'note' }, 'The groups were made in another order than predicted.'),
  );
}
