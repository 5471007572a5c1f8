/**
 * `npm run test:log-formats -- LINUX-TREE...`: every error and warning that the kernel's IOMMU drivers and the IOMMU core print, as
 * a line of a log, held against the tables of `server/src/bootlog/lines/`. Prints those that no row reads, with their function.
 * `--cited`: the rows whose message stands in another function than the row says. Exit status 1 when there are any.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NAMES, TEXTS } from '../src/bootlog/capture/needles';
import { LineScanner } from '../src/bootlog/capture/scan';
import { lineOf } from '../src/bootlog/capture/split';
import { FAMILIES, readLine } from '../src/bootlog/lines';

interface Printed {
  readonly file: string;
  readonly line: number;
  readonly by: string;
  readonly call: string;
  readonly format: string;
}

/** Told by tests of the page tables at boot, and a warning that stands in a box of stars: nothing that a board suffers from. */
const NOTHING = /selftest|io-pgtable: (?:cfg|data): |^\*\*|^$/;

/** What only other machines have: no devicetree board prints it. */
const ELSEWHERE =
  /\/(?:amd|intel|iommufd|hyperv-iommu|virt|s390-iommu|fsl_pamu|irq_remapping|generic_pt)\b|pamu|selftest|-kunit|-test\b|io-pgtable-dart-test/;

const CALLS =
  /\b(dev_(?:emerg|crit|err|warn|alert)(?:_once|_ratelimited)?|dev_err_probe|dev_WARN(?:_ONCE)?|pr_(?:err|warn|crit|alert)(?:_once|_ratelimited)?|WARN(?:_ONCE)?)\s*\(/g;

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (entry.name.endsWith('.c')) yield path;
  }
}

/** The text of a call's arguments, up to its closing bracket. */
function argumentsAt(text: string, open: number): string {
  let depth = 0;
  for (let i = open, quoted = false; i < text.length; i++) {
    const c = text[i];
    if (c === '\\') i++;
    else if (c === '"') quoted = !quoted;
    else if (!quoted && c === '(') depth++;
    else if (!quoted && c === ')' && --depth === 0) return text.slice(open + 1, i);
  }
  return '';
}

function* printedIn(root: string, file: string): Generator<Printed> {
  const text = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, (comment) =>
    comment.replace(/[^\n]/g, ' '),
  );
  const prefix = /#define\s+pr_fmt\(fmt\)\s+"([^"]*)"/.exec(text)?.[1] ?? '';
  const functions = [
    ...text.matchAll(/^(?:static |inline |__init |noinline )*[\w\s*]*?\b(\w+)\s*\([^;{}]*\)\s*\n\{/gm),
  ];
  for (const call of text.matchAll(CALLS)) {
    const name = call[1] ?? '';
    const args = argumentsAt(text, (call.index ?? 0) + call[0].length - 1);
    const pieces = /((?:"(?:[^"\\]|\\.)*"\s*(?:PRI\w+|pgtbl\w*)?\s*)+)/.exec(args)?.[1];
    if (pieces === undefined) continue;
    const format = [...pieces.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((piece) => piece[1]).join('');
    const by = functions.filter((fn) => (fn.index ?? 0) < (call.index ?? 0)).at(-1)?.[1] ?? '?';
    const line = text.slice(0, call.index).split('\n').length;
    yield { file, line, by, call: name, format: (name.startsWith('pr_') ? prefix : '') + format };
  }
}

/** Places of a format that hold one of a few words. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/of type %s/, 'of type read'],
  [/^%s: %s FAULT occurred/, '15000000.sysmmu: PAGE FAULT occurred'],
  [/%s fault from EP %u at %#llx \[%s%s%s\]/, 'page fault from EP 8 at 0x1000 [R  ]'],
  [/%s fault from EP/, 'domain fault from EP'],
  [/\(master %d, dir %s\)/, '(master 3, dir rd)'],
  [/^%s: \[%s\] %s FAULT/, '15000000.sysmmu: [READ] PAGE FAULT'],
  [/^qcom,adreno-smmu$/, 'Missing qcom_smmu_impl_of_match entry for: qcom,adreno-smmu'],
  [/^%s %s %s %s .*stag: %#x/, 'unpriv data write s1 "Input address caused fault" stag: 0x0'],
  [/iommu group %d: %d/, 'iommu group 1: -22'],
  [/^event: %s client: %s.*/, 'event: F_TRANSLATION client: (unassigned sid) sid: 0x1 ssid: 0x0 iova: 0x1000 ipa: 0x0'],
  [/^FSR {4}= %08x \[.*\]/, 'FSR    = 00000402 [TF ]'],
  [/^FSR {4}= 0x%x \[.*\]/, 'FSR    = 00000402 [TF ]'],
  [/%sfailed to %sable/, 'VINTF0: failed to enable'],
];

