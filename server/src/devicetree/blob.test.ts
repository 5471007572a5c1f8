import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TextFiles, uriOf } from '../../test/helpers/board';
import { openBlob } from './blob-document';
import { TreeBuilder } from './build';
import { readFdt } from './fdt-reader';
import { writeFdt } from './fdt-writer';
import type { DeviceTree } from './model';

function compile(text: string, symbols: boolean): Uint8Array {
  const files = new TextFiles({ 'a.dts': text });
  const { tree, problems } = new TreeBuilder().build(uriOf('a.dts'), files, { symbols });
  expect(problems.filter((p) => p.severity === 'error').map((p) => p.message)).toEqual([]);
  return writeFdt(tree, 0);
}

const BOARD = `/dts-v1/;
/memreserve/ 0x80000000 0x10000;
/ {
	#address-cells = <2>;
	#size-cells = <1>;
	compatible = "test,board", "test,soc";
	model = "a \\"quoted\\" \\\\ name\\n\\xff";
	interrupt-parent = <&gic>;
	gic: interrupt-controller@1000 { #interrupt-cells = <3>; #address-cells = <0>; interrupt-controller; reg = <0 0x1000 0x10>; };
	smmu: iommu@2000 { #iommu-cells = <1>; reg = <0 0x2000 0x10>; interrupts = <0 1 4>, <0 2 4>; };
	pcie@3000 {
		#address-cells = <3>; #size-cells = <2>; #interrupt-cells = <1>;
		iommu-map = <0 &smmu 0x100 0x100>, <0x100 &smmu 0x300 0x100>;
		interrupt-map = <0 0 0 1 &gic 0 9 4>, <0 0 0 2 &gic 0 10 4>;
	};
	dma@4000 { iommus = <&smmu 7>, <&smmu 8>; mac = [00 11 22 33 44]; odd = /bits/ 16 <1 2 3>; empty; names-names = "", "b"; };
	aliases { d = &smmu; };
};`;

describe('openBlob', () => {
  const { tree, file, problems } = openBlob('file:///b.dtb', compile(BOARD, true));
  const text = (path: string, name: string): string => {
    const span = tree.nodes.find((n) => n.path === path)?.properties.get(name)?.span;
    return span === undefined || span === null ? '' : file.text.slice(span.start, span.end);
  };

  it('finds no fault with a good blob', () => expect(problems).toEqual([]));

  const printed: [string, string, string][] = [
    ['/dma@4000', 'iommus', 'iommus = <&smmu 0x7>, <&smmu 0x8>;'],
    ['/dma@4000', 'mac', 'mac = [00 11 22 33 44];'],
    ['/dma@4000', 'empty', 'empty;'],
    ['/dma@4000', 'names-names', 'names-names = "", "b";'],
    ['/', 'interrupt-parent', 'interrupt-parent = <&gic>;'],
    ['/', 'model', 'model = "a \\"quoted\\" \\\\ name\\n\\xff";'],
    ['/', 'compatible', 'compatible = "test,board", "test,soc";'],
    ['/', '#address-cells', '#address-cells = <2>;'],
    ['/iommu@2000', 'interrupts', 'interrupts = <0x0 0x1 0x4>, <0x0 0x2 0x4>;'],
    ['/pcie@3000', 'iommu-map', 'iommu-map = <0x0 &smmu 0x100 0x100>, <0x100 &smmu 0x300 0x100>;'],
    [
      '/pcie@3000',
      'interrupt-map',
      'interrupt-map = <0x0 0x0 0x0 0x1 &gic 0x0 0x9 0x4>,\n\t\t\t\t<0x0 0x0 0x0 0x2 &gic 0x0 0xa 0x4>;',
    ],
  ];
  it.each(printed)('%s %s', (path, name, expected) => expect(text(path, name)).toBe(expected));

  it('puts every place into the text', () => {
    for (const node of tree.nodes) {
      const definition = node.definitions[0];
      expect(definition && file.text.slice(definition.nameSpan.start, definition.nameSpan.end)).toBe(node.name || '/');
      for (const label of node.labels)
        expect(label.span && file.text.slice(label.span.start, label.span.end)).toBe(label.name);
      for (const property of node.properties.values()) {
        expect(property.nameSpan && file.text.slice(property.nameSpan.start, property.nameSpan.end)).toBe(
          property.name,
        );
        for (const part of property.parts)
          if (part.kind === 'cell' && part.reference?.target)
            expect(file.text.slice(part.span.start, part.span.end)).toBe(`&${part.reference.text}`);
      }
    }
  });

  it('names paths when the blob has no symbols', () => {
    const blob = openBlob('file:///b.dtb', compile(BOARD, false));
    expect(blob.file.text).toContain('iommus = <&{/iommu@2000} 0x7>, <&{/iommu@2000} 0x8>;');
  });

  it('shows the labels that an overlay leaves open', () => {
    const blob = openBlob('file:///o.dtbo', compile('/dts-v1/; /plugin/; &smmu { r = <1 &gic 2>; };', false));
    const r = blob.tree.nodes.flatMap((n) => [...(n.properties.get('r')?.parts ?? [])]);
    expect(r.map((p) => (p.kind === 'cell' ? p.reference?.text : ''))).toEqual([undefined, 'gic', undefined]);
  });
});

