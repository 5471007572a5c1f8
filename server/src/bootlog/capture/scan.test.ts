import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import wabt from 'wabt';
import { NAMES, TEXTS } from './needles';
import { LineScanner } from './scan';

describe('the machine code', () => {
  it('is that of scan.wat', async () => {
    const source = join(__dirname, 'scan.wat');
    const module = (await wabt()).parseWat(source, readFileSync(source, 'utf8'), { simd: true });
    const wasm = Buffer.from(module.toBinary({}).buffer).toString('base64');
    const golden = join(__dirname, 'scan-wasm.json');
    const text = `${JSON.stringify({ wasm }, null, 2)}\n`;
    if (process.env.BLESS === '1') writeFileSync(golden, text);
    expect(readFileSync(golden, 'utf8')).toBe(text);
  });
});

/** What a slow search finds: a word anywhere, a name only in the origin of a message. */
function slowly(line: string, names: readonly string[], texts: readonly string[]): boolean {
  const inOrigin = (rest: string): boolean => /^[\w.,:@/+()#-]*? ?[\w.,:@/+()#-]*?:(?: |$)/.test(rest);
  if (texts.some((text) => line.includes(text))) return true;
  return names.some((name) => {
    for (let at = line.indexOf(name); at >= 0; at = line.indexOf(name, at + 1))
      if (inOrigin(line.slice(at, at + 96))) return true;
    return false;
  });
}

describe('the scan', () => {
  const names = [...NAMES, 'a600000.usb'];
  let scanner: LineScanner;
  beforeAll(() => {
    scanner = new LineScanner(names, TEXTS);
  });
  const lines: string[] = [];
  // Every word at every distance from the beginning of a block, alone and beside what is nearly a word.
  let seed = 7;
  const random = (n: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return seed % n;
  };
  const words = [...names.map((name) => `${name}0: x`), ...TEXTS];
  for (let i = 0; i < 4000; i++) {
    const word = words[random(words.length)] ?? '';
    const broken =
      random(2) === 0 ? word : word.slice(0, random(word.length)) + 'ioumdefr t'[random(10)] + word.slice(3);
    lines.push(`${'x'.repeat(random(40))} ${broken}${'y'.repeat(random(20))}`);
  }

  it('finds the lines that a slow search finds, with their bounds', () => {
    const text = Buffer.from(`${lines.join('\n')}\n`);
    const found: string[] = [];
    for (let done = 0; done < text.length; ) {
      const length = Math.min(text.length - done, scanner.buffer.length);
      const end = done + length < text.length ? text.lastIndexOf(10, done + length - 1) + 1 : done + length;
      scanner.buffer.set(text.subarray(done, end));
      scanner.scan(0, end - done, (from, to) => found.push(scanner.buffer.toString('latin1', from, to)));
      done = end;
    }
    expect(found).toEqual(lines.filter((line) => slowly(line, names, TEXTS)));
    expect(found.length).toBeGreaterThan(500);
  });

  it('counts lines', () => {
    const text = 'a\n\nbc\n'.repeat(100);
    scanner.buffer.write(text);
    for (const [from, to] of [
      [0, 0],
      [0, 600],
      [1, 2],
      [3, 500],
      [7, 29],
    ] as const)
      expect(scanner.lines(from, to)).toBe(text.slice(from, to).split('\n').length - 1);
  });

  it('tells lines apart by all of their bytes', () => {
    const keys = new Set<number>();
    for (let i = 0; i < 40; i++) {
      scanner.buffer.write('x'.repeat(40));
      scanner.buffer[i] = 0x79;
      keys.add(scanner.hash(0, 40));
      keys.add(scanner.hash(0, i));
    }
    expect(keys.size).toBe(80);
  });
});
