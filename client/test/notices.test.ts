/** Which licences may be shipped, and what the notices say of packages with and without a licence text. */
import { describe, expect, test } from 'vitest';
import { type BundledPackage, licenceProblems, noticesOf, packagesIn } from '../scripts/notices.mjs';

const mit: BundledPackage = { name: 'a', version: '1.0.0', license: 'MIT', text: 'MIT text' };

describe('licences of what is bundled', () => {
  test.each<[string, BundledPackage, RegExp | null]>([
    ['permissive', mit, null],
    ['copyleft', { ...mit, license: 'GPL-3.0-only' }, /a 1\.0\.0: licence GPL-3\.0-only is none of/],
    ['not stated', { ...mit, license: undefined }, /licence not stated/],
    ['without any notice', { ...mit, text: null }, /neither a licence text nor an author/],
  ])('%s', (_, bundled, problem) => {
    const problems = licenceProblems([bundled]);
    if (problem === null) expect(problems).toEqual([]);
    else expect(problems).toEqual([expect.stringMatching(problem)]);
  });

  test('the packages of a bundle, once each, and none that gave it nothing', () => {
    const input = (bytesInOutput: number) => ({ bytesInOutput });
    const found = packagesIn([
      {
        outputs: {
          'dist/x.js': {
            inputs: {
              'client/src/x.ts': input(5),
              'node_modules/jsonc-parser/lib/a.js': input(7),
              'node_modules/jsonc-parser/lib/b.js': input(3),
              'node_modules/d3-scale/src/index.js': input(0),
            },
          },
        },
      },
    ]);
    expect(found.map(({ name }) => name)).toEqual(['jsonc-parser']);
    expect(noticesOf(found)).toMatch(/jsonc-parser \S+ \(MIT\)\n\n[\s\S]*Permission is hereby granted/);
  });
});
