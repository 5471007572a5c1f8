/** What of the installed package (or of the project) stands beside the program: pages of the rules, its version. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { uriOfPath } from '../source/uri';

let folder: string | null | undefined;

/** The folder of the package, or null: the nearest one above the program that has the pages. */
function packageFolder(): string | null {
  if (folder !== undefined) return folder;
  folder = null;
  for (let at = __dirname, up = ''; at !== up; up = at, at = dirname(at))
    if (existsSync(join(at, 'docs', 'rules'))) {
      folder = at;
      break;
    }
  return folder;
}

/** The address of a file of the package; null when it is not there. */
export function packagePage(path: string): string | null {
  const root = packageFolder();
  return root !== null && existsSync(join(root, path)) ? uriOfPath(join(root, path)) : null;
}

/** The version in package.json; `unknown` where the program was copied away from it. */
export function packageVersion(): string {
  const root = packageFolder();
  if (root === null) return 'unknown';
  try {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version?: unknown };
    return typeof version === 'string' ? version : 'unknown';
  } catch {
    return 'unknown';
  }
}
