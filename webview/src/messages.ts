/**
 * What the panel and the extension say to each other: one schema, which both sides hold every message against. What does not
 * fit is dropped and said in the log; nothing of it is used. The rows of a report are made by the engine, whose own tests
 * hold them to `report.schema.json`: here only the shape of the whole is looked at, so that 10,000 regions cost nothing.
 */
import * as v from 'valibot';
import type { LogResult } from '../../server/src/bootlog/explain/result';
import type { ReviewReport } from '../../server/src/review/report';
import type { SimulationReport, SourceRef } from '../../server/src/simulator/report';

/** The panel's tabs, in the order in which they stand. Their rows: views/registry.ts. */
export const viewIds = [
  'devices',
  'iova',
  'chains',
  'timeline',
  'groups',
  'streams',
  'translate',
  'power',
  'strategies',
  'messages',
  'log',
  'compare',
  'setup',
] as const;

export type View = (typeof viewIds)[number];

const text = v.string();
const maybeText = v.nullable(v.string());
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const rows = v.array(v.unknown());
const report = v.custom<SimulationReport>((value) => v.is(reportShape, value), 'a simulation report of schema 1');
const reportShape = v.looseObject({
  schema: v.literal(1),
  board: text,
  kernel: text,
  kernelChosen: v.looseObject({ text }),
  cmdline: text,
  verified: v.array(text),
  complete: v.boolean(),
  devices: rows,
  timeline: rows,
  deferred: rows,
  chains: rows,
  links: rows,
  groups: rows,
  providers: rows,
  domains: rows,
  dma: rows,
  faults: rows,
  power: v.looseObject({ suspend: v.array(text), resume: v.array(text) }),
  strategies: rows,
  messages: rows,
});

const reportState = v.object({
  state: v.literal('report'),
  /** The file the user asked about. */
  uri: text,
  board: text,
  /** Grows with every change of the sources. */
  version: count,
  milliseconds: v.number(),
  report,
});

const state = v.variant('state', [
  reportState,
  v.object({ state: v.literal('loading'), board: maybeText }),
  v.object({ state: v.literal('empty') }),
  v.object({ state: v.literal('cancelled') }),
  v.object({ state: v.literal('error'), message: text }),
]);

/** A report and what the panel says about where it came from. */
export type ReportState = v.InferOutput<typeof reportState>;
/** What the panel has to show. A report stays on screen while an edit makes a newer one. */
export type PanelState = v.InferOutput<typeof state>;

const focus = v.object({
  view: v.picklist(viewIds),
  /** The device that the user came for. */
  device: maybeText,
  /** An IOVA to fly to (`0x…`), and the group whose map is meant; absent: none. */
  address: v.optional(text),
  group: v.optional(v.nullable(count)),
});

/** What the panel shows: a tab and, if any, the device or the address it points at. */
export type Focus = v.InferOutput<typeof focus>;

/** Where a boot log came from. */
const logSource = v.union([v.object({ text }), v.object({ path: text })]);

/** What the webview keeps while it is hidden, moved, or the window reloads; the serializer reads all but `kept`. */
const saved = v.object({
  uri: v.optional(text),
  focus: v.optional(v.fallback(v.optional(focus), undefined)),
  /** The log that is shown, to be read again. */
  log: v.optional(v.fallback(v.optional(logSource), undefined)),
  /** Filters, zoom, opened parts, scroll, by the views' own keys. */
  kept: v.optional(v.fallback(v.record(text, v.unknown()), {})),
});
export type SavedState = v.InferOutput<typeof saved>;

const source = v.nullable(v.object({ uri: text, line: count, column: count })) satisfies v.GenericSchema<
  unknown,
  SourceRef | null
>;

