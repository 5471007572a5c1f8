/** The sources that a sub-command is given: `-` is standard input, overlays go on top, include folders as the options say. */
import { resolve } from 'node:path';
import { type BuildResult, TreeBuilder } from '../devicetree/build';
import { isBlob, type OverlayInput, openTree } from '../devicetree/open-tree';
import type { FileProvider } from '../source/file';
import { FileStore, toUri } from '../workspace/files';
import { isFdt, liveTree } from '../workspace/live-tree';
import { isStream, streamBytes, whyUnreadable } from '../workspace/regular-file';
import { buildOptionsFor, type ParsedArguments, pathOf, projects, UsageError } from './options';

/** Everything that a stream gives; a usage error when it cannot be read. */
function readStream(name: string): Buffer {
  try {
    return streamBytes(name);
  } catch (error) {
    const shown = name === '-' ? 'standard input' : name;
    throw new UsageError(`cannot read ${shown} (${error instanceof Error ? error.message : String(error)})`);
  }
}

/** The source that a stream gives, for commands that take no blob from one. */
export function readStreamText(name: string): string {
  const bytes = readStream(name);
  if (isFdt(bytes)) throw new UsageError(`${name} is a blob: this command reads one from a file (.dtb)`);
  return bytes.toString('utf8');
}

export class Sources {
  private readonly builder = new TreeBuilder();
  private readonly files = new FileStore();
  private readonly overlays: readonly OverlayInput[];

  constructor(
    private readonly args: ParsedArguments,
    /** Whether the boards carry `__symbols__` (dtc's -@); overlays do not, as in the kernel's build. */
    private readonly symbols = false,
  ) {
    this.overlays = args.all('--overlay').map((overlay) => {
      const uri = toUri(resolve(overlay));
      if (this.files.realUri(uri) === null) throw new UsageError(`cannot read ${overlay}${whyUnreadable(overlay)}`);
      return { uri, options: buildOptionsFor(overlay, args) };
    });
  }

  /** The tree of a FILE with the overlays applied; what is wrong with it is in its problems. Null when there is no such file. */
  open(name: string): BuildResult | null {
    const uri = toUri(pathOf(name));
    const stream = isStream(name) ? readStream(name) : null;
    const live = stream !== null ? (isFdt(stream) ? stream : null) : isBlob(uri) ? null : liveTree(pathOf(name));
    if (live !== null) return this.openBytes(name, live);
    if (stream !== null) this.files.setOpen(uri, stream.toString('utf8'));
    else if (this.files.realUri(uri) === null) return null;
    const options = { ...buildOptionsFor(name, this.args), symbols: this.symbols };
    const overlays = projects.of(pathOf(name))?.overlays(pathOf(name)) ?? [];
    return openTree(this.builder, uri, this.files, options, [
      ...this.overlays,
      ...overlays.map((path) => ({ uri: toUri(path), options: buildOptionsFor(path, this.args) })),
    ]);
  }

  /** The same for a blob that is no file of that name: a live tree, a part of a collected file. */
  openBytes(name: string, bytes: Uint8Array): BuildResult {
    const uri = `${toUri(pathOf(name))}.dtb`;
    const files: FileProvider = {
      read: (wanted) => this.files.read(wanted),
      readBytes: (wanted) => (wanted === uri ? bytes : this.files.readBytes(wanted)),
    };
    return openTree(
      this.builder,
      uri,
      files,
      { ...buildOptionsFor(name, this.args), symbols: this.symbols },
      this.overlays,
    );
  }
}
