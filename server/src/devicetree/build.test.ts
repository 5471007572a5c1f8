/** What a builder keeps must not show: a text gives the same after others as it gives alone. */
import { describe, expect, test } from 'vitest';
import type { FileProvider } from '../source/file';
import { sourceFile } from '../source/file';
import { TreeBuilder } from './build';
import { writeFdt } from './fdt-writer';

const INCLUDES: Readonly<Record<string, string>> = {
  'a.dtsi': '/ { a: node { reg = <1>; }; };\n',
  'stray.dtsi': 'stray {\n',
  'macro.dtsi': '#define M 3\n',
  'unknown.dtsi': '/ { u = <UNKNOWN>; };\n',
};

function files(entry: string): FileProvider {
  const known = new Map(
    Object.entries({ ...INCLUDES, 'x.dts': entry }).map(([n, t]) => [`file:///${n}`, sourceFile(`file:///${n}`, t)]),
  );
  return { read: (uri) => kept.get(uri) ?? known.get(uri) ?? null, readBytes: () => null };
}

/** Includes are the same versions for all builds, as on a disk where they do not change. */
const kept = new Map(Object.entries(INCLUDES).map(([n, t]) => [`file:///${n}`, sourceFile(`file:///${n}`, t)]));

const said = (builder: TreeBuilder, text: string) => {
  const { tree, problems } = builder.build('file:///x.dts', files(text));
  return [
    ...problems.map(({ code, message, span }) => `${code} ${span.start}-${span.end} ${message}`),
    Buffer.from(writeFdt(tree)).toString('hex'),
  ];
};

describe('a builder that has built before', () => {
  test.each([
    // the mode in which the include ended decides how the next word is read
    ['a word behind an include', '///;\n#include "a.dtsi"\n', '///;\n#include "a.dtsi"\ndts-v1 { };\n'],
    ['an include in another mode', '#include "a.dtsi"\ndts-v1 { };\n', '/dts-v1/;\n#include "a.dtsi"\ndts-v1 { };\n'],
    ['an include that is stray text', '#include "stray.dtsi"\n', '/dts-v1/;\n#include "stray.dtsi"\nx-1 = <1>;\n'],
    [
      'what an /include/ without a name leaves behind',
      '/dts-v1/;\n/include/ "a.dtsi"\n',
      '/dts-v1/;\n/include//include/ "a.dtsi" "b";\n',
    ],
    ['a warning of another definition', '#define M 2\n#include "macro.dtsi"\n', '#include "macro.dtsi"\n'],
    [
      'a word that is unknown, and one that may be in an include that is missing',
      '/dts-v1/;\n#include "unknown.dtsi"\n',
      '/dts-v1/;\n#include "missing.h"\n#include "unknown.dtsi"\n',
    ],
    [
      'and leaves to the next include',
      '/dts-v1/;\n/include//include/ "stray.dtsi"\n',
      '/dts-v1/;\n/include/ "stray.dtsi"\n',
    ],
    [
      'the same label with another number',
      '/dts-v1/;\n#include "a.dtsi"\n/ { b = <&a>; };\n',
      '/dts-v1/;\n#include "a.dtsi"\n/ { c: c { }; b0 = <&c>; b = <&a>; };\n',
    ],
  ])('%s', (_, before, text) => {
    const builder = new TreeBuilder();
    said(builder, before);
    expect(said(builder, text)).toEqual(said(new TreeBuilder(), text));
  });
});
