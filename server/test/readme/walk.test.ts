/** README's walk through the examples, line by line: what it says of a board is what the board gives. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { contextOf } from '../../src/language/board-context';
import { type Diagnosis, diagnose, type Fix } from '../../src/language/rules';
import type { BoardSnapshot } from '../../src/workspace/board';
import { toUri } from '../../src/workspace/files';
import { simulateBoard } from '../../src/workspace/simulation';
import { Workspace } from '../../src/workspace/workspace';

const root = resolve(__dirname, '../../..');
const examples = join(root, 'examples');
const walk = readFileSync(join(root, 'README.md'), 'utf8').split('## A walk through the examples')[1] ?? '';

interface Step {
  readonly board: string;
  readonly text: string;
  /** The label that the step is about. */
  readonly label: string;
  readonly codes: readonly string[];
}

const steps: Step[] = (walk.split('\n## ')[0] ?? '').split('\n### ').flatMap((section) => {
  const board = /^`([^`]+\.dts)`/.exec(section)?.[1];
  if (board === undefined) return [];
  const list = section.split('\n\n').find((part) => part.startsWith('1. ')) ?? '';
  return list.split(/\n(?=\d\. )/).map((text) => ({
    board,
    text: text.replace(/\s+/g, ' '),
    label: /\*\*`&(\w+)`\*\*/.exec(text)?.[1] ?? '',
    codes: [...text.matchAll(/`(smmu\/[\w-]+)`/g)].map(([, code = '']) => code),
  }));
});
const boards = [...new Set(steps.map((step) => step.board))];

function open(board: string, change?: Readonly<Record<string, string>>): BoardSnapshot {
  const settings = { kernel: '', cmdline: '', config: '', scenario: null };
  const options = { folders: [examples], includePaths: [], defines: [], kernelTree: null };
  const workspace = new Workspace(options, simulateBoard(settings));
  for (const [uri, text] of Object.entries(change ?? {})) workspace.setOpen(uri, text);
  const snapshot = workspace.snapshot(toUri(join(examples, board)));
  if (snapshot === null) throw new Error(`${board} cannot be read`);
  return snapshot;
}

const found = (snapshot: BoardSnapshot): Diagnosis[] => diagnose(contextOf(snapshot), snapshot.problems, {});
/** What the Problems view shows: hints are drawn in the text only. */
const listed = (snapshot: BoardSnapshot): Diagnosis[] => found(snapshot).filter((d) => d.severity !== 'hint');

/** Whether a finding is about the node of a label: names it, or stands where the board writes about it. */
function concerns(snapshot: BoardSnapshot, { message, span, related }: Diagnosis, label: string): boolean {
  const node = snapshot.tree.labels.get(label);
  if (node === undefined) return false;
  const inside = [span, ...related.map((r) => r.span)].some((place) =>
    node.definitions.some((d) => place?.file === d.span.file && d.span.start <= place.start && place.end <= d.span.end),
  );
  return inside || message.includes(`&${label}`) || message.includes(node.path);
}

/** A file's text with the edits of a fix. */
function fixed(fix: Fix): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const { span, text } of [...fix.edits].sort((a, b) => b.span.start - a.span.start)) {
    const before = texts[span.file.uri] ?? span.file.text;
    texts[span.file.uri] = before.slice(0, span.start) + text + before.slice(span.end);
  }
  return texts;
}

test('has its boards and steps', () => {
  expect(boards).toHaveLength(3);
  expect(steps.length).toBeGreaterThanOrEqual(12);
});

describe.each(boards)('%s', (board) => {
  const snapshot = open(board);
  const mine = steps.filter((step) => step.board === board);

  test.each(mine.map((step) => [`&${step.label}`, step] as const))(
    '%s: every code named is in the Problems view',
    (_, step) => {
      expect(step.codes.length, step.text).toBeGreaterThan(0);
      for (const code of step.codes)
        expect(
          listed(snapshot)
            .filter((d) => d.code === code)
            .some((d) => concerns(snapshot, d, step.label)),
          `${code} of &${step.label}`,
        ).toBe(true);
    },
  );

  test('nothing is in the Problems view that the walk does not name', () => {
    const named = new Set(mine.flatMap((step) => step.codes));
    expect(listed(snapshot).flatMap((d) => (named.has(d.code) ? [] : `${d.code} ${d.message}`))).toEqual([]);
    expect(listed(snapshot)).toHaveLength(mine.flatMap((step) => step.codes).length);
  });

  test.each(mine.filter((step) => /quick fix/.test(step.text)).map((step) => [`&${step.label}`, step] as const))(
    '%s: the quick fixes repair it',
    (_, step) => {
      for (const code of step.codes) {
        const finding = listed(snapshot).find((d) => d.code === code && concerns(snapshot, d, step.label));
        const fix = finding?.fixes?.().find((f) => f.preferred);
        expect(fix, `a fix of ${code}`).toBeDefined();
        if (fix === undefined) return;
        const after = open(board, fixed(fix));
        expect(after.problems.filter((p) => p.severity === 'error')).toEqual([]);
        expect(
          listed(after)
            .filter((d) => d.code === code && concerns(after, d, step.label))
            .map((d) => d.message),
        ).toEqual([]);
      }
    },
  );

  test('what the walk quotes of errors and properties is in the report', () => {
    const report = snapshot.report;
    expect(report).not.toBeNull();
    for (const step of mine) {
      for (const [, property = ''] of step.text.matchAll(/`([\w-]+-supply|phys)`/g))
        expect(
          report?.chains.flatMap((chain) => chain.steps),
          step.text,
        ).toContain(property);
      if (!step.text.includes('-EBUSY')) continue;
      const node = snapshot.tree.labels.get(step.label);
      expect(report?.devices.find((d) => d.device === node?.path)?.error).toBe(-16);
      expect(report?.timeline.some((t) => t.device === node?.path && t.result === -16)).toBe(true);
    }
  });

  test('its comments number the mistakes as the walk does', () => {
    const { text } = snapshot.file(toUri(join(examples, board))) ?? { text: '' };
    mine.forEach((step, i) => {
      const at = text.indexOf(`// ${i + 1}: `);
      expect(at, `mistake ${i + 1} of ${board}`).toBeGreaterThan(0);
      expect(step.text.startsWith(`${i + 1}. `)).toBe(true);
    });
  });
});

test('the overlay that the walk names meets the display on the phone', () => {
  const overlay = /`(lab-m8-scanner\.dtso)`[\s\S]*?`(smmu\/[\w-]+)`/.exec(walk);
  const path = join('mmu500', overlay?.[1] ?? '');
  expect(existsSync(join(examples, path))).toBe(true);
  const snapshot = open(path);
  expect(snapshot.board.name).toBe('lab-m8-scanner on lab-m8-phone');
  expect(listed(snapshot).some((d) => d.code === overlay?.[2] && concerns(snapshot, d, 'display'))).toBe(true);
});
