/** Each hardware model against numbers of its driver (Linux 6.12) or public specification. */
import { describe, expect, it } from 'vitest';
import { TestRig } from '../../../../test/helpers/hardware-rig';
import type { HardwareDomain } from '../../contract/hardware-domain';

const client = (n: number, extra = ''): string => `c${n}: client@${n}000 { reg = <0x${n}000 0x1000>; ${extra} };`;
const clients = (count: number): string => Array.from({ length: count }, (_, i) => client(i + 1)).join('\n');
const domainOf = (value: HardwareDomain | number): HardwareDomain => {
  if (typeof value === 'number') throw new Error(`no domain: ${value}`);
  return value;
};

const SMMU3 = `smmu: iommu@5c000000 { compatible = "arm,smmu-v3"; reg = <0x5c000000 0x20000>; #iommu-cells = <1>; dma-coherent; };`;

describe('Arm SMMUv3 (arm-smmu-v3.c; Arm IHI 0070)', () => {
  it('gives every stream to one master, and none beyond SIDSIZE', () => {
    const rig = new TestRig(`${SMMU3}${clients(3)}`);
    const smmu = rig.instance('smmu', { sidBits: 16 });
    expect(rig.add(smmu, 'c1', [[7], [7]])).toBe(0);
    expect(rig.add(smmu, 'c2', [[7]])).toBe(-22);
    expect(rig.messages.at(-1)).toBe('2000.client: stream 7 already in tree from dev 1000.client');
    expect(rig.add(smmu, 'c3', [[0x10000]])).toBe(-34);
    expect(smmu.report().refused).toEqual([
      {
        device: rig.device('c2').ref,
        error: -22,
        why: 'stream 0x7 belongs to another master already',
        others: [rig.device('c1').ref],
      },
      {
        device: rig.device('c3').ref,
        error: -34,
        why: 'stream 0x10000 is beyond the stream table of 16 bits',
        others: [],
      },
    ]);
    expect(rig.add(smmu, 'c3', [[0xffff]])).toBe(1);
  });

  it('wants #iommu-cells = <1> and 128 KiB of registers', () => {
    expect(new TestRig(SMMU3.replace('#iommu-cells = <1>', '#iommu-cells = <2>')).probe('smmu')).toBe(-22);
    expect(new TestRig(SMMU3.replace('#iommu-cells = <1>;', '')).probe('smmu')).toBe(-22);
    expect(new TestRig(SMMU3.replace('0x20000', '0x10000')).probe('smmu')).toBe(-22);
  });

  it('records events: bad stream ID, translation, permission; an abort entry is silent', () => {
    const rig = new TestRig(`${SMMU3}${clients(1)}`);
    const smmu = rig.instance('smmu', { sidBits: 16, eventClass: false });
    expect(smmu.access(8, 0n, false).lines[1]).toBe('\t0x0000000800000002');
    rig.add(smmu, 'c1', [[8]]);
    expect(smmu.access(9, 0n, false)).toMatchObject({ result: 'aborted', lines: [] });
    const domain = domainOf(rig.attach(smmu, 'c1'));
    expect(smmu.access(8, 0x10000000n, false).lines).toEqual([
      'event 0x10 received:',
      '\t0x0000000800000010',
      '\t0x0000000800000000',
      '\t0x0000000010000000',
      '\t0x0000000000000000',
    ]);
    domain.map(0x1000n, 0x80000000n, 0x1000n, 1);
    expect(smmu.access(8, 0x1000n, true).lines[0]).toBe('event 0x13 received:');
  });

  // IDR0.STALL_MODEL 0 (stall and terminate), 1 (terminate only), 2 (stall forced); dma-can-stall; S1STALLD, CD.S.
  it.each([
    [0, 'dma-can-stall;', true, 0n, 1n],
    [0, '', false, 1n, 0n],
    [1, 'dma-can-stall;', false, 0n, 0n],
    [2, '', true, 0n, 1n],
  ])('stall model %i, %s', (model, property, stalls, disabled, stallBit) => {
    const idr0 = (1 << 27) | (model << 24) | (2 << 21) | (1 << 12) | (1 << 4) | (2 << 2) | 3;
    const rig = new TestRig(`${SMMU3}${client(1, property)}`);
    const smmu = rig.instance('smmu', { registers: { '0x0': idr0 >>> 0 } });
    rig.add(smmu, 'c1', [[8]]);
    domainOf(rig.attach(smmu, 'c1'));
    const outcome = smmu.access(8, 0x10000000n, true);
    expect(outcome.stalled).toBe(stalls ? 'aborted' : undefined);
    expect(outcome.lines[2]).toBe(`\t0x00000200${stalls ? '8' : '0'}0000000`);
    const { streamTable, contextBanks } = smmu.report();
    const words = ((streamTable[0]?.entry ?? []) as string[]).map((word) => BigInt(word));
    expect(((words[1] ?? 0n) >> 27n) & 1n).toBe(disabled);
    expect((BigInt(contextBanks[0]?.CD0 as string) >> 44n) & 1n).toBe(stallBit);
  });

  it('writes stream table entries and context descriptors (5.2, 5.4)', () => {
    const rig = new TestRig(`${SMMU3}${clients(1)}`);
    const smmu = rig.instance('smmu', {});
    rig.add(smmu, 'c1', [[8]]);
    domainOf(rig.attach(smmu, 'c1'));
    const { streamTable, contextBanks } = smmu.report();
    const words = ((streamTable[0]?.entry ?? []) as string[]).map((word) => BigInt(word));
    expect((words[0] ?? 0n) & 0xfn).toBe(0xbn);
    expect((words[1] ?? 0n) & 0xffn).toBe(0xd6n);
    const descriptor = BigInt(contextBanks[0]?.CD0 as string);
    expect([descriptor & 0x3fn, descriptor >> 48n, (descriptor >> 31n) & 1n]).toEqual([16n, 1n, 1n]);
  });
});
