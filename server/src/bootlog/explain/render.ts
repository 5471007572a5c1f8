/** An explanation as text and as JSON. Where a node is written is the caller's to say (`file:line:column`). */
import type { DtNode } from '../../devicetree/model';
import { hex } from '../../iommu/words';
import type { KernelFacts, LogFact } from '../facts';
import { heldBootAt, MOST_BOARDS } from './boots';
import type { Cause } from './cause';
import type { Comparison } from './compare';
import type { Entry, Explanation } from './explain';
import type { FaultExplanation } from './fault';
import type { KernelChoice } from './kernel';

type PlaceOfNode = (node: DtNode) => string | null;

function nodeJson(node: DtNode, place: PlaceOfNode): { path: string; source: string | null } {
  return { path: node.path, source: place(node) };
}

function nodeText(node: DtNode, place: PlaceOfNode): string {
  const where = place(node);
  return where === null ? node.path : `${node.path} (${where})`;
}

/** What every entry says of its lines. */
const noted = (fact: LogFact): Record<string, unknown> => ({
  line: fact.line,
  lastLine: fact.lastLine,
  count: fact.count,
  text: fact.text,
  printedBy: fact.printedBy,
});

const causesJson = (causes: readonly Cause[]): Record<string, unknown> => ({
  causes: causes.map((entry) => entry.text),
  evidence: causes.map((entry) => entry.because),
});

function faultJson(found: FaultExplanation, place: PlaceOfNode): Record<string, unknown> {
  const { fact } = found;
  return {
    type: 'fault',
    ...noted(fact),
    model: fact.model,
    iommu: found.provider === null ? fact.iommu : found.provider.path,
    iommuSource: found.provider === null ? null : place(found.provider),
    stream: fact.stream === null ? null : hex(fact.stream),
    client: fact.client,
    iova: fact.iova === null ? null : hex(fact.iova),
    range: fact.range === null ? null : [hex(fact.range[0]), hex(fact.range[1])],
    suppressed: fact.suppressed,
    write: fact.write,
    kind: fact.kind,
    decoded: fact.decoded,
    foreign: found.foreign,
    masters: found.masters.map((node) => nodeJson(node, place)),
    mastersBy: found.mastersBy,
    mastersGuessed: guessOf(found),
    group: found.group,
    domain: found.domain,
    place:
      found.place === null
        ? null
        : {
            relation: found.place.relation,
            text: found.place.text,
            region: found.place.region,
            distance: found.place.distance === null ? null : hex(found.place.distance),
          },
    ...causesJson(found.causes),
  };
}

const orNull = (node: DtNode | null, place: PlaceOfNode): unknown => (node === null ? null : nodeJson(node, place));

/** One entry as JSON (docs of the fields: README, `explain`). */
export function entryJson(entry: Entry, place: PlaceOfNode): Record<string, unknown> {
  switch (entry.type) {
    case 'fault':
      return faultJson(entry.found, place);
    case 'deferral': {
      const { fact, node, supplier, property, causes } = entry.found;
      return {
        type: 'deferral',
        ...noted(fact),
        device: fact.device,
        node: orNull(node, place),
        form: fact.form,
        reason: fact.reason,
        resource: fact.resource,
        supplier: supplier === null ? fact.supplier : nodeJson(supplier, place),
        property,
        ...causesJson(causes),
      };
    }
    case 'group': {
      const { fact, node, expected, agrees } = entry;
      return {
        type: 'group',
        ...noted(fact),
        device: fact.device,
        node: orNull(node, place),
        group: fact.group,
        removed: fact.removed,
        expected,
        agrees,
      };
    }
    case 'refusal':
    case 'driver': {
      const { fact, node, causes } = entry;
      return {
        type: entry.type,
        ...noted(fact),
        device: fact.device,
        node: orNull(node, place),
        why: fact.why,
        ...(fact.type === 'driver' ? { severity: fact.severity } : {}),
        ...causesJson(causes),
      };
    }
    case 'sync-state': {
      const { fact, node, consumer, causes } = entry;
      return {
        type: 'sync-state',
        ...noted(fact),
        device: fact.device,
        node: orNull(node, place),
        consumer: consumer === null ? fact.consumer : nodeJson(consumer, place),
        ...causesJson(causes),
      };
    }
    case 'cycle': {
      const { fact, node, other } = entry;
      return {
        type: 'cycle',
        ...noted(fact),
        device: fact.device,
        node: orNull(node, place),
        other: other === null ? fact.other : nodeJson(other, place),
      };
    }
    case 'unread': {
      const { fact, node } = entry;
      return { type: 'unread', ...noted(fact), device: fact.device, node: orNull(node, place) };
    }
  }
}

