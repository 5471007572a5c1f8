/** Where the code of a finding leads: the page of its rule, as the client opens it. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { uriOfPath } from '../source/uri';

/** The folder of the installed package (or of the project), or null: the nearest one above that has the pages. */
function packageFolder(): string | null {
  for (let at = __dirname, up = ''; at !== up; up = at, at = dirname(at))
    if (existsSync(join(at, 'docs', 'rules'))) return at;
  return null;
}

const folder = packageFolder();

/**
 * The address of a rule's page (a path in the package): the client's own, where it gave a template with `{code}` for the
 * rule's name at initialization, else the file. Null when there is no such page.
 */
export function pageAddress(page: string, template: string | null): string | null {
  if (template !== null) return template.replace('{code}', page.replace(/^.*\/|\.md$/g, ''));
  return folder !== null && existsSync(join(folder, page)) ? uriOfPath(join(folder, page)) : null;
}
