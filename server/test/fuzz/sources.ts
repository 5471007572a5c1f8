/** Random sources for the differential test: made to be nearly right, so that most of them reach the corners of cpp and dtc. */

/** A small deterministic generator; the same seed gives the same sources everywhere. */
export class Random {
  constructor(private state: number) {}

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) | 0;
    return (this.state >>> 8) % limit;
  }

  /** True once in `n` times. */
  once(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  times(most: number, make: (i: number) => string, between = ''): string {
    return Array.from({ length: this.below(most) }, (_, i) => make(i)).join(between);
  }
}

type Maker = (random: Random) => string;

/** Files beside every source. */
export const BESIDE: Readonly<Record<string, string>> = {
  'h.h': '#ifndef H\n#define H 1\n#define HH 2\n#endif\n#define A 5\n',
  'part.dtsi': '/ { included { p = <A>; q = "#define"; }; };\n',
  'data.bin': '\x01\x02\x03\x04\x05',
};

// ---- values ---------------------------------------------------------------------------------------------------------

const LITERALS = [
  ...['0', '1', '2', '7', '0x10', '0xffffffff', '0x80000000', '0xffffffffffffffff', '64', '63', '65', '32', '017'],
  ...['0x7fffffff', '100U', '5L', '6UL', '7ULL', '9LL', "'a'", "'\\n'", "'\\x41'", "'\\0'", '0x8000000000000000'],
  '4294967296',
];
const BINARY = ['+', '-', '*', '<<', '>>', '&', '|', '^', '&&', '||', '<', '>', '<=', '>=', '==', '!='];
const STRING_PIECES = [
  ...['a', 'Z', '0', ' ', '\\n', '\\t', '\\\\', '\\"', '\\x41', '\\x4', '\\0', '\\17', '\\377', '\\400', '\\a', '\\v'],
  ...['\\e', '\\q', 'é', '/', '//', '/*', '*/', "'", ';', '<', '\\r', '\\b', '\\f', '#', 'A1', '%', '{'],
];

function expression(r: Random, depth: number): string {
  if (depth <= 0 || r.once(4)) return r.pick(LITERALS);
  const inner = (): string => expression(r, depth - 1);
  const operand = (): string => (r.once(3) ? inner() : `(${inner()})`);
  if (r.once(9)) return `(${inner()} ? ${inner()} : ${inner()})`;
  if (r.once(6)) return `${r.pick(['-', '~', '!'])}${r.once(2) ? `(${inner()})` : r.pick(LITERALS)}`;
  return `${operand()} ${r.pick(r.once(6) ? ['/', '%'] : BINARY)} ${operand()}`;
}

const text = (r: Random): string => `"${r.times(6, () => r.pick(STRING_PIECES))}"`;

const values: Maker = (r) => {
  const lines = [
    ...Array.from({ length: 8 }, (_, i) => `e${i} = <(${expression(r, 3)})>;`),
    ...Array.from({ length: 3 }, (_, i) => `b${i} = /bits/ 64 <(${expression(r, 3)})>;`),
    ...Array.from({ length: 5 }, (_, i) => `s${i} = ${text(r)};`),
  ];
  return `/dts-v1/;\n/ {\n${lines.join('\n')}\n};\n`;
};

// ---- trees ----------------------------------------------------------------------------------------------------------

const LABELS = ['l0', 'l1', 'l2', 'l3', 'l4', 'l5'];
const PATHS = ['&{/n0}', '&{/n1/n2}', '&{/b@1}', '&{/n1}'];
const NODES = ['a', 'b', 'c', 'a@0', 'b@1', 'c,d', 'e-f', 'g_h', 'x1'];
const PROPERTIES = [
  ...['p', 'q', 'reg', '#cells', 'x,y', 'z-w', 'status', 'phandle', 'a.b', 'q+r', 'name2', '1st', 'if', 'def'],
];

class TreeSource {
  private made = 0;
  constructor(private readonly r: Random) {}

  private label(): string {
    const { r } = this;
    if (!r.once(3)) return '';
    return r.once(3) ? `${r.pick(LABELS)}: ` : `m${this.made++}: `;
  }

  private cells(): string {
    const { r } = this;
    const one = (): string => {
      if (r.once(5)) return r.once(4) ? r.pick([...PATHS, '&{/}']) : `&${r.pick(LABELS)}`;
      return r.once(3) ? `(${expression(r, 2)})` : r.pick(LITERALS);
    };
    return `<${r.times(5, one, ' ')}>`;
  }