/** A random tree as source: names, values of all kinds, references. */
const name = fc.stringMatching(/^[a-z][a-z0-9,._+-]{0,8}$/);
const value = fc.oneof(
  fc.array(fc.nat(0xffffffff), { minLength: 1, maxLength: 6 }).map((cells) => `<${cells.join(' ')}>`),
  fc
    .array(fc.nat(255), { minLength: 1, maxLength: 40 })
    .map((b) => `[${b.map((x) => x.toString(16).padStart(2, '0')).join(' ')}]`),
  fc.array(fc.nat(255), { maxLength: 12 }).map(
    (b) =>
      `"${b
        .filter((x) => x !== 0)
        .map((x) => `\\x${x.toString(16).padStart(2, '0')}`)
        .join('')}"`,
  ),
  fc.constantFrom('<&l0 1>', '&l0', '<&l1>, "s", [01]', '/bits/ 8 <1 2>', '/bits/ 64 <0x123456789abcdef>'),
);
const property = fc.tuple(
  fc.oneof(
    name,
    fc.constantFrom('reg', 'clocks', 'iommus', 'x-supply', 'compatible', 'a-names', 'interrupt-map', '#clock-cells'),
  ),
  fc.array(value, { maxLength: 3 }),
);
const properties = fc.uniqueArray(property, { selector: ([n]) => n, maxLength: 6 });
const source = fc
  .tuple(properties, fc.uniqueArray(fc.tuple(name, properties), { selector: ([n]) => n, maxLength: 5 }))
  .map(([root, children]) => {
    const body = (list: [string, string[]][]): string =>
      list.map(([n, values]) => (values.length > 0 ? `${n} = ${values.join(', ')};` : `${n};`)).join(' ');
    const nodes = children.map(([n, list]) => `n${n} { ${body(list)} };`).join('\n');
    return `/dts-v1/;\n/ { ${body(root)}\n l0: zero { #clock-cells = <1>; };\n l1: one@1 { };\n${nodes} };`;
  });

function walk(tree: DeviceTree): void {
  tree.nodes.forEach((node, i) => {
    expect(node.index).toBe(i);
    for (const property of node.properties.values())
      for (const part of property.parts) expect(part.offset).toBeGreaterThanOrEqual(0);
  });
}

describe('blobs and text', () => {
  it('compile(parse(print(read(blob)))) is the blob', () => {
    fc.assert(
      fc.property(source, fc.boolean(), (text, symbols) => {
        const blob = compile(text, symbols);
        const printed = openBlob('file:///b.dtb', blob);
        expect(printed.problems).toEqual([]);
        expect(compile(printed.file.text, false)).toEqual(blob);
      }),
      { numRuns: 300 },
    );
  });

  it('survives any damage to a blob', () => {
    const good = compile(BOARD, true);
    const interesting = [0, 1, 2, 3, 4, 9, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffc];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length >> 2), fc.oneof(fc.constantFrom(...interesting), fc.nat(0xffffffff))), {
          maxLength: 6,
        }),
        fc.nat(good.length),
        fc.boolean(),
        (writes, length, cut) => {
          const bad = Uint8Array.from(cut ? good.subarray(0, length) : good);
          const view = new DataView(bad.buffer);
          for (const [word, number] of writes) if (word * 4 + 4 <= bad.length) view.setUint32(word * 4, number);
          const { tree } = openBlob('file:///b.dtb', bad);
          walk(tree);
          expect(readFdt(writeFdt(tree, 0)).problems.filter((p) => p.code !== 'dtb/phandle')).toEqual([]);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('survives random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => walk(openBlob('file:///b.dtb', bytes).tree)),
      { numRuns: 300 },
    );
  });

  const cells = (...values: number[]): Uint8Array => {
    const out = new Uint8Array(values.length * 4);
    values.forEach((v, i) => {
      new DataView(out.buffer).setUint32(i * 4, v);
    });
    return out;
  };
  const header = (total: number, struct: number, version = 17): number[] => [
    0xd00dfeed,
    total,
    56,
    total,
    40,
    version,
    16,
    0,
    0,
    struct,
  ];
  // what is wrong, bytes, the code expected
  const broken: [string, Uint8Array, string][] = [
    ['empty', new Uint8Array(), 'dtb/header'],
    ['no magic', cells(...Array<number>(12).fill(1)), 'dtb/header'],
    ['version 3', cells(...header(56, 0, 3), 0, 0, 0, 0), 'dtb/header'],
    [
      'deep',
      cells(
        ...header(56 + 4 * 1801, 4 * 1801),
        0,
        0,
        0,
        0,
        1,
        0,
        ...Array.from({ length: 899 }, () => [1, 0x61000000]).flat(),
        9,
      ),
      'dtb/depth',
    ],
    ['a property of 4 GiB', cells(...header(80, 24), 0, 0, 0, 0, 1, 0, 3, 0xffffffff, 0, 9), 'dtb/structure'],
    ['a node that ends twice', cells(...header(76, 20), 0, 0, 0, 0, 1, 0, 2, 2, 9), 'dtb/structure'],
    ['two roots', cells(...header(88, 32), 0, 0, 0, 0, 1, 0, 2, 1, 0, 2, 9, 0), 'dtb/structure'],
  ];
  it.each(broken)('says what is wrong: %s', (_, bytes, code) => {
    expect(openBlob('file:///b.dtb', bytes).problems.map((p) => p.code)).toContain(code);
  });
});
