/**
 * A hasty person in front of the language server: random edits, random requests at random places. No request may fail,
 * and what the server publishes in the end is what a fresh look at the same text finds.
 * SESSION_RUNS sets the number of edits a board (40), FUZZ_SEED the seed; with SMMU_SCOPE_LINUX a real board joins in.
 */
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LSPErrorCodes, type ProtocolConnection, type Range, ResponseError } from 'vscode-languageserver/node';
import { contextOf } from '../../src/language/board-context';
import { diagnose } from '../../src/language/rules/findings';
import { positionAt, sourceFile } from '../../src/source/file';
import { toUri } from '../../src/workspace/files';
import { simulateBoard } from '../../src/workspace/simulation';
import { Workspace } from '../../src/workspace/workspace';
import { type Editor, openEditor } from '../helpers/editor';
import { mutate } from './mutate';

const EDITS = Number(process.env.SESSION_RUNS ?? 40);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
/** Overtaken by a change, or refused in words (nothing to rename here); every other error is a failure. */
const ANSWERS: ReadonlySet<number> = new Set([
  LSPErrorCodes.ContentModified,
  LSPErrorCodes.RequestCancelled,
  LSPErrorCodes.RequestFailed,
]);

/** A small generator of numbers in [0, 1): the same seed, the same session (mulberry32's mixing). */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** What an editor may ask at a place, and what only about a document. */
const AT = [
  'hover',
  'completion',
  'signatureHelp',
  'definition',
  'declaration',
  'typeDefinition',
  'references',
  'documentHighlight',
  'prepareRename',
  'prepareCallHierarchy',
  'rename',
  'selectionRange',
] as const;
const ABOUT = [
  'codeLens',
  'documentSymbol',
  'foldingRange',
  'documentLink',
  'semanticTokens/full',
  'inlayHint',
  'codeAction',
  'rangeFormatting',
] as const;

let editor: Editor;
let client: ProtocolConnection;

beforeAll(async () => {
  editor = await openEditor({});
  client = editor.client;
  cpSync(resolve('examples'), join(editor.root, 'examples'), { recursive: true });
});
afterAll(() => editor.close());

/** The one range that differs between two texts, as an editor reports an edit. */
function change(before: string, after: string): { range: Range; text: string } {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  )
    end++;
  // an editor knows nothing of lines that a backslash joins
  const file = sourceFile('x:', before).asWritten;
  return {
    range: { start: positionAt(file, start), end: positionAt(file, before.length - end) },
    text: after.slice(start, after.length - end),
  };
}

/** Findings in a form that compares: place, code, text. */
function sorted(list: readonly { line: number; character: number; code: unknown; message: string }[]): string[] {
  return list.map((d) => `${d.line}:${d.character} ${String(d.code)} ${d.message}`).sort();
}

/** What a server that was started just now would say about a text. */
function fresh(path: string, text: string): string[] {
  const workspace = new Workspace(
    { folders: [editor.root], includePaths: [], defines: [], kernelTree: null },
    simulateBoard({ kernel: '', cmdline: '', config: '', scenario: null }),
  );
  workspace.setOpen(toUri(path), text);
  const snapshot = workspace.snapshot(toUri(path));
  if (snapshot === null) throw new Error(`no snapshot of ${path}`);
  return sorted(
    diagnose(contextOf(snapshot), snapshot.problems, {})
      .filter((d) => (d.span?.file.uri ?? snapshot.board.uri) === toUri(path))
      .map((d) => ({
        ...(d.span === null ? { line: 0, character: 0 } : positionAt(d.span.file, d.span.start)),
        code: d.code,
        message: d.message,
      })),
  );
}

const linux = process.env.SMMU_SCOPE_LINUX;
const boards = [
  ...readdirSync(resolve('examples'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.dts'))
    .map((name): [string, () => string] => [name, () => join(editor.root, 'examples', name)]),
  ...(linux === undefined
    ? []
    : [['sdm845-mtp', () => join(linux, 'arch/arm64/boot/dts/qcom/sdm845-mtp.dts')] as [string, () => string]]),
];

describe('a session of hasty edits', () => {
  test.each(boards)(
    '%s',
    async (name, pathOf) => {
      const path = pathOf();
      const uri = toUri(path);
      const random = numbers(SEED + name.length);
      const int = (below: number): number => Math.floor(random() * below);
      const failures: string[] = [];
      const original = readFileSync(path, 'utf8');
      let text = original;
      let version = 1;
      await client.sendNotification('textDocument/didOpen', {
        textDocument: { uri, languageId: 'dts', version, text },
      });
      const ask = async (method: string, params: object): Promise<unknown> => {
        try {
          return await client.sendRequest(`textDocument/${method}`, { textDocument: { uri }, ...params });
        } catch (error) {
          if (!(error instanceof ResponseError) || !ANSWERS.has(error.code) || /\n\s+at /.test(error.message))
            failures.push(
              `${method} ${JSON.stringify(params)}: ${error instanceof ResponseError ? error.code : ''} ${error instanceof Error ? error.message : error}`,
            );
          return null;
        }
      };
      const somewhere = (): { line: number; character: number } =>
        positionAt(sourceFile('x:', text).asWritten, int(text.length + 1));
      const whole = { start: { line: 0, character: 0 }, end: { line: 100_000, character: 0 } };
      for (let i = 0; i < EDITS; i++) {
        const edits = 1 + int(3);
        // every now and then the person undoes it all
        const next = i % 10 === 9 ? original : mutate(text, [{ at: random(), kind: int(8), argument: int(1000) }]);
        version += 1;
        const contentChanges = int(4) === 0 ? [{ text: next }] : [change(text, next)];
        text = next;
        await client.sendNotification('textDocument/didChange', { textDocument: { uri, version }, contentChanges });
        const asked: Promise<unknown>[] = [];
        for (let k = 0; k < edits; k++) {
          const position = somewhere();
          const method = AT[int(AT.length)] as string;
          const more = method === 'references' ? { context: { includeDeclaration: true } } : {};
          const name = method === 'rename' ? { newName: 'renamed' } : {};
          const where = method === 'selectionRange' ? { positions: [position] } : { position };
          if (method === 'rename' && (await ask('prepareRename', { position })) === null) continue;
          asked.push(ask(method, { ...where, ...more, ...name }));
        }
        const about = ABOUT[int(ABOUT.length)] as string;
        const options = about === 'rangeFormatting' ? { options: { tabSize: 8, insertSpaces: false } } : {};
        const context = about === 'codeAction' ? { context: { diagnostics: editor.published.get(uri) ?? [] } } : {};
        asked.push(ask(about, { range: whole, ...options, ...context }));
        // sometimes the next edit comes before the answers
        if (int(3) !== 0) await Promise.all(asked);
      }
      // one more request, and the pause after which findings are published
      await ask('hover', { position: somewhere() });
      const expected = fresh(path, text);
      const now = (): string[] =>
        sorted(
          (editor.published.get(uri) ?? []).map((d) => ({
            ...d.range.start,
            code: d.code,
            message: String(d.message),
          })),
        );
      await editor.until(() => JSON.stringify(now()) === JSON.stringify(expected));
      await client.sendNotification('textDocument/didClose', { textDocument: { uri } });
      expect(failures).toEqual([]);
      expect(now(), `after ${EDITS} edits of ${dirname(name)}`).toEqual(expected);
    },
    120_000,
  );
});
