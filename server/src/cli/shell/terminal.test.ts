import { describe, expect, test } from 'vitest';
import { severityText, terminalOf, wrap } from './terminal';

describe('a terminal', () => {
  test.each([
    ['a pipe', {}, {}, { width: null, colours: false }],
    ['a terminal', { isTTY: true, columns: 100 }, {}, { width: 100, colours: true }],
    ['NO_COLOR', { isTTY: true, columns: 100 }, { NO_COLOR: '1' }, { width: 100, colours: false }],
    ['an empty NO_COLOR', { isTTY: true, columns: 100 }, { NO_COLOR: '' }, { width: 100, colours: true }],
    ['NO_COLOR over FORCE_COLOR', {}, { NO_COLOR: '1', FORCE_COLOR: '1' }, { width: null, colours: false }],
    ['FORCE_COLOR in a pipe', {}, { FORCE_COLOR: '1' }, { width: null, colours: true }],
    ['a dumb one', { isTTY: true, columns: 80 }, { TERM: 'dumb' }, { width: 80, colours: false }],
    ['a very narrow one', { isTTY: true, columns: 20 }, {}, { width: null, colours: true }],
  ])('%s', (_, stream, env, expected) => {
    expect(terminalOf(stream, env)).toEqual(expected);
  });

  test('colours severities, or not', () => {
    expect(severityText('error', { width: null, colours: true })).toBe('\u001b[31merror\u001b[39m');
    expect(severityText('error', { width: null, colours: false })).toBe('error');
  });
});

describe('width', () => {
  const at = (width: number | null) => ({ width, colours: false });
  const long = 'a.dts:1:2: error: one two three four five six seven eight nine ten eleven twelve';

  test('lines are broken at spaces, and what follows is indented', () => {
    expect(wrap(long, at(44)).split('\n')).toEqual([
      'a.dts:1:2: error: one two three four five',
      '    six seven eight nine ten eleven twelve',
    ]);
    for (const line of wrap(`${long} ${long}`, at(50)).split('\n')) expect(line.length).toBeLessThanOrEqual(50);
  });

  test('nothing is lost, tables and words without a space stay whole, and a pipe gets lines as they are', () => {
    const words = `${long} ${'x'.repeat(90)} ${long}`;
    expect(wrap(words, at(60)).split(/\s+/)).toEqual(words.split(/\s+/));
    const table = `name${' '.repeat(30)}value   and so on and so on and so on`;
    expect(wrap(table, at(50))).toBe(table);
    expect(wrap(long, at(null))).toBe(long);
  });
});
