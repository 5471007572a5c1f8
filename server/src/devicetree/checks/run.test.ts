import { describe, expect, it } from 'vitest';
import { TextFiles, uriOf } from '../../../test/helpers/board';
import { DTC_1_7 } from '../../../test/helpers/old-dtc';
import { CHECK_CASES, caseSource, checksOf } from '../../../test/truths/corpus/check-cases';
import { openBlob } from '../blob-document';
import { TreeBuilder } from '../build';
import { NEWEST_DTC } from '../dtc';
import { writeFdt } from '../fdt-writer';
import { CHECK_NAMES, checkProblems, checkTree, kernelChecks } from './run';

const OFF = [
  'property_name_chars_strict',
  'node_name_chars_strict',
  'deprecated_gpio_property',
  'unique_unit_address_if_enabled',
];
const DEFAULT = new Set(CHECK_NAMES.filter((name) => !OFF.includes(name)));

const built = (text: string, dtc = NEWEST_DTC) =>
  new TreeBuilder().build(uriOf('a.dts'), new TextFiles({ 'a.dts': text }), { dtc });
const build = (text: string) => built(text).tree;

describe('checks', () => {
  it.each(CHECK_CASES.map((item) => [item.text, item] as const))('%s', (_, item) => {
    for (const [dtc, finds] of [
      [NEWEST_DTC, item.finds],
      [DTC_1_7, item.finds17 ?? item.finds],
    ] as const) {
      const { tree, problems } = built(caseSource(item), dtc);
      const checks = checkTree(tree, { enabled: DEFAULT }).map((f) => [f.check, f.node.path]);
      const found = [...checksOf(problems), ...checks].map(([check, node]) => `${check} ${node}`);
      expect([...new Set(found)].sort(), dtc.version).toEqual([...finds].sort());
    }
  });

  it('every check but the strict ones has a case', () => {
    const seen = new Set(
      CHECK_CASES.flatMap((item) => [...item.finds, ...(item.finds17 ?? [])].map((find) => find.split(' ')[0])),
    );
    const generic = /_(property|is_cell)$/;
    const unseen = [...DEFAULT].filter((name) => !seen.has(name) && !generic.test(name));
    // names that the parser does not let through, and steps that only prepare others
    expect(unseen).toEqual([
      'node_name_chars',
      'node_name_format',
      'property_name_chars',
      'addr_size_cells',
      'simple_bus_bridge',
    ]);
  });

  it('points at the property, with its check as code', () => {
    const text = caseSource({ text: 'smmu: s { #iommu-cells = <1>; }; d { iommus = <&smmu>; };', finds: [] });
    const [problem, ...rest] = checkProblems(build(text));
    expect(rest).toEqual([]);
    expect(problem?.code).toBe('iommus_property');
    expect(problem && text.slice(problem.span.start, problem.span.end)).toBe('iommus');
    expect(problem?.message).toBe('/d: /s has #iommu-cells 1, the last entry of iommus has 0');
  });

  it.each([
    ['l: p = <1>; a { x = <2 l: 3>; };', "/a: duplicate label 'l', it is on /:p too", 2],
    ['p = l: <1>, "x" l:;', "/: duplicate label 'l', it is on /:p too", 2],
    ['a { l: p; }; l: b { };', "/a: duplicate label 'l', it is on /b too", 1],
  ])('points at the second label of %s', (inner, message, nth) => {
    const text = caseSource({ text: inner, finds: [] });
    const [problem] = built(text).problems;
    expect(problem?.message).toBe(message);
    const places = [...text.matchAll(/l(?=:)/g)].map((match) => match.index);
    expect([problem?.span.start, problem?.span.end]).toEqual([places[nth - 1], (places[nth - 1] ?? 0) + 1]);
    expect(problem?.related?.[0]?.span.start).toBe(places[2 - nth]);
  });

  it('does not ask for references in a blob, and finds the rest there too', () => {
    const tree = build(
      caseSource({ text: 's: s { #iommu-cells = <1>; }; d { iommus = <1 1>; clocks = <&s>; };', finds: [] }),
    );
    const blob = openBlob('file:///b.dtb', writeFdt(tree, 0)).tree;
    expect(checkTree(blob).map((f) => f.check)).toEqual(['clocks_property']);
    expect(checkTree(tree).map((f) => f.check)).toEqual(['clocks_property', 'iommus_property']);
  });

  it('keeps generated nodes and the fragments of an overlay out of it', () => {
    const tree = build('/dts-v1/; /plugin/; &a { iommus = <&b 1>; interrupts = <1>; interrupt-parent = <&c>; };');
    expect(checkTree(tree, { enabled: DEFAULT })).toEqual([]);
  });

  it('the set of the kernel is part of all', () => {
    for (const name of kernelChecks()) expect(CHECK_NAMES).toContain(name);
  });
});
