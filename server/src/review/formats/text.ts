/** A review for a terminal and for Markdown. */
import { count } from '../../iommu/words';
import type { ChangeKind } from '../change';
import { type FoldedChange, ORDER } from '../fold';
import { brokenBefore, type ReviewReport } from '../report';

/** Boards and devices that are named before the rest is counted. */
const NAMED = 4;
/** Changes of one group that are told before the rest is counted; a review of a whole release has many. */
const TOLD = 40;

function some(names: readonly string[]): string {
  const shown = names.slice(0, NAMED).join(', ');
  return names.length > NAMED ? `${shown} and ${names.length - NAMED} more` : shown;
}

/** The folder that all names share, with its slash. */
function commonFolder(names: readonly string[]): string {
  // of an overlay on one of its boards the overlay's
  let shared = names[0]?.replace(/ on .*$/, '') ?? '';
  for (const name of names) while (!name.startsWith(shared)) shared = shared.slice(0, -1);
  return shared.slice(0, shared.lastIndexOf('/') + 1);
}

function boardsText(boards: readonly string[]): string {
  if (boards.length === 1) return boards[0] ?? '';
  const folder = commonFolder(boards);
  return `${count(boards.length, 'board')} in ${folder === '' ? './' : folder}: ${some(boards.map((name) => name.slice(folder.length)))}`;
}

const kernelsText = (kernels: readonly string[]): string =>
  kernels.every((kernel) => kernel === '') ? '' : ` [Linux ${kernels.join(', ')}]`;

function changeText({ devices, text }: FoldedChange): string {
  if (devices.length === 0) return text;
  return devices.length === 1
    ? `${devices[0]} ${text}`
    : `${count(devices.length, 'device')} (${some(devices)}): each ${text}`;
}

/** The sentence that says how much was found. */
export function summary(report: ReviewReport): string {
  const { changed, reached, different, left, failed, broken = [], shard, reachedInAll = 0 } = report;
  const what =
    different === 0
      ? 'behaviour equal'
      : `${different} ${different === 1 ? 'behaves or reports' : 'behave or report'} differently`;
  // two files that somebody named are no patch
  const both = different === 0 ? 'behaviour equal' : 'they behave or report differently';
  const files = count(changed, 'changed file');
  const parts = [
    changed === 0
      ? reached === 0
        ? 'no file differs'
        : both
      : reached === 0
        ? shard !== undefined && reachedInAll > 0
          ? `none of the ${count(reachedInAll, 'board')} reached by ${files} is in shard ${shard}`
          : `no board reached by ${files}`
        : `${count(reached, 'board')} reached by ${files}, ${what}`,
  ];
  if (failed.length > 0) parts.push(`${count(failed.length, 'board')} could not be compared`);
  const inputs = new Set(broken.map(({ file }) => file)).size;
  if (inputs > 0) parts.push(inputs === 1 ? 'an input is broken' : `${inputs} inputs are broken`);
  if (left > 0) parts.push(`${count(left, 'board')} not looked at (interrupted)`);
  return parts.join('; ');
}

/** Findings of one code in one file that are listed; of more than one above, so many and the number of the others. */
const ALIKE = 3;

/** The changes of a group, one a line; of findings with one code in one file only the first ones. */
function changeLines(changes: readonly FoldedChange[]): string[] {
  const alike = new Map<string, FoldedChange[]>();
  for (const change of changes) {
    const { kind, finding, text } = change;
    const key = finding === undefined ? text + kind : [kind, finding.severity, finding.code, finding.file].join('\n');
    const list = alike.get(key);
    if (list === undefined) alike.set(key, [change]);
    else list.push(change);
  }
  return [...alike.values()].flatMap((list) => {
    const [{ finding, kind } = { finding: undefined, kind: '' }] = list;
    if (finding === undefined || list.length <= ALIKE + 1) return list.map(changeText);
    const word = kind === 'new-finding' ? 'new' : kind === 'gone-finding' ? 'gone' : 'otherwise put';
    const what = `${word} ${finding.severity}s [${finding.code}] in ${finding.file}`;
    return [...list.slice(0, ALIKE).map(changeText), `and ${list.length - ALIKE} more ${what}`];
  });
}

