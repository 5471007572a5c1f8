/**
 * A simulation as one page of HTML that needs nothing else: summary, findings, drawings, tables. To attach to a mail or a
 * bug. The command line's `simulate --format html` and the panel's export write the same page.
 */
import { chainPicture } from '../drawing/chain-picture';
import { causeNames, chainClusters } from '../drawing/chains';
import { domainMaps, faultAddresses, groupName, hasMap } from '../drawing/iova';
import { mapPicture } from '../drawing/iova-picture';
import type { Ink, Picture } from '../drawing/picture';
import { escapeMarkup, type Palette, toSvg } from '../drawing/svg';
import { lanes, timelineAxis } from '../drawing/timeline';
import { timelinePicture } from '../drawing/timeline-picture';
import { wholeAxis } from '../drawing/window';
import type { ReportDevice, SimulationReport } from '../simulator/report';
import { domainOwner, STATUS_WORDS } from '../simulator/words';
import { pageStyle } from './style';

/** A finding as the page lists it. */
export interface PageFinding {
  readonly severity: string;
  readonly code: string;
  readonly message: string;
  /** `file:line:column`. */
  readonly place: string;
}

type Cell = string | number | null;

const drawingWidth = 960;
/** Drawings beyond this many are left out, and the page says so. */
const mostDrawings = 40;

const inks: readonly Ink[] = [
  'text',
  'muted',
  'line',
  'soft',
  'card',
  'good',
  'care',
  'bad',
  'focus',
  'kind-alloc',
  'kind-map',
  'kind-sg',
  'kind-resource',
  'kind-api',
  'kind-direct',
  'kind-reserved',
  'kind-msi',
];
/** Drawings take the page's colours, light or dark. */
const palette = Object.fromEntries(inks.map((ink) => [ink, `var(--${ink})`])) as Palette;

const e = escapeMarkup;

/** @param kind a class of the style for this table */
function table(head: readonly string[], rows: readonly (readonly Cell[])[], kind = ''): string {
  if (rows.length === 0) return '<p class="none">None.</p>';
  const line = (row: readonly Cell[]) => `<tr>${row.map((cell) => `<td>${e(String(cell ?? ''))}</td>`).join('')}</tr>`;
  const columns = head.map((title) => `<th scope="col">${e(title)}</th>`).join('');
  return `<div class="${kind === '' ? 'table' : `table ${kind}`}"><table><thead><tr>${columns}</tr></thead><tbody>${rows.map(line).join('\n')}</tbody></table></div>`;
}

function section(title: string, body: string, folded = false): string {
  return folded
    ? `<details><summary><h2>${e(title)}</h2></summary>\n${body}\n</details>\n`
    : `<section><h2>${e(title)}</h2>\n${body}\n</section>\n`;
}

const figure = (title: string, picture: Picture, note = ''): string =>
  `<figure><figcaption>${e(title)}${note === '' ? '' : ` <span class="note">${e(note)}</span>`}</figcaption>${toSvg(picture, palette)}</figure>`;

function summary(report: SimulationReport): string {
  const count = (status: string) => report.devices.filter((device) => device.status === status).length;
  const untranslated = report.devices.filter((device) => device.untranslatedReason !== null && !device.translated);
  const facts: (readonly [number, string])[] = [
    [count('bound'), 'bound'],
    [report.deferred.length, 'deferred'],
    [count('failed') + count('rejected'), 'failed'],
    [count('no-driver'), 'without a driver in this configuration'],
    [report.groups.length, 'IOMMU groups'],
    [untranslated.length, 'masters untranslated'],
    [report.faults.length, 'faults'],
  ];
  const items = facts.filter(([n]) => n > 0).map(([n, what]) => `<li><b>${n}</b> ${e(what)}</li>`);
  const stops = report.complete ? '' : '<p class="stops">The kernel stops here (BUG or panic); see the messages.</p>';
  const line = report.cmdline === '' ? '' : `<p>Command line <code>${e(report.cmdline)}</code></p>`;
  return `<ul class="summary">${items.join('')}</ul>${line}${stops}`;
}

/** What a reader should look at first: failed, deferred, untranslated. */
function attention(report: SimulationReport): string {
  const why = (device: ReportDevice) =>
    [device.error === null ? null : `error ${device.error}`, device.deferReason, device.untranslatedReason]
      .filter((text) => text !== null && text !== '')
      .join('; ');
  const rows = report.devices
    .filter(
      ({ status, translated, untranslatedReason }) =>
        status === 'failed' ||
        status === 'rejected' ||
        status === 'deferred' ||
        (status === 'bound' && !translated && untranslatedReason !== null),
    )
    .map((device) => [device.device, STATUS_WORDS[device.status], why(device)]);
  return table(['Device', 'State', 'Why'], rows);
}

