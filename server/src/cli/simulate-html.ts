/** The simulation report as one page of HTML that needs nothing else: to attach to a mail or a bug. */
import type { SimulationReport } from '../simulator/report';
import { domainOwner } from '../simulator/words';

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (c) => escapes[c] ?? c);

function table(head: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  if (rows.length === 0) return '<p>None.</p>';
  const cell = (value: string | number | null): string => `<td>${escapeHtml(value === null ? '' : String(value))}</td>`;
  return `<table><thead><tr>${head.map((h) => `<th scope="col">${escapeHtml(h)}</th>`).join('')}</tr></thead><tbody>${rows
    .map((row) => `<tr>${row.map(cell).join('')}</tr>`)
    .join('\n')}</tbody></table>`;
}

const style = `body{font:14px/1.5 system-ui,sans-serif;margin:2rem;max-width:80rem;color:#1b1b1b;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.2rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}th{border-color:#888}
td{font-family:ui-monospace,monospace;font-size:12px;overflow-wrap:anywhere}
@media (prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b}th,td{border-color:#444}}`;

export function reportHtml(report: SimulationReport): string {
  const section = (title: string, body: string): string => `<h2>${escapeHtml(title)}</h2>\n${body}\n`;
  const yes = (value: boolean): string => (value ? 'yes' : 'no');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(report.board)} on Linux ${escapeHtml(report.kernel)}</title><style>${style}</style></head><body>
<h1>${escapeHtml(report.board)} on Linux ${escapeHtml(report.kernel)}</h1>
<p>${escapeHtml(report.cmdline)}</p>${report.complete ? '' : '<p>The kernel stops; see the messages.</p>'}
${section(
  'Devices',
  table(
    ['Device', 'Name', 'Driver', 'State', 'Attempts', 'Group', 'Domain', 'Reason'],
    report.devices.map((d) => [
      d.device,
      d.name,
      d.driver,
      d.status,
      d.attempts,
      d.group,
      d.domain,
      d.deferReason ?? d.untranslatedReason,
    ]),
  ),
)}${section(
  'Chains',
  table(
    ['Path', 'Cause', 'What would fix it'],
    report.chains.map((c) => [c.path.join(' \u2190 '), c.cause, c.fix]),
  ),
)}${section(
  'Groups',
  table(
    ['Group', 'Type', 'IOMMU', 'Devices', 'Reserved'],
    report.groups.map((g) => [
      g.id,
      g.type,
      g.provider,
      g.devices.join(' '),
      g.reservedRegions.map((r) => `${r[0]}-${r[1]} ${r[2]}`).join(', '),
    ]),
  ),
)}${section(
  'Mapped regions',
  table(
    ['Group', 'IOVA', 'Size', 'Kind', 'Owner', 'Assumed'],
    report.domains.flatMap((d) =>
      d.regions.map((r) => [d.group ?? domainOwner(d), r.iova, r.size, r.kind, r.owner, r.assumption]),
    ),
  ),
)}${report.strategies
  .map((s) =>
    section(
      `Strategy ${s.id}`,
      table(
        [
          'Master',
          'Translated before probe',
          'Automatic mapping',
          'Must tear down',
          'Deferrals',
          'Waits for',
          'Suspend safe',
          'Devres',
          'Note',
        ],
        s.masters.map((m) => [
          m.device,
          yes(m.translatedBeforeProbe),
          yes(m.automaticMapping),
          yes(m.mustTearDown),
          m.deferrals,
          m.waitsFor.join(' '),
          yes(m.suspendOrderSafe),
          yes(m.devres),
          m.note,
        ]),
      ),
    ),
  )
  .join('')}${section(
  'Messages',
  table(
    ['Device', 'Text'],
    report.messages.map((m) => [m.device, m.text]),
  ),
)}
<p>${report.verified.map(escapeHtml).join('<br>')}</p>
</body></html>
`;
}
