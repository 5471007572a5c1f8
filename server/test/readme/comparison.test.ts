/** The comparison in README: whatever it says we do, the test it names does exist, and runs. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = resolve(__dirname, '../../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const section = readme.split('## Beside the nearest language server')[1]?.split('\n## ')[0] ?? '';

interface Row {
  readonly what: string;
  readonly ours: string;
  /** The group of rows that it stands in. */
  readonly part: string;
  readonly tests: readonly { readonly file: string; readonly name: string }[];
}

const lines = section.split('\n');
const rows: Row[] = lines
  .map((line, i): readonly [string, string] => {
    const above =
      lines
        .slice(0, i)
        .reverse()
        .find((each) => each.startsWith('| **')) ?? '';
    return [line, /\*\*(.*?)\*\*/.exec(above)?.[1] ?? ''];
  })
  .filter(([line]) => line.startsWith('| ') && !line.startsWith('| |') && !line.startsWith('| **'))
  .map(([line, part]) => {
    const [, what = '', , ours = '', shown = ''] = line.split('|').map((cell) => cell.trim());
    const tests = shown
      .split('; `')
      .filter((text) => text !== '')
      .map((text) => {
        const [file = '', name = ''] = text.replace(/^`/, '').split('` ');
        return { file, name };
      });
    return { what, ours, part, tests };
  });

/** The source of a test file named in short, where vitest looks for it. */
function source(file: string): { path: string; text: string } | null {
  for (const folder of ['server/src', 'server/test', 'client', 'webview']) {
    const path = join(root, folder, `${file}.test.ts`);
    if (existsSync(path)) return { path, text: readFileSync(path, 'utf8') };
  }
  return null;
}

/** Whether a name stands in the test file as a string, or is one of the files that it takes its cases from. */
function names({ path, text }: { path: string; text: string }, name: string): boolean {
  if (["'", '"', '`'].some((quote) => text.includes(`${quote}${name}${quote}`))) return true;
  const cases = join(dirname(path), 'cases');
  return (
    existsSync(cases) && text.includes('readdirSync') && readdirSync(cases).some((f) => basename(f, '.dts') === name)
  );
}

describe('the comparison in README', () => {
  test('has its rows', () => expect(rows.length).toBeGreaterThan(30));

  test('has no "no" where users of IOMMUs work', () => {
    const parts = ['IOMMUs', 'Work'];
    expect(new Set(rows.map(({ part }) => part))).toEqual(new Set([...parts, 'Devicetree']));
    const touched = /iommu|stream|mask|specifier|supplier|group|IOVA|overlay|blob|dtb/i;
    for (const { what, ours, part } of rows)
      if (parts.includes(part) || touched.test(what)) expect(ours, what).not.toMatch(/^no/);
  });

  test.each(rows.map((row) => [row.what, row] as const))('%s', (_, { ours, tests }) => {
    if (ours.startsWith('no')) {
      expect(ours, 'why not').toMatch(/^no: .{20,}/);
      return expect(tests).toEqual([]);
    }
    expect(tests.length, 'a claim without a test').toBeGreaterThan(0);
    for (const { file, name } of tests) {
      const found = source(file);
      expect(found, `${file}.test.ts`).not.toBeNull();
      if (found === null) return;
      expect(names(found, name), `"${name}" in ${file}.test.ts`).toBe(true);
      // nothing in that file is left out of the run
      expect(found.text).not.toMatch(/\b(describe|test|it)\.(skip|todo|only|fails)\b|\bx(it|test|describe)\(/);
    }
  });
});
