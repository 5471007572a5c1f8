import { describe, expect, it } from 'vitest';
import { sourceFile } from '../source/file';
import { buildTree } from './build';
import { sameTree } from './same';

const build = (text: string) => {
  const file = sourceFile('file:///b.dts', `/dts-v1/;\n${text}`);
  return buildTree(file.uri, { read: (uri) => (uri === file.uri ? file : null), readBytes: () => null }).tree;
};
const base = '/ { a: a { x = <1 &b>; s = "t"; }; b: b { }; };';

describe('sameTree', () => {
  it.each([
    ['a comment', '/* said */ / { a: a { x = <1 &b>; s = "t"; }; b: b { }; };'],
    ['another way to write it', '/ { a: a { x = <0x1>, <&{/b}>; s = "t"; }; b: b { }; };'],
    ['the same value set twice', `${base}\n&a { s = "t"; };`],
  ])('takes %s as the same', (_, text) => expect(sameTree(build(base), build(text))).toBe(true));

  it.each([
    ['another cell', '/ { a: a { x = <2 &b>; s = "t"; }; b: b { }; };'],
    ['another target', '/ { a: a { x = <1 &a>; s = "t"; }; b: b { }; };'],
    ['a property more', '/ { a: a { x = <1 &b>; s = "t"; y; }; b: b { }; };'],
    ['another order', '/ { a: a { s = "t"; x = <1 &b>; }; b: b { }; };'],
    ['a node more', '/ { a: a { x = <1 &b>; s = "t"; }; b: b { c { }; }; };'],
    ['another name', '/ { a: a { x = <1 &b>; s = "t"; }; b: c { }; };'],
    ['another label', '/ { a: a { x = <1 &b>; s = "t"; }; c: b: b { }; };'],
    ['a memory reservation', `/memreserve/ 0x1000 0x1000;\n${base}`],
  ])('sees %s', (_, text) => expect(sameTree(build(base), build(text))).toBe(false));
});
