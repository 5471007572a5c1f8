/** The preprocessor through the tree it gives: each row is a text and what GNU cpp and dtc make of a property `x` in it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SPLICE_CASES, spliceSource } from '../../test/truths/corpus/splice-cases';
import { type BuildOptions, type BuildResult, buildTree, TreeBuilder } from '../devicetree/build';
import { writeFdt } from '../devicetree/fdt-writer';
import { cellsOf, stringsOf } from '../devicetree/read';
import { type FileProvider, offsetAt, type Position, positionAt, type SourceFile, sourceFile } from './file';

function provider(files: Readonly<Record<string, string>>): FileProvider {
  const known = new Map<string, SourceFile>();
  for (const [name, text] of Object.entries(files))
    known.set(`file:///t/${name}`, sourceFile(`file:///t/${name}`, text));
  return {
    read: (uri) => known.get(uri) ?? null,
    readBytes: (uri) => (uri.endsWith('/data.bin') ? Uint8Array.of(1, 2, 3, 4) : null),
  };
}

function build(text: string, files: Readonly<Record<string, string>> = {}, options: BuildOptions = {}): BuildResult {
  const all = { 'board.dts': text, ...files };
  return buildTree('file:///t/board.dts', provider(all), {
    includeFolders: [{ uri: 'file:///t/include' }],
    ...options,
  });
}

function errors(result: BuildResult): string[] {
  return result.problems.filter((p) => p.severity === 'error').map((p) => p.code);
}

function cells(head: string, value: string, files: Readonly<Record<string, string>> = {}): number[] {
  const result = build(`/dts-v1/;\n${head}\n/ { x = <${value}>; };`, files);
  expect(errors(result)).toEqual([]);
  return cellsOf(result.tree.root.properties.get('x'));
}

describe('lines joined by a backslash', () => {
  const blob = (text: string): string => {
    const result = build(text);
    expect(errors(result)).toEqual([]);
    return Buffer.from(writeFdt(result.tree, 0)).toString('latin1');
  };

  test.each(SPLICE_CASES)('%s', (_, spliced, whole) => {
    expect(blob(spliceSource(spliced))).toBe(blob(spliceSource(whole)));
  });

  test('anywhere, without a change of the tree or of a place', () => {
    const text =
      '/dts-v1/;\n#define F(a, ...) (a + 1) a##2 // no\n#if 1 /* x */\n/ {\n\tl: n@10 { p-q = "a\\n", <F(3) 0x10 &l>; };\n};\n#endif\n';
    const names = (source: string): Position[] => {
      const { tree } = build(source);
      const node = tree.labels.get('l');
      const property = node?.properties.get('p-q');
      const parts = property?.parts.map((part) => part.span) ?? [];
      const spans = [node?.labels[0]?.span, node?.definitions[0]?.nameSpan, property?.nameSpan, ...parts];
      return spans.map((span) => (span == null ? { line: -1, character: -1 } : positionAt(span.file, span.start)));
    };
    const expected = blob(text);
    const lines = text.split('\n');
    const offsets = names(text).map(({ line, character }) => lines.slice(0, line).join('\n').length + 1 + character);
    expect(offsets).toHaveLength(8);
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(text.length), { maxLength: 12 }), (places) => {
        places.sort((a, b) => a - b);
        const splice = (until: number): string =>
          [0, ...places.filter((place) => place <= until)]
            .map((place, i, all) => text.slice(place, all[i + 1] ?? until))
            .join('\\\n');
        const spliced = splice(text.length);
        expect(blob(spliced)).toBe(expected);
        const positions = offsets.map((offset) => {
          const before = splice(offset).split('\n');
          return { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
        });
        expect(names(spliced)).toEqual(positions);
      }),
    );
  });

  test('positions there and back', () => {
    const file = sourceFile('file:///t/a', 'ab\\\ncd\\  \r\n\\\nef\n\\x\n');
    expect(file.text).toBe('abcdef\n\\x\n');
    expect(file.asWritten.text).toContain('ab\\\ncd');
    expect([0, 1, 2, 3, 4, 5, 6, 7, 9].map((offset) => positionAt(file, offset))).toEqual(
      [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
        [3, 0],
        [3, 1],
        [3, 2],
        [4, 0],
        [4, 2],
      ].map(([line, character]) => ({ line, character })),
    );
    for (let offset = 0; offset <= file.text.length; offset++)
      expect(offsetAt(file, positionAt(file, offset))).toBe(offset);
    expect(offsetAt(file, { line: 0, character: 3 })).toBe(2);
    expect(offsetAt(file, { line: 3, character: 9 })).toBe(6);
  });

  test('what dtc includes itself keeps its backslashes', () => {
    const included = (text: string) => errors(build('/dts-v1/;\n/include/ "a.dtsi"\n', { 'a.dtsi': text }));
    expect(included('/ { a = "x\\ny"; };\n')).toEqual([]);
    // dtc-lexer.l's strings have no escaped newline
    expect(included('/ { a = "x\\\ny"; };\n')).toContain('dts/unterminated-string');
    expect(included('/ { ab\\\nc; };\n')).not.toEqual([]);
  });
});

