/** Each hardware model against numbers of its driver (Linux 6.12) or public specification. */
import { describe, expect, it } from 'vitest';
import { TestRig } from '../../../../test/helpers/hardware-rig';
import type { HardwareDomain } from '../../contract/hardware-domain';

const client = (n: number, extra = ''): string => `c${n}: client@${n}000 { reg = <0x${n}000 0x1000>; ${extra} };`;
const domainOf = (value: HardwareDomain | number): HardwareDomain => {
  if (typeof value === 'number') throw new Error(`no domain: ${value}`);
  return value;
};

describe('Tegra SMMU (tegra-smmu.c, tegra210.c, tegra30.c; Tegra TRMs)', () => {
  const mc = (soc: string): string =>
    `mc: memory-controller@70019000 { compatible = "nvidia,${soc}-mc"; reg = <0x70019000 0x1000>; interrupts = <1>; #iommu-cells = <1>; };`;
  const owned = (n: number, swgroup: number): string => client(n, `iommus = <&mc ${swgroup}>;`);

  it('gives swgroups ASIDs from 0, doubles IDs, and keeps the ASID when it lets go', () => {
    const rig = new TestRig(`${mc('tegra210')}${owned(1, 22)}${owned(2, 6)}`);
    const smmu = rig.instance('mc');
    expect(smmu.report().registers).toMatchObject({
      CONFIG: '0x1',
      TLB_CONFIG: '0x30000030',
      PTC_CONFIG: '0x2800003f',
      INTMASK: '0x13d40',
    });
    expect([rig.add(smmu, 'c1', [[22]]), rig.add(smmu, 'c2', [[6]])]).toEqual([0, 1]);
    const domain = domainOf(rig.attach(smmu, 'c1'));
    domainOf(rig.attach(smmu, 'c2'));
    const rows = (): unknown[] => smmu.report().streamTable.map((row) => [row.name, row.value]);
    expect(rows()).toEqual([
      ['hc', '0x80000001'],
      ['vic', '0x80000000'],
    ]);
    expect(smmu.report().contextBanks[0]?.users).toBe(2);
    expect(smmu.identity?.attach(rig.device('c1'))).toBe(0);
    expect(rows()).toEqual([
      ['hc', '0x80000001'],
      ['vic', '0x0'],
    ]);
    expect(() => domain.map(0n, 0x80000000n, 0x1000n, 3)).toThrow('NULL pointer');
  });

  it('groups by first swgroup, or by the SoC list', () => {
    const rig = new TestRig(`${mc('tegra124')}${owned(1, 1)}${owned(2, 2)}${owned(3, 24)}${owned(4, 6)}`);
    const smmu = rig.instance('mc');
    const swgroups = [1, 2, 24, 6];
    expect(swgroups.map((id, index) => rig.add(smmu, `c${index + 1}`, [[id]]))).toEqual([0, 0, 0, 1]);
  });

  it('has 4 ASIDs on Tegra30; a fifth space is -ENOSPC', () => {
    const swgroups = [1, 3, 5, 6, 7];
    const rig = new TestRig(`${mc('tegra30')}${swgroups.map((id, i) => owned(i + 1, id)).join('')}`, { arch: 'arm' });
    const smmu = rig.instance('mc');
    swgroups.forEach((id, index) => {
      rig.add(smmu, `c${index + 1}`, [[id]]);
    });
    const results = swgroups.map((_, index) => typeof rig.attach(smmu, `c${index + 1}`));
    expect(results).toEqual(['object', 'object', 'object', 'object', 'number']);
  });

  it('prints what the memory controller prints', () => {
    const rig = new TestRig(`${mc('tegra210')}${owned(1, 22)}`);
    const smmu = rig.instance('mc');
    rig.add(smmu, 'c1', [[22]]);
    domainOf(rig.attach(smmu, 'c1'));
    expect(smmu.access(22, 0x80001000n, false).lines).toEqual([
      'vicsrd: read @0x0000000080001000: Page fault (SMMU translation error [--S])',
    ]);
    expect(smmu.access(22, 0x1000n, true).lines[0]).toMatch(/^vicswr: write @/);
    expect(smmu.access(6, 0x1000n, true).result).toBe('untranslated');
  });
});
