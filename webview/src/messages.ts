/** What the panel and the extension say to each other. Plain data; both sides import these types. */
import type { PanelView } from '../../server/src/lsp/protocol';
import type { SimulationReport, SourceRef } from '../../server/src/simulator/report';

/** The panel's tabs: the views that lenses and links can open, and the kernel's messages. */
export type View = PanelView | 'messages';

/** A report and what the panel says about where it came from. */
export interface ReportState {
  readonly state: 'report';
  /** The file the user asked about. */
  readonly uri: string;
  readonly board: string;
  /** Grows with every change of the sources. */
  readonly version: number;
  readonly milliseconds: number;
  readonly report: SimulationReport;
}

/** What the panel has to show. A report stays on screen while an edit makes a newer one. */
export type PanelState =
  | ReportState
  | { readonly state: 'loading'; readonly board: string | null }
  | { readonly state: 'empty' }
  | { readonly state: 'cancelled' }
  | { readonly state: 'error'; readonly message: string };

/** What the panel shows: a tab and, if any, the device it points at. */
export interface Focus {
  readonly view: View;
  readonly device: string | null;
}

export type ToPanel =
  | { readonly type: 'state'; readonly state: PanelState }
  | { readonly type: 'focus'; readonly focus: Focus };

export type FromPanel =
  | { readonly type: 'ready' }
  | {
      readonly type: 'open';
      readonly device: string;
      readonly property: string | null;
      readonly source: SourceRef | null;
    }
  | { readonly type: 'run' }
  | { readonly type: 'focus'; readonly focus: Focus };
