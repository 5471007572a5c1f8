/** The simulation report for a terminal. */
import type { ReportStrategy, SimulationReport } from '../simulator/report';

function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  return rows.map((row) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `${title}`, ...lines.map((line) => `  ${line}`)];
}

const yes = (value: boolean): string => (value ? 'yes' : 'no');

/** One strategy: a row a master. */
function strategyLines(strategy: ReportStrategy): string[] {
  if (strategy.masters.length === 0) return [];
  return table([
    ['master', 'translated', 'automatic', 'tear down', 'deferred', 'suspend safe', 'devres', 'waits for'],
    ...strategy.masters.map((m) => [
      m.device,
      yes(m.translatedBeforeProbe),
      yes(m.automaticMapping),
      yes(m.mustTearDown),
      `${m.deferrals}`,
      yes(m.suspendOrderSafe),
      yes(m.devres),
      m.waitsFor.join(' '),
    ]),
  ]);
}

export function reportText(report: SimulationReport): string {
  const count = new Map<string, number>();
  for (const device of report.devices) count.set(device.status, (count.get(device.status) ?? 0) + 1);
  const lines: string[] = [
    `${report.board}: Linux ${report.kernel}${report.cmdline === '' ? '' : `, ${report.cmdline}`}`,
    [...count].map(([status, n]) => `${n} ${status}`).join(', '),
  ];
  if (!report.complete) lines.push('The kernel stops: see the messages.');
  lines.push(
    ...section(
      'Bound, in order',
      table(
        report.devices
          .filter((d) => d.boundAt !== null)
          .sort((a, b) => (a.boundAt ?? 0) - (b.boundAt ?? 0))
          .map((d) => [
            d.device,
            d.driver ?? '',
            d.attempts > 1 ? `${d.attempts} attempts` : '',
            d.group === null ? '' : `group ${d.group} ${d.domain ?? ''}`,
          ]),
      ),
    ),
    ...section(
      'Deferred at the end',
      report.deferred.map((d) => `${d.device}: ${d.reason === '' ? '(no reason given)' : d.reason}`),
    ),
    ...section(
      'Chains',
      report.chains.flatMap((c) => [`${c.path.join(' <- ')}  [${c.cause}]`, `  ${c.fix}`]),
    ),
    ...section(
      'Masters without translation',
      report.devices.flatMap((d) => (d.untranslatedReason === null ? [] : [`${d.device}: ${d.untranslatedReason}`])),
    ),
    ...section(
      'IOMMU groups',
      table(report.groups.map((g) => [`${g.id}`, g.type, g.provider ?? '', g.devices.join(' ')])),
    ),
  );
  for (const strategy of report.strategies) lines.push(...section(`Strategy ${strategy.id}`, strategyLines(strategy)));
  const notes = new Map<string, string[]>();
  for (const strategy of report.strategies)
    for (const master of strategy.masters) {
      const key = `${strategy.id}: ${master.note}`;
      const list = notes.get(key);
      if (list === undefined) notes.set(key, [master.device]);
      else list.push(master.device);
    }
  lines.push(
    ...section(
      'Notes on the strategies',
      [...notes].map(
        ([note, devices]) => `${note} (${devices.length === 1 ? devices[0] : `${devices.length} masters`})`,
      ),
    ),
    ...section(
      'Faults',
      report.faults.map((f) => `${f.master} stream ${f.stream} at ${f.iova}: ${f.kind}`),
    ),
    ...section(
      'Messages',
      report.messages
        .filter((m) => m.level !== 'debug')
        .map((m) => `${m.device === null ? '' : `${m.device}: `}${m.text}`),
    ),
    ...section('Model', [...report.verified]),
  );
  return `${lines.join('\n')}\n`;
}
