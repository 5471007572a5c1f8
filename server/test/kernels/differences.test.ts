/**
 * Every change of every flag between two kernel models is shown to change a boot: the board and what differs, in the
 * older model, in the newer one, and in one of them with this flag alone taken from the other. A flag whose change no
 * row shows fails the last test. What the values should be follows from the sources named in rules.ts.
 */
import { describe, expect, it } from 'vitest';
import type { KernelFlags } from '../../src/simulator/kernel/model';
import { KERNEL_RULES, kernelModel } from '../../src/simulator/kernel/rules';
import { KERNEL_VERSIONS, type KernelVersion } from '../../src/simulator/kernel/versions';
import { rig } from '../helpers/rig';
import { gic } from './boards';
import type { Row } from './row';
import { ATTACH } from './rows/attach';
import { DEFERRAL } from './rows/deferral';
import { DMA } from './rows/dma';
import { DRIVERS } from './rows/drivers';
import { GROUPS } from './rows/groups';
import { LINKS } from './rows/links';
import { VENDOR_SMMUS } from './rows/vendor-smmus';

const ROWS: readonly Row[] = [...ATTACH, ...DEFERRAL, ...LINKS, ...GROUPS, ...DMA, ...DRIVERS, ...VENDOR_SMMUS];

function seen(row: Row, version: KernelVersion, flags: Partial<KernelFlags> = {}): unknown {
  const result = rig(`${gic}${row.soc}`, { ...row.options, kernel: version, flags });
  return row.see(result.report, result);
}

const flagOf = (row: Row, version: KernelVersion): Partial<KernelFlags> => ({
  [row.flag]: kernelModel(version)[row.flag],
});

describe.each(ROWS.map((row) => [`${row.flag}, ${row.from} and ${row.to}`, row] as const))('%s', (_, row) => {
  const [from, to, alone] = row.expect;
  it('changes the boot', () => {
    expect([seen(row, row.from), seen(row, row.to)]).toEqual([from, to]);
  });
  it('does so alone', () => {
    const [base, other] = row.inFrom === true ? [row.from, row.to] : [row.to, row.from];
    expect(alone).not.toEqual(row.inFrom === true ? from : to);
    expect(seen(row, base, flagOf(row, other))).toEqual(alone);
  });
});

it('every change of every flag has its row', () => {
  const missing: string[] = [];
  for (const flag of Object.keys(KERNEL_RULES) as (keyof KernelFlags)[])
    KERNEL_VERSIONS.forEach((version, at) => {
      if (at === 0 || !Object.hasOwn(KERNEL_RULES[flag].since, version)) return;
      const before = KERNEL_VERSIONS.slice(0, at);
      const after = KERNEL_VERSIONS.slice(at);
      const shown = ROWS.some((row) => row.flag === flag && before.includes(row.from) && after.includes(row.to));
      if (!shown) missing.push(`${flag} ${version}`);
    });
  expect(missing).toEqual([]);
});
