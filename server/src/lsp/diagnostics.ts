/** Findings to the client: per board, debounced, only what changed. */
import {
  type CancellationToken,
  type Connection,
  type Diagnostic,
  DiagnosticSeverity,
  DiagnosticTag,
  type DocumentDiagnosticParams,
  type DocumentDiagnosticReport,
} from 'vscode-languageserver/node';
import { INACTIVE, inactiveText } from '../language/annotations';
import { contextOf, contextWith } from '../language/board-context';
import {
  type Diagnosis,
  diagnose,
  findingsElsewhere,
  holdsAlone,
  type Severity,
  type SeveritySettings,
} from '../language/rules';
import { PerObject } from '../source/per-object';
import type { BoardSnapshot } from '../workspace/board';
import { pageAddress } from './rule-pages';
import { rangeOf, type Session } from './session';
import { tidy } from './tidy';

const SEVERITY: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
};

/** What is in the pipe when an edit arrives comes first: the next edit, the completion that was asked for with it (milliseconds). */
const DEBOUNCE = 2;
/** Findings that never come help nobody: under edits without a pause, a round is finished after this long (milliseconds). */
const PATIENCE = 400;

const found = new PerObject<
  BoardSnapshot,
  { readonly severity: SeveritySettings; readonly kernels: readonly string[]; readonly list: readonly Diagnosis[] }
>();

/** The findings of a board state under the session's settings, made once. */
export function findingsOf({ settings }: Session, snapshot: BoardSnapshot): readonly Diagnosis[] {
  const { severity, kernels } = settings;
  let known = found.get(snapshot);
  if (known?.severity !== severity || known.kernels !== kernels) {
    // a person's setting counts before what the project's file says
    const both = { ...snapshot.severity, ...severity };
    const list = diagnose(contextOf(snapshot), snapshot.problems, both, snapshot.unknown);
    known = { severity, kernels, list: [...list, ...findingsOnOthers(snapshot, list, kernels, both)] };
    found.set(snapshot, known);
  }
  return known.list;
}

/** What holds on the kernels of the setting besides the one that boots. */
function findingsOnOthers(
  snapshot: BoardSnapshot,
  active: readonly Diagnosis[],
  kernels: readonly string[],
  severity: SeveritySettings,
): readonly Diagnosis[] {
  const own = snapshot.report?.kernel;
  if (kernels.length === 0 || own === undefined) return [];
  const others = kernels.flatMap((kernel) => {
    const report = snapshot.reportOn(kernel);
    if (report === null || report.kernel === own) return [];
    const context = contextWith(snapshot, report);
    return [{ kernel: report.kernel, findings: diagnose(context, [], severity, snapshot.unknown) }];
  });
  return findingsElsewhere(active, others);
}

export class Publisher {
  private timer: NodeJS.Timeout | null = null;
  /** Counts the rounds asked for: a round under way stops for the next one. */
  private rounds = 0;
  /** When the oldest change that no finished round has seen came; null: all were seen. */
  private waitingSince: number | null = null;
  /** Client URI to the JSON last sent. */
  private readonly sent = new Map<string, string>();
  /** Called after each round for the boards looked at. */
  onPublished: (() => void) | null = null;

  /** Client URI to the JSON of what the client last asked for and got, and the number it got for that. */
  private readonly asked = new Map<string, { readonly text: string; readonly id: string }>();
  private answers = 0;
  /** Numbers of an earlier server's answers mean nothing here. */
  private readonly started = Date.now().toString(36);

  constructor(
    private readonly session: Session,
    private readonly connection: Connection,
  ) {}