function causeLines(causes: readonly Cause[]): string[] {
  return causes.flatMap((entry, index) => [
    `  ${index === 0 ? 'likely:  ' : '         '}${index + 1}. ${entry.text}`,
    `              because: ${entry.because}`,
  ]);
}

/** How often, where, and what was left out; null for a line that came once. */
export function repeatsOf(fact: LogFact): string | null {
  if (fact.count === 1)
    return fact.type === 'fault' && fact.suppressed > 0
      ? `${fact.suppressed} more were suppressed by the rate limit`
      : null;
  const range =
    fact.type === 'fault' && fact.range !== null && fact.range[0] !== fact.range[1]
      ? `, IOVAs ${hex(fact.range[0])} to ${hex(fact.range[1])}`
      : '';
  const suppressed =
    fact.type === 'fault' && fact.suppressed > 0 ? `, ${fact.suppressed} more suppressed by the rate limit` : '';
  return `${fact.count} times, lines ${fact.line} to ${fact.lastLine}${range}${suppressed}`;
}

function repeatLine(fact: LogFact): string[] {
  const text = repeatsOf(fact);
  return text === null ? [] : [`  repeats: ${text}`];
}

/** What an entry says, in parts: a headline and what stands below it. Nodes are named by their paths. */
export interface Said {
  readonly headline: string;
  readonly details: readonly string[];
}

/** Why the masters of a fault are a guess; null when the line itself leads to them. */
function guessOf({ fact, masters, mastersBy }: FaultExplanation): string | null {
  if (masters.length === 0) return null;
  if (mastersBy === 'bank')
    return `a guess: the line names no stream, and the simulation gave context bank ${fact.bank} to it; banks are numbered in the order of attaching, which can be another one on the machine`;
  if (mastersBy === 'only-iommu')
    return masters.length === 1
      ? 'the line names no stream; it is the only master of this IOMMU'
      : 'the line names no stream: any master of this IOMMU can be meant';
  return null;
}

function faultSaid(found: FaultExplanation): Said {
  const { fact } = found;
  const stream = fact.stream === null ? (fact.client ?? '') : `stream ${hex(fact.stream)}`;
  const what = fact.kind === 'other' ? 'fault' : `${fact.kind.replaceAll('-', ' ')} fault`;
  const access = fact.write === null ? '' : fact.write ? ' on a write' : ' on a read';
  const where = fact.iova === null ? '' : ` at IOVA ${hex(fact.iova)}`;
  const guessed = guessOf(found);
  const guess = guessed === null ? [] : [`master: ${guessed}`];
  return {
    headline: `${fact.model}: ${what}${access}${where}${stream === '' ? '' : `, ${stream}`}`,
    details: [...fact.decoded, ...[found.foreign].filter((text) => text !== null), ...guess],
  };
}

const FORM: Readonly<Record<string, string>> = {
  pending: 'still waits at the end',
  timeout: 'the kernel stopped waiting',
  failed: 'its probe ended with -110 and is not tried again',
  asked: 'asked to be tried again',
};

/** An entry in words; `name` says how a node is written. */
export function saidOf(entry: Entry, name: (node: DtNode) => string): Said {
  const who = (node: DtNode | null, device: string): string => (node === null ? device : name(node));
  switch (entry.type) {
    case 'fault':
      return faultSaid(entry.found);
    case 'deferral': {
      const { fact, node, supplier } = entry.found;
      const what = fact.resource === null ? '' : `, for ${fact.resource}`;
      const waits = supplier === null ? fact.supplier : name(supplier);
      return {
        headline: `deferred: ${who(node, fact.device)}: ${FORM[fact.form]}${what}`,
        details: waits === null ? [] : [`waits for: ${waits}`],
      };
    }
    case 'group': {
      const { fact, node, expected, agrees } = entry;
      const differs =
        agrees === false
          ? `, the simulation expects ${expected === null ? 'no group' : `it with others (group ${expected})`}`
          : expected !== null && expected !== fact.group
            ? `, group ${expected} in the simulation`
            : '';
      const path = node?.path ?? fact.device;
      return {
        headline: fact.removed ? `${path} left group ${fact.group}` : `${path} is in group ${fact.group}${differs}`,
        details: [],
      };
    }
    case 'refusal':
    case 'driver': {
      const its = who(entry.node, entry.fact.device);
      return { headline: `${its === '' ? '' : `${its}: `}${entry.fact.why}`, details: [] };
    }
    case 'sync-state': {
      const { fact, node, consumer } = entry;
      return {
        headline:
          fact.consumer === null
            ? `${who(node, fact.device)}: consumers of it never bound; the kernel lets it leave its boot-time state now`
            : `${who(node, fact.device)} keeps its boot-time state: its consumer ${who(consumer, fact.consumer)} has not bound`,
        details: [],
      };
    }
    case 'cycle': {
      const { fact, node, other } = entry;
      return {
        headline: `${node?.path ?? fact.device} and ${other?.path ?? fact.other} name each other as suppliers: harmless by itself, this link does not order their probes (rule smmu/relaxed-cycle)`,
        details: [],
      };
    }
    case 'unread':
      return {
        headline: `not understood: a message of ${who(entry.node, entry.fact.device || 'an IOMMU driver')} that this version does not know`,
        details: [],
      };
  }
}