describe('macros', () => {
  test.each<[what: string, head: string, value: string, expected: number[]]>([
    ['object-like', '#define A 5', 'A', [5]],
    ['of another', '#define A B\n#define B 7', 'A A', [7, 7]],
    ['defined later', '#define A B\n#define B 7\n#undef B\n#define B 8', 'A', [8]],
    ['expression', '#define A (1 << 4)', 'A', [16]],
    ['several cells', '#define A 1 2 3', 'A', [1, 2, 3]],
    ['function-like', '#define F(a, b) a b 0', 'F(1, 2)', [1, 2, 0]],
    ['argument in parentheses', '#define F(a) a', 'F((1 + 2))', [3]],
    ['argument with commas in parentheses', '#define F(a) a', 'F((2 * (3)))', [6]],
    ['nested calls', '#define F(a) (a + 1)', 'F(F(F(1)))', [4]],
    ['call over lines', '#define F(a, b) a b', 'F(1,\n 2)', [1, 2]],
    ['paste', '#define F(a) X##a\n#define X1 9', 'F(1)', [9]],
    ['paste does not expand its operands', '#define F(a) X##a\n#define ONE 1\n#define XONE 9', 'F(ONE)', [9]],
    ['variadic', '#define F(a, ...) a __VA_ARGS__', 'F(1, 2 3)', [1, 2, 3]],
    ['GNU comma', '#define G(a, b) a b\n#define F(a, ...) G(a, ## __VA_ARGS__)', 'F(1, 2)', [1, 2]],
    [
      '__VA_OPT__ without arguments',
      '#define F(a, ...) a __VA_OPT__(7 __VA_ARGS__) 8',
      'F(1) F(1,) F(1, 2)',
      [1, 8, 1, 8, 1, 7, 2, 8],
    ],
    ['painted: no recursion', '#define A (B)\n#define B 3', 'A', [3]],
    ['empty', '#define E', '1 E 2', [1, 2]],
    ['empty argument', '#define F(a) 1 a 2', 'F()', [1, 2]],
    ['name without call stays', '#define F(a) a\n#define G F', 'G(4)', [4]],
    ['no expansion inside numbers', '#define x10 9', '0x10', [16]],
    ['hexadecimal by paste', '#define H(n) 0x##n', 'H(1f)', [31]],
    ['character', "#define C(p, n) ((p - 'A') * 16 + n)", "C('B', 3)", [19]],
    ['splice', '#define A 1 \\\n 2', 'A', [1, 2]],
    ['comment in body', '#define A 1 /* two */ 2 // three', 'A', [1, 2]],
    ['paste in an object-like macro', '#define X1 9\n#define A X##1', 'A', [9]],
    ['directive behind a comment', '# /* c */ define A 4', 'A', [4]],
    ['comma in a condition', '#if 0, 1\n#define A 2\n#endif', 'A', [2]],
    ['line', '', '__LINE__', [3]],
    ['line of a call: where it begins', '#define L(x) __LINE__', 'L(\n1\n) __LINE__', [3, 5]],
    ['line of the use, not of the definition', '#define L __LINE__', 'L', [3]],
    ['#line', '#line 50', '__LINE__', [50]],
    ['counter', '', '__COUNTER__ __COUNTER__', [0, 1]],
    ['dts is defined', '#ifdef __DTS__\n#define A 1\n#else\n#define A 2\n#endif', 'A', [1]],
  ])('%s', (_what, head, value, expected) => expect(cells(head, value)).toEqual(expected));

  // The right token keeps the white space that it had; one that does not paste is no error in assembler mode.
  test.each([
    ['a - ## C', 'a', '- C'],
    ['a -##C', 'a', '-C'],
    ['a(x) - ## x', 'a(+)', '-+'],
    ['a(x, y) x ## y', 'a(-,+)', '-+'],
    ['a(...) __VA_ARGS__## C', 'a(())', '() C'],
    // White space in the call counts, that before a parameter in the body does not.
    ['a(x, y) x ## y', 'a( - , + )', '- +'],
    ['a(x, y) x ## y', 'a(-,\n+)', '- +'],
    ['a(x, y) x ## y', 'a(-\n,+)', '-+'],
    ['P(x, y) x ## y\n#define a(x, y) P(x, y)', 'a(-,+)', '-+'],
    ['P(x, y) x ## y\n#define a(x, y) P(x,y)', 'a(-, +)', '- +'],
    ['a(x) - ##x 7', 'a( +)', '- + 7'],
    ['a(x) - ## + x', 'a(6)', '- + 6'],
    // armada-common.dtsi's node names
    ['P(x, y) x ## y\n#define V(x, y) P(x, y)\n#define a(n) V(cp0, V(-, n))', 'a(x)', 'cp0-x'],
    ['a(...) [,## __VA_ARGS__]', 'a(A)', '[,A]'],
    ['a(...) [,##__VA_ARGS__]', 'a( A)', '[, A]'],
    ['a(...) [__VA_OPT__()]', 'a()', '[]'],
    ['a(...) [__VA_OPT__((1, 2) __VA_ARGS__)]', 'a(3, 4)', '[(1, 2) 3, 4]'],
  ])('%s in %s stringified', (definition, use, expected) => {
    const { tree } = build(
      `/dts-v1/;\n#define XT(z...) #z\n#define XS(z...) XT(z)\n#define ${definition}\n/ { x = XS(${use}); };`,
    );
    expect(stringsOf(tree.root.properties.get('x'))).toEqual([expected]);
  });

  test('stringify', () => {
    const { tree } = build('/dts-v1/;\n#define S(x) #x\n#define T(x) S(x)\n#define V 1\n/ { x = S(a  b "c"), T(V); };');
    expect(stringsOf(tree.root.properties.get('x'))).toEqual(['a b "c"', '1']);
  });

  test('in names, glued to what stands around', () => {
    const { tree } = build(
      '/dts-v1/;\n#define BASE 100\n#define N(a) a##_n: node@a { y; }\n/ { cpu@BASE { x; }; N(200); };',
    );
    expect([...tree.root.children.keys()]).toEqual(['cpu@100', 'node@200']);
    expect(tree.labels.get('200_n')).toBeUndefined();
  });

  test('a property that begins with # is no directive', () => {
    const { tree } = build('/dts-v1/;\n/ {\n#address-cells = <2>;\n  #size-cells = <1>;\n};');
    expect([...tree.root.properties.keys()]).toEqual(['#address-cells', '#size-cells']);
  });

  test('provenance: the use, the definition, outermost first', () => {
    const { tree } = build('/dts-v1/;\n#define IN 5\n#define OUT(x) (IN + x)\n/ { x = <1 OUT(2) IN>; };');
    const parts = tree.root.properties.get('x')?.parts ?? [];
    const text = parts.map((p) => p.span.file.text.slice(p.span.start, p.span.end));
    expect(text).toEqual(['1', 'OUT(2)', 'IN']);
    const macros = parts.map((p) => (p.kind === 'cell' ? p.macros.map((m) => m.name) : []));
    expect(macros).toEqual([[], ['OUT', 'IN'], ['IN']]);
  });
});