function chains(report: SimulationReport): string {
  const clusters = chainClusters(report);
  const shown = clusters.slice(0, mostDrawings).map((cluster) => {
    const title = `${cluster.root}: ${causeNames[cluster.cause]}`;
    return `${figure(title, chainPicture(cluster, drawingWidth))}<p class="fix">${e(cluster.fix)}</p>`;
  });
  return shown.join('\n') + left(clusters.length);
}

function maps(report: SimulationReport): string {
  const all = domainMaps(report).filter(({ domain }) => hasMap(domain));
  const shown = all.slice(0, mostDrawings).map((map) => {
    const options = { window: wholeAxis, width: drawingWidth, marked: null, lit: null, rows: 0 };
    const title = map.devices.join(', ') || groupName(map.domain);
    return figure(
      title,
      mapPicture(map, { ...options, faults: faultAddresses(map, report) }),
      `${groupName(map.domain)}, ${map.domain.type}`,
    );
  });
  return shown.join('\n') + left(all.length);
}

const left = (all: number): string =>
  all > mostDrawings ? `<p class="note">${all - mostDrawings} more are not drawn here.</p>` : '';

function timeline(report: SimulationReport): string {
  const drawn = lanes(report, 60);
  if (drawn.lanes.length === 0)
    return '<p class="none">Every device that has a driver came up at its first attempt.</p>';
  const picture = timelinePicture(drawn.lanes, timelineAxis(report, drawn.lanes), drawingWidth);
  const more = drawn.more > 0 ? `<p class="note">${drawn.more} more devices tried more than once.</p>` : '';
  return figure('Devices that had to try more than once', picture) + more;
}

function strategies(report: SimulationReport): string {
  if (report.strategies.length === 0) return '';
  const parts = report.strategies.map(
    ({ id, masters }) =>
      `<h3>${id}</h3>${table(
        ['Master', 'Attached by', 'Deferrals', 'Suspend order', 'What happens'],
        masters.map((m) => [m.device, m.attachedBy, m.deferrals, m.suspendOrderSafe ? 'safe' : 'not safe', m.note]),
      )}`,
  );
  return section('Strategies', parts.join('\n'), true);
}

/** @param findings of the board's rules; null: nobody asked for them */
export function reportPage(report: SimulationReport, findings: readonly PageFinding[] | null): string {
  const title = `${report.board} on Linux ${report.kernelChosen.text}`;
  const { pairs = [] } = report.power;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${e(title)}</title><style>${pageStyle}</style></head><body><main>
<h1>${e(title)}</h1>
${summary(report)}
${
  findings === null
    ? ''
    : section(
        'Findings',
        table(
          ['Severity', 'Rule', 'What', 'Where'],
          findings.map(({ severity, code, message, place }) => [severity, code, message, place]),
          'findings',
        ),
      )
}${section('Devices that need a look', attention(report))}${
  report.chains.length > 0 ? section('Defer chains', chains(report)) : ''
}${section('Timeline', timeline(report))}${report.domains.length > 0 ? section('IOVA maps', maps(report)) : ''}${section(
  'Groups',
  table(
    ['Group', 'Type', 'IOMMU', 'Devices', 'Reserved regions'],
    report.groups.map((g) => [
      g.id,
      g.type,
      g.provider,
      g.devices.join(' '),
      g.reservedRegions.map(([first, last, type]) => `${first}-${last} ${type}`).join(', '),
    ]),
  ),
)}${section(
  'Suspend order',
  table(
    ['Master', 'IOMMU', 'Order', 'Device link'],
    pairs.map((pair) => [
      pair.master,
      pair.iommu,
      pair.safe ? 'safe' : 'not safe: the IOMMU suspends first',
      pair.linked ? 'yes' : 'no',
    ]),
  ),
  true,
)}${strategies(report)}${section(
  'All devices',
  table(
    ['Device', 'Name', 'Driver', 'State', 'Attempts', 'Group', 'Domain', 'Reason'],
    report.devices.map((d) => [
      d.device,
      d.name,
      d.driver,
      STATUS_WORDS[d.status],
      d.attempts,
      d.group,
      d.domain,
      d.deferReason ?? d.untranslatedReason,
    ]),
  ),
  true,
)}${section(
  'Regions',
  table(
    ['Group', 'IOVA', 'Size', 'Kind', 'Owner', 'Assumed'],
    report.domains.flatMap((d) =>
      d.regions.map((r) => [d.group ?? domainOwner(d), r.iova, r.size, r.kind, r.owner, r.assumption]),
    ),
  ),
  true,
)}${section(
  'Messages',
  table(
    ['Level', 'Device', 'Text'],
    report.messages.map((m) => [m.level, m.device, m.text]),
  ),
  true,
)}${
  report.verified.length === 0
    ? ''
    : section('What is verified', `<ul>${report.verified.map((text) => `<li>${e(text)}</li>`).join('')}</ul>`, true)
}</main></body></html>
`;
}
