import { describe, expect, it } from 'vitest';
import { TextFiles, uriOf } from '../../test/helpers/board';
import { type BuildOptions, TreeBuilder } from '../devicetree/build';

const FILES = {
  'inc/i.h': 'i = __FILE__, __BASE_FILE__; level = <__INCLUDE_LEVEL__>;',
  'sub/s.h': '#include "j.h"',
  'sub/j.h': 'j = __FILE__, __FILE_NAME__;',
};
const BUILT_AT = {
  date: 'Jan  2 2030',
  time: '03:04:05',
  changed: (uri: string) => (uri.endsWith('a.dts') ? 'Wed Jan  2 03:04:05 2030' : null),
};

/** The strings of each property of the root, as cpp 12.2 has them for the same files. */
function strings(body: string, options: Partial<BuildOptions> = {}): Record<string, string> {
  const files = new TextFiles({ ...FILES, 'a.dts': `/dts-v1/;\n/ {\n${body}\n};\n` });
  const includeFolders = [{ uri: uriOf('inc'), name: 'inc' }];
  const { tree, problems } = new TreeBuilder().build(uriOf('a.dts'), files, { includeFolders, ...options });
  expect(problems.map(({ message }) => message)).toEqual([]);
  return Object.fromEntries([...tree.root.properties.values()].map((p) => [p.name, (p.strings ?? []).join(' ')]));
}

describe('what cpp always defines', () => {
  const named = { name: 'dir/a.dts', builtAt: BUILT_AT };
  const cases: [body: string, options: Partial<BuildOptions>, expected: Record<string, string>][] = [
    ['p = __FILE__, __BASE_FILE__, __FILE_NAME__;', named, { p: 'dir/a.dts dir/a.dts a.dts' }],
    ['#include <i.h>', named, { i: 'inc/i.h dir/a.dts', level: '\0\0\0\u0001' }],
    ['#include "sub/s.h"', named, { j: 'dir/sub/j.h j.h' }],
    ['#include "./sub/../sub/j.h"', { name: 'a.dts' }, { j: './sub/../sub/j.h j.h' }],
    [
      '#line 7 "foo.c"\np = __FILE__, __BASE_FILE__;\nq = <__LINE__>;',
      named,
      { p: 'foo.c dir/a.dts', q: '\0\0\0\u0008' },
    ],
    ['#define N 9\n#line N "u.c"\np = __FILE__;\nq = <__LINE__>;', named, { p: 'u.c', q: '\0\0\0\u000a' }],
    ['#define M "b.c"\n#line 5 M\np = __FILE__;\nq = <__LINE__>;', named, { p: 'b.c', q: '\0\0\0\u0006' }],
    // To cpp a line marker in assembler source is text, for dtc to read.
    ['# 12 "foo.dts" 1\np = __FILE__;\nq = <__LINE__>;', named, { p: 'dir/a.dts', q: '\0\0\0\u0005' }],
    ['#define F __FILE__\n#include "sub/j.h"\np = F;', named, { j: 'dir/sub/j.h j.h', p: 'dir/a.dts' }],
    ['p = __DATE__, __TIME__;', named, { p: 'Jan  2 2030 03:04:05' }],
    ['p = __TIMESTAMP__;', named, { p: 'Wed Jan  2 03:04:05 2030' }],
    ['p = __DATE__, __TIME__;', {}, { p: '??? ?? ???? ??:??:??' }],
    ['p = __TIMESTAMP__;', {}, { p: '??? ??? ?? ??:??:?? ????' }],
    ['#if defined(__has_include) && defined __has_include_next\np = "x";\n#endif', {}, { p: 'x' }],
    ['#ifdef __has_include\n#if __has_include(<i.h>)\np = "x";\n#endif\n#endif', {}, { p: 'x' }],
    ['#ifndef __has_include\np = "x";\n#endif', {}, {}],
  ];
  it.each(cases)('%s', (body, options, expected) => {
    const found = strings(body, options);
    for (const [name, text] of Object.entries(expected)) {
      const decoded = name === 'level' || name === 'q' ? text.split('\0').join(' ') : text;
      expect(found[name], name).toBe(decoded);
    }
    expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  });
});