describe('conditions', () => {
  test.each<[condition: string, holds: boolean]>([
    ['1', true],
    ['0', false],
    ['A', true],
    ['B', false],
    ['defined(A) && !defined B', true],
    ['A == 3', true],
    ['A > 3', false],
    ['(A << 2) == 12', true],
    ['-1 > 0u', true],
    ['-1 < 0', true],
    ["'A' == 65", true],
    ['0x10 + 010 == 24', true],
    ['1 ? 0 : 1', false],
    ['0 && (1 / 0)', false],
    ['1 || (1 / 0)', true],
    ['~0 == -1', true],
    ['7 % 4 == 3 && 7 / 4 == 1', true],
    ['F(2) == 4', true],
    ['__has_include("inc.h")', true],
    ['__has_include(<nothing.h>)', false],
    ['1 ^ 1 | 4 & 4', true],
  ])('#if %s', (condition, holds) => {
    const head = `#define A 3\n#define F(x) (x * 2)\n#if ${condition}\n#define R 1\n#else\n#define R 0\n#endif`;
    expect(cells(head, 'R', { 'inc.h': '' })).toEqual([holds ? 1 : 0]);
  });

  test('elif chains take one branch; skipped text may be anything', () => {
    const head = '#if 0\n it\'s " { #garbage\n#elif 1\n#define R 2\n#elif 1\n#define R 3\n#else\n#error no\n#endif';
    expect(cells(head, 'R')).toEqual([2]);
  });
});

