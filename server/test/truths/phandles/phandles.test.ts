/** Phandle numbering, tombstones, overlays and symbols against blobs that dtc wrote (`fixtures/NAME.dtb`, `NAME.at.dtb` with -@). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildTree } from '../../../src/devicetree/build';
import { writeFdt } from '../../../src/devicetree/fdt-writer';
import { FileStore, toUri } from '../../../src/workspace/files';

const folder = resolve('server/test/truths/phandles/fixtures');
const rows = readdirSync(folder)
  .filter((name) => name.endsWith('.dtb'))
  .map((name) => ({ blob: name, source: name.replace(/(\.at)?\.dtb$/, '.dts'), symbols: name.endsWith('.at.dtb') }));

describe('numbering as dtc does it', () => {
  test.each(rows)('$blob', ({ blob, source, symbols }) => {
    const result = buildTree(toUri(join(folder, source)), new FileStore(), { symbols });
    expect(result.problems.filter((problem) => problem.severity === 'error')).toEqual([]);
    expect(Buffer.from(writeFdt(result.tree)).toString('hex')).toBe(readFileSync(join(folder, blob)).toString('hex'));
  });

  test('every source with a blob is there', () => {
    for (const { source } of rows) expect(existsSync(join(folder, source)), source).toBe(true);
  });
});
