/** Zephyr's overlays: text that the build adds to a board's, so that macros and labels of the board hold in it. */
import { isAbsolute } from 'node:path';
import type { BuildOptions, BuildResult, TreeBuilder } from '../devicetree/build';
import type { Problem } from '../devicetree/model';
import { type FileProvider, type SourceFile, sourceFile } from '../source/file';
import { toPath, toUri } from './files';

const NO_BOARD =
  'No board is known for this overlay: what it takes from one (labels, macros) is not checked. Choose its board in the status bar, or name it in smmuScope.overlayBases.';

/**
 * Whether a file is an overlay of this kind by its name and text; in Zephyr's trees parts of boards are called .dts too
 * (`board_common.dts`): what has no version, and does not begin with a board that it includes.
 */
export function isAppended(path: string, text: string, zephyr: boolean): boolean {
  const start = text.slice(0, 10_000).replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '');
  if (/^[ \t]*\/(?:dts-v1|plugin)\/[ \t]*;/m.test(start)) return false;
  if (path.endsWith('.overlay')) return true;
  const directives = /^(?:\s*#[^\n]*\n)*/.exec(start)?.[0] ?? '';
  return zephyr && !/#[ \t]*include[^\n]*\.dts[">]/.test(directives);
}

/** Kconfig's: applications keep fragments of their configuration under this ending too (OVERLAY_CONFIG). */
function isFragment(text: string): boolean {
  return /^CONFIG_\w+=/m.test(text) && text.split('\n').every((line) => /^\s*(?:#.*|CONFIG_\w+=.*)?\s*$/.test(line));
}

const atHead = (file: SourceFile, code: string, message: string): Problem => ({
  severity: 'information',
  code,
  message,
  span: { file, start: 0, end: Math.max(0, file.text.indexOf('\n')) },
});

/** What stands for the tree of a file that has none. */
function noDevicetree(builder: TreeBuilder, file: SourceFile): BuildResult {
  const empty: FileProvider = { read: (uri) => (uri === file.uri ? sourceFile(uri, '') : null), readBytes: () => null };
  const message = 'A fragment of the configuration (CONFIG_…), not of a devicetree: it is not checked.';
  const result = builder.build(file.uri, empty, { incomplete: true });
  return { ...result, files: new Map([[file.uri, file]]), problems: [atHead(file, 'dts/no-devicetree', message)] };
}

/**
 * Builds a board with texts added to it, as Zephyr's build does with cpp's -include (cmake/modules/dts.cmake): `paths` are the board
 * and its overlays in order, absolute. With `whole` false there is no board: the texts are read as an overlay whose labels are elsewhere.
 */
export function buildAppended(
  builder: TreeBuilder,
  files: FileProvider,
  paths: readonly string[],
  whole: boolean,
  options: BuildOptions,
): BuildResult {
  const last = paths.at(-1) ?? '';
  const uri = toUri(`${last}-joined.dts`);
  const head = whole ? '' : '/dts-v1/;\n/plugin/;\n';
  const text = head + paths.map((path) => `#include "${path}"\n`).join('');
  // a name that cannot be written in an #include
  if (paths.some((path) => !isAbsolute(path) || /["\n]/.test(path)))
    return builder.build(toUri(last), files, { ...options, incomplete: true });
  const entry: SourceFile = sourceFile(uri, text);
  const provider: FileProvider = {
    read: (at) => (at === uri ? entry : files.read(at)),
    readBytes: (at) => files.readBytes(at),
  };
  const overlay = files.read(toUri(last));
  if (overlay !== null && isFragment(overlay.text)) return noDevicetree(builder, overlay);
  const result = builder.build(uri, provider, whole ? options : { ...options, incomplete: true });
  // the joining text is no file of anybody's
  const kept = new Map([...result.files].filter(([at]) => at !== uri));
  const told = whole || overlay === null ? [] : [atHead(overlay, 'dts/overlay-without-board', NO_BOARD)];
  const problems = result.problems.filter((problem) => toPath(problem.span.file.uri) !== toPath(uri));
  return { ...result, files: kept, problems: [...problems, ...told] };
}
