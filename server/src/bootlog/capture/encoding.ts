/**
 * What encoding a capture is in. Terminal programs on Windows and PowerShell's redirection write UTF-16, serial lines and
 * pstore leave NUL bytes; a compressed file is named for what it is.
 */

export type Encoding =
  | { readonly kind: 'utf-8' }
  | { readonly kind: 'utf-16le' | 'utf-16be' }
  /** Not text: the name says what it is, and how to make it readable. */
  | { readonly kind: 'unreadable'; readonly name: string; readonly advice: string };

const startsWith = (bytes: Uint8Array, magic: readonly number[]): boolean => magic.every((b, i) => bytes[i] === b);

const bytesOf = (text: string): number[] => [...text].map((char) => char.charCodeAt(0));

const MAGIC: readonly (readonly [readonly number[], string, string])[] = [
  [[0x1f, 0x8b], 'gzip-compressed', 'gzip -dc FILE | smmu-scope explain -'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], 'xz-compressed', 'xz -dc FILE | smmu-scope explain -'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd-compressed', 'zstd -dc FILE | smmu-scope explain -'],
  [[0x42, 0x5a, 0x68], 'bzip2-compressed', 'bzip2 -dc FILE | smmu-scope explain -'],
  [[0x04, 0x22, 0x4d, 0x18], 'lz4-compressed', 'lz4 -dc FILE | smmu-scope explain -'],
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive', 'unpack it and give the log in it'],
  [[0x7f, 0x45, 0x4c, 0x46], 'an ELF file', 'give the text of the log'],
  [[0xd0, 0x0d, 0xfe, 0xed], 'a devicetree blob', 'give the log, and the blob with --dts'],
  [bytesOf('LPKSHHRH'), 'a journal of systemd', 'journalctl --file FILE -k | smmu-scope explain -'],
  [bytesOf('\u0017\bDtracing'), 'a trace.dat of trace-cmd', 'trace-cmd report FILE | smmu-scope explain -'],
  [[0xff, 0xfe, 0x00, 0x00], 'UTF-32 (little endian)', 'iconv -f UTF-32 -t UTF-8 FILE | smmu-scope explain -'],
  [[0x00, 0x00, 0xfe, 0xff], 'UTF-32 (big endian)', 'iconv -f UTF-32 -t UTF-8 FILE | smmu-scope explain -'],
];

/** Compressions that are unpacked where a log is opened, by their magic numbers (RFC 1952, RFC 8878, the .xz format 1.1). */
export function compressionOf(bytes: Uint8Array): 'gzip' | 'zstd' | 'xz' | null {
  if (startsWith(bytes, [0x1f, 0x8b])) return 'gzip';
  if (startsWith(bytes, [0x28, 0xb5, 0x2f, 0xfd])) return 'zstd';
  return startsWith(bytes, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]) ? 'xz' : null;
}

/** How many of the first `length` bytes are no ASCII and in no well-formed sequence of UTF-8 (its lengths alone are looked at). */
function strayBytes(bytes: Uint8Array, length: number): number {
  let stray = 0;
  for (let i = 0; i < length; i++) {
    const lead = bytes[i] ?? 0;
    if (lead < 0x80) continue;
    const more =
      lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xf0 && lead < 0xf5 ? 3 : 0;
    let follows = 0;
    while (follows < more && ((bytes[i + 1 + follows] ?? 0) & 0xc0) === 0x80) follows++;
    if (more > 0 && follows === more) i += more;
    else stray++;
  }
  return stray;
}

/** The encoding of a capture, by its first bytes (up to 64 KiB are looked at). */
export function encodingOf(bytes: Uint8Array): Encoding {
  if (bytes.length === 0) return { kind: 'utf-8' };
  for (const [magic, name, advice] of MAGIC) if (startsWith(bytes, magic)) return { kind: 'unreadable', name, advice };
  if (startsWith(bytes, [0xff, 0xfe])) return { kind: 'utf-16le' };
  if (startsWith(bytes, [0xfe, 0xff])) return { kind: 'utf-16be' };
  const length = Math.min(bytes.length, 65536);
  // Without a byte order mark: text of the Latin range has a NUL in every second byte.
  const zeros = [0, 0];
  let odd = 0;
  for (let i = 0; i < length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === 0) zeros[i & 1] = (zeros[i & 1] ?? 0) + 1;
    else if (byte < 9 || (byte > 13 && byte < 27)) odd++;
  }
  const half = length / 2;
  const [even = 0, uneven = 0] = zeros;
  if (length >= 8 && uneven > half * 0.6 && even < half * 0.1) return { kind: 'utf-16le' };
  if (length >= 8 && even > half * 0.6 && uneven < half * 0.1) return { kind: 'utf-16be' };
  // Control characters that no terminal writes, all over: no text of any kind. Nor are bytes that no UTF-8 has: a serial line's
  // noise is rare, and a log in another code page is ASCII for the greatest part. NUL bytes are what pstore pads with.
  const said = length - (even + uneven);
  if (odd > length * 0.1 || odd + strayBytes(bytes, length) > said * 0.3)
    return {
      kind: 'unreadable',
      name: 'binary data, in no encoding that is known here',
      advice: 'give the text of the log',
    };
  return { kind: 'utf-8' };
}

/** The bytes of a UTF-16 capture as UTF-8. Keeps half a code unit for the next piece. */
export class Utf16Reader {
  private readonly decoder: InstanceType<typeof TextDecoder>;
  private readonly encoder = new TextEncoder();
  constructor(kind: 'utf-16le' | 'utf-16be') {
    this.decoder = new TextDecoder(kind, { fatal: false, ignoreBOM: false });
  }
  push(chunk: Uint8Array): Uint8Array {
    return this.encoder.encode(this.decoder.decode(chunk, { stream: true }));
  }
  end(): Uint8Array {
    return this.encoder.encode(this.decoder.decode());
  }
}
