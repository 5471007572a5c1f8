/** A colour that a theme does not define leaves a thing invisible: those that the panel's styles use without another in reserve. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const sources = join(import.meta.dirname, '../src');
const styles = readdirSync(sources, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.css'))
  .map((name) => readFileSync(join(sources, name), 'utf8').replaceAll(/\/\*.*?\*\//gs, ''));
const used = [
  ...new Set(styles.flatMap((css) => [...css.matchAll(/var\((--vscode-[\w-]+)\)/g)].map(([, name]) => name))),
];

/** Only high contrast has it, and only rules for high contrast use it so. */
const ofHighContrast = ['--vscode-contrastBorder'];

test.each(['dark', 'light', 'hc-dark', 'hc-light'])('the theme %s defines every colour that is used', (theme) => {
  const path = join(import.meta.dirname, `browser/fixtures/theme-${theme}.json`);
  const { style } = JSON.parse(readFileSync(path, 'utf8')) as { readonly style: Readonly<Record<string, string>> };
  const expected = used.filter((name) => theme.startsWith('hc') || !ofHighContrast.includes(name ?? ''));
  expect(expected.length).toBeGreaterThan(20);
  expect(expected.filter((name) => !(style[name ?? ''] ?? '').trim())).toEqual([]);
});
