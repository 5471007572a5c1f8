/** Macros that a build passes by its options: what hangs on them is unknown, what does not is judged as ever. */
import { describe, expect, test } from 'vitest';
import { type BuildResult, buildTree } from '../devicetree/build';
import { type SourceFile, sourceFile } from './file';

function build(
  text: string,
  files: Readonly<Record<string, string>> = {},
  defines: readonly (readonly [string, string])[] = [],
  decided: readonly string[] = [],
): BuildResult {
  const known = new Map<string, SourceFile>();
  for (const [name, content] of Object.entries({ 'board.dts': text, ...files }))
    known.set(`file:///t/${name}`, sourceFile(`file:///t/${name}`, content));
  return buildTree(
    'file:///t/board.dts',
    { read: (uri) => known.get(uri) ?? null, readBytes: () => null },
    { defines, byOption: { decided: new Set(decided), passed: new Set(['PASSED']) } },
  );
}

const found = (result: BuildResult): string[] => result.problems.map(({ severity, code }) => `${severity} ${code}`);
const UNDECIDED = ['information cpp/build-option'];
const board = (head: string, value = '<X>'): string => `/dts-v1/;\n${head}\n/ { x = ${value}; };\n`;

describe('unknown, and one finding', () => {
  test.each<[what: string, text: string, files?: Readonly<Record<string, string>>]>([
    ['a branch that an option would take', board('#ifdef OPT\n#define X 1\n#endif')],
    ['an option without a value', board('#if OPT\n#endif', '<OPT>')],
    ['one that the build passes', board('', '<PASSED>')],
    ['through a default', board('#ifndef OPT\n#define OPT 0\n#endif\n#if OPT || OTHER\n#define X 1\n#endif')],
    ['through a macro', board('#define BOTH (OPT && 1)\n#if BOTH\n#define X 1\n#endif')],
    ['through what another option decides', board('#if OPT\n#define HAS 1\n#endif\n#ifdef HAS\n#define X 1\n#endif')],
    ['a branch after the one that is taken', board('#ifndef OPT\n#define Y 1\n#elif 1\n#define X 1\n#endif')],
    ['taken back', board('#define X 1\n#if defined(NONE) || !OPT\n#undef X\n#endif')],
    ['taken back in an include', board('#define X 1\n#if !OPT\n#include "h"\n#endif'), { h: '#undef X\n' }],
    [
      'in an include that is left out',
      board('#if OPT\n#include "h"\n#endif'),
      { h: '#include "i"\n', i: '#define X 1\n' },
    ],
    ['many times', board('#ifdef OPT\n#define X 1\n#define Z 2\n#endif', '<X Z X>, <(X + 1)>')],
  ])('%s', (_what, text, files) => {
    const result = build(text, files);
    expect(found(result)).toEqual(UNDECIDED);
    expect(result.unknown.length).toBeGreaterThan(0);
  });

  test('it names the words and the options', () => {
    const [problem] = build(board('#if OPT || defined(MORE)\n#define X 1\n#define Y 1\n#endif', '<X Y>')).problems;
    expect(problem?.message).toMatch(
      /^X and 1 more name are decided by options of the build \(OPT, MORE\), .*smmuScope\.defines/,
    );
  });
});

describe('unknown, and no finding', () => {
  test.each<[what: string, text: string]>([
    ['a label', '/dts-v1/;\n#ifdef OPT\n/ { a: b { }; };\n#endif\n/ { x = <&a>; };\n&a { y; };\n/delete-node/ &a;\n'],
    ['an error for options that are missing', board('#ifndef OPT\n#error "set OPT"\n#endif', '<1>')],
    ['what an include that is left out and not there may define', board('#if OPT\n#include "gone"\n#endif')],
  ])('%s', (_what, text) => {
    expect(found(build(text))).toEqual([]);
  });
});

describe('judged as ever', () => {
  test.each<[what: string, error: string, text: string, given?: readonly [string, string][], decided?: string[]]>([
    ['no condition', 'dts/unknown-word', board('')],
    ['a condition on what the source defines', 'dts/unknown-word', board('#define A 0\n#if A\n#define X 1\n#endif')],
    ['what only C gets', 'dts/unknown-word', board('#ifndef __ASSEMBLER__\n#define X 1\n#endif')],
    [
      'in the guard of a header',
      'dts/unknown-word',
      board('#ifndef H\n// why\n#define H\n#define X 1\n#undef X\n#endif'),
    ],
    ['in the other form of it', 'dts/unknown-word', board('#if !defined(H)\n#define H\n#define X 1\n#undef X\n#endif')],
    ['an option that the user states', 'dts/unknown-word', board('#if !A\n#define X 1\n#endif'), [['A', '1']], ['A']],
    ['another word', 'dts/unknown-word', board('#ifdef OPT\n#define X 1\n#endif', '<X Z>')],
    ['another label', 'dts/reference-not-found', `${board('#ifdef OPT\n/ { a: b { }; };\n#endif', '<1>')}&c { };\n`],
    ['an #error for all', 'cpp/error-directive', board('#error no', '<1>')],
  ])('%s', (_what, error, text, given = [], decided = []) => {
    expect(found(build(text, {}, given, decided))).toContain(`error ${error}`);
  });

  test('a default that the makefile gives is the value', () => {
    const result = build(board('#if OPT\n#define X 1\n#else\n#define X 2\n#endif'), {}, [['OPT', '0']]);
    expect([found(result), result.unknown]).toEqual([[], []]);
  });
});

test('what never ends, ends', () => {
  const many = Array.from({ length: 3000 }, (_, i) => `#define A${i} (A${i + 1} || A${(i * 7) % 3000})`).join('\n');
  const start = performance.now();
  build(board(`${many}\n#if A0\n#include "self"\n#endif\n#ifndef G\n${'/**/ '.repeat(5000)}\n#endif`), {
    self: '#include "self"\n',
  });
  expect(performance.now() - start).toBeLessThan(5000);
});