/** The causes of an entry; none for those that need none. */
export function causesOf(entry: Entry): readonly Cause[] {
  if (entry.type === 'fault' || entry.type === 'deferral') return entry.found.causes;
  return 'causes' in entry ? entry.causes : [];
}

/** One entry as lines of text; the first names the line of the log. `board`: a board was given. */
export function entryText(entry: Entry, place: PlaceOfNode, board: boolean): string[] {
  const { headline, details } = saidOf(entry, (node) => nodeText(node, place));
  if (entry.type === 'group') return [`line ${entry.fact.line}: ${headline}`];
  const fact = factOf(entry);
  const lines = [`line ${fact.line}: ${fact.text}`];
  if (entry.type !== 'fault')
    return [
      ...lines,
      ...repeatLine(fact),
      `  ${headline}`,
      ...details.map((text) => `  ${text}`),
      ...causeLines(causesOf(entry)),
    ];
  const { found } = entry;
  lines.push(`  ${headline}`, ...repeatLine(fact));
  for (const text of found.fact.decoded) lines.push(`    ${text}`);
  if (found.provider !== null) lines.push(`  iommu:   ${nodeText(found.provider, place)}`);
  for (const node of found.masters) lines.push(`  master:  ${nodeText(node, place)}`);
  const guessed = guessOf(found);
  if (guessed !== null) lines.push(`           ${guessed}`);
  if (found.foreign !== null) lines.push(`  iommu:   ${found.foreign}`);
  else if (board && found.masters.length === 0)
    lines.push(
      found.fact.stream === null && found.fact.client === null
        ? '  master:  the line names no stream'
        : '  master:  none in the tree',
    );
  if (found.group !== null) lines.push(`  group:   ${found.group}, domain ${found.domain ?? 'none'}`);
  if (found.place !== null) lines.push(`  address: ${found.place.text}`);
  return [...lines, ...causeLines(found.causes)];
}

/** The line of the log that an entry is about. */
export function factOf(entry: Entry): LogFact {
  return entry.type === 'fault' || entry.type === 'deferral' ? entry.found.fact : entry.fact;
}

