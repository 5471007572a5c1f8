import { describe, expect, it } from 'vitest';
import { chooseKernel, NEWEST_KERNEL } from './choice';

describe('the kernel is chosen by itself', () => {
  it.each([
    [{ tree: '7.3.4' }, '7.3', "7.3 (the tree's)"],
    [{ tree: '6.12.117' }, '6.12', "6.12 (the tree's)"],
    [{ tree: '5.4.210' }, '5.10', "5.10, the nearest model to 5.4.210 (the tree's)"],
    [{ tree: '5.14.2' }, '5.15', "5.15, the nearest model to 5.14.2 (the tree's)"],
    [{ tree: '6.8.1' }, '6.6', "6.6, the nearest model to 6.8.1 (the tree's)"],
    [{ tree: '9.1.0' }, NEWEST_KERNEL, `${NEWEST_KERNEL}, the nearest model to 9.1.0 (the tree's)`],
    [{ tree: '7.3.4', scenario: '6.1' }, '6.1', "6.1 (the scenario's)"],
    [{ tree: '7.3.4', scenario: '6.1', option: 'v6.6' }, '6.6', '6.6'],
    [{ tree: '7.3.4', log: '6.1.192' }, '6.1', "6.1 (the log's)"],
    [{ option: 'mainline', tree: '6.6.1' }, '6.6', "6.6 (the tree's)"],
    [{}, NEWEST_KERNEL, `${NEWEST_KERNEL} (the newest model; nothing names another)`],
  ])('%j gives %s', (wishes, model, text) => {
    const chosen = chooseKernel(wishes);
    expect([chosen.model, chosen.text]).toEqual([model, text]);
  });
});
