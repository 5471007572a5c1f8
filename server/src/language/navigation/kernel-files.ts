/** The source of the kernel that a board lies in: where drivers name the compatibles they match. */
import type { SourceFile, Span } from '../../source/file';

/** The source as far as it is there. Paths count from the tree's root. */
export interface KernelFiles {
  read(path: string): SourceFile | null;
  /** The binding that describes a compatible. */
  bindingOf(compatible: string): string | null;
}

/**
 * The of_device_id row (or declare macro) of a compatible in the file that the catalogue names; the catalogue's line when
 * this release writes it in another way. Null without the file.
 */
export function tableLine(
  kernel: KernelFiles,
  place: { readonly file: string; readonly line: number },
  compatible: string,
): Span | null {
  const file = kernel.read(place.file);
  if (file === null) return null;
  // a row of the table rather than code that asks for the compatible
  const quoted = `"${compatible}"`;
  const row = file.text.indexOf(`compatible = ${quoted}`);
  const at = row < 0 ? file.text.indexOf(quoted) : row + 'compatible = '.length;
  if (at >= 0) return { file, start: at + 1, end: at + 1 + compatible.length };
  const start = file.lineStarts[place.line - 1] ?? 0;
  return { file, start, end: start };
}