  private value(): string {
    const { r } = this;
    switch (r.below(10)) {
      case 0:
        return text(r);
      case 1:
        return `[${r.pick(['', '00', 'ab cd', 'deadbeef', 'AB', '012345'])}]`;
      case 2:
        return `/bits/ ${r.pick(['8', '16', '32', '64'])} <${r.times(4, () => (r.once(2) ? `(${expression(r, 1)})` : r.pick(LITERALS)), ' ')}>`;
      case 3:
        return r.once(4) ? r.pick(PATHS) : `&${r.pick(LABELS)}`;
      case 4:
        return `/incbin/("data.bin"${r.once(2) ? '' : `, ${r.below(6)}, ${r.below(8)}`})`;
      case 5:
        return `<${r.pick(LITERALS)}>, ${text(r)}`;
      case 6:
        return `m${this.made++}: ${this.cells()} m${this.made++}:`;
      default:
        return this.cells();
    }
  }

  private property(name: string): string {
    const { r } = this;
    if (name === 'phandle') return `phandle = <${1 + r.below(9)}>;`;
    const label = r.once(6) ? this.label() : '';
    if (r.once(8)) return `${label}${name};`;
    return `${label}${name} = ${this.value()}${r.once(3) ? `, ${this.value()}` : ''};`;
  }

  body(depth: number): string {
    const { r } = this;
    const seen = new Set<string>();
    const fresh = (name: string): boolean => !seen.has(name) && seen.add(name) !== undefined;
    const property = (): string => {
      const name = r.pick(PROPERTIES);
      if (r.once(7)) return `/delete-property/ ${name};`;
      return fresh(name) ? this.property(name) : '';
    };
    const child = (): string => {
      const name = r.pick(NODES);
      if (r.once(8)) return `/delete-node/ ${name};`;
      if (!fresh(name)) return '';
      return `${r.once(10) ? '/omit-if-no-ref/ ' : ''}${this.label()}${name} ${this.body(depth - 1)};`;
    };
    return `{\n${r.times(4, property, '\n')}\n${depth > 0 ? r.times(4, child, '\n') : ''}\n}`;
  }

  private statement(): string {
    const { r } = this;
    switch (r.below(6)) {
      case 0:
        return `${r.pick(PATHS)} ${this.body(1)};`;
      case 1:
        return `/ ${this.body(2)};`;
      case 2:
        return r.once(3) ? `/delete-node/ &${r.pick(LABELS)};` : '';
      case 3:
        return `/omit-if-no-ref/ &${r.pick(LABELS)};`;
      default:
        return `${this.label()}&${r.pick(LABELS)} ${this.body(1)};`;
    }
  }

  whole(): string {
    const { r } = this;
    const head = `/dts-v1/;\n${r.once(4) ? '/plugin/;\n' : ''}${r.once(5) ? '/memreserve/ 0x1000 0x2000;\n' : ''}`;
    const start = '/ { l0: n0 { }; l1: n1 { l2: n2 { l3: a { x; }; }; }; l4: b@1 { l5: c,d { }; }; };';
    return `${head}${start}\n/ ${this.body(3)};\n${r.times(6, () => this.statement(), '\n')}\n`;
  }
}

const trees: Maker = (r) => new TreeSource(r).whole();

// ---- macros ---------------------------------------------------------------------------------------------------------

const OBJECTS = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'];
const FUNCTIONS = ['f', 'g', 'h', 'k'];
const ARGUMENTS = [
  '',
  '1',
  'A',
  '1, 2',
  'A, B',
  '(1,2)',
  'f(1)',
  'g(A)',
  ', 1',
  'A, f(2)',
  '(1, 2), 3',
  '\n 4',
  'B , C , 5',
];
const CONDITIONS = [
  ...['1', '0', 'defined A', 'defined(B)', '!defined C', 'A', 'B', 'A == B', '0x7fffffffffffffff + 1 < 0', '-1 > 0u'],
  ...["'a' == 97", '1 ? 2 : 0', '1 << 63 < 0', '-1 >> 1', '5 / 2 == 2', '0 && 1/0', '1 || 1/0', 'true', '~0u > 0'],
  ...['18446744073709551615 == -1', 'f(1)', '__COUNTER__', '1, 2', '(1)', "'\\n'", '__has_include("h.h")'],
  ...['__LINE__ > 3', 'unknown', 'defined f', '0b11 == 3', '010 == 8', '1L', '-5 % 3 == -2', '2147483648 > 0'],
];
const PARAMETERS = [[], ['x'], ['x', 'y'], ['x', '...'], ['...'], ['args...']];

const call = (r: Random): string => `${r.pick(FUNCTIONS)}(${r.pick(ARGUMENTS)})`;

