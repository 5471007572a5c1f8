import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareAll } from './compare';
import { readBundles } from './load';

/**
 * Facts that are still predicted wrongly, by recording and kind: a list in the open that may only shrink.
 * Rewrite it with `BLESS=1 npx vitest run server/test/truths/recordings`.
 */
const openFile = join(__dirname, 'golden', 'open.json');

describe('recordings of real kernels', () => {
  it('are predicted fact for fact, but for the listed open ones', { timeout: 300_000 }, () => {
    const tally = compareAll(readBundles(join(__dirname, 'fixtures')));
    const wrong: Record<string, number> = {};
    for (const d of tally.differences) {
      const key = `${d.recording} ${d.kind}`;
      wrong[key] = (wrong[key] ?? 0) + 1;
    }
    const sorted = Object.fromEntries(Object.entries(wrong).sort(([a], [b]) => (a < b ? -1 : 1)));
    if (process.env.BLESS === '1') writeFileSync(openFile, `${JSON.stringify(sorted, null, 2)}\n`);
    const open = existsSync(openFile) ? (JSON.parse(readFileSync(openFile, 'utf8')) as Record<string, number>) : {};
    const worse = Object.entries(sorted).filter(([key, n]) => n > (open[key] ?? 0));
    expect(worse).toEqual([]);
    let total = 0;
    for (const [, count] of tally.kinds.values()) total += count;
    expect(total).toBeGreaterThan(100_000);
    // Without the times of the rows hardly any operation would count as translated.
    expect(tally.kinds.get('dma')?.[1]).toBeGreaterThan(11_000);
  });
});
