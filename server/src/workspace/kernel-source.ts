/** The kernel source that a board lies in: drivers and bindings, read when somebody jumps there. */
import { basename, isAbsolute, join, normalize } from 'node:path';
import type { SourceFile } from '../source/file';
import { textOf } from './disk';
import { type FileStore, toUri } from './files';
import { namesBelow, realDisk } from './real-disk';
import { kernelOf, type SourceTree } from './trees';

const BINDINGS = 'Documentation/devicetree/bindings';
/** Binding files looked into for one compatible that no file is named after. */
const MAX_SEARCHED = 8000;

export class KernelSource {
  private bindings: readonly string[] | null = null;
  private readonly found = new Map<string, string | null>();

  private constructor(
    private readonly root: string,
    private readonly files: FileStore,
  ) {}

  private static readonly known = new Map<string, KernelSource>();

  /** The source of the kernel that boots a tree; null when none is known. */
  static of(tree: SourceTree, files: FileStore): KernelSource | null {
    const root = kernelOf(tree);
    return root === null ? null : KernelSource.at(root, files);
  }

  /** The source of the kernel tree at a folder. */
  static at(root: string, files: FileStore): KernelSource {
    let source = KernelSource.known.get(root);
    if (source === undefined || source.files !== files) {
      source = new KernelSource(root, files);
      KernelSource.known.set(root, source);
    }
    return source;
  }

  /** A file by its path below the root (of a module that is built outside, by its own); null when it is not there. */
  read(path: string): SourceFile | null {
    if (isAbsolute(path)) return this.files.read(toUri(path));
    const clean = normalize(path);
    return clean.startsWith('..') ? null : this.files.read(toUri(join(this.root, clean)));
  }

  /** The binding file that describes a compatible: named after it, else the first that lists it. */
  bindingOf(compatible: string): string | null {
    let binding = this.found.get(compatible);
    if (binding === undefined) {
      binding = this.search(compatible);
      this.found.set(compatible, binding);
    }
    return binding;
  }

  private search(compatible: string): string | null {
    const all = this.all();
    const named = all.find((path) => basename(path) === `${compatible}.yaml`);
    if (named !== undefined) return named;
    // as an item of an enum or const, not as part of a longer name
    const listed = new RegExp(`['" ]${compatible.replace(/[.*+?^$()|[\]{}\\]/g, '\\$&')}['"]?[ \\t]*$`, 'm');
    for (const path of all.slice(0, MAX_SEARCHED)) {
      const text = textOf(realDisk, join(this.root, path)) ?? '';
      if (text.includes(compatible) && listed.test(text)) return path;
    }
    return null;
  }

  private all(): readonly string[] {
    this.bindings ??= namesBelow(join(this.root, BINDINGS))
      .filter((name) => name.endsWith('.yaml') || name.endsWith('.txt'))
      .map((name) => `${BINDINGS}/${name}`)
      // schemas first: the old text files are left for what has none
      .sort((a, b) => Number(b.endsWith('.yaml')) - Number(a.endsWith('.yaml')) || (a < b ? -1 : 1));
    return this.bindings;
  }
}
