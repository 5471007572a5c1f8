/** What is asked for is checked before it is asked: numbers have the width that there is. */
import { describe, expect, it } from 'vitest';
import { arm64Board, snapshotOfTexts } from '../../test/helpers/board';
import { simulateMachine } from '../simulator/simulate';
import { numberOf, TranslationError, translate } from './translate';

describe('numbers', () => {
  it.each([
    ['0x0', 64, 0n],
    ['18446744073709551615', 64, (1n << 64n) - 1n],
    ['0xffffffffffffffff', 64, (1n << 64n) - 1n],
    ['0x0000000000000000000010', 64, 0x10n],
    ['0xffff', 16, 0xffffn],
  ] as const)('%s has %d bits', (text, bits, value) => {
    expect(numberOf(text, '--iova', bits)).toBe(value);
  });
  it.each([
    ['0x10000000000000000', 64, /wider than the 64 bits/],
    ['0xffffffffffffffffffff', 64, /wider than the 64 bits/],
    ['9'.repeat(100_000), 64, /wider than the 64 bits/],
    ['0x10000', 16, /wider than the 16 bits/],
    ['-1', 64, /needs an address/],
    ['', 64, /needs an address/],
    [undefined, 64, /needs an address/],
  ] as const)('%s is refused', (text, bits, says) => {
    expect(() => numberOf(text, '--iova', bits)).toThrow(TranslationError);
    expect(() => numberOf(text, '--iova', bits)).toThrow(says);
  });
});

describe('a stream ID', () => {
  const { tree } = snapshotOfTexts({
    'board.dts': arm64Board(
      '',
      `v2: iommu@15000000 { compatible = "arm,mmu-500"; reg = <0x15000000 0x10000>; #global-interrupts = <1>; #iommu-cells = <1>; interrupts = <0 1 4>, <0 2 4>; };
	v3: iommu@2b400000 { compatible = "arm,smmu-v3"; reg = <0x2b400000 0x20000>; #iommu-cells = <1>; };`,
    ),
  });
  const ask = (stream: string) =>
    translate(tree, simulateMachine(tree, { board: 'board.dts' }), { by: { stream }, iova: 0x1000n, write: false });
  it.each([
    ['v2:0xffff', null],
    ['v2:0x10000', /wider than the 16 bits/],
    ['v3:0xffffffff', null],
    ['v3:99999999999', /wider than the 32 bits/],
  ])('%s', (stream, says) => {
    if (says === null) expect(ask(stream).request.stream).toBe(Number(stream.split(':')[1]));
    else expect(() => ask(stream)).toThrow(says);
  });
});
