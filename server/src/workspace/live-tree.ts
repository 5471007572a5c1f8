/** A tree as a running kernel shows it: `/sys/firmware/fdt`, or the folder `/proc/device-tree`, as the bytes of a blob. */
import { closeSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openRegular } from './regular-file';

const MAGIC = 0xd00dfeed;
const BEGIN_NODE = 1;
const END_NODE = 2;
const PROP = 3;
const END = 9;
/** Deeper than this no tree goes: a folder that leads back into itself. */
const DEEPEST = 64;
/** A property larger than this is none. */
const LARGEST = 1 << 20;

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);

/** The folder as a blob of version 17 (Devicetree Specification 0.4, chapter 5). Links (`aliases` of sysfs) are not followed. */
function blobOfFolder(folder: string): Uint8Array {
  const strings = new Map<string, number>();
  let names = Buffer.alloc(0);
  const struct: Buffer[] = [];
  const nameAt = (name: string): number => {
    const known = strings.get(name);
    if (known !== undefined) return known;
    const at = names.length;
    strings.set(name, at);
    names = Buffer.concat([names, Buffer.from(`${name}\0`)]);
    return at;
  };
  const node = (path: string, name: string, depth: number): void => {
    struct.push(word(BEGIN_NODE), padded(Buffer.from(`${name}\0`)));
    const entries = readdirSync(path, { withFileTypes: true });
    for (const entry of entries) {
      // `name` is made by the kernel (of_device, populate_node).
      if (!entry.isFile() || entry.name === 'name') continue;
      const file = join(path, entry.name);
      if (statSync(file).size > LARGEST) continue;
      let bytes: Buffer;
      try {
        bytes = readFileSync(file);
      } catch {
        continue; // security-* properties are root's alone
      }
      struct.push(word(PROP), word(bytes.length), word(nameAt(entry.name)), padded(bytes));
    }
    if (depth < DEEPEST)
      for (const entry of entries) if (entry.isDirectory()) node(join(path, entry.name), entry.name, depth + 1);
    struct.push(word(END_NODE));
  };
  node(folder, '', 0);
  struct.push(word(END));
  const body = Buffer.concat(struct);
  const HEADER = 40;
  const reserve = Buffer.alloc(16);
  const structAt = HEADER + reserve.length;
  const header = [MAGIC, structAt + body.length + names.length, structAt, structAt + body.length, HEADER, 17, 16, 0];
  return Uint8Array.from(
    Buffer.concat([...header.map(word), word(names.length), word(body.length), reserve, body, names]),
  );
}

/** Whether bytes begin as a blob does. */
export const isFdt = (bytes: Buffer): boolean => bytes.length >= 4 && bytes.readUInt32BE(0) === MAGIC;

/** The bytes of a blob for a name that does not end in `.dtb`: by its first bytes, or a live tree's folder; null for others. */
export function liveTree(path: string): Uint8Array | null {
  try {
    if (statSync(path).isDirectory()) return readdirSync(path).includes('compatible') ? blobOfFolder(path) : null;
    const head = Buffer.alloc(4);
    const file = openRegular(path);
    try {
      readSync(file, head, 0, 4, 0);
    } finally {
      closeSync(file);
    }
    return isFdt(head) ? readFileSync(path) : null;
  } catch {
    return null;
  }
}
