import { describe, expect, test } from 'vitest';
import { type DeviceBehaviour, deviceIn } from '../simulator/reporting/behaviour';
import { changesOf } from './change';
import { type CheckFinding, compareFindings, findingKey } from './finding';
import type { BoardState } from './state';

const PLAIN = deviceIn({ kernel: '6.12', complete: true, devices: {}, iommus: {} }, '/gpu');

function stateWith(device: Partial<DeviceBehaviour>): BoardState {
  const devices = { '/gpu': { ...PLAIN, ...device } };
  const behaviour = { kernel: '6.12', complete: true, devices, iommus: {} };
  return { findings: [], behaviour, conflicts: [], declared: {}, nodes: new Map(), place: () => null };
}

describe('why a device ends otherwise', () => {
  test.each<[string, Partial<DeviceBehaviour>, string]>([
    [
      'a failed probe has nothing to do with an identity domain',
      { status: 'failed', domain: 'identity', reason: 'iommus of /gpu: the group is in an identity domain.' },
      'fails to probe, before it is bound',
    ],
    [
      'a refusal has nothing to do with an IOMMU that it runs without',
      { status: 'rejected', reason: 'iommus of /gpu: the device runs without one.' },
      'is refused by its driver, before it is bound',
    ],
    [
      'a blocked group is why a probe fails',
      { status: 'failed', domain: 'blocked', reason: 'iommus of /gpu: the group is blocked.' },
      'fails to probe, before it is bound: its iommus: the group is blocked.',
    ],
    [
      'no device was made for a master',
      { status: 'no-driver', reason: 'No device is made for it because /bus is not bound.' },
      'has no driver, before it is bound: No device is made for it because /bus is not bound.',
    ],
  ])('%s', (_, device, text) => {
    const found = changesOf(stateWith({ status: 'bound' }), stateWith(device));
    expect(found.filter(({ kind }) => kind === 'status').map((change) => change.text)).toEqual([text]);
  });
});

describe('findings that say the same', () => {
  const at = (line: number, message = 'a hole'): CheckFinding => ({
    board: 'b.dts',
    ...{ file: 's.dtsi', line, column: 3, endLine: line, endColumn: 5 },
    ...{ severity: 'hint', code: 'smmu/map-hole', message, rule: null, related: [] },
  });
  // three lines are put in at line 10
  const lineNow = (_: string, line: number): number | null => (line < 10 ? line : line + 3);
  test.each<[string, readonly CheckFinding[], readonly CheckFinding[], readonly string[]]>([
    ['one more before it', [at(20)], [at(11), at(23)], ['fresh 11']],
    ['one less before it', [at(5), at(20)], [at(23)], ['gone 5']],
    ['one of two in other words', [at(5), at(20)], [at(5, 'a larger hole'), at(23)], ['changed 5']],
    ['none of them moves', [at(5), at(20)], [at(5), at(23)], []],
    ['at other places, as often', [at(5), at(20)], [at(7), at(30)], []],
  ])('%s', (_, before, now, expected) => {
    const found = compareFindings(before, now, { keyOf: findingKey, wordsOf: ({ message }) => message, lineNow });
    const told = Object.entries(found).flatMap(([what, list]) => list.map(({ line }) => `${what} ${line}`));
    expect(told).toEqual(expected);
  });
});
