import { expect, test } from 'vitest';
import { snapshotOfTexts } from '../../../test/helpers/board';
import { ruleContext } from '../rules/context';
import { diagnose } from '../rules/findings';

function syntax(text: string) {
  const s = snapshotOfTexts({ 'board.dts': `/dts-v1/;\n${text}` });
  return diagnose(ruleContext(s.tree, s.view, null), s.problems, {}).filter((d) => /^(dts|cpp)\//.test(d.code));
}

test.each([
  [
    'a semicolon after a property',
    '/ {\n\tmodel = "x"\n\tcompatible = "y";\n};\n',
    '/ {\n\tmodel = "x";\n\tcompatible = "y";\n};\n',
  ],
  ['a semicolon after a node', '/ {\n\ta { }\n\tb { };\n};\n', '/ {\n\ta { };\n\tb { };\n};\n'],
  ['a >', '/ {\n\treg = <1 2;\n};\n', '/ {\n\treg = <1 2>;\n};\n'],
  ['a ]', '/ {\n\tx = [00 11;\n};\n', '/ {\n\tx = [00 11];\n};\n'],
  ['a ,', '/ {\n\tx = <1> <2>;\n};\n', '/ {\n\tx = <1>, <2>;\n};\n'],
  ['an =', '/ {\n\tmodel "x";\n};\n', '/ {\n\tmodel = "x";\n};\n'],
  ['a semicolon too much', '/ {\n\tmodel = "x";;\n};\n', '/ {\n\tmodel = "x";\n};\n'],
])('%s', (_, before, after) => {
  const found = syntax(before);
  const fix = found.flatMap((d) => d.fixes?.() ?? [])[0];
  const edit = fix?.edits[0];
  const text = `/dts-v1/;\n${before}`;
  expect(edit, found.map((d) => `${d.code} ${d.message}`).join()).toBeDefined();
  if (edit === undefined) return;
  const fixed = text.slice(0, edit.span.start) + edit.text + text.slice(edit.span.end);
  expect(fixed).toBe(`/dts-v1/;\n${after}`);
  expect(syntax(after)).toEqual([]);
});
