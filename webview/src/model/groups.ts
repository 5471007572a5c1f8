/** What the groups view shows: each IOMMU with its groups and tables, and the masters that stay without translation. */
import type { ReportDevice, ReportGroup, ReportProvider, SimulationReport } from '../../../server/src/simulator/report';

export interface ProviderView {
  readonly provider: ReportProvider;
  readonly groups: readonly ReportGroup[];
  readonly streamTable: Table;
  readonly contextBanks: Table;
}

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

type Row = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/** A table whose columns are the keys of all rows in order of appearance; columns without any value are left out. */
export function table(rows: readonly Row[]): Table {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((column) =>
    rows.some((row) => row[column] !== null && row[column] !== undefined && cell(row[column]) !== ''),
  );
  return { columns, rows: rows.map((row) => columns.map((column) => cell(row[column]))) };
}

function cell(value: Row[string] | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') return value.join(', ');
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
}

/** `streamId` and `stream_id` as `stream id`. */
export const columnTitle = (key: string): string =>
  key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .replace(/^[a-z]/, (first) => first.toUpperCase());

/** All providers, those with groups first; then a pseudo entry is not needed: groups without provider are `loose`. */
export function providerViews(report: SimulationReport): { providers: ProviderView[]; loose: ReportGroup[] } {
  const byProvider = new Map<string, ReportGroup[]>();
  const known = new Set(report.providers.map((provider) => provider.device));
  const loose: ReportGroup[] = [];
  for (const group of report.groups) {
    if (group.provider === null || !known.has(group.provider)) loose.push(group);
    else byProvider.set(group.provider, [...(byProvider.get(group.provider) ?? []), group]);
  }
  const providers = report.providers.map((provider) => ({
    provider,
    groups: byProvider.get(provider.device) ?? [],
    streamTable: table(provider.streamTable),
    contextBanks: table(provider.contextBanks),
  }));
  return { providers: providers.sort((a, b) => Number(b.groups.length > 0) - Number(a.groups.length > 0)), loose };
}

/** Masters that run, or would run, without translation, each with its reason. */
export const untranslated = (report: SimulationReport): ReportDevice[] =>
  report.devices.filter((device) => !device.translated && device.untranslatedReason !== null);

/** Masters that lack translation for the same reason, which speaks of "this node". */
export interface UntranslatedReason {
  readonly status: string;
  readonly reason: string;
  readonly devices: readonly ReportDevice[];
}

/** The reasons in order of appearance; masters whose reasons differ in their own path only stand together. */
export function untranslatedReasons(report: SimulationReport): UntranslatedReason[] {
  const found = new Map<string, ReportDevice[]>();
  for (const device of untranslated(report)) {
    const text = (device.untranslatedReason ?? '')
      .replace(`iommus of ${device.device}: `, '')
      .replaceAll(device.device, 'this node');
    const key = `${device.status} ${text.charAt(0).toUpperCase()}${text.slice(1)}`;
    const list = found.get(key);
    if (list === undefined) found.set(key, [device]);
    else list.push(device);
  }
  return [...found].map(([key, devices]) => {
    const space = key.indexOf(' ');
    return { status: key.slice(0, space), reason: key.slice(space + 1), devices };
  });
}