const link = v.looseObject({ role: text, device: text, property: maybeText });
const logShape = v.looseObject({
  kernel: v.array(text),
  entries: v.array(
    v.looseObject({
      type: text,
      line: count,
      count,
      repeats: maybeText,
      text,
      headline: text,
      details: v.array(text),
      finding: v.boolean(),
      links: v.array(link),
      address: v.nullable(v.looseObject({ iova: text, text: maybeText, device: maybeText, group: v.nullable(count) })),
      causes: v.array(v.looseObject({ text, because: text })),
    }),
  ),
  comparison: v.nullable(v.looseObject({ devices: rows, sameOrder: v.boolean(), agrees: v.boolean() })),
  found: v.boolean(),
});
/** A boot log that was read against the panel's board. */
export type BootLog = LogResult<unknown>;
export type LogSource = v.InferOutput<typeof logSource>;
const log = v.custom<BootLog>((value) => v.is(logShape, value), 'an explained log');

const reviewShape = v.looseObject({
  schema: v.literal(1),
  base: text,
  head: text,
  reached: count,
  different: count,
  left: count,
  groups: v.array(
    v.looseObject({
      boards: v.array(text),
      kernels: v.array(text),
      changes: v.array(v.looseObject({ kind: text, devices: v.array(text), text, places: rows })),
    }),
  ),
  failed: v.array(v.looseObject({ board: text, message: text })),
});
const review = v.object({
  report: v.custom<ReviewReport>((value) => v.is(reviewShape, value), 'the report of a review'),
  /** The panel's board as the report writes it; null: it lies elsewhere. */
  own: maybeText,
});
/** What changes of a repository do to its boards. */
export type Review = v.InferOutput<typeof review>;

/** A place of a review's report: the file, and the board through which it is looked at. */
const target = v.object({ board: text, file: text, line: count, column: count });

/** What a view may ask the extension; each answer is held against `answers` by the one who asked. */
const ask = v.variant('kind', [
  v.object({ kind: v.literal('copy'), text }),
  /** Reads a log against the board: its text, or a file that the user chooses. The answer comes as a message `log`. */
  v.object({ kind: v.literal('explain'), log: v.union([v.object({ text }), v.literal('file')]) }),
  v.object({ kind: v.literal('save'), name: text, content: text, encoding: v.picklist(['utf8', 'base64']) }),
  /** The report as a page of HTML, saved where the user says. */
  v.object({ kind: v.literal('save-page') }),
  /** The report of this board on another kernel. */
  v.object({ kind: v.literal('boot'), kernel: text }),
  v.object({ kind: v.literal('compare'), kernels: v.array(text) }),
  /** Reviews the changes of the board's repository; the answer comes as a message `review`. */
  v.object({ kind: v.literal('review') }),
  /** Opens a place of the review that is shown. */
  v.object({ kind: v.literal('review-place'), target }),
  v.object({
    kind: v.literal('translate'),
    by: v.union([v.object({ master: text }), v.object({ stream: text })]),
    iova: text,
    write: v.boolean(),
  }),
  v.object({ kind: v.literal('setup') }),
  v.object({ kind: v.literal('set'), setting: v.picklist(['kernel', 'cmdline', 'config']), value: text }),
  /** Opens the board's scenario beside the panel; makes one from the board first where there is none. */
  v.object({ kind: v.literal('scenario') }),
  /** Lets the user pick the board's scenario (`pick`), or goes back to the one beside it (`beside`). */
  v.object({ kind: v.literal('choose-scenario'), which: v.picklist(['pick', 'beside']) }),
  /** Lets the user pick a .config; answers its path, null: the user thought better of it. */
  v.object({ kind: v.literal('pick-config') }),
]);
export type Ask = v.InferOutput<typeof ask>;

const cell = v.union([text, v.number(), v.boolean(), v.null(), v.array(v.unknown())]);

