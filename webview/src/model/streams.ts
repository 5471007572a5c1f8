/** What the streams view shows: each IOMMU's tables, who was refused and why, and how requester IDs become stream IDs. */

import { formatErrno } from '../../../server/src/drawing/timeline';
import type {
  ReportConsequence,
  ReportProvider,
  ReportRidMap,
  SimulationReport,
} from '../../../server/src/simulator/report';
import { type Table, table } from './groups';

export interface StreamView {
  readonly provider: ReportProvider;
  readonly streams: Table;
  readonly banks: Table;
  readonly refused: readonly Refusal[];
}

export interface Refusal {
  readonly device: string;
  readonly why: string;
  /** Who else is concerned, and how: they hold what it wants, or they share its group. */
  readonly others: readonly string[];
  readonly relation: 'holds' | 'shares';
}

/** Rows that a text is about: an ID, a master, anything in the row. */
export const filterTable = ({ columns, rows }: Table, query: string): Table => {
  const text = query.trim().toLowerCase();
  return { columns, rows: rows.filter((row) => text === '' || row.some((cell) => cell.toLowerCase().includes(text))) };
};

const whyRefused = ({ kind, error, others }: ReportConsequence): string =>
  kind === 'registration-refused'
    ? `The IOMMU cannot add it (${formatErrno(error)}), and the kernel takes the IOMMU's whole registration back.`
    : `No mapping can be attached (${formatErrno(error)}): it shares its group with ${others.length === 1 ? 'another device' : `${others.length} others`}.`;

const consequence = (each: ReportConsequence): Refusal => ({
  device: each.device,
  why: whyRefused(each),
  others: each.others,
  relation: 'shares',
});

const sentence = (text: string): string => text.replace(/^./, (first) => first.toUpperCase());

/** Masters whose untranslatedness names an IOMMU: the IOMMU or its driver would not take them. */
export function streamViews(report: SimulationReport): StreamView[] {
  return report.providers.map((provider) => {
    const consequences = (report.consequences ?? []).filter(({ iommu }) => iommu === provider.device);
    const refused: Refusal[] = consequences.map(consequence);
    for (const { device, why, error, others } of provider.refused ?? [])
      refused.push({ device, why: `${sentence(why)} (${formatErrno(error)})`, others, relation: 'holds' });
    const known = new Set(refused.map(({ device }) => device));
    for (const { device, translated, untranslatedReason } of report.devices) {
      if (translated || untranslatedReason === null || known.has(device)) continue;
      if (untranslatedReason.includes(provider.device))
        refused.push({ device, why: untranslatedReason, others: [], relation: 'shares' });
    }
    return { provider, streams: table(provider.streamTable), banks: table(provider.contextBanks), refused };
  });
}

/** Consequences that no IOMMU of the report stands for. */
export const looseRefusals = (report: SimulationReport): Refusal[] => {
  const known = new Set(report.providers.map(({ device }) => device));
  return (report.consequences ?? []).filter(({ iommu }) => iommu === null || !known.has(iommu)).map(consequence);
};

/** One row of a RID map drawn: a stretch of requester IDs and the stretch of stream IDs it becomes. */
export interface RidStretch {
  readonly provider: string | null;
  readonly rid: string;
  readonly ids: string;
  /** 0 to 1 on the axis of requester IDs, which spans 16 bits. */
  readonly from: number;
  readonly to: number;
}

const hex = (value: number): string => `0x${value.toString(16)}`;
const span = (first: number, length: number): string =>
  length === 1 ? hex(first) : `${hex(first)} – ${hex(first + length - 1)}`;

/** `from` of a device: bus, device and function, as lspci writes them. */
export function ridStretches({ rows }: ReportRidMap): RidStretch[] {
  return rows.map(({ ridBase, length, provider, idBase }) => ({
    provider,
    rid: span(ridBase, length),
    ids: idBase === null ? '' : span(idBase, length),
    from: Math.min(1, ridBase / 0x10000),
    to: Math.min(1, (ridBase + length) / 0x10000),
  }));
}