/** A format with something in each place. */
function sampleOf(format: string): string {
  let filled = format;
  for (const [pattern, text] of WORDS) filled = filled.replace(pattern, text);
  return filled
    .replace(/\\n$/, '')
    .replace(/\\t/g, '\t')
    .replace(/\\"/g, '"')
    .replace(/\\n.*$/s, '')
    .replace(/%(?:pad|pa|pK|px|p)\b\w*/g, '0x0000000012345000')
    .replace(/%pOF\w*|%pfw\w*/g, '/soc/node@1000')
    .replace(/%[-#0 +]*\d*(?:\.\d+)?(?:hh|h|ll|l|z)?[xX]/g, (spec) =>
      spec.includes('#') ? '0x12345' : /016/.test(spec) ? '0000000000012345' : /0\d/.test(spec) ? '00012345' : '12345',
    )
    .replace(/%[-0 +]*\d*(?:\.\d+)?(?:hh|h|ll|l|z)?[diu]/g, '1')
    .replace(/%-?\d*(?:\.\d+)?s/g, 'name')
    .replace(/%c/g, 'c')
    .replace(/%%/g, '%');
}

function lineFor({ by, call, format, file }: Printed): string {
  const text = sampleOf(call.startsWith('pr_') ? format.replace(/^%s: /, `${by}: `) : format);
  if (call.startsWith('pr_') || call.startsWith('WARN')) return text;
  const driver = (file.split('/').at(-1) ?? '').replace(/\.c$/, '').replaceAll('_', '-');
  const own = /smmu|iommu|mmu|dart/.test(driver) ? driver : 'some-iommu';
  return `${own} 15000000.iommu: ${call === 'dev_err_probe' ? 'error -ENOENT: ' : ''}${text}`;
}

const args = process.argv.slice(2);
const cited = args.includes('--cited');
const roots = args.filter((arg) => !arg.startsWith('--') && existsSync(arg));
if (roots.length === 0) {
  console.error('usage: npm run test:log-formats -- LINUX-TREE... [--cited]');
  process.exit(2);
}
let failed = 0;
if (cited) {
  // Where each row's message stands; what only older kernels and vendors' trees print is not found.
  const folders = [
    'drivers/iommu',
    'drivers/base',
    'drivers/of',
    'drivers/memory',
    'drivers/vfio',
    'drivers/clk',
    'kernel/dma',
    'arch/arm64/mm',
    'arch/arm/mm',
  ];
  const where = new Map<unknown, Set<string>>();
  for (const root of roots)
    for (const folder of folders)
      for (const path of existsSync(join(root, folder)) ? sources(join(root, folder)) : [])
        for (const printed of printedIn(root, path.slice(root.length + 1))) {
          const read = readLine(lineOf(1, lineFor(printed)));
          if (read === null) continue;
          const names = where.get(read.shape) ?? new Set<string>();
          names.add(printed.by);
          where.set(read.shape, names);
        }
  for (const family of FAMILIES)
    for (const shape of family.shapes) {
      const names = where.get(shape);
      if (names === undefined || names.has(shape.by)) continue;
      failed++;
      console.log(`${family.name}: ${shape.by} (${shape.in}) is printed by ${[...names].join(', ')}`);
    }
} else {
  const scanner = new LineScanner(NAMES, TEXTS);
  const seen = new Set<string>();
  let all = 0;
  for (const root of roots)
    for (const path of sources(join(root, 'drivers/iommu'))) {
      const file = path.slice(root.length + 1);
      if (ELSEWHERE.test(file)) continue;
      for (const printed of printedIn(root, file)) {
        const text = lineFor(printed);
        if (seen.has(text) || NOTHING.test(text)) continue;
        seen.add(text);
        all++;
        const reading = readLine(lineOf(1, text));
        // A line of a block is looked at whatever it holds.
        const found = scanner.matches(text) || ['detail', 'word', 'note'].includes(reading?.reading.type ?? '');
        if (reading !== null && found) continue;
        failed++;
        console.log(
          `${printed.file}:${printed.line} ${printed.by}: ${text}${reading === null ? '' : '   (no word of it is looked for)'}`,
        );
      }
    }
  console.log(`${all} formats, ${failed} that no row reads`);
}
process.exit(failed === 0 ? 0 : 1);
