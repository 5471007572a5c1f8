import { describe, expect, it } from 'vitest';
import { TextFiles, uriOf } from '../../test/helpers/board';
import { TreeBuilder } from './build';
import { readFdt } from './fdt-reader';
import { writeFdt } from './fdt-writer';
import type { DeviceTree } from './model';
import { applyOverlay } from './overlay';
import { printDts } from './print-dts';
import { cellsOf } from './read';

function tree(text: string, symbols = false): DeviceTree {
  const files = new TextFiles({ 'a.dts': `/dts-v1/;\n${text}` });
  const { tree, problems } = new TreeBuilder().build(uriOf('a.dts'), files, { symbols });
  expect(problems.map((p) => p.message)).toEqual([]);
  return tree;
}

/** The body of the root as printed, without blank lines. */
function body(result: DeviceTree): string[] {
  const lines = printDts(result).text.split('\n');
  return lines.slice(3, -2).flatMap((line) => (line.trim() === '' ? [] : [line.replace(/^\t/, '')]));
}

const BASE = `/ { a: a { x = <1>; y = <2>; old { }; }; b: b@1 { ref = <&a>; }; };`;

// base, overlay, what must stand in the merged tree
const cases: { name: string; base?: string; overlay: string; has: string[]; symbols?: boolean }[] = [
  { name: 'a changed property keeps its place', overlay: '&a { y = <3>; };', has: ['\tx = <0x1>;', '\ty = <0x3>;'] },
  {
    name: 'new properties come first, the newest before',
    overlay: '&a { n1; n2; };',
    has: ['a: a {', '\tn2;', '\tn1;'],
  },
  { name: 'new nodes come before the others', overlay: '&a { n { }; };', has: ['\tn {', '\t};', '\told {'] },
  { name: 'a name without unit address finds the node', overlay: '&{/} { b { z; }; };', has: ['b: b@1 {', '\tz;'] },
  {
    name: 'local phandles move above those of the base',
    overlay: '&a { m = <&l>; l: l { }; };',
    has: ['\tm = <&l>;', '\t\tphandle = <0x3>;'],
    symbols: true,
  },
  { name: 'references to labels of the base', overlay: '&a { c = <7 &b>; };', has: ['\tc = <0x7 &b>;'] },
  {
    name: 'a node of the base keeps its phandle, references follow',
    overlay: '&{/} { c { r = <&own>; own2: o { }; }; own: b@1 { }; };',
    has: ['\tr = <&own>;', '\tphandle = <0x2>;'],
  },
  {
    name: 'a later fragment may aim at a node of an earlier one',
    overlay: '&a { l: l { }; }; &l { deep; };',
    has: ['\tl: l {', '\t\tdeep;'],
  },
  {
    name: 'symbols of the overlay become symbols of the base',
    overlay: '&a { l: l { }; };',
    symbols: true,
    has: ['\tl = "/a/l";', '\ta = "/a";', '\tb = "/b@1";'],
  },
];

describe('applyOverlay', () => {
  it.each(cases)('$name', ({ base, overlay, has, symbols }) => {
    const result = applyOverlay(tree(base ?? BASE, true), tree(`/plugin/;\n${overlay}`, symbols));
    expect(result.problems).toEqual([]);
    const lines = body(result.tree);
    let at = -1;
    for (const line of has) {
      at = lines.indexOf(line, at + 1);
      expect(at, `${line}\nin\n${lines.join('\n')}`).toBeGreaterThanOrEqual(0);
    }
  });

  it('gives the same blob for trees from source and from blobs', () => {
    for (const { base, overlay, symbols } of cases) {
      const [below, above] = [tree(base ?? BASE, true), tree(`/plugin/;\n${overlay}`, symbols)];
      const source = writeFdt(applyOverlay(below, above).tree, 0);
      const blobs = [below, above].map((t) => readFdt(writeFdt(t, 0)).tree) as [DeviceTree, DeviceTree];
      expect(writeFdt(applyOverlay(...blobs).tree, 0)).toEqual(source);
    }
  });

  it('keeps places and what was overridden', () => {
    const base = tree(BASE, true);
    const merged = applyOverlay(base, tree('/plugin/;\n&a { y = <&b>; };')).tree;
    const y = merged.labels.get('a')?.properties.get('y');
    expect(y?.overrode?.span?.start).toBe(base.labels.get('a')?.properties.get('y')?.span?.start);
    expect(y?.parts.map((p) => (p.kind === 'cell' ? p.reference?.target : null))).toEqual([merged.labels.get('b')]);
    expect(merged.labels.get('a')?.definitions.map((d) => d.reference)).toContain('a');
    expect(merged.nodes.map((n) => n.index)).toEqual(merged.nodes.map((_, i) => i));
  });

  it('of two nodes, finds the one whose name is whole when it is for a bootloader of Android, else what libfdt finds', () => {
    const overlay = (marks: string): DeviceTree =>
      tree(`/plugin/;\n/ { ${marks} };\n&a { one: d@0 { }; two: d { list = <&one>; }; };\n&b { below { y; }; };`);
    expect(applyOverlay(tree(BASE, true), overlay('')).problems.map((p) => p.code)).toEqual(['overlay/local-fixups']);
    const merged = applyOverlay(tree(BASE, true), overlay('qcom,msm-id = <1 0>;'));
    expect(merged.problems).toEqual([]);
    const two = merged.tree.labels.get('a')?.children.get('d');
    expect([...(merged.tree.labels.get('b')?.children.keys() ?? [])].filter((name) => name === 'below')).toEqual([
      'below',
    ]);
    const one = merged.tree.labels.get('a')?.children.get('d@0');
    expect(cellsOf(two?.properties.get('list'))).toEqual(cellsOf(one?.properties.get('phandle')));
    expect(cellsOf(two?.properties.get('list'))).toHaveLength(1);
  });

  // base, overlay, code, message
  const refused: [string, string, string, RegExp][] = [
    [BASE, '&nobody { x; };', 'overlay/label', /no label nobody/],
    [BASE, '&{/none} { x; };', 'overlay/target', /no node \/none/],
    ['/ { };', '&a { x; };', 'overlay/no-symbols', /-@/],
    [BASE, '/ { f { __overlay__ { x; }; }; };', 'overlay/target', /neither target nor target-path/],
    [BASE, '/ { __fixups__ { a = "/f:t:0"; }; };', 'overlay/fixups', /'\/f:t:0'/],
    [BASE, '/ { f { t = [00]; }; __fixups__ { a = "/f:t:0"; }; };', 'overlay/fixups', /beyond the end/],
    [BASE, '/ { __local_fixups__ { t = <0>; }; };', 'overlay/local-fixups', /not there/],
    [BASE, '/ { t; __local_fixups__ { t = <0>; }; };', 'overlay/local-fixups', /offset 0/],
    [BASE, '/ { a { phandle = <0xfffffffe>; }; };', 'overlay/phandle', /no phandle is left/],
    [BASE, '/ { __symbols__ { l = "/g/__overlay__/x"; }; };', 'overlay/symbols', /names no fragment/],
  ];
  it.each(refused)('%s with %s: %s', (base, overlay, code, message) => {
    const below = tree(base, true);
    const result = applyOverlay(below, tree(`/plugin/;\n${overlay}`));
    expect(result.tree).toBe(below);
    expect(result.problems.map((p) => p.code)).toContain(code);
    expect(result.problems[0]?.message).toMatch(message);
  });
});
