/** What stands for Node in a browser does what Node does. */
import { Buffer as NodeBuffer, isAscii as nodeIsAscii, isUtf8 as nodeIsUtf8 } from 'node:buffer';
import { posix } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Buffer, isAscii, isUtf8 } from './buffer';
import { setImmediate as soon } from './globals';
import { posix as path } from './path';

const segment = fc.constantFrom('a', 'b.dts', '.config', 'c.tar.gz', '..', '.', '', 'dé', 'e.');
const anyPath = fc
  .tuple(fc.boolean(), fc.array(segment, { maxLength: 6 }))
  .map(([rooted, parts]) => (rooted ? '/' : '') + parts.join('/'));
const rootedPath = anyPath.map((name) => `/${name}`);

describe('paths', () => {
  test.each(['normalize', 'dirname', 'basename', 'extname', 'isAbsolute'] as const)('%s', (name) => {
    fc.assert(
      fc.property(anyPath, (given) => {
        expect(path[name](given)).toBe(posix[name](given));
      }),
    );
  });
  test('basename without a suffix', () => {
    // Node answers "/" for the root with a suffix, and "" without one; suffixes are extensions here
    const named = anyPath.filter((name) => /[^/]/.test(name));
    fc.assert(
      fc.property(named, fc.constantFrom('.dts', '.gz', ''), (given, suffix) => {
        expect(path.basename(given, suffix)).toBe(posix.basename(given, suffix));
      }),
    );
  });
  test('join', () => {
    fc.assert(
      fc.property(fc.array(anyPath, { maxLength: 4 }), (all) => {
        expect(path.join(...all)).toBe(posix.join(...all));
      }),
    );
  });
  test('resolve and relative, from the root', () => {
    fc.assert(
      fc.property(rootedPath, anyPath, (from, to) => {
        expect(path.resolve(from, to)).toBe(posix.resolve(from, to));
        expect(path.relative(from, path.resolve(from, to))).toBe(posix.relative(from, posix.resolve(from, to)));
      }),
    );
  });
});

const bytes = fc.uint8Array({ maxLength: 300 });

describe('buffers', () => {
  test.each(['latin1', 'utf8', 'base64'] as const)('toString %s, of a part too', (encoding) => {
    fc.assert(
      fc.property(bytes, fc.nat(300), fc.nat(300), (all, a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        expect(Buffer.from(all).toString(encoding, from, to)).toBe(NodeBuffer.from(all).toString(encoding, from, to));
      }),
    );
  });
  test('texts and base64 become bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), bytes, (text, all) => {
        expect([...Buffer.from(text)]).toEqual([...NodeBuffer.from(text)]);
        expect(Buffer.byteLength(text)).toBe(NodeBuffer.byteLength(text));
        const packed = NodeBuffer.from(all).toString('base64');
        expect([...Buffer.from(packed, 'base64')]).toEqual([...all]);
      }),
    );
  });
  test('more than fits into one list of arguments', () => {
    const many = new Uint8Array(100_000).map((_, i) => i);
    expect(Buffer.from(many).toString('latin1')).toBe(NodeBuffer.from(many).toString('latin1'));
  });
  test('parts share memory and are buffers; concat copies', () => {
    const whole = Buffer.alloc(8);
    const part = whole.subarray(2, 5);
    expect(part.write('äx')).toBe(3);
    expect(whole.toString('utf8', 2, 5)).toBe('äx');
    expect(part).toBeInstanceOf(Buffer);
    expect(Buffer.concat([part, part]).toString('utf8')).toBe('äxäx');
    const memory = new ArrayBuffer(8);
    Buffer.from(memory, 4, 2)[0] = 7;
    expect(new Uint8Array(memory)[4]).toBe(7);
  });
  test('what is ASCII and what is UTF-8', () => {
    fc.assert(
      fc.property(bytes, (all) => {
        expect(isAscii(all)).toBe(nodeIsAscii(all));
        expect(isUtf8(all)).toBe(nodeIsUtf8(all));
      }),
    );
    expect(isUtf8(NodeBuffer.from('grün'))).toBe(true);
  });
});

test('setImmediate keeps the order', async () => {
  const seen: number[] = [];
  await new Promise<void>((done) => {
    for (const i of [1, 2, 3])
      soon(() => {
        seen.push(i);
        if (i === 3) done();
      });
  });
  expect(seen).toEqual([1, 2, 3]);
});
