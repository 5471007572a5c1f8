/** A folder that is not trusted: its files are read, and no other, whatever they name. */
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Editor, type EditorOptions, openEditor } from '../../test/helpers/editor';

const BOARD = '/dts-v1/;\n';
let outside: string;

beforeAll(() => {
  outside = realpathSync(mkdtempSync(join(tmpdir(), 'smmu-scope-outside-')));
  writeFileSync(join(outside, 'secret.dtsi'), '/ { secret = "root:x:0"; };\n');
});
afterAll(() => rmSync(outside, { recursive: true, force: true }));

/** The findings of a board in a folder of its own; `prepare` may change the folder before the board is opened. */
async function findings(
  text: (up: string) => string,
  options: EditorOptions,
  files: Readonly<Record<string, string>> = {},
  prepare: (root: string) => void = () => undefined,
): Promise<string[]> {
  const editor: Editor = await openEditor({ ...files, 'board.dts': '' }, options);
  try {
    prepare(editor.root);
    await editor.open('board.dts', BOARD + text(relative(editor.root, outside)));
    await editor.until(() => editor.published.has(editor.uri('board.dts')));
    return (editor.published.get(editor.uri('board.dts')) ?? []).map(
      ({ code, range: { start } }) => `${start.line + 1}:${start.character + 1} ${code}`,
    );
  } finally {
    editor.close();
  }
}

const fenced: EditorOptions = { access: 'fenced' };

describe('refused, at its place', () => {
  test.each<readonly [string, (up: string) => string, string]>([
    ['a relative include', (up) => `#include "${up}/secret.dtsi"\n`, '2:10 cpp/include-refused'],
    ['an absolute include', () => `#include "${outside}/secret.dtsi"\n`, '2:10 cpp/include-refused'],
    ["dtc's own include", (up) => `/include/ "${up}/secret.dtsi"\n`, '2:11 dts/include-refused'],
    ['bytes', (up) => `/ { x = /incbin/("${up}/secret.dtsi"); };\n`, '2:18 dts/incbin-refused'],
  ])('%s', async (_, text, finding) => {
    expect(await findings(text, fenced)).toEqual([finding]);
    expect(await findings(text, {})).toEqual([]);
  });

  test('the message says what, and why', async () => {
    const editor = await openEditor({ 'board.dts': '' }, fenced);
    await editor.open('board.dts', `${BOARD}#include "${outside}/secret.dtsi"\n`);
    await editor.until(() => editor.published.has(editor.uri('board.dts')));
    const [finding] = editor.published.get(editor.uri('board.dts')) ?? [];
    expect(finding?.message).toContain(`${outside}/secret.dtsi lies outside of the folder that is open`);
    expect(finding?.message).toContain('not trusted');
    editor.close();
  });

  test('a link inside that leads out', async () => {
    const link = (root: string): void => symlinkSync(join(outside, 'secret.dtsi'), join(root, 'link.dtsi'));
    expect(await findings(() => '#include "link.dtsi"\n', fenced, {}, link)).toEqual(['2:10 cpp/include-refused']);
    expect(await findings(() => '#include "link.dtsi"\n', {}, {}, link)).toEqual([]);
  });

  test("include folders of the folder's own smmu-scope.json", async () => {
    const files = { 'smmu-scope.json': JSON.stringify({ includes: [outside] }) };
    const text = () => '#include <secret.dtsi>\n';
    expect(await findings(text, fenced, files)).toEqual(['2:10 cpp/include-refused']);
    expect(await findings(text, {}, files)).toEqual([]);
  });

  test('a scenario and a .config that lie outside are not read: none of their text is shown', async () => {
    writeFileSync(join(outside, '.config'), 'root:x:0:0\n');
    const files = { 'smmu-scope.json': JSON.stringify({ config: join(outside, '.config') }) };
    const shown = async (options: EditorOptions): Promise<boolean> => {
      const editor = await openEditor({ ...files, 'board.dts': '' }, options);
      await editor.open('board.dts', `${BOARD}/ { };\n`);
      await editor.until(() => editor.published.has(editor.uri('board.dts')));
      const all = [...editor.published.values()].flat();
      editor.close();
      return JSON.stringify(all).includes('root:x');
    };
    expect(await shown({})).toBe(true);
    expect(await shown(fenced)).toBe(false);
  });
});

describe('read', () => {
  test('what lies in the folder', async () => {
    const files = { 'include/soc.dtsi': '/ { a; };\n' };
    expect(await findings(() => '#include "include/soc.dtsi"\n', fenced, files)).toEqual([]);
  });

  test("include folders of the person's settings", async () => {
    const options: EditorOptions = { ...fenced, initializationOptions: { includePaths: [outside] } };
    expect(await findings(() => '#include <secret.dtsi>\n', options)).toEqual([]);
  });

  test('what is nowhere is not found, as ever', async () => {
    expect(await findings(() => '#include "nothing.dtsi"\n', fenced)).toEqual(['2:10 cpp/include-not-found']);
  });
});
