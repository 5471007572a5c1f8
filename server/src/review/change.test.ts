import { describe, expect, test } from 'vitest';
import { type DeviceBehaviour, deviceIn } from '../simulator/reporting/behaviour';
import { changesOf } from './change';
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