/** Which kernels the boards booted as, when that fits on a line. */
function bootedText({ booted }: ReviewReport): string | null {
  return booted.length === 0
    ? null
    : `booted as on Linux ${booted.slice(0, NAMED).join('; ')}${booted.length > NAMED ? ' …' : ''}`;
}

function* groupLines({ groups }: ReviewReport): Iterable<{ title: string; lines: string[]; more: number }> {
  for (const { boards, kernels, changes } of groups) {
    const lines = changeLines(changes);
    yield {
      title: `${boardsText(boards)}${kernelsText(kernels)}`,
      lines: lines.slice(0, TOLD),
      more: Math.max(0, lines.length - TOLD),
    };
  }
}

/** A list that is longer than a screen is read by nobody: the kinds of change are counted instead. */
const SCREEN = 48;
/** Classes of changes that are shown a kind: at most, and where many kinds share the screen at least. */
const CLASSES = { most: 8, least: 2 };

const SEVERITIES = ['error', 'warning', 'information', 'hint'];

/** A change without the names of nodes and without numbers: what many devices have in common. */
const classOf = (text: string): string =>
  text
    .replace(/(?:arch|include)\/[^\s:]+(?::\d+)*/g, 'FILE')
    .replace(/(?<![\w/])\/[\w@,.+-]+(?:\/[\w@,.+-]+)*/g, 'NODE')
    .replace(/(?:NODE, )+(?:NODE|\d+ more)(?: and \d+ more)?/g, 'NODES')
    .replace(/(?:which waits for NODE(?:, )?)+/g, 'and so on')
    .replace(/\b(?:0x[0-9a-f]+|\d+)\b/g, 'N');

const KIND_WORDS: Readonly<Record<ChangeKind, string>> = {
  board: 'boards as a whole',
  stops: 'kernels that stop',
  'new-finding': 'new findings',
  translation: 'translation gained or lost',
  group: 'groups gained or lost',
  neighbours: 'other neighbours in the group',
  domain: 'another domain type',
  streams: 'other streams',
  dma: 'coherence, DMA windows, promised IOVAs',
  faults: 'faults',
  conflict: 'streams that meet',
  status: 'another end of the probe',
  phase: 'another phase',
  deferral: 'deferred, or no longer',
  renamed: 'other names',
  'new-device': 'new devices',
  'gone-device': 'devices that are gone',
  iovas: 'other first IOVAs',
  capacity: 'use of IOMMUs',
  'changed-finding': 'findings in other words',
  'gone-finding': 'findings that are gone',
};

/** Whether a review is too long to be told group by group. */
function isLong(report: ReviewReport): boolean {
  let lines = 0;
  for (const group of groupLines(report)) lines += group.lines.length + 2;
  return lines > SCREEN;
}

