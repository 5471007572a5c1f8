/** Where a result goes. */
import { writeFileSync } from 'node:fs';

/** Writes a text to a file, or to standard output without one (or `-`). */
export function output(path: string | undefined, text: string): void {
  if (path === undefined || path === '-') process.stdout.write(text);
  else writeFileSync(path, text);
}
