/**
 * Blobs of dtc 1.7.0 (Linux 6.12's) and 1.8.1 against ours, plain and with -@. The hashes are dtc's own; to make them anew:
 *   BLESS_DTC_1_7=FILE BLESS_DTC_1_8=FILE npx vitest run server/test/truths/dtc-versions
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TreeBuilder } from '../../../src/devicetree/build';
import { NEWEST_DTC } from '../../../src/devicetree/dtc';
import { writeFdt } from '../../../src/devicetree/fdt-writer';
import { TextFiles, uriOf } from '../../helpers/board';
import { DTC_1_7 } from '../../helpers/old-dtc';
import { SOURCES } from './sources';

const PATH = resolve('server/test/truths/dtc-versions/blobs.json');
const VERSIONS = { '1.7.0': DTC_1_7, '1.8.1': NEWEST_DTC } as const;
const PROGRAMS = { '1.7.0': process.env.BLESS_DTC_1_7, '1.8.1': process.env.BLESS_DTC_1_8 } as const;
const source = (text: string): string => `/dts-v1/; ${text}\n`;
const hashOf = (blob: Uint8Array): string => createHash('sha256').update(blob).digest('hex').slice(0, 16);

function bless(): void {
  const hashes: Record<string, string> = {};
  for (const [version, program] of Object.entries(PROGRAMS))
    for (const [name, text] of Object.entries(SOURCES))
      for (const flag of ['plain', '-@']) {
        const flags = ['-q', '-q', '-I', 'dts', '-O', 'dtb', '-b', '0', ...(flag === '-@' ? ['-@'] : []), '-'];
        const { status, stdout } = spawnSync(program ?? '', flags, { input: source(text) });
        hashes[`${version} ${flag} ${name}`] = status === 0 ? hashOf(stdout) : 'refused';
      }
  writeFileSync(PATH, `${JSON.stringify(hashes, null, 1)}\n`);
}

if (Object.values(PROGRAMS).every((program) => program !== undefined)) bless();
const HASHES: Readonly<Record<string, string>> = JSON.parse(readFileSync(PATH, 'utf8'));

describe('as dtc of each version', () => {
  const cases = Object.entries(SOURCES).flatMap(([name, text]) =>
    (['1.7.0', '1.8.1'] as const).flatMap((version) =>
      (['plain', '-@'] as const).map((flag) => [`${version} ${flag} ${name}`, text, version, flag] as const),
    ),
  );
  it.each(cases)('%s', (key, text, version, flag) => {
    const files = new TextFiles({ 'a.dts': source(text) });
    const options = { symbols: flag === '-@', dtc: VERSIONS[version] };
    const { tree, problems } = new TreeBuilder().build(uriOf('a.dts'), files, options);
    const broken = problems.some(({ severity }) => severity === 'error');
    expect(broken ? 'refused' : hashOf(writeFdt(tree, 0))).toBe(HASHES[key]);
  });
});