/** What a large review says, by kind of change: how often, on how many boards, and what most of them say, with an example each. */
function* overview({ groups }: ReviewReport): Iterable<{ title: string; lines: string[] }> {
  const kinds = new Map<
    ChangeKind,
    Map<string, { boards: Set<string>; changes: number; weight: number; example: string }>
  >();
  for (const { boards, changes } of groups)
    for (const change of changes) {
      let classes = kinds.get(change.kind);
      if (classes === undefined) {
        classes = new Map();
        kinds.set(change.kind, classes);
      }
      const name = classOf(change.text);
      let known = classes.get(name);
      if (known === undefined) {
        const weight = SEVERITIES.indexOf(change.finding?.severity ?? '');
        known = { boards: new Set(), changes: 0, weight, example: `${boards[0]}: ${changeText(change)}` };
        classes.set(name, known);
      }
      known.changes += Math.max(1, change.devices.length) * boards.length;
      for (const board of boards) known.boards.add(board);
    }
  const room = Math.floor(SCREEN / Math.max(1, kinds.size)) - 3;
  const most = Math.min(CLASSES.most, Math.max(CLASSES.least, room));
  for (const kind of ORDER) {
    const classes = [...(kinds.get(kind) ?? [])].sort(
      ([, a], [, b]) => a.weight - b.weight || b.boards.size - a.boards.size || b.changes - a.changes,
    );
    if (classes.length === 0) continue;
    const boards = new Set(classes.flatMap(([, found]) => [...found.boards]));
    const times = classes.reduce((sum, [, found]) => sum + found.changes, 0);
    yield {
      title: `${KIND_WORDS[kind]}: ${times} on ${count(boards.size, 'board')}`,
      lines: [
        ...classes
          .slice(0, most)
          .map(([, found]) => `${found.changes} on ${count(found.boards.size, 'board')}, as ${found.example}`),
        ...(classes.length > most ? [`and ${count(classes.length - most, 'other sort')}`] : []),
      ],
    };
  }
}

/** What is broken and was told nowhere else, one a line. */
const brokenLines = (report: ReviewReport): string[] =>
  brokenBefore(report).map(
    ({ file, line, column, severity, message }) => `${file}:${line}:${column}: ${severity}: ${message}`,
  );

/** Boards that could not be compared for the same reason, told once. */
function failedGroups({ failed }: ReviewReport): { readonly boards: string; readonly message: string }[] {
  const byMessage = new Map<string, string[]>();
  for (const { board, message } of failed) byMessage.set(message, [...(byMessage.get(message) ?? []), board]);
  return [...byMessage].map(([message, boards]) => ({ boards: boardsText(boards), message }));
}

/** The text; a review of a release is told by kinds of change unless `all` groups are asked for. */
export function reviewText(report: ReviewReport, all = false): string {
  const booted = bootedText(report);
  const lines = [`${report.base}..${report.head}: ${summary(report)}`, ...(booted === null ? [] : [booted])];
  lines.push(...brokenLines(report));
  if (!all && isLong(report)) {
    for (const { title, lines: sorts } of overview(report)) lines.push('', title, ...sorts.map((sort) => `  ${sort}`));
    lines.push('', `${report.groups.length} groups of boards that change alike: --all lists them`);
    return `${lines.join('\n')}\n`;
  }
  for (const { title, lines: changes, more } of groupLines(report)) {
    lines.push('', title, ...changes.map((change) => `  ${change}`));
    if (more > 0) lines.push(`  and ${more} more (--format json has all)`);
  }
  for (const { boards, message } of failedGroups(report)) lines.push('', `${boards}: not compared: ${message}`);
  return `${lines.join('\n')}\n`;
}

const escaped = (text: string): string => text.replace(/[\\`*_<>[\]|#]/g, '\\$&');

export function reviewMarkdown(report: ReviewReport): string {
  const lines = ['### SMMU Scope: what behaves differently', '', `${escaped(summary(report))}.`];
  const booted = bootedText(report);
  if (booted !== null) lines.push('', `_${escaped(booted)}_`);
  const broken = brokenLines(report);
  if (broken.length > 0) lines.push('', ...broken.map((line) => `- ${escaped(line)}`));
  if (isLong(report)) {
    for (const { title, lines: sorts } of overview(report))
      lines.push('', `**${escaped(title)}**`, '', ...sorts.map((sort) => `- ${escaped(sort)}`));
    return `${lines.join('\n')}\n`;
  }
  for (const { title, lines: changes, more } of groupLines(report)) {
    lines.push('', `**${escaped(title)}**`, '', ...changes.map((change) => `- ${escaped(change)}`));
    if (more > 0) lines.push(`- and ${more} more`);
  }
  for (const { boards, message } of failedGroups(report))
    lines.push('', `${escaped(boards)}: not compared: ${escaped(message)}`);
  return `${lines.join('\n')}\n`;
}