  /** Something changed: publishes soon, once for a burst of edits. */
  schedule(): void {
    this.rounds += 1;
    this.waitingSince ??= performance.now();
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.round(this.rounds).catch((error: unknown) =>
        this.session.connection.console.error(error instanceof Error ? (error.stack ?? error.message) : String(error)),
      );
    }, DEBOUNCE);
  }

  /** One round in slices, so that what arrives meanwhile is answered, or makes the round needless. */
  private async round(number: number): Promise<void> {
    const needless = (): boolean =>
      number !== this.rounds && performance.now() - (this.waitingSince ?? Number.POSITIVE_INFINITY) < PATIENCE;
    if (this.session.disk !== null) {
      await this.session.settled(() => this.collect());
      if (needless()) return;
    }
    for (const uri of this.session.openUris())
      for (const part of parts) {
        const snapshot = this.session.workspace.snapshotOf(uri);
        if (snapshot === null || found.get(snapshot) !== undefined) break;
        part(snapshot);
        await turn();
        if (needless()) return;
      }
    if (number === this.rounds) this.waitingSince = null;
    this.publish();
    tidy(() => number === this.rounds);
  }

  /** The findings of every board through which an open document is seen, by the client's URI of the file. */
  private collect(): Map<string, Diagnostic[]> {
    const { session } = this;
    const perUri = new Map<string, Diagnostic[]>();
    const boards = new Map<string, BoardSnapshot>();
    for (const uri of session.openUris()) {
      perUri.set(session.theirs(uri), []);
      const board = session.workspace.boardOf(uri);
      const snapshot = session.workspace.snapshotOf(uri);
      if (snapshot === null) continue;
      if (session.general && (session.settings.severity[INACTIVE] ?? snapshot.severity[INACTIVE]) !== 'off')
        for (const found of inactiveText(snapshot, uri))
          perUri.get(session.theirs(uri))?.push(toDiagnostic(session, found));
      boards.set(board?.uri ?? `alone ${uri}`, snapshot);
    }
    for (const [key, snapshot] of boards)
      for (const diagnosis of findingsOf(this.session, snapshot)) {
        // a file that no board includes is a fragment: only its own text can be judged
        if (key.startsWith('alone ') && !holdsAlone(diagnosis.code)) continue;
        // syntax and dtc's checks are the other server's
        if (!session.general && !diagnosis.code.startsWith('smmu/')) continue;
        const uri = session.theirs(diagnosis.span?.file.uri ?? snapshot.board.uri);
        const list = perUri.get(uri);
        const entry = toDiagnostic(session, diagnosis);
        if (list === undefined) perUri.set(uri, [entry]);
        else if (
          boards.size === 1 ||
          !list.some((d) => d.code === entry.code && d.message === entry.message && same(d, entry))
        )
          list.push(entry);
      }
    return perUri;
  }

  /** Sends what changed; of open documents not, where the client asks for theirs. */
  publish(): void {
    const { session } = this;
    const perUri = this.collect();
    let stale = false;
    for (const [uri, diagnostics] of perUri) {
      if (session.client.pulls && session.version(session.own(uri)) !== null) {
        stale ||= this.asked.has(uri) && this.asked.get(uri)?.text !== JSON.stringify(diagnostics);
        continue;
      }
      this.send(uri, diagnostics);
    }
    for (const uri of this.sent.keys()) if (!perUri.has(uri)) this.send(uri, []);
    // another file, or the kernel's configuration, changed what an open document is told
    if (stale && session.client.refreshesDiagnostics) session.connection.languages.diagnostics.refresh();
    this.onPublished?.();
  }

  /** The findings of one open document, for a client that asks. */
  pulled(params: DocumentDiagnosticParams, token: CancellationToken): Promise<DocumentDiagnosticReport> {
    const { uri } = params.textDocument;
    return this.session.run(uri, token, () => {
      const items = this.collect().get(uri) ?? [];
      const text = JSON.stringify(items);
      const before = this.asked.get(uri);
      const resultId = before?.text === text ? before.id : `${this.started}.${++this.answers}`;
      this.asked.set(uri, { text, id: resultId });
      return params.previousResultId === resultId
        ? { kind: 'unchanged' as const, resultId }
        : { kind: 'full' as const, resultId, items };
    });
  }

  private send(uri: string, diagnostics: Diagnostic[]): void {
    const text = JSON.stringify(diagnostics);
    if ((this.sent.get(uri) ?? '[]') === text && this.sent.has(uri)) return;
    if (diagnostics.length === 0 && this.session.version(this.session.own(uri)) === null) this.sent.delete(uri);
    else this.sent.set(uri, text);
    const version = this.session.version(this.session.own(uri));
    void this.connection.sendDiagnostics({ uri, diagnostics, ...(version === null ? {} : { version }) });
  }
}

/** The costly parts of a board state, each kept by the state. */
const parts: readonly ((snapshot: BoardSnapshot) => unknown)[] = [(s) => s.view, (s) => s.report];

/** Lets the connection hand out what has arrived. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function same(a: Diagnostic, b: Diagnostic): boolean {
  return a.range.start.line === b.range.start.line && a.range.start.character === b.range.start.character;
}

/** One finding as the protocol has it. */
export function toDiagnostic(session: Session, d: Diagnosis): Diagnostic {
  const tags = [
    ...(d.unnecessary ? [DiagnosticTag.Unnecessary] : []),
    ...(d.deprecated ? [DiagnosticTag.Deprecated] : []),
  ];
  const zero = { line: 0, character: 0 };
  const page = d.docs === null ? null : pageAddress(d.docs, session.rulePages);
  return {
    range: d.span === null ? { start: zero, end: zero } : rangeOf(d.span.file, d.span.start, d.span.end),
    severity: SEVERITY[d.severity],
    source: 'smmu-scope',
    code: d.code,
    ...(page === null ? {} : { codeDescription: { href: page } }),
    message: d.message,
    ...(tags.length === 0 ? {} : { tags }),
    ...(d.related.length === 0
      ? {}
      : {
          relatedInformation: d.related.map(({ span, message }) => ({
            location: { uri: session.theirs(span.file.uri), range: rangeOf(span.file, span.start, span.end) },
            message,
          })),
        }),
  };
}
