/** Patches as edits of one file's text: what people do to sources, includes and headers. */
import type { Random } from '../../fuzz/sources';

/** What kind of file an edit is for. */
export type Target = 'source' | 'header';

export interface Edit {
  readonly name: string;
  readonly target: Target;
  /** The text after the edit; null: there is no place for it. */
  edit(text: string, random: Random): string | null;
  /** One property is another: what a review says of it must fit on a screen. */
  readonly oneProperty?: true;
  /** Boards behave as before. */
  readonly equal?: true;
  /** Nodes have other names: findings and devices are told under those of now. */
  readonly renames?: true;
}

type Traits = Partial<Pick<Edit, 'oneProperty' | 'equal' | 'renames' | 'target'>>;
type Replace = (match: RegExpExecArray, random: Random, text: string) => string | null;

/** Replaces one of the places that a pattern matches, comments and strings aside as far as the pattern says. */
function at(name: string, pattern: RegExp, replace: Replace, traits: Traits = {}): Edit {
  return {
    name,
    target: 'source',
    edit(text, random) {
      const places = [...text.matchAll(pattern)];
      if (places.length === 0) return null;
      const match = random.pick(places);
      const made = replace(match, random, text);
      return made === null ? null : text.slice(0, match.index) + made + text.slice(match.index + match[0].length);
    },
    ...traits,
  };
}

const ONE: Traits = { oneProperty: true };
const EQUAL: Traits = { equal: true };

/** A property that is removed wherever it stands, its value on several lines too. */
const statement = (name: string): RegExp => new RegExp(`^[ \\t]*${name}(?:[ \\t]*=[^;{}]*)?;[^\\n]*\\n`, 'gm');
const removed = (name: string, property: string): Edit => at(name, statement(property), () => '', ONE);

/** Statements of a label's own, behind everything that the file says. */
const appended = (name: string, labels: RegExp, body: (random: Random) => string, traits: Traits = ONE): Edit => ({
  name,
  target: 'source',
  edit(text, random) {
    const found = [...text.matchAll(labels)].map((match) => match[1] ?? '');
    return found.length === 0 ? null : `${text}\n&${random.pick(found)} {\n\t${body(random)}\n};\n`;
  },
  ...traits,
});