function token(r: Random, parameters: readonly string[]): string {
  const named = (otherwise: string): string => (parameters.length > 0 ? r.pick(parameters) : otherwise);
  const rest = parameters.includes('__VA_ARGS__');
  switch (r.below(16)) {
    case 0:
    case 1:
      return r.pick(OBJECTS);
    case 2:
      return r.pick(LITERALS);
    case 3:
      return `(${r.pick(LITERALS)} + ${r.pick(LITERALS)})`;
    case 4:
      return call(r);
    case 5:
      return named('3');
    case 6:
      return parameters.length > 0 ? `#${r.pick(parameters)}` : '4';
    case 7:
      return `${named(r.pick(OBJECTS))} ## ${named('1')}`;
    case 8:
      return `${r.pick(OBJECTS)}##${r.pick(['1', 'A', 'B', '_x'])}`;
    case 9:
      return r.pick(['__LINE__', '__COUNTER__', '__INCLUDE_LEVEL__']);
    case 10:
      return r.pick(FUNCTIONS);
    case 11:
      return '/* c */';
    case 12:
      return `${r.pick(OBJECTS)} /**/ ${r.pick(OBJECTS)}`;
    case 13:
      return `"${r.pick(OBJECTS)}"`;
    case 14:
      return rest ? r.pick(['__VA_ARGS__', ', ## __VA_ARGS__', '__VA_OPT__(1 2)']) : '5';
    default:
      return String(r.below(9));
  }
}

function definition(r: Random): string {
  if (r.once(2)) return `#define ${r.pick(OBJECTS)} ${r.times(4, () => token(r, []), ' ')}`;
  const parameters = r.pick(PARAMETERS);
  const inner = parameters.map((name) => (name === '...' ? '__VA_ARGS__' : name.replace('...', '')));
  return `#define ${r.pick(FUNCTIONS)}(${parameters.join(', ')}) ${r.times(5, () => token(r, inner), r.pick([' ', '']))}`;
}

function condition(r: Random, depth: number): string {
  if (depth <= 0 || r.once(3)) return r.pick(CONDITIONS);
  return `${condition(r, depth - 1)} ${r.pick(['&&', '||', '+', '-', '==', '<', '|', '&', '^'])} ${condition(r, depth - 1)}`;
}

function directive(r: Random): string {
  switch (r.below(16)) {
    case 0:
      return `#undef ${r.pick(OBJECTS)}`;
    case 1:
    case 2:
      return `#if ${condition(r, 2)}\n${definition(r)}\n#elif ${condition(r, 1)}\n${definition(r)}\n#else\n${definition(r)}\n#endif`;
    case 3:
      return `#ifdef ${r.pick(OBJECTS)}\n#define ${r.pick(OBJECTS)} 1\n#elifdef ${r.pick(OBJECTS)}\n#define ${r.pick(OBJECTS)} 2\n#elifndef ${r.pick(OBJECTS)}\n${definition(r)}\n#endif`;
    case 4:
      return `#include ${r.pick(['"h.h"', '<h.h>', 'H_NAME', 'H_STR(h.h)'])}`;
    case 5:
      return r.once(3) ? `#line ${r.below(50) + 1}${r.once(2) ? ' "foo.c"' : ''}` : '#pragma once_x';
    case 6:
      return `#/* c */define ${r.pick(OBJECTS)} 3 // x`;
    case 7:
      return `#define ${r.pick(OBJECTS)} 1 \\\n 2 /* a\n b */ 3`;
    case 8:
      return r.pick(['#', '#if 0\n" \' #endif /*\n*/ # bad\n#endif', '#ifndef Z\n#define Z\n#endif']);
    default:
      return definition(r);
  }
}

const macros: Maker = (r) => {
  const use = (): string => r.pick([token(r, []), r.pick(OBJECTS), call(r)]);
  const head = ['#define H_NAME "h.h"', '#define H_STR(x) <x>', '#define XS(z...) XT(z)', '#define XT(z...) #z'];
  const uses = Array.from({ length: 6 }, (_, i) => `p${i} = ${r.once(3) ? `<${use()}>` : `XS(${use()} ${use()})`};`);
  const strings = Array.from(
    { length: 2 },
    (_, i) => `s${i} = ${r.pick(['"A"', `XS(${r.pick(FUNCTIONS)}(x))`, 'XS("a" A)'])};`,
  );
  const include = r.once(4) ? ['#include "part.dtsi"'] : [];
  return [
    '/dts-v1/;',
    ...head,
    ...Array.from({ length: 10 }, () => directive(r)),
    ...['/ {', ...uses, ...strings, '};'],
    ...include,
    '',
  ].join('\n');
};

export const KINDS: Readonly<Record<string, Maker>> = { values, trees, macros };

/** Puts backslash and newline into a source at random places: inside of words, strings, operators, directives. */
export function spliced(r: Random, source: string): string {
  let out = source;
  for (let left = 1 + r.below(6); left > 0; left--) {
    const at = r.below(out.length);
    out = `${out.slice(0, at)}\\${r.once(6) ? ' ' : ''}\n${out.slice(at)}`;
  }
  return out;
}
