/** What the engine uses of `node:buffer`, over plain byte arrays. */

type Encoding = 'latin1' | 'utf8' | 'utf-8' | 'base64';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();
/** Characters made at once: an engine takes no longer argument lists. */
const CHUNK = 8192;

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return text;
}

/** Bytes as Node's Buffer: parts of it (`subarray`) share its memory and are such arrays too. */
export class Buffer extends Uint8Array {
  static alloc(size: number): Buffer {
    return new Buffer(size);
  }

  static override from(value: unknown, encoding?: unknown, length?: unknown): Buffer {
    if (typeof value === 'string') {
      if (encoding !== 'base64') return viewOf(encoder.encode(value));
      const binary = atob(value.replace(/\s+/g, '').replace(/-/g, '+').replace(/_/g, '/'));
      const bytes = new Buffer(binary.length);
      for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
      return bytes;
    }
    if (value instanceof ArrayBuffer)
      return new Buffer(value, (encoding as number | undefined) ?? 0, length as number | undefined);
    const bytes = value as ArrayLike<number>;
    const made = new Buffer(bytes.length);
    made.set(bytes);
    return made;
  }

  static concat(parts: readonly Uint8Array[]): Buffer {
    const made = new Buffer(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      made.set(part, at);
      at += part.length;
    }
    return made;
  }

  static byteLength(text: string): number {
    return encoder.encode(text).length;
  }

  /** Writes a text as UTF-8 at the start, as far as it fits; the bytes written. */
  write(text: string): number {
    return encoder.encodeInto(text, this).written;
  }

  override subarray(start?: number, end?: number): Buffer {
    return super.subarray(start, end) as Buffer;
  }

  override toString(encoding: Encoding = 'utf8', start = 0, end = this.length): string {
    const part = this.subarray(start, end);
    if (encoding === 'base64') return btoa(latin1(part));
    return encoding === 'latin1' ? latin1(part) : decoder.decode(part);
  }
}

function viewOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return new Buffer(buffer as ArrayBuffer, byteOffset, length);
}

export function isAscii(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte > 0x7f) return false;
  return true;
}

export function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
