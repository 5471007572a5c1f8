/** Where the code of a finding leads: the page of its rule, as the client opens it. */
import { packagePage } from '../workspace/package-files';

/**
 * The address of a rule's page (a path in the package): the client's own, where it gave a template with `{code}` for the
 * rule's name at initialization, else the file. Null when there is no such page.
 */
export function pageAddress(page: string, template: string | null): string | null {
  if (template !== null) return template.replace('{code}', page.replace(/^.*\/|\.md$/g, ''));
  return packagePage(page);
}
