/** Any board into a tree: source or blob, with overlays on top. */
import type { FileProvider, SourceFile } from '../source/file';
import { openBlob } from './blob-document';
import type { BuildOptions, BuildResult, TreeBuilder } from './build';
import type { Problem } from './model';
import { applyOverlay } from './overlay';

export interface OverlayInput {
  readonly uri: string;
  readonly options: BuildOptions;
  /** Whether what can be applied of a broken overlay is applied: for one that is being written. */
  readonly lenient?: boolean;
}

/** Whether a URI names a flattened tree rather than source. */
export function isBlob(uri: string): boolean {
  return /\.dtbo?$/i.test(uri);
}

/**
 * Opens a board: a .dtb (printed as source, with places in that text; its URI stands for the text) or a .dts, then
 * applies overlays in order. With overlays a source is built with symbols, as its labels are needed. Never throws; an
 * overlay that cannot be applied is left out and said so.
 */
export function openTree(
  builder: TreeBuilder,
  uri: string,
  provider: FileProvider,
  options: BuildOptions,
  overlays: readonly OverlayInput[] = [],
): BuildResult {
  let result = openOne(builder, uri, provider, overlays.length > 0 ? { ...options, symbols: true } : options);
  for (const input of overlays) {
    const overlay = openOne(builder, input.uri, provider, input.options);
    const lenient = input.lenient ?? false;
    const broken = !lenient && overlay.problems.some((problem) => problem.severity === 'error');
    // a broken overlay is reported by its own problems
    const applied = broken ? { tree: result.tree, problems: [] } : applyOverlay(result.tree, overlay.tree, lenient);
    const { files, inactiveRegions: inactive } = result;
    result = {
      ...result,
      tree: applied.tree,
      problems: [...result.problems, ...overlay.problems, ...applied.problems],
      unknown: [...result.unknown, ...overlay.unknown],
      files: new Map([...result.files, ...overlay.files]),
      missing: [...result.missing, ...overlay.missing],
      includes: [...result.includes, ...overlay.includes],
      macros: [...result.macros, ...overlay.macros],
      // a file may be part of the board and of an overlay: then the board's reading counts
      inactiveRegions: (uri) => (files.has(uri) ? inactive(uri) : overlay.inactiveRegions(uri)),
    };
  }
  return result;
}

function openOne(builder: TreeBuilder, uri: string, files: FileProvider, options: BuildOptions): BuildResult {
  if (!isBlob(uri)) return builder.build(uri, files, options);
  const bytes = files.readBytes(uri);
  // an absent file is reported as for source
  if (bytes === null) return builder.build(uri, { read: () => null, readBytes: () => null }, options);
  const { tree, file, problems } = openBlob(uri, bytes);
  const result: { files: ReadonlyMap<string, SourceFile>; problems: readonly Problem[] } = {
    files: new Map([[uri, file]]),
    problems,
  };
  return { ...result, tree, unknown: [], missing: [], includes: [], macros: [], inactiveRegions: () => [] };
}
