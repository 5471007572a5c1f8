/** One access, step by step: who asks, at which address, and what the IOMMU's tables make of it, level by level. */
import './style.css';
import { button, checkbox, choice, textField } from '../../controls';
import { h } from '../../dom';
import type { Answer } from '../../messages';
import { latest } from '../../model/latest';
import { deviceLink, keep, linkButton, noTranslation, type ViewContext } from '../../view';

type Translation = Answer<'translate'>;

export function translateView(context: ViewContext, root: HTMLElement): void {
  const masters = context.report.devices.filter(({ group }) => group !== null).map(({ device }) => device);
  if (masters.length === 0) {
    root.append(noTranslation(context));
    return;
  }
  // whoever leads here brings the master, and perhaps the address
  if (context.focus.device !== null && masters.includes(context.focus.device)) {
    context.kept.set('translate.master', context.focus.device);
    context.kept.set('translate.address', context.focus.address ?? firstAddress(context, context.focus.device));
  }
  const kept = keep(context, 'translate.master', masters[0]!);
  const master = masters.includes(kept) ? kept : masters[0]!;
  const address = keep(context, 'translate.address', firstAddress(context, master));
  const result = h('div', { class: 'walk-result', 'aria-live': 'polite' });
  const shown = latest();
  const chooser = choice(
    'Master',
    masters.map((device) => ({ value: device, text: device })),
    master,
    (device) => {
      context.kept.set('translate.master', device);
      context.kept.set('translate.address', firstAddress(context, device));
      context.redraw();
    },
  );
  const field = textField('IOVA', address, (value) => context.kept.set('translate.address', value));
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') walk();
  });
  const write = checkbox('Write', keep(context, 'translate.write', false), (value) => {
    context.kept.set('translate.write', value);
    walk();
  });
  root.append(
    h(
      'div',
      { class: 'bar translate-form' },
      h('label', { class: 'field' }, h('span', {}, 'Master'), chooser),
      h('span', { class: 'field' }, h('span', {}, 'IOVA'), field),
      write,
      button('Walk', walk, 'primary'),
    ),
    result,
  );

  function walk(): void {
    const typed = keep(context, 'translate.address', address).trim();
    const iova = /^[0-9a-f]+$/i.test(typed) && !/^\d+$/.test(typed) ? `0x${typed}` : typed;
    const ask = { kind: 'translate' as const, by: { master }, iova, write: keep(context, 'translate.write', false) };
    shown(
      context.ask(ask),
      (found) => result.replaceChildren(drawing(context, found)),
      (error) => result.replaceChildren(h('p', { class: 'mark bad', role: 'alert' }, error.message)),
    );
  }
  walk();
}

/** An address worth asking for: the first that this master has mapped. */
function firstAddress(context: ViewContext, master: string): string {
  const group = context.report.devices.find(({ device }) => device === master)?.group ?? null;
  const regions = context.report.domains.find((domain) => domain.group === group)?.regions ?? [];
  const mapped = regions.filter(({ kind }) => kind !== 'reserved' && kind !== 'msi');
  return (mapped.find(({ owner }) => owner === master) ?? mapped[0])?.iova ?? '0x1000';
}

const words: Readonly<Record<string, readonly [string, string]>> = {
  translated: ['good', 'Translated'],
  untranslated: ['care', 'Passes untranslated'],
  fault: ['bad', 'Fault'],
  aborted: ['bad', 'Aborted without a report'],
};

function drawing(context: ViewContext, found: Translation): HTMLElement {
  const [tone, title] = words[found.result] ?? ['', found.result];
  const facts: (readonly [string, Node | string])[] = [];
  if (found.provider !== null) facts.push(['IOMMU', deviceLink(context, found.provider)]);
  if (found.stream !== null) facts.push(['Stream ID', h('span', { class: 'mono' }, found.stream)]);
  if (found.group !== null) facts.push(['Group', String(found.group)]);
  for (const entry of found.entries) facts.push(['Table entry', entryText(entry)]);
  if (found.provider !== null && found.entries.length === 0) facts.push(['Table entry', 'none matches']);
  if (found.region !== null) facts.push(['Region', found.region.text]);
  if (found.reason !== null) facts.push(['Why', found.reason]);
  const to = found.phys === null ? '' : ` to ${found.phys}`;
  const why = found.fault === null ? '' : `: ${found.fault.replaceAll('-', ' ')}`;
  return h(
    'section',
    { class: `card${tone === 'bad' ? ' wrong' : ''}` },
    h('h2', { class: `mark ${tone}` }, `${title}${why}${to}`),
    h('dl', { class: 'terms' }, ...facts.flatMap(([term, text]) => [h('dt', {}, term), h('dd', {}, text)])),
    found.walk.length > 0 && h('h3', { class: 'gap-above' }, 'The walk'),
    found.walk.length > 0 && h('ol', { class: 'walk' }, ...found.walk.map(step)),
    found.messages.length > 0 &&
      h('ul', { class: 'plain-list mono' }, ...found.messages.map((line) => h('li', {}, line))),
    found.result !== 'untranslated' &&
      found.group !== null &&
      h(
        'p',
        { class: 'gap-above' },
        linkButton('Show the address on its map', 'Show the IOVA map', () =>
          context.go({ view: 'iova', device: null, address: found.iova, group: found.group }),
        ),
      ),
  );
}

const entryText = (entry: Translation['entries'][number]): Node =>
  h(
    'span',
    { class: 'mono' },
    Object.entries(entry)
      .filter(([name, value]) => name !== 'masters' && value !== null)
      .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(' ') : String(value)}`)
      .join(', '),
  );

const meanings: Readonly<Record<string, string>> = {
  table: 'leads to the next table',
  block: 'maps a block',
  page: 'maps a page',
  invalid: 'is not valid',
};

const step = ({ level, table, index, descriptor, meaning, text }: Translation['walk'][number]): HTMLElement =>
  h(
    'li',
    { class: `walk-step step-${meaning}` },
    h('span', { class: 'walk-level' }, `Level ${level}`),
    h('span', { class: 'mono' }, `${table} [0x${index.toString(16)}] = ${descriptor}`),
    h('span', { class: 'walk-meaning' }, `${meanings[meaning] ?? meaning}: `, h('span', { class: 'mono' }, text)),
  );
