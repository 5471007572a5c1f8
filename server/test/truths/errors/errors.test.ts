/**
 * Broken files and what is said about them. `cases/NAME.dts` is the file, `golden/NAME.txt` the diagnostics, `dtc.tsv` what cpp
 * and dtc say first. Golden files are written anew by `BLESS=1 npx vitest run server/test/truths/errors`.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildTree } from '../../../src/devicetree/build';
import type { Problem } from '../../../src/devicetree/model';
import { type FileProvider, positionAt, type SourceFile, type Span, sourceFile } from '../../../src/source/file';

const folder = resolve('server/test/truths/errors');
const cases = readdirSync(join(folder, 'cases'))
  .filter((name) => name.endsWith('.dts'))
  .map((name) => name.slice(0, -4))
  .sort();

/** Why another line than dtc's is better, by the code of our first error. No entry: the lines must agree. */
const REASONS: Readonly<Record<string, string>> = {
  'dts/bad-escape': 'dtc names no line',
  'dts/missing-semicolon': 'the line where the ; is missing, dtc names the token after it',
  'dts/missing-bracket': 'the line where the bracket is missing, dtc names the token after it',
  'dts/missing-brace': 'the statement before which }; is missing or the node without end, dtc goes on to a later token',
  'dts/expected-brace': 'the line where { is missing, dtc names the token after it',
  'dts/expected-value': 'the line where the value is missing, dtc names the token after it',
  'dts/unexpected': 'the text that is wrong, dtc names what follows',
  'dts/unterminated-string': 'the string without its quote, dtc reads on into later lines',
  'cpp/unterminated-call': 'the call that has no ), cpp names the end of the file',
  'dts/unknown-word': 'the use of the macro, dtc names the line cpp printed it on',
  phandle_references: 'the reference itself, dtc names the node around it',
  path_references: 'the reference itself, dtc names the node around it',
  duplicate_property_names: 'the second definition, with the first as related place; dtc names the first',
  name_properties: 'the property, dtc names the node',
  'dts/incbin-not-found': 'dtc names no line',
  'dts/include-not-found': 'dtc names no line',
  'dts/missing-version': 'the first character of the text, dtc names line 0',
  'dts/empty-tree': 'the file itself, dtc names line 0 or the end',
  explicit_phandles: 'the property, dtc names the node',
  duplicate_label: 'the label, dtc names the node',
  duplicate_node_names: 'the node, dtc names no node',
  'dts/truncated': "the kernel's dtc 1.7.0 warns and goes on, only 1.6.1 refuses it",
  'dts/label-without-target': 'the label, dtc has an internal error without a place',
  'dts/misplaced-version': 'the /dts-v1/; that comes too late, dtc names the first statement',
};

function provider(): FileProvider {
  const known = new Map<string, SourceFile | null>();
  return {
    read(uri) {
      let file = known.get(uri);
      if (file === undefined) {
        const path = join(folder, 'cases', uri.replace('file:///cases/', ''));
        file =
          uri.startsWith('file:///cases/') && existsSync(path) ? sourceFile(uri, readFileSync(path, 'utf8')) : null;
        known.set(uri, file);
      }
      return file;
    },
    readBytes: () => null,
  };
}

function place(span: Span): string {
  const start = positionAt(span.file, span.start);
  const end = positionAt(span.file, span.end);
  const last = end.line === start.line ? `${end.character + 1}` : `${end.line + 1}:${end.character + 1}`;
  return `${start.line + 1}:${start.character + 1}-${last}`;
}

function shown(problem: Problem): string {
  const lines = [`${place(problem.span)} ${problem.severity} ${problem.code}: ${problem.message}`];
  for (const { span, message } of problem.related ?? []) lines.push(`    ${place(span)} ${message}`);
  return lines.join('\n');
}

const dtc = new Map<string, { line: string; message: string }>();
for (const row of readFileSync(join(folder, 'dtc.tsv'), 'utf8').split('\n')) {
  const [name, line, message] = row.split('\t');
  if (name !== undefined && line !== undefined) dtc.set(name, { line, message: message ?? '' });
}

describe('broken files', () => {
  test('there are at least 150', () => expect(cases.length).toBeGreaterThanOrEqual(150));

  test.each(cases)('%s', (name) => {
    const { problems } = buildTree(`file:///cases/${name}.dts`, provider());
    const reference = dtc.get(name);
    expect(reference, 'every case has a line in dtc.tsv').toBeDefined();
    const first = problems.find((problem) => problem.severity === 'error');
    const line = first === undefined ? '-' : String(positionAt(first.span.file, first.span.start).line + 1);
    const head = [`# dtc, line ${reference?.line}: ${reference?.message}`];
    if (line !== reference?.line) {
      const reason = REASONS[(first ?? problems[0])?.code ?? ''];
      expect(reason, `line ${line} instead of dtc's ${reference?.line} needs a reason`).toBeDefined();
      head.push(`# better: ${reason}`);
    }
    const text = `${[...head, ...problems.map(shown)].join('\n')}\n`;
    const golden = join(folder, 'golden', `${name}.txt`);
    if (process.env.BLESS) {
      mkdirSync(join(folder, 'golden'), { recursive: true });
      writeFileSync(golden, text);
    }
    expect(text).toBe(readFileSync(golden, 'utf8'));
  });
});
