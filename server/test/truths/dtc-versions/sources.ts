/** Sources of which dtc's versions make different blobs, or of which ours were different: `/dts-v1/;` is put before each. */
export const SOURCES: Readonly<Record<string, string>> = {
  // -@: a label that was there once
  'label of a node deleted and made again': '/ { l: n { old; }; }; / { /delete-node/ n; }; / { n { new; }; };',
  'the same by reference': '/ { l: n { }; m { }; }; /delete-node/ &l; / { n { }; };',
  'label of a node below the deleted one': '/ { p { l: n { }; }; }; / { /delete-node/ p; }; / { p { n { }; }; };',
  'another label than before': '/ { a: n { }; }; / { /delete-node/ n; }; / { b: n { r = <&b>; }; };',
  'the label is now on another node': '/ { l: n { }; }; / { /delete-node/ n; }; / { n { }; l: m { }; };',
  'deleted and gone': '/ { l: n { }; m { }; }; / { /delete-node/ n; };',
  // names in a __symbols__ that is written by hand
  'a symbol is a label': '/ { twin: a { }; b { at = <&twin>; }; __symbols__ { twin = "/b"; }; };',
  'a symbol of a new name':
    '/ { a: a { }; b { c { }; }; __symbols__ { x = "/b/c"; y = "b"; z = "/"; w = "/none"; }; };',
  'a symbol and no label': '/ { b { }; __symbols__ { x = "/b"; }; };',
  'a symbol of a node that goes': '/ { l: m { }; b { }; __symbols__ { x = "/b"; }; }; / { /delete-node/ b; };',
  'symbols deleted': '/ { l: m { }; __symbols__ { x = "/m"; }; }; / { /delete-node/ __symbols__; };',
  // fixups written by hand
  'a fixup that dtc makes too': '/plugin/; / { n { r = <&out>; }; __fixups__ { out = "/n:r:0"; }; };',
  'a fixup of a number': '/plugin/; / { n { r = <1 2>; s = <&out>; }; __fixups__ { out = "/n:r:4"; }; };',
  'a fixup of a label that is here': '/plugin/; / { l: m { }; n { r = <1 2>; }; __fixups__ { l = "/n:r:4"; }; };',
  'fixups that lead nowhere':
    '/plugin/; / { n { r = <&out>; }; __fixups__ { a = "/no:r:0"; b = "/n:q:0"; c = "/n:r:9"; d = "x"; e = "n:r"; }; };',
  'a fixup that is no string': '/plugin/; / { n { r = <&out>; }; __fixups__ { out = <1>; }; };',
  'a local fixup that dtc makes too':
    '/plugin/; / { l: m { }; n { r = <&l>; }; __local_fixups__ { n { r = <0>; }; }; };',
  'a local fixup of a number':
    '/plugin/; / { m { phandle = <9>; }; n { r = <4 9>; }; __local_fixups__ { n { r = <4>; }; }; };',
  'a local fixup beside others':
    '/plugin/; / { l: m { }; n { r = <&l &l>; q = <&l>; }; __local_fixups__ { n { r = <4>; }; }; };',
  'a local fixup that is no cell': '/plugin/; / { l: m { }; n { r = <&l>; }; __local_fixups__ { n { r = [00]; }; }; };',
  'a label that only __symbols__ gives': '/plugin/; / { m { }; n { r = <&x>; }; __symbols__ { x = "/m"; }; };',
  'fixups deleted': '/plugin/; / { n { r = <&out>; }; __fixups__ { a = "b"; }; }; / { /delete-node/ __fixups__; };',
  'overlay with fixups of its fragment':
    '/plugin/; &out { n { r = <&out &in>; }; in: m { }; }; / { __fixups__ { out = "/fragment@0:target:0"; }; };',
  // labels that two nodes carry for a while: the first in the tree has it
  'the first of two goes': '/ { l: a { }; l: b { }; }; / { /delete-node/ a; }; &l { x; }; / { r { p = <&l>; }; };',
  'the second of two goes': '/ { l: a { }; l: b { }; }; / { /delete-node/ b; }; &l { x; };',
  'a label given later to a node before': '/ { a { }; l: b { }; }; / { l: a { }; }; &l { x; }; / { /delete-node/ b; };',
  'deleted by the label, then by it again':
    '/ { l: a { }; l: b { }; n { }; }; /delete-node/ &l; &l { y; }; /delete-node/ &l;',
  'a label in a tree that goes': '/ { l: a { c { }; }; b { l: d { }; }; }; &l { z; }; /delete-node/ &{/a}; &l { y; };',
  'three nodes':
    '/ { a { l: x { }; }; l: b { }; l: c { }; }; /delete-node/ &{/a/x}; &l { p; }; /delete-node/ &l; &l { q; };',
  'two in the end': '/ { l: a { }; l: b { }; l: c { }; }; / { /delete-node/ a; };',
  'one label of two': '/ { k: l: a { }; l: b { }; }; /delete-node/ &k; / { r = <&l>; };',
};