export const answers = {
  copy: v.null(),
  explain: v.null(),
  /** Where the file was written; null: the user thought better of it. */
  save: maybeText,
  'save-page': maybeText,
  boot: report,
  compare: v.looseObject({
    kernels: v.array(text),
    stops: v.array(text),
    alike: count,
    masters: v.array(
      v.looseObject({
        device: text,
        texts: v.array(text),
        kernels: v.array(
          v.looseObject({
            kernel: text,
            status: text,
            translated: v.boolean(),
            domain: maybeText,
            boundIn: maybeText,
            groupedWith: v.array(text),
          }),
        ),
      }),
    ),
  }),
  review: v.null(),
  'review-place': v.null(),
  translate: v.looseObject({
    iova: text,
    write: v.boolean(),
    master: maybeText,
    provider: maybeText,
    stream: maybeText,
    group: v.nullable(count),
    entries: v.array(v.record(text, cell)),
    walk: v.array(
      v.looseObject({ level: v.number(), table: text, index: v.number(), descriptor: text, meaning: text, text }),
    ),
    region: v.nullable(v.looseObject({ relation: text, text })),
    result: text,
    reason: maybeText,
    phys: maybeText,
    stale: v.boolean(),
    fault: maybeText,
    messages: v.array(text),
    panics: v.nullish(text),
  }),
  setup: v.object({
    kernels: v.array(text),
    kernel: text,
    cmdline: text,
    config: text,
    scenario: text,
    scenarioExists: v.boolean(),
    scenarioChosen: v.boolean(),
  }),
  set: v.null(),
  scenario: v.null(),
  'choose-scenario': v.null(),
  'pick-config': maybeText,
} satisfies Record<Ask['kind'], v.GenericSchema>;
export type Answer<Kind extends Ask['kind']> = v.InferOutput<(typeof answers)[Kind]>;

const toPanel = v.variant('type', [
  v.object({ type: v.literal('state'), state }),
  v.object({ type: v.literal('focus'), focus }),
  /** `fresh`: the user has not seen it yet. */
  v.object({ type: v.literal('review'), review: v.nullable(review), fresh: v.boolean() }),
  /** `from`: what to keep of it over a reload; null: it is too long for that. */
  v.object({ type: v.literal('log'), log: v.nullable(log), from: v.nullable(logSource) }),
  /** The report of before the last change of the board, for a panel that was hidden then. */
  v.object({ type: v.literal('before'), report }),
  v.object({ type: v.literal('answer'), id: count, value: v.unknown() }),
  v.object({ type: v.literal('refusal'), id: count, message: text }),
]);
export type ToPanel = v.InferOutput<typeof toPanel>;

const fromPanel = v.variant('type', [
  v.object({ type: v.literal('ready') }),
  v.object({ type: v.literal('open'), device: text, property: maybeText, source }),
  v.object({ type: v.literal('run') }),
  v.object({ type: v.literal('focus'), focus }),
  v.object({ type: v.literal('ask'), id: count, ask }),
]);
export type FromPanel = v.InferOutput<typeof fromPanel>;

function reader<T>(schema: v.GenericSchema<unknown, T>, what: string): (message: unknown) => T | null {
  return (message) => {
    const result = v.safeParse(schema, message);
    if (result.success) return result.output;
    const [issue] = result.issues;
    console.warn(`SMMU Scope: ${what} dropped: ${v.getDotPath(issue) ?? ''} ${issue.message}`);
    return null;
  };
}

const readParsed = reader(toPanel, 'a message to the panel');

/**
 * A message to the panel as it travels: JSON text. On its way to a webview a message is copied from frame to frame, which costs
 * a report of 10,000 regions three times what reading its text once does.
 */
export const sealed = (message: ToPanel): string => JSON.stringify(message);

/** A message that came to the panel, or null for what is none. */
export function readToPanel(message: unknown): ToPanel | null {
  if (typeof message !== 'string') return readParsed(message);
  let parsed: unknown;
  try {
    parsed = JSON.parse(message);
  } catch {
    // no JSON: the reader says what is wrong with it
    parsed = message;
  }
  return readParsed(parsed);
}
/** A message that came from the panel, or null for what is none. */
export const readFromPanel: (message: unknown) => FromPanel | null = reader(fromPanel, 'a message from the panel');
/** What an older panel kept, or nothing of it. */
export const readSaved = (value: unknown): SavedState => (v.is(saved, value) ? v.parse(saved, value) : {});
