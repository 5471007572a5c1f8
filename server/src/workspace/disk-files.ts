/** Files from a disk, for the command line and tests, and where a kernel tree keeps its includes. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type FileProvider, type SourceFile, sourceFile } from '../source/file';
import type { IncludeFolder } from '../source/preprocessor';
import { pathOfUri, uriOfPath } from '../source/uri';

/**
 * Reads each file once and keeps it: the right thing for one run of a program. A watcher tells `forget` what changed.
 */
export class DiskFiles implements FileProvider {
  private readonly known = new Map<string, SourceFile | null>();

  read(uri: string): SourceFile | null {
    let file = this.known.get(uri);
    if (file === undefined) {
      const bytes = this.readBytes(uri);
      file =
        bytes === null
          ? null
          : sourceFile(uri, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
      this.known.set(uri, file);
    }
    return file;
  }

  readBytes(uri: string): Uint8Array | null {
    try {
      return readFileSync(pathOfUri(uri));
    } catch {
      return null;
    }
  }

  /** Drops what is kept of a file, so that the next read sees the disk; without a URI, of all files. */
  forget(uri?: string): void {
    if (uri === undefined) this.known.clear();
    else this.known.delete(uri);
  }
}

/** The architectures with devicetrees, as scripts/dtc/include-prefixes names them. */
const ARCHES = [
  'arc',
  'arm',
  'arm64',
  'csky',
  'loongarch',
  'microblaze',
  'mips',
  'nios2',
  'openrisc',
  'powerpc',
  'riscv',
  'sh',
  'xtensa',
];

/** The root of the Linux source tree that a file lies in, or null: the folder above it with scripts/dtc and include/dt-bindings. */
export function kernelTreeOf(path: string): string | null {
  for (let at = dirname(path); ; at = dirname(at)) {
    if (existsSync(join(at, 'scripts/dtc')) && existsSync(join(at, 'include/dt-bindings'))) return at;
    if (at === dirname(at)) return null;
  }
}

/**
 * The include folders of the kernel's own build. `scripts/dtc/include-prefixes` is a folder of links; here they are followed,
 * so that a header has one URI however it is reached (and a checkout without links works).
 */
export function kernelIncludeFolders(root: string): IncludeFolder[] {
  const folders: IncludeFolder[] = [{ prefix: 'dt-bindings', uri: uriOfPath(join(root, 'include/dt-bindings')) }];
  for (const arch of ARCHES) {
    const path = join(root, 'arch', arch, 'boot/dts');
    if (isFolder(path)) folders.push({ prefix: arch, uri: uriOfPath(path) });
  }
  return folders;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
