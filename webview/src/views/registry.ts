/**
 * The panel's views, one row a view, in the order of the tabs. A new view: its id in `viewIds` (messages.ts), its folder
 * here, its row.
 */
import type { SimulationReport } from '../../../server/src/simulator/report';
import type { View } from '../messages';
import { unsafePairs } from '../model/power';
import { summarize } from '../model/summary';
import type { FrameContext, ViewContext } from '../view';
import { chainsView } from './chains/view';
import { compareView } from './compare/view';
import { devicesView } from './devices/view';
import { groupsView } from './groups/view';
import { iovaView } from './iova/view';
import { logView } from './log/view';
import { messagesView } from './messages/view';
import { powerView } from './power/view';
import { setupView } from './setup/view';
import { strategiesView } from './strategies/view';
import { streamsView } from './streams/view';
import { timelineView } from './timeline/view';
import { translateView } from './translate/view';

interface Row {
  readonly id: View;
  /** The tab's text. */
  readonly title: string;
  /** The number beside the title; 0 or absent: none. */
  readonly count?: (report: SimulationReport) => number;
}

/** A view that draws a report. Without one the panel says why there is none, in its place. */
interface ReportRow extends Row {
  readonly needs: 'report';
  /** Fills an empty element that stands in the document. */
  render(context: ViewContext, root: HTMLElement): void;
}

/** A view that has something to show without a report. */
interface FreeRow extends Row {
  readonly needs: 'nothing';
  render(context: FrameContext, root: HTMLElement): void;
}

export type ViewRow = ReportRow | FreeRow;

const rows: Readonly<Record<View, Omit<ReportRow, 'id'> | Omit<FreeRow, 'id'>>> = {
  devices: { title: 'Devices', needs: 'report', count: (report) => summarize(report).failed, render: devicesView },
  iova: { title: 'IOVA maps', needs: 'report', render: iovaView },
  chains: { title: 'Defer chains', needs: 'report', count: ({ deferred }) => deferred.length, render: chainsView },
  timeline: { title: 'Timeline', needs: 'report', render: timelineView },
  groups: { title: 'Groups', needs: 'report', count: ({ groups }) => groups.length, render: groupsView },
  streams: { title: 'Streams', needs: 'report', render: streamsView },
  translate: { title: 'Translate', needs: 'report', render: translateView },
  power: { title: 'Power', needs: 'report', count: (report) => unsafePairs(report).length, render: powerView },
  strategies: { title: 'Strategies', needs: 'report', render: strategiesView },
  messages: {
    title: 'Messages',
    needs: 'report',
    count: (report) => summarize(report).warnings + report.faults.length,
    render: messagesView,
  },
  log: { title: 'Boot log', needs: 'report', render: logView },
  compare: { title: 'Compare', needs: 'report', render: compareView },
  setup: { title: 'Setup', needs: 'report', render: setupView },
};

export const views: readonly ViewRow[] = Object.entries(rows).map(([id, row]) => ({ id: id as View, ...row }));

export const viewRow = (id: View): ViewRow => ({ id, ...rows[id] });
