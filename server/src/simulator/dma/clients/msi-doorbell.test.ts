/** Where MSIs of PCI functions go, by the rows of msi-map. */
import { describe, expect, test } from 'vitest';
import { snapshotOfTexts } from '../../../../test/helpers/board';
import type { SimDevice } from '../../contract/device';
import { doorbellOf } from './msi-doorbell';

const doorbell = (map: string, rid: number, reading: 'four' | 'by-cells'): bigint | null => {
  const { tree } = snapshotOfTexts({
    'board.dts': `/dts-v1/; / { #address-cells = <1>; #size-cells = <1>;
      near: msi-controller@1000000 { compatible = "arm,gic-v3-its"; reg = <0x1000000 0x20000>; msi-controller; #msi-cells = <1>; };
      far: msi-controller@2000000 { compatible = "arm,gic-v3-its"; reg = <0x2000000 0x20000>; msi-controller; #msi-cells = <2>; };
      frame: v2m@3000000 { compatible = "arm,gic-v2m-frame"; reg = <0x3000000 0x1000>; msi-controller; };
      pcie: pcie@4000000 { device_type = "pci"; msi-parent = <&frame>; ${map} }; };`,
  });
  const host = tree.labels.get('pcie') ?? null;
  return doorbellOf(tree, { node: null, pci: { rid, host: { node: host } } } as unknown as SimDevice, reading);
};
const NEAR = 0x1010040n;
const FAR = 0x2010040n;

describe('the doorbell of a function', () => {
  test.each<[string, string, number, 'four' | 'by-cells', bigint | null]>([
    ['the first row', 'msi-map = <0x0 &near 0x0 0x100>, <0x100 &far 0x0 0x100>;', 0x8, 'four', NEAR],
    ['a later row', 'msi-map = <0x0 &near 0x0 0x100>, <0x100 &far 0x0 0x100>;', 0x108, 'four', FAR],
    [
      'rows of five cells, which 7.2 and later read',
      'msi-map = <0x0 &far 0x0 0x0 0x1>, <0x1 &near 0x0 0xff>;',
      0x8,
      'by-cells',
      NEAR,
    ],
    [
      'rows of five cells on a kernel that reads four',
      'msi-map = <0x0 &far 0x0 0x0 0x1>, <0x1 &near 0x0 0xff>;',
      0x8,
      'four',
      null,
    ],
    ['a mask', 'msi-map = <0x0 &near 0x0 0x100>; msi-map-mask = <0xff>;', 0x408, 'four', NEAR],
    ['a map without a row for it, whatever msi-parent says', 'msi-map = <0x0 &near 0x0 0x8>;', 0x8, 'four', null],
    ['msi-parent', '', 0x8, 'four', 0x3000040n],
  ])('%s', (_, map, rid, reading, expected) => expect(doorbell(map, rid, reading)).toBe(expected));
});
