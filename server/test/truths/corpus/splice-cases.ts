/**
 * Lines joined by a backslash at their end, and the same source on whole lines: both give the same blob, here and with
 * `cpp | dtc` (test:differential). `⏎` stands for backslash and newline; `/dts-v1/;` stands before.
 */
export const SPLICE_CASES: readonly (readonly [name: string, spliced: string, whole: string])[] = [
  ['property name', '/ { ab⏎cd = <1>; };', '/ { abcd = <1>; };'],
  ['node name', '/ { no⏎de@1⏎0 { x; }; };', '/ { node@10 { x; }; };'],
  ['name with punctuation', '/ { a,⏎b-c⏎.d = <1>; #⏎x-cells = <1>; };', '/ { a,b-c.d = <1>; #x-cells = <1>; };'],
  ['number', '/ { a = <1⏎2 0⏎x10 0x⏎ff 1⏎⏎3>; };', '/ { a = <12 0x10 0xff 13>; };'],
  ['number suffix', '/ { a = <(1⏎U⏎L⏎L + 2)>; };', '/ { a = <(1ULL + 2)>; };'],
  ['string', '/ { a = "x⏎y", "z⏎"; };', '/ { a = "xy", "z"; };'],
  [
    'escape in a string',
    '/ { a = "x\\⏎ny", "\\x4⏎1", "\\⏎\\", "\\⏎"q"; };',
    '/ { a = "x\\ny", "\\x41", "\\\\", "\\"q"; };',
  ],
  ['character', "/ { a = <'⏎a' '\\⏎n'>; };", "/ { a = <'a' '\\n'>; };"],
  ['bytes', '/ { a = [1⏎2 ab⏎cd]; };', '/ { a = [12 abcd]; };'],
  ['label and reference', '/ { r = <&⏎la⏎b>; la⏎b⏎: n { }; };', '/ { r = <&lab>; lab: n { }; };'],
  ['path reference', '/ { r = &⏎{/n⏎/m}; n { m { }; }; };', '/ { r = &{/n/m}; n { m { }; }; };'],
  ['keyword', '/ { a = /bi⏎ts/ 8 <1>; b; /del⏎ete-node/ c; };', '/ { a = /bits/ 8 <1>; b; /delete-node/ c; };'],
  [
    'operators',
    '/ { a = <(1 <⏎< 4) (1 |⏎| 0) (2 =⏎= 2) (3 >⏎= 2)>; };',
    '/ { a = <(1 << 4) (1 || 0) (2 == 2) (3 >= 2)>; };',
  ],
  ['between tokens', '/ ⏎{ a ⏎= <1 ⏎ 2>⏎; };', '/ { a = <1 2>; };'],
  ['blanks behind the backslash', '/ { a\\ \t\nb = <1>; };', '/ { ab = <1>; };'],
  ['carriage return', '/ { a\\\r\nb = <1>; };', '/ { ab = <1>; };'],
  ['directive name', '#def⏎ine A 3\n#⏎define B 4\n⏎#define C 5\n/ { a = <A B C>; };', '/ { a = <3 4 5>; };'],
  ['macro name', '#define LO⏎NG 7\n/ { a = <LONG L⏎ONG LON⏎G>; };', '/ { a = <7 7 7>; };'],
  ['macro body', '#define A (1 +⏎2⏎3)\n/ { a = <A>; };', '/ { a = <(1 + 23)>; };'],
  [
    'macro parameters',
    '#define F(a⏎b, c) (ab + c⏎)\n/ { a = <F⏎(1, 2) F ⏎(3, 4)>; };',
    '/ { a = <(1 + 2) (3 + 4)>; };',
  ],
  ['macro call', '#define F(a, b) (a + b)\n/ { a = <F(1⏎0,⏎ 2)>; };', '/ { a = <(10 + 2)>; };'],
  ['stringify', '#define S(x) #x\n/ { a = S(a⏎+ ⏎ b), S("x⏎y"); };', '/ { a = "a+ b", "\\"xy\\""; };'],
  ['paste', '#define P(a, b) a #⏎# b\n/ { a = <P(1, 2)>; };', '/ { a = <12>; };'],
  ['conditional', '#if⏎def X\n/ { a; };\n#el⏎se\n/ { b; };\n#en⏎dif', '/ { b; };'],
  ['condition', '#if 1 =⏎= 1 &⏎& defin⏎ed(__DTS__)\n/ { a; };\n#endif', '/ { a; };'],
  ['skipped text', '#if 0\n/⏎* #endif */ "\n⏎#endif\n/ { a; };', '/ { a; };'],
  ['line comment', '/ { a; // x ⏎ b;\n c; /⏎/ d;\n };', '/ { a; c; };'],
  ['block comment', '/ { a; /⏎* x *⏎/ b; };', '/ { a; b; };'],
  ['comment in a directive', '#define A /⏎* x *⏎/ 5 /⏎/ y ⏎ z\n/ { a = <A>; };', '/ { a = <5>; };'],
  ['at the very end', '/ { a; };⏎', '/ { a; };'],
  ['line number', '#define L __LINE__\n/ { a = <__LI⏎NE__ L⏎ L __LINE__>; };', '/ { a = <3 4 5 5>; };'],
  ['line number of a call', '#define F(x) __LINE__\n/ { a = <F(⏎1⏎)>; b = <__LINE__>; };', '/ { a = <3>; b = <5>; };'],
];

/** The whole source of a case's text. */
export const spliceSource = (text: string): string => `/dts-v1/;\n${text.replaceAll('⏎', '\\\n')}\n`;
