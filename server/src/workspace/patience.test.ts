/** V8 tells its reader of a flag that it does not know on standard error: none may be given to one that has it not. */
import { expect, test } from 'vitest';
import { inliningFlags, patienceFlag } from './patience';

test.each([
  ['11.3.244.8-node.33', '--interrupt-budget=7'],
  ['12.4.254.21-node.33', null],
  ['13.6.233.17-node.53', null],
])('V8 %s', (version, flag) => {
  expect(patienceFlag(7, version)).toBe(flag);
  expect(inliningFlags(version) === null).toBe(flag === null);
});
