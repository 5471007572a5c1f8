/** What the sub-commands print, caught for the tests of one file. */
import { afterEach, beforeEach, vi } from 'vitest';

/** Catches standard output and standard error of each test from here on; both are empty when a test begins. */
export function catchPrinted(): { out: string; err: string } {
  const printed = { out: '', err: '' };
  beforeEach(() => {
    for (const [name, stream] of [
      ['out', process.stdout],
      ['err', process.stderr],
    ] as const) {
      printed[name] = '';
      vi.spyOn(stream, 'write').mockImplementation((text) => {
        printed[name] += String(text);
        return true;
      });
    }
  });
  afterEach(() => vi.restoreAllMocks());
  return printed;
}
