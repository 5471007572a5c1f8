/** What people read uses the vocabulary's words: no text of findings, hovers, explanations or the command line has another for them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { NOT_OUR_WORDS } from '../src/simulator/words';

const FLOORS = ['language', 'bootlog', 'cli', 'scenario'].map((floor) => resolve('server/src', floor));

/** String and template literals of a source: what may be shown. */
const literals = (text: string): string[] =>
  text
    .replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|^import .*$/gm, '')
    .match(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g) ?? [];

const sources = FLOORS.flatMap((floor) =>
  readdirSync(floor, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => join(floor, name)),
);

test('there are texts to look at', () => {
  expect(sources.flatMap((path) => literals(readFileSync(path, 'utf8'))).length).toBeGreaterThan(1000);
});

test.each(NOT_OUR_WORDS.map((word) => [word.instead.source, word] as const))(
  'nobody says %s',
  (_, { instead, say }) => {
    expect(say).not.toMatch(instead);
    const found = sources.flatMap((path) =>
      literals(readFileSync(path, 'utf8'))
        .filter((text) => text.includes(' ') && instead.test(text))
        .map((text) => `${path}: ${text.slice(0, 100)} (say "${say}")`),
    );
    expect(found).toEqual([]);
  },
);
