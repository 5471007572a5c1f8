import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { buildTree } from '../devicetree/build';
import { FileStore, toUri } from './files';

const folder = mkdtempSync(join(tmpdir(), 'scope-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What dtc writes for a string is the bytes between its quotes, whatever encoding they are in. */
describe('bytes of strings', () => {
  test.each<[what: string, encoding: 'latin1' | 'utf8', expected: number[]]>([
    ['Latin-1', 'latin1', [0xe9, 10, 0, 0xe8, 0]],
    ['UTF-8', 'utf8', [0xc3, 0xa9, 10, 0, 0xc3, 0xa8, 0]],
  ])('%s', (what, encoding, expected) => {
    const path = join(folder, `${what}.dts`);
    writeFileSync(path, '/dts-v1/;\n/* é */\n#define M "è"\n/ { a = "é\\n", M; };\n', encoding);
    const { tree, problems } = buildTree(toUri(path), new FileStore());
    expect(problems).toEqual([]);
    expect([...(tree.root.properties.get('a')?.bytes ?? [])]).toEqual(expected);
  });
});
