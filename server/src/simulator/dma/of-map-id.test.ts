/** of_map_id() as Linux 6.12 and 7.3 have it (drivers/of/base.c): who reads which rows, and what it says when it cannot. */
import { describe, expect, it } from 'vitest';
import { snapshotOfTexts } from '../../../test/helpers/board';
import type { MachineServices } from '../contract/machine';
import { kernelModel } from '../kernel/rules';
import { ofMapId } from './of-iommu';

const board = (map: string): string => `/dts-v1/; / {
  one: iommu@1000 { #iommu-cells = <1>; };
  two: iommu@2000 { #iommu-cells = <2>; };
  none: iommu@3000 { };
  zero: iommu@4000 { #iommu-cells = <0>; };
  host { ${map} }; };`;

/** Where an ID leads (`/iommu@1000 0x5`), or the errno, and what the kernel said. */
function look(kernel: '6.12' | '7.3', map: string, id: number): string {
  const { tree } = snapshotOfTexts({ 'board.dts': board(map) });
  const host = tree.root.children.get('host');
  if (host === undefined) throw new Error('no host');
  const said: string[] = [];
  const machine = { message: (_: string, __: unknown, text: string) => said.push(text) } as unknown as MachineServices;
  const found = ofMapId(tree, machine, host, id, kernelModel(kernel).mapRows);
  const where =
    typeof found === 'number'
      ? String(found)
      : [found.target?.path ?? 'nowhere', ...found.args.map((cell) => `0x${cell.toString(16)}`)].join(' ');
  return [where, ...said.map((text) => text.replace(/^\/\S+: /, ''))].join(' | ');
}

const CUT = (bytes: number): string => `-22 | Error: Bad iommu-map length: ${bytes}`;
const NONE = (id: number): string =>
  `nowhere 0x${id.toString(16)} | no iommu-map translation for id 0x${id.toString(16)} on (null)`;
const OLD = 'iommu-map has 1-cell entries targeting 2-cell #iommu-cells, treating as 1-cell output';

describe.each([
  // map, ID, 6.12, 7.3
  ['iommu-map = <0 &one 0x100 0x10>;', 5, '/iommu@1000 0x105', '/iommu@1000 0x105'],
  ['iommu-map = <0 &one 0x100 0x10>;', 0x10, NONE(0x10), NONE(0x10)],
  ['iommu-map = <0 &two 0x1c0 0x0 0x1>, <0x100 &two 0x1c1 0x7 0x1>;', 0x100, CUT(40), '/iommu@2000 0x1c1 0x7'],
  ['iommu-map = <0 &two 0x1c0 0x0 0x1>, <0x100 &one 0x1c1 0x1>;', 0x100, CUT(36), '/iommu@1000 0x1c1'],
  ['iommu-map = <0 &two 0x1c0 1>, <0x100 &two 0x1c1 1>;', 0x100, '/iommu@2000 0x1c1', `/iommu@2000 0x1c1 | ${OLD}`],
  ['iommu-map = <0 &two 0x1c0 0x100>;', 5, '/iommu@2000 0x1c5', CUT(16)],
  [
    'iommu-map = <0 &two 0x300 0x0 0x100>;',
    5,
    CUT(20),
    '-22 | Unsupported iommu-map - cannot handle 256-ID range with 2-cell output specifier',
  ],
  ['iommu-map = <0 &two 0x300 0x0 0x100>;', 0x100, CUT(20), NONE(0x100)],
  ['iommu-map = <0 &none 0x100 0x10>;', 5, '/iommu@3000 0x105', '/iommu@3000 0x105'],
  ['iommu-map = <0 &zero 0x10>;', 5, CUT(12), '/iommu@4000'],
  ['iommu-map = <0 &one 0x100 0x10>, <0x10>;', 5, CUT(20), '/iommu@1000 0x105'],
  ['iommu-map = <0 &one 0x100 0x10>, <0x10>;', 0x10, CUT(20), CUT(20)],
  ['iommu-map = <0 0x77 0x100 0x10>;', 5, '-19', '-19'],
  ['iommu-map = <0 0x77 0x100 0x10>;', 0x20, NONE(0x20), '-19'],
  ['iommu-map = <>;', 5, CUT(0), NONE(5)],
  [
    'iommu-map = <0x1 &one 0x100 0x10>; iommu-map-mask = <0xff00>;',
    5,
    '-14 | Invalid iommu-map translation - iommu-map-mask (0xff00) ignores id-base (0x1)',
    '-14 | Invalid iommu-map translation - iommu-map-mask (0xff00) ignores id-base (0x1)',
  ],
  ['', 5, '-19', '-19'],
] as const)('%s, ID %i', (map, id, old, now) => {
  it('6.12', () => expect(look('6.12', map, id)).toBe(old));
  it('7.3', () => expect(look('7.3', map, id)).toBe(now));
});
