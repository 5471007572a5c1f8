/** V8 tells its reader of a flag that it does not know on standard error: none may be given to one that has it not. */
import { expect, test } from 'vitest';
import { inliningFlags, patienceFlag, youngFlag } from './v8-flags';

test.each([
  ['11.3.244.8-node.33', '--interrupt-budget=7', true],
  ['12.4.254.21-node.33', null, true],
  ['13.6.233.17-node.53', null, true],
  ['14.1.146.11-node.14', null, false],
])('V8 %s', (version, patience, young) => {
  expect(patienceFlag(7, version)).toBe(patience);
  expect(inliningFlags(version) === null).toBe(patience === null);
  expect(youngFlag(version) !== null).toBe(young);
});
