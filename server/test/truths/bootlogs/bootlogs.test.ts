/**
 * The recordings' own boot logs (their lines about groups, deferrals and faults, packed): each such line is read, and the
 * boot on paper agrees with what the log says.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compareBoots } from '../../../src/bootlog/explain/compare';
import { readLog } from '../../../src/bootlog/read';
import { iommuView } from '../../../src/iommu/view';
import { chooseKernel } from '../../../src/simulator/kernel/choice';
import { buildReport } from '../../../src/simulator/reporting/build';
import { simulateRecording } from '../recordings/compare';
import { readBundles } from '../recordings/load';

const logs = JSON.parse(
  brotliDecompressSync(readFileSync(join(__dirname, 'fixtures/bootlogs.json.br'))).toString('utf8'),
) as Readonly<Record<string, string>>;

/** What the text itself says, by its plainest marks: independent of the tables that are tested. */
function countOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

describe('the boot logs of the recordings', () => {
  it('are read line by line: every group, deferral and fault', () => {
    const missed: string[] = [];
    let faults = 0;
    let groups = 0;
    for (const [name, text] of Object.entries(logs)) {
      const { facts } = readLog(text);
      const sum = (type: string): number => facts.filter((f) => f.type === type).reduce((n, f) => n + f.count, 0);
      const fault = countOf(
        text,
        /Unhandled context fault|event 0x\w+ received:|Blocked unknown Stream|Unexpected global fault|tegra-mc \S+ \S+ (?:secure )?(?:read|write) @|fault from EP|FAULT occurred|Page fault at|fault type=/g,
      );
      const group = countOf(
        text,
        /(?:Adding to|Removing from) iommu group|(?:Adding|Removing) device \S+ (?:to|from) group/g,
      );
      const pending = countOf(text, /deferred probe pending|ignoring dependency/g);
      if (sum('fault') !== fault) missed.push(`${name}: ${sum('fault')} of ${fault} faults`);
      if (sum('group') !== group) missed.push(`${name}: ${sum('group')} of ${group} groups`);
      const deferrals = facts
        .filter((f) => f.type === 'deferral' && (f.form === 'pending' || f.form === 'timeout'))
        .reduce((n, f) => n + f.count, 0);
      if (deferrals !== pending) missed.push(`${name}: ${deferrals} of ${pending} deferrals`);
      missed.push(...facts.filter((f) => f.type === 'unread').map((f) => `${name}: not understood: ${f.text}`));
      faults += fault;
      groups += group;
    }
    expect(missed).toEqual([]);
    expect([faults > 100, groups > 800]).toEqual([true, true]);
  });

  it('agree with the boot on paper', { timeout: 300_000 }, () => {
    const differ: string[] = [];
    let compared = 0;
    for (const recording of readBundles(join(__dirname, '../recordings/fixtures'))) {
      const text = logs[`${recording.set}/${recording.file.name}`];
      if (text === undefined) continue;
      const { tree, outcome, client } = simulateRecording(recording);
      const report = buildReport(outcome, client, {
        board: recording.file.name,
        chosen: chooseKernel({ log: recording.file.kernel }),
        cmdline: '',
        strategy: 'S6',
        strategies: [],
        moduleFor: () => null,
        symbolFor: () => null,
      });
      const view = iommuView(tree);
      const found = compareBoots(readLog(text), { view, report, drivers: () => [], supplies: () => [] });
      if (found === null) continue;
      compared++;
      if (!found.agrees)
        differ.push(
          `${recording.set}/${recording.file.name}: ${found.devices
            .filter((d) => !['same', 'left', 'unknown-device'].includes(d.verdict))
            .map((d) => `${d.device} ${d.verdict} ${d.text}`)
            .join('; ')} ${found.sameOrder ? '' : 'order'} ${JSON.stringify(found.deferred)}`,
        );
    }
    expect(differ).toEqual([]);
    expect(compared).toBeGreaterThan(300);
  });
});
