import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { rules } from '../language/rules/all';
import { pageOf } from '../language/rules/docs';
import { toPath } from '../workspace/files';
import { pageAddress } from './rule-pages';

test('every rule leads to a page that is there', () => {
  for (const { code } of rules)
    expect(existsSync(toPath(pageAddress(pageOf(code), null) ?? '') ?? ''), code).toBe(true);
});

test('a client says how it opens them', () =>
  expect(pageAddress(pageOf('cell-count'), 'command:x?%5B%22{code}%22%5D')).toBe('command:x?%5B%22cell-count%22%5D'));

test('no link where no page is', () => expect(pageAddress('docs/rules/none.md', null)).toBeNull());
