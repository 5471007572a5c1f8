/** What the groups view shows: each IOMMU with its groups; and how rows of a model become a table. */
import type { ReportGroup, ReportProvider, SimulationReport } from '../../../server/src/simulator/report';

export interface ProviderView {
  readonly provider: ReportProvider;
  readonly groups: readonly ReportGroup[];
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
  }));
  return { providers: providers.sort((a, b) => Number(b.groups.length > 0) - Number(a.groups.length > 0)), loose };
}