describe('includes', () => {
  test('beside the file, in the folders, and guards', () => {
    const files = {
      'a.dtsi': '#include <g.h>\n#include "g2.h"\n/ { a = <G>; };',
      'include/g.h': '#ifndef G\n#define G 4\n#endif',
      'g2.h': '#define H 1',
    };
    const result = build('/dts-v1/;\n#include "a.dtsi"\n#include <g.h>\n/ { x = <G H>; };', files);
    expect(errors(result)).toEqual([]);
    expect(cellsOf(result.tree.root.properties.get('x'))).toEqual([4, 1]);
    expect([...result.files.keys()].sort()).toEqual(
      ['a.dtsi', 'board.dts', 'g2.h', 'include/g.h'].map((n) => `file:///t/${n}`),
    );
  });

  test('inside a node, and inside a value', () => {
    const result = build('/dts-v1/;\n/ { n {\n#include "p.dtsi"\n}; x = <\n#include "v.h"\n>; };', {
      'p.dtsi': 'p = <1>;',
      'v.h': '7 8',
    });
    expect(result.tree.root.children.get('n')?.properties.has('p')).toBe(true);
    expect(errors(result)).toEqual(['dts/property-after-node']);
    expect(cellsOf(result.tree.root.properties.get('x'))).toEqual([7, 8]);
  });

  test('/include/ brings text that is not preprocessed', () => {
    const result = build('/dts-v1/;\n#define A 1\n/include/ "i.dtsi"\n', { 'i.dtsi': '/ { A = <2>; };' });
    expect(errors(result)).toEqual([]);
    expect([...result.tree.root.properties.keys()]).toEqual(['A']);
  });

  test('a missing include is the only mistake', () => {
    const result = build('/dts-v1/;\n#include "no.dtsi"\n&uart { x = <GIC_SPI &y>; };');
    expect(errors(result)).toEqual(['cpp/include-not-found']);
    expect(result.missing).toContain('file:///t/no.dtsi');
  });

  test('/incbin/ with and without a part', () => {
    const { tree } = build('/dts-v1/;\n/ { x = /incbin/("data.bin"), /incbin/("data.bin", 1, 2); };');
    expect([...(tree.root.properties.get('x')?.bytes ?? [])]).toEqual([1, 2, 3, 4, 2, 3]);
  });

  test('a unit is used again only where its macros are the same', () => {
    const files = { 'u.dtsi': '#ifndef V\n#define V 1\n#endif\n/ { v = <V>; status = "a"; };' };
    const builder = new TreeBuilder();
    const value = (head: string) => {
      const all = provider({ 'board.dts': `/dts-v1/;\n${head}\n#include "u.dtsi"\n/ { w = <V>; };`, ...files });
      const { tree } = builder.build('file:///t/board.dts', all);
      return [
        ...cellsOf(tree.root.properties.get('v')),
        ...cellsOf(tree.root.properties.get('w')),
        ...tree.root.properties.keys(),
      ];
    };
    expect(value('')).toEqual([1, 1, 'v', 'status', 'w']);
    expect(value('#define V 2')).toEqual([2, 2, 'v', 'status', 'w']);
    expect(value('#define status state')).toEqual([1, 1, 'v', 'state', 'w']);
    expect(value('')).toEqual([1, 1, 'v', 'status', 'w']);
  });
});

