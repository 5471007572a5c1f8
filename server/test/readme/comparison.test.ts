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
  readonly tests: readonly { readonly file: string; readonly name: string }[];
}

const rows: Row[] = section
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| |') && !line.startsWith('| **'))
  .map((line) => {
    const [, what = '', , ours = '', shown = ''] = line.split('|').map((cell) => cell.trim());
    const tests = shown
      .split('; `')
      .filter((text) => text !== '')
      .map((text) => {
        const [file = '', name = ''] = text.replace(/^`/, '').split('` ');
        return { file, name };
      });
    return { what, ours, tests };
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

  test.each(rows.map((row) => [row.what, row] as const))('%s', (_, { ours, tests }) => {
    if (ours === 'no') return expect(tests).toEqual([]);
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