const LABEL = /^[ \t]+(\w+):[ \t]*[\w,.+-]+(?:@[\da-f,]+)?[ \t]*\{/gm;
const SUPPLIER = /\b(?:clocks|power-domains|[\w-]+-supply|resets|phys|iommus)[ \t]*=[ \t]*<&(\w+)/g;
const IOMMU = /\biommus[ \t]*=[ \t]*<&(\w+)/g;
const NODE = /^[ \t]+(?:\w+:[ \t]*)*[\w,.+-]+(?:@[\da-f,]+)?[ \t]*\{[ \t]*\n/gm;

/** Where the node ends whose brace is open at `from`; null: nowhere. */
function endOf(text: string, from: number): number | null {
  let depth = 1;
  for (let i = from; i < text.length; i++) {
    if (text[i] === '{') depth++;
    else if (text[i] === '}' && --depth === 0) {
      const end = text.indexOf('\n', i);
      return end < 0 ? text.length : end + 1;
    }
  }
  return null;
}

/** A whole node goes; `pattern` matches up to its brace. */
const nodeRemoved = (name: string, pattern: RegExp): Edit => ({
  name,
  target: 'source',
  edit(text, random) {
    const places = [...text.matchAll(pattern)];
    if (places.length === 0) return null;
    const match = random.pick(places);
    const end = endOf(text, match.index + match[0].length);
    return end === null ? null : text.slice(0, match.index) + text.slice(end);
  },
});

const other = (text: string, random: Random, choice: readonly string[]): string | null => {
  const made = random.pick(choice);
  return made === text ? null : made;
};

export const EDITS: readonly Edit[] = [
  at('wrong cell', /(?<=[< ])(?:0x[\da-f]+|\d+)(?=[ >])/g, ([was], r) => other(was, r, ['0', '1', '0x10', '64']), ONE),
  at(
    'another stream ID',
    /(iommus = <&\w+ )(0x[\da-f]+|\d+)/g,
    ([, head, id], r) => `${head}0x${(Number(id) ^ r.pick([1, 2, 0x40])).toString(16)}`,
    ONE,
  ),
  removed('removed iommus', 'iommus'),
  removed('removed clocks', 'clocks'),
  removed('removed power domain', 'power-domains'),
  removed('removed supply', '[\\w-]+-supply'),
  removed('removed interrupts', 'interrupts'),
  removed('removed reg', 'reg'),
  removed('removed compatible', 'compatible'),
  removed('removed memory-region', 'memory-region'),
  removed('removed iommu-map', 'iommu-map'),
  at('one property', statement('[\\w,#-]+'), () => '', ONE),
  appended('disabled supplier', SUPPLIER, () => 'status = "disabled";'),
  appended('disabled IOMMU', IOMMU, () => 'status = "disabled";'),
  appended('deleted property', LABEL, (r) =>
    r
      .pick(['iommus', 'clocks', 'reg', 'compatible', 'power-domains', 'status'])
      .replace(/^/, '/delete-property/ ')
      .concat(';'),
  ),
  appended('wrong #iommu-cells', IOMMU, (r) => `#iommu-cells = <${r.below(4)}>;`),
  appended('another compatible of the IOMMU', IOMMU, (r) =>
    r.pick(['compatible = "arm,mmu-500";', 'compatible = "arm,smmu-v3";', 'compatible = "vendor,nothing";']),
  ),
  appended('coherent', LABEL, () => 'dma-coherent;'),
  appended('enabled by an override', LABEL, () => 'status = "okay";'),
  at('disabled device', /status = "okay";/g, () => 'status = "disabled";', ONE),
  at('enabled device', /status = "disabled";/g, () => 'status = "okay";', ONE),
  at('changed compatible', /compatible = "([^"]+)"/g, () => 'compatible = "vendor,no-such-thing"', ONE),
  at('misspelt compatible', /compatible = "([^"]+)"/g, ([was]) => `${was.slice(0, -1)}x"`, ONE),
  at(
    'wrong #cells',
    /#(clock|power-domain|interrupt|address|size|reset|phy|gpio)-cells = <(\d)>/g,
    ([, what, n]) => `#${what}-cells = <${Number(n) + 1}>`,
    ONE,
  ),
  at(
    'another IOMMU cell count in place',
    /#iommu-cells = <(\d)>/g,
    ([, n]) => `#iommu-cells = <${(Number(n) + 1) % 3}>`,
    ONE,
  ),
  nodeRemoved('removed node', NODE),
  nodeRemoved('removed labelled node', /^[ \t]+\w+:[ \t]*[\w,.+-]+(?:@[\da-f,]+)?[ \t]*\{[ \t]*\n/gm),
  nodeRemoved('removed override', /^&\w+ \{[ \t]*\n/gm),
  at('removed label', /^([ \t]+)\w+:[ \t]*(?=[\w,.+-]+(?:@[\da-f,]+)?[ \t]*\{)/gm, ([, indent]) => indent ?? ''),
  at('removed label of an IOMMU', /^([ \t]+)\w+:[ \t]*(?=(?:iommu|smmu)@)/gm, ([, indent]) => indent ?? ''),
  at(
    'renamed node',
    /^([ \t]+(?:\w+:[ \t]*)?)([\w,.+-]+)(?=@[\da-f,]+[ \t]*\{)/gm,
    ([, head, name]) => `${head}${name}-x`,
    {
      renames: true,
    },
  ),
  at(
    'another unit address',
    /^([ \t]+(?:\w+:[ \t]*)?[\w,.+-]+)@([\da-f]+)(?=[ \t]*\{)/gm,
    ([, head, unit]) => `${head}@${unit}0`,
    {
      renames: true,
    },
  ),
  at('deleted node', /$(?![\s\S])/g, (_, r, text) => {
    const labels = [...text.matchAll(LABEL)].map(([, label]) => label);
    return labels.length === 0 ? null : `\n/delete-node/ &${r.pick(labels)};\n`;
  }),
  at(
    'moved reserved region',
    /(reserved-memory \{[\s\S]*?reg = <0x0 )(0x[\da-f]+)/g,
    ([, head, place]) => `${head}0x${(Number(place) + 0x100000).toString(16)}`,
    ONE,
  ),
  at('syntax error: no semicolon', /;(?=[ \t]*\n)/g, () => ''),
  at('syntax error: no brace', /^[ \t]*\};\n/gm, () => ''),
  at('syntax error: no bracket', />;(?=[ \t]*\n)/g, () => ';'),
  at('syntax error: a quote', /";(?=[ \t]*\n)/g, () => ';'),
  at('removed include', /^#include ["<][^">]+[">]\n/gm, () => ''),
  at('misspelt include', /^#include "([^"]+)"\n/gm, ([, name]) => `#include "x-${name}"\n`),
  at('include of something else', /^#include "[^"]+"\n/gm, ([was]) => `${was}#include "nowhere/${was.length}.dtsi"\n`),
  at('include under a condition', /^#include "[^"]+"\n/gm, ([was]) => `#ifdef NEVER\n${was}#endif\n`),
  at('a comment', /\n(?=\t+[\w,#-]+ = )/g, () => '\n/* said\n * at length */\n', EQUAL),
  at('an empty line on top', /^/g, () => '\n\n', EQUAL),
  at(
    'decimal cells',
    /(?<= <)0x([\da-f]{1,7})(?=>;)/g,
    ([, digits]) => String(Number.parseInt(digits ?? '', 16)),
    EQUAL,
  ),
  at('white space', /\t(?=[\w,#-]+ = <)/g, () => ' \t ', EQUAL),
  at(
    'changed #define',
    /^(#define[ \t]+\w+[ \t]+)(\d+|0x[\da-f]+)[ \t]*$/gm,
    ([, head, n]) => `${head}${Number(n) + 1}`,
    {
      target: 'header',
    },
  ),
  at('removed #define', /^#define[ \t]+\w+[ \t]+\S.*\n/gm, () => '', { target: 'header' }),
  at('a new #define', /^#define[ \t]+\w+[ \t]+\S.*\n/gm, ([was]) => `${was}#define NOBODY_ASKS 5\n`, {
    target: 'header',
    equal: true,
  }),
  at('a header that stops', /^#endif.*\n(?![\s\S]*#endif)/gm, () => '', { target: 'header' }),
];