/** Predicted against actual as a table of text. */
export function comparisonText(comparison: Comparison): string[] {
  const rows = comparison.devices.map((entry) => [
    entry.device,
    entry.actual === null ? '-' : String(entry.actual),
    entry.predicted === null ? '-' : String(entry.predicted),
    entry.text,
  ]);
  const lines: string[] = [];
  if (rows.length > 0) {
    const head = ['device', 'log', 'predicted', ''];
    const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
    lines.push('Groups, predicted against actual');
    for (const row of [head, ...rows])
      lines.push(`  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd());
    if (!comparison.sameOrder) lines.push('  the groups were made in another order than predicted');
  }
  const { both, onlyInLog, onlyPredicted } = comparison.deferred;
  if (both.length + onlyInLog.length + onlyPredicted.length > 0) {
    lines.push('Deferred at the end, predicted against actual');
    for (const device of both) lines.push(`  ${device}  as predicted`);
    for (const device of onlyInLog) lines.push(`  ${device}  in the log only`);
    for (const device of onlyPredicted) lines.push(`  ${device}  predicted only`);
  }
  return lines;
}

/** Says which kernel the log is of, and which model it is held against. */
export function kernelText(facts: KernelFacts, choice: KernelChoice | null): string[] {
  const lines: string[] = [];
  const { version, machine, shape, cmdline } = facts;
  if (version !== null) lines.push(`kernel:  Linux ${version.text} (line ${version.line})`);
  if (machine !== null) lines.push(`machine: ${machine.text} (line ${machine.line})`);
  if (choice !== null) {
    const why =
      choice.from === 'option'
        ? 'as --kernel says'
        : choice.from === 'log'
          ? 'as the log says'
          : choice.from === 'shape'
            ? `${shape?.why ?? ''} (line ${shape?.line ?? 0})`
            : 'as the scenario or the default says: the log does not name its kernel';
    lines.push(
      `model:   ${choice.model}, ${why}${choice.cmdlineFrom === 'log' && cmdline !== null ? `; command line of line ${cmdline.line}` : ''}`,
    );
  }
  return lines;
}

/** What ran in a boot of a log with several, in one line. */
function bootLine({ boots, compared, comparison }: Explanation, index: number, board: boolean): string {
  const held = boots[index];
  if (held === undefined) return '';
  const { boot, choice } = held;
  const { version, cmdline } = boot.kernel;
  const runs =
    choice === null
      ? board
        ? `not held against the board: only ${MOST_BOARDS} different boots are`
        : null
      : `model ${choice.model}, ${choice.cmdlineFrom === 'log' && cmdline !== null ? `command line of line ${cmdline.line}` : `command line of the ${choice.cmdlineFrom}`}`;
  return [
    `boot ${index + 1} of ${boots.length}, lines ${boot.from} to ${boot.to}`,
    version === null ? 'its kernel is not named' : `Linux ${version.text}`,
    ...(runs === null ? [] : [runs]),
    ...(comparison !== null && index === compared ? ['compared with the prediction'] : []),
  ].join(', ');
}

/** Says of a log with several boots that it has them, and what ran in each that says something; nothing for one boot. */
export function bootsText(explanation: Explanation): string[] {
  const { boots, compared, comparison } = explanation;
  const at = boots[compared]?.boot;
  const more = boots.at(-1)?.boot.more ?? 0;
  if (boots.length < 2 || at === undefined) return [];
  const which = compared === boots.length - 1 ? 'the last' : `boot ${compared + 1}, the last that tells of groups`;
  return [
    `boots:   ${boots.length + more} in this log${more === 0 ? '' : `, of which the last ${more + 1}, from line ${boots.at(-1)?.boot.from ?? 0} on, are not told apart`}; ${comparison === null ? 'the kernel above is of' : 'compared:'} ${which}, lines ${at.from}-${at.to}; entries are explained with the kernel and command line of their own boot`,
  ];
}

/** Which boot an entry is of, from 0. */
export function bootOf({ boots }: Explanation, entry: Entry): number {
  return heldBootAt(boots, factOf(entry).line);
}

/** What stands above the entries of a boot; null in a log of one boot. */
export function bootHeading(explanation: Explanation, index: number, board: boolean): string | null {
  return explanation.boots.length < 2 ? null : bootLine(explanation, index, board);
}

/** The whole explanation as text. */
export function explanationText(
  explanation: Explanation,
  facts: KernelFacts,
  choice: KernelChoice | null,
  place: PlaceOfNode,
  board: boolean,
): string {
  const blocks: string[] = [];
  const head = [...kernelText(facts, choice), ...bootsText(explanation)];
  if (head.length > 0) blocks.push(head.join('\n'));
  const byBoot = new Map<number, Entry[]>();
  for (const entry of explanation.entries) {
    const index = bootOf(explanation, entry);
    const its = byBoot.get(index);
    if (its === undefined) byBoot.set(index, [entry]);
    else its.push(entry);
  }
  for (const [index, entries] of byBoot) {
    const heading = bootHeading(explanation, index, board);
    if (heading !== null) blocks.push(heading);
    const groups = entries.filter((entry) => entry.type === 'group');
    for (const entry of entries) if (entry.type !== 'group') blocks.push(entryText(entry, place, board).join('\n'));
    if (groups.length > 0) blocks.push(groups.flatMap((entry) => entryText(entry, place, board)).join('\n'));
  }
  if (explanation.comparison !== null) {
    const table = comparisonText(explanation.comparison);
    if (table.length > 0) blocks.push(table.join('\n'));
  }
  if (explanation.dropped > 0)
    blocks.push(`${explanation.dropped} lines more say something else again: only the first entries are kept`);
  if (explanation.entries.length === 0)
    blocks.push('no line of this log is about IOMMUs, DMA refusals or deferred probes');
  return `${blocks.join('\n\n')}\n`;
}
