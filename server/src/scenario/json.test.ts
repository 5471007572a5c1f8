/** A broken document is told in words, at its place. */
import { expect, test } from 'vitest';
import { JsonDocument } from './json';

test.each([
  ['{ "a": nope }', 'this is no value', 1, 8],
  ['', 'a value is expected', 1, 1],
  ['{\n  "a":\n}', 'a value is expected', 3, 1],
  ['{\n  "a" 1\n}', 'a : is expected', 2, 7],
  ['{ "a": 1 "b": 2 }', 'a comma is expected', 1, 10],
  ['{ "a": 1', 'a } is missing', 1, 9],
  ['[1, 2', 'a ] is missing', 1, 6],
  ['{ a: 1 }', 'this is no value', 1, 3],
  ['{ 1: 1 }', 'a name in "…" is expected', 1, 3],
  ['{ "a": "b }', 'this string has no end', 1, 8],
  ['{} {}', 'the document ends before this', 1, 4],
  ['{ "a": "\\x" }', 'no such escape', 1, 8],
  ['{ "a": "\\u12" }', 'four hexadecimal digits', 1, 8],
  ['{ "a": 1. }', 'number', 1, 8],
  ['{ /* "a": 1 }', 'comment has no end', 1, 3],
])('%j: %s', (text, says, line, column) => {
  const [problem, ...more] = new JsonDocument(text).problems;
  expect(more).toEqual([]);
  expect(problem).toMatchObject({ severity: 'error', line, column });
  expect(problem?.message).toContain(`the JSON is broken: `);
  expect(problem?.message).toContain(says);
});