describe('limits end in a clear error', () => {
  const deep = (n: number) => `/dts-v1/;\n/ {${' n {'.repeat(n)} x; ${'};'.repeat(n)} };`;
  const chain = Array.from({ length: 30 }, (_, i) => `#define A${i + 1} A${i} A${i}`).join('\n');
  const overrides = Array.from({ length: 600 }, (_, i) => `&l${i} { l${i + 1}: n { }; };`).join('\n');
  const doubling = Object.fromEntries(
    Array.from({ length: 41 }, (_, i) => [`f${i}`, i < 40 ? `#include "f${i + 1}"\n#include "f${i + 1}"\n` : '/ { };']),
  );
  test.each<[what: string, code: string, text: string, files: Readonly<Record<string, string>>, options: BuildOptions]>(
    [
      [
        'include depth',
        'cpp/include-depth',
        '/dts-v1/;\n#include "f0"',
        Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`f${i}`, `#include "f${i + 1}"`])),
        { limits: { includeDepth: 20 } },
      ],
      ['include cycle', 'cpp/include-cycle', '/dts-v1/;\n#include "board.dts"', {}, {}],
      [
        'cycle of two',
        'cpp/include-cycle',
        '/dts-v1/;\n#include "a"',
        { a: '#include "b"\n#include "b"', b: '#include "a"\n#include "a"' },
        {},
      ],
      ['includes that double', 'cpp/too-much-text', '/dts-v1/;\n#include "f0"', doubling, {}],
      ['macro expansion', 'cpp/expansion-too-large', `/dts-v1/;\n#define A0 1\n${chain}\n/ { x = <A30>; };`, {}, {}],
      [
        'macro expansion in a condition',
        'cpp/expansion-too-large',
        `/dts-v1/;\n#define A0 +1\n${chain}\n#if A30\n#endif\n/ { };`,
        {},
        {},
      ],
      ['node depth', 'dts/too-deep', deep(300), {}, {}],
      ['depth by overrides', 'dts/too-deep', `/dts-v1/;\n/ { l0: n { }; };\n${overrides}`, {}, {}],
      ['expression depth', 'dts/too-deep', `/dts-v1/;\n/ { x = <${'('.repeat(5000)}1${')'.repeat(5000)}>; };`, {}, {}],
      ['operator depth', 'dts/too-deep', `/dts-v1/;\n/ { x = <(${'~'.repeat(5000)}1)>; };`, {}, {}],
      [
        'file size',
        'cpp/file-too-large',
        '/dts-v1/;\n#include "big"',
        { big: '/'.repeat(2000) },
        { limits: { fileSize: 1000 } },
      ],
      [
        '/incbin/ size',
        'dts/incbin-too-large',
        '/dts-v1/;\n/ { x = /incbin/("data.bin"); };',
        {},
        { limits: { incbinSize: 3 } },
      ],
    ],
  )('%s', (_what, code, text, files, options) => {
    const start = performance.now();
    const result = build(text, files, options);
    expect(errors(result)).toContain(code);
    expect(errors(result).length).toBeLessThan(4);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test('nested conditions in #if', () => {
    expect(errors(build(`/dts-v1/;\n#if ${'('.repeat(5000)}1${')'.repeat(5000)}\n#endif\n/ { };`))).toEqual([
      'cpp/bad-condition',
    ]);
  });
});

describe('inactive regions', () => {
  const skipped = (text: string, files: Readonly<Record<string, string>> = {}, of = 'board.dts'): string[] =>
    build(`${text}\n`, files)
      .inactiveRegions(`file:///t/${of}`)
      .map(({ start, end }) => `${start}-${end}`);

  test.each<[what: string, text: string, expected: string[]]>([
    ['taken branch', '#if 1\na\n#endif', []],
    ['branch not taken', '#if 0\na\nb\n#endif', ['1-3']],
    ['else', '#ifdef A\na\n#else\nb\n#endif', ['1-2']],
    ['else not taken', '#ifndef A\na\n#else\nb\n#endif', ['3-4']],
    ['chain', '#if 0\na\n#elif 1\nb\n#elif 1\nc\n#else\nd\n#endif', ['1-2', '5-6', '7-8']],
    ['nested in what is left out', '#if 0\n#if 1\na\n#else\n#endif\n#endif', ['1-5']],
    ['nothing between', '#if 0\n#endif', []],
    ['without end', '#if 0\na\nb', ['1-3']],
    ['over a spliced line', '#if \\\n 0\na\n#endif', ['2-3']],
    ['inside a node', '/ {\n#ifdef A\n x;\n#endif\n};', ['2-3']],
  ])('%s', (_, text, expected) => {
    expect(skipped(text)).toEqual(expected);
  });

  test('a guard leaves nothing out, a branch that one of two readings takes neither', () => {
    const guarded =
      '#ifndef G\n#define G\n#endif\n#ifdef SECOND\n#define X\n#else\n#define Y\n#endif\n#if 0\n#endif\n#if 0\n\n#endif\n';
    const text = '#include "h.h"\n#define SECOND\n#include "h.h"';
    expect(skipped(text, { 'h.h': guarded }, 'h.h')).toEqual(['11-12']);
    expect(skipped('#include "h.h"', { 'h.h': guarded }, 'h.h')).toEqual(['4-5', '11-12']);
    expect(skipped(text, { 'h.h': guarded }, 'other.h')).toEqual([]);
  });
});
