/** Grammar-aware damage to devicetree source: what fingers, merges and scripts do to a file. */

/** One change: where (a share of the text), what, and a number that the kind of change interprets. */
export interface Mutation {
  readonly at: number;
  readonly kind: number;
  readonly argument: number;
}

const TOKEN = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|\/[a-z-]+\/|&?\{?[\w,.+*#?@-]+\}?|\s+|[\s\S]/g;

/** Texts that may turn up anywhere. */
const SPLICES = [
  ';',
  '{',
  '}',
  '};',
  '<',
  '>',
  '"',
  "'",
  '(',
  ')',
  '[',
  ']',
  ',',
  '=',
  '&',
  '&{',
  '/',
  '/*',
  '*/',
  '//',
  '#',
  '\\',
  '\\\n',
  ':',
  '\n#if 1\n',
  '\n#ifdef X\n',
  '\n#else\n',
  '\n#endif\n',
  '\n#define A A B\n',
  '\n#define B(x) A x##x #x\n',
  '\n#undef A\n',
  '\n#include "self.dts"\n',
  '/delete-node/ ',
  '/delete-property/ ',
  '/omit-if-no-ref/ ',
  '/bits/ 64 ',
  '/incbin/("x")',
  '/include/ "self.dts"\n',
  '/memreserve/ 1 2;',
  '/plugin/;',
  '/dts-v1/;',
  '&label { };',
  'l: ',
  '0x',
  '0xffffffffffffffff',
  '18446744073709551616',
  "'\\n'",
  '(1 / 0)',
  '(-1 << 65)',
  'A',
  'B(1)',
  'B(A',
  'phandle = <1>;',
  'name = "x";',
  '\0',
  '\ufeff',
  '\u{1f600}',
  'é',
  '\r\n',
  '<&{/}>',
  '__FILE__',
  '__LINE__',
  '__COUNTER__',
  '? :',
  '>>',
  '<<',
  '|| &&',
];

/** Applies mutations one after another. Pure: the same arguments give the same text. */
export function mutate(text: string, mutations: readonly Mutation[]): string {
  let result = text;
  for (const mutation of mutations) result = apply(result, mutation);
  return result;
}

function apply(text: string, { at, kind, argument }: Mutation): string {
  const tokens = text.match(TOKEN) ?? [];
  if (tokens.length === 0) return SPLICES[argument % SPLICES.length] as string;
  const i = Math.min(tokens.length - 1, Math.floor(at * tokens.length));
  const token = tokens[i] as string;
  switch (kind % 9) {
    case 0:
      tokens[i] = '';
      break;
    case 1:
      tokens[i] = token + token;
      break;
    case 2: {
      const j = (i + 1 + (argument % 8)) % tokens.length;
      tokens[i] = tokens[j] as string;
      tokens[j] = token;
      break;
    }
    case 3:
      tokens[i] = `${token}${SPLICES[argument % SPLICES.length]}`;
      break;
    case 4:
      tokens[i] = SPLICES[argument % SPLICES.length] as string;
      break;
    case 5:
      tokens.splice(i, 1 + (argument % 40));
      break;
    case 6: {
      const piece = tokens.slice(i, i + 1 + (argument % 60));
      tokens.splice(argument % tokens.length, 0, ...piece);
      break;
    }
    case 7:
      tokens[i] = token.slice(0, argument % (token.length + 1));
      break;
    default:
      tokens.length = i;
  }
  return tokens.join('');
}
