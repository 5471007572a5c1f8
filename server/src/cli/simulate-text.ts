/** The simulation report for a terminal. */
import { vendorFacts } from '../drawing/vendor-facts';
import type { ReportStrategy, SimulationReport, StrategyMaster } from '../simulator/report';
import { domainOwner } from '../simulator/words';

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
  return lines.length === 0 ? [] : ['', `${title}`, ...lines.map((line) => (line === '' ? '' : `  ${line}`))];
}

const yes = (value: boolean): string => (value ? 'yes' : 'no');

/** One strategy in full: a row a master. */
function strategyLines(strategy: ReportStrategy): string[] {
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

/** What a strategy means for one master, as letters. */
function letters(master: StrategyMaster): string {
  const found = [
    master.translatedBeforeProbe ? 'T' : '',
    master.automaticMapping ? 'A' : '',
    master.mustTearDown ? 'X' : '',
    master.suspendOrderSafe ? 'S' : '',
    master.devres ? 'R' : '',
    master.deferrals === 0 ? '' : `${master.deferrals}`,
    master.binds === false ? '!' : '',
  ].join('');
  return found === '' ? '-' : found;
}

/** The strategies side by side: a row a master, a column a strategy. */
function comparison(strategies: readonly ReportStrategy[]): string[] {
  const masters = strategies[0]?.masters ?? [];
  if (masters.length === 0) return [];
  return [
    ...table([
      ['master', ...strategies.map((s) => s.id)],
      ...masters.map(({ device }) => [
        device,
        ...strategies.map((s) => {
          const found = s.masters.find((m) => m.device === device);
          return found === undefined ? '' : letters(found);
        }),
      ]),
    ]),
    '',
    'T translated before its probe, A mapped automatically, X has to tear that down, S suspends after its users,',
    'R released with the device, a number: deferrals, ! never binds. --strategy S4 shows one of them in full.',
  ];
}

/** The notes of the strategies, each once, with whom it concerns. */
function strategyNotes(strategies: readonly ReportStrategy[]): string[] {
  const notes = new Map<string, string[]>();
  for (const strategy of strategies)
    for (const master of strategy.masters) {
      const key = `${strategy.id}: ${master.note}`;
      const list = notes.get(key);
      if (list === undefined) notes.set(key, [master.device]);
      else list.push(master.device);
    }
  return [...notes].map(
    ([note, devices]) => `${note} (${devices.length === 1 ? devices[0] : `${devices.length} masters`})`,
  );
}

/** A reason without the device that the line names already. */
function bare(device: string, reason: string): string {
  const prefix = `iommus of ${device}: `;
  return reason.startsWith(prefix) ? reason.slice(prefix.length) : reason;
}

/** What is mapped where, one domain after the other. */
function regionLines(report: SimulationReport): string[] {
  return table(
    report.domains.flatMap((domain) =>
      domain.regions.map((region) => {
        const last = BigInt(region.iova) + BigInt(region.size) - 1n;
        const assumed = region.assumption === null ? '' : 'assumed';
        return [domainOwner(domain), `${region.iova}-0x${last.toString(16)}`, region.kind, region.owner ?? '', assumed];
      }),
    ),
  );
}

/** What was assumed about DMA that no scenario states, and about vendors' drivers, each once. */
function assumptions(report: SimulationReport): string[] {
  const texts = report.domains.flatMap((d) => d.regions.flatMap((r) => r.assumption ?? []));
  const vendors = vendorFacts(report.providers).map((f) => `${f.devices.join(', ')}: ${f.text} (${f.source})`);
  return [...new Set(texts), ...vendors];
}

/** The messages as the kernel's log shows them: `driver name: text`. */
function logLines(report: SimulationReport): string[] {
  const names = new Map(report.devices.map((d) => [d.device, d]));
  const origin = (ref: string, driver: string | null): string => {
    const device = names.get(ref);
    return device === undefined ? `${ref}: ` : `${driver ?? device.bus} ${device.name}: `;
  };
  return report.messages
    .filter((m) => m.level !== 'debug')
    .map((m) => `${m.device === null ? '' : origin(m.device, m.driver)}${m.text}`);
}

const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

/** @param scenario name of the scenario that was read, or null */
export function reportText(report: SimulationReport, scenario: string | null): string {
  const count = new Map<string, number>();
  for (const device of report.devices) count.set(device.status, (count.get(device.status) ?? 0) + 1);
  const [only, ...more] = report.strategies;
  const lines: string[] = [
    `${report.board}: Linux ${report.kernelChosen.text}${report.cmdline === '' ? '' : `, ${report.cmdline}`}`,
    ...(report.drivers === undefined ? [] : [capital(report.drivers)]),
    scenario === null ? 'No scenario: the driver catalogue and default workloads apply.' : `Scenario ${scenario}`,
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
      report.devices.flatMap((d) =>
        d.untranslatedReason === null ? [] : [`${d.device}: ${bare(d.device, d.untranslatedReason)}`],
      ),
    ),
    ...section(
      'IOMMU groups',
      table(report.groups.map((g) => [`${g.id}`, g.type, g.provider ?? '', g.devices.join(' ')])),
    ),
    ...section('IOVAs in use', regionLines(report)),
    ...section('Assumed', assumptions(report)),
    ...section(
      'Refused DMA operations',
      report.dma.flatMap((d) =>
        d.error === null ? [] : [`${d.device}: ${d.kind} of ${d.size} bytes (operation ${d.op}): error ${d.error}`],
      ),
    ),
    ...(only !== undefined && more.length === 0
      ? section(`Strategy ${only.id}`, only.masters.length === 0 ? [] : strategyLines(only))
      : section('Strategies', comparison(report.strategies))),
    ...section('Notes on the strategies', strategyNotes(report.strategies)),
    ...section(
      'Faults',
      report.faults.map((f) => `${f.master} stream ${f.stream} at ${f.iova}: ${f.kind}`),
    ),
    ...section('Kernel log', logLines(report)),
    ...section('Model', [...report.verified]),
  );
  return `${lines.join('\n')}\n`;
}
