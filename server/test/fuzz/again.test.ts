import { expect, test } from 'vitest';
import { TreeBuilder } from '../../src/devicetree/build';
import { writeFdt } from '../../src/devicetree/fdt-writer';
import { sourceFile } from '../../src/source/file';
import { Random } from './sources';

/** Words that meet each other in any order: what one leaves behind must not reach over the end of an include. */
const PIECES = [
  ...['a', 'b', 'c', 'd'].flatMap((name) => [`\n#include "${name}.dtsi"\n`, `/include/ "${name}.dtsi"\n`]),
  ...['\n#include "e.h"\n', '\n#include "missing.h"\n', '/include/', '/include/ "missing.dtsi"'],
  ...['/dts-v1/;', '/plugin/;', '/memreserve/ 1 2;', '/omit-if-no-ref/', '/delete-node/ &a;', '/delete-property/ x;'],
  ...[
    '/ {',
    '{',
    '}',
    '};',
    ';',
    '[',
    ']',
    '<',
    '>',
    '(',
    ')',
    '=',
    ',',
    '"foo"',
    "'",
    '0x',
    'x-1',
    'a,b',
    '#',
    '\\\n',
  ],
  ...['x = <1>;', 'x = <M>;', 'n@0 { reg = <0>; };', '&a { };', '&a { y = "z"; };', '&{/a}', '&b', 'l:', 'b: b { };'],
  ...['/* x */', '/*', '*/', '//', '///;', '\n', ' ', '/bits/ 8', '/incbin/("q")'],
  ...['#if 0', '#if M', '#ifdef M', '#ifndef M', '#else', '#elif 1', '#endif', '#error no', '#line 7 "z"'].map(line),
  ...['#define M 1', '#define M 2', '#define M N', '#define N 3', '#define F(x) x x', '#undef M'].map(line),
  ...[' M ', 'F(', 'F(1)', '__FILE__', '__LINE__', '__INCLUDE_LEVEL__', '__COUNTER__', 'defined'],
];
const BEGINNINGS = ['/dts-v1/;\n', '/dts-v1/;\n/ { a: a { x = <2>; }; };\n', ''];

function line(directive: string): string {
  return `\n${directive}\n`;
}

/** Boards and includes made of pieces; each board of a round with a builder that knows the others, and with a new one. */
function differences(seed: number, rounds: number): string[] {
  const random = new Random(seed);
  const text = (most: number): string =>
    Array.from({ length: 1 + random.below(most) }, () => random.pick(PIECES)).join(random.pick(['', ' ']));
  const found: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const includes = {
      'a.dtsi': '/ { a: a { }; };\n',
      'b.dtsi': text(6),
      'c.dtsi': text(4),
      'd.dtsi': random.pick(['&a { q = <M>; };\n', '#ifndef D\n#define D\n/ { d { }; };\n#endif\n', text(8)]),
      'e.h': random.pick(['#define M 3\n', text(5)]),
    };
    const files = new Map(
      Object.entries(includes).map(([name, t]) => [`file:///${name}`, sourceFile(`file:///${name}`, t)]),
    );
    const said = (builder: TreeBuilder, board: string): string => {
      files.set('file:///x.dts', sourceFile('file:///x.dts', board));
      const { tree, problems } = builder.build('file:///x.dts', {
        read: (uri) => files.get(uri) ?? null,
        readBytes: () => null,
      });
      const told = problems.map(
        (p) => `${p.severity} ${p.code} ${p.span.file.uri} ${p.span.start}-${p.span.end} ${p.message}`,
      );
      return [...told, Buffer.from(writeFdt(tree)).toString('hex')].join('\n');
    };
    const kept = new TreeBuilder();
    for (let i = 0; i < 10; i++) {
      const board = random.pick(BEGINNINGS) + text(14);
      const [again, fresh] = [said(kept, board), said(new TreeBuilder(), board)];
      if (again !== fresh) found.push(JSON.stringify({ includes, board, again, fresh }, null, 1));
    }
  }
  return found;
}

const rounds = Number(process.env.AGAIN_ROUNDS ?? 200);

test(`whatever a builder built before, it says the same of a board (${rounds} rounds)`, () => {
  expect(differences(Number(process.env.AGAIN_SEED ?? 1), rounds).slice(0, 3)).toEqual([]);
}, 600_000);
