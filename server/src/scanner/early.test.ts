/** Nodes that code before the devices provides for, in small kernels of a few files. */
import { describe, expect, test } from 'vitest';
import { filesInMemory } from '../../test/helpers/kernel-tree';
import { discover } from './discover';
import type { KernelObject } from './kbuild';

const FILE = 'drivers/pmdomain/vendor/sysc.c';
const LOOK = `
static const struct of_device_id sysc_matches[] = { { .compatible = "vendor,sysc" }, { } };
static struct device_node *sysc_np;
static int __init sysc_init(void)
{
	struct device_node *np = of_find_matching_node_and_match(NULL, sysc_matches, NULL);
	LEFT
	return 0;
}
early_initcall(sysc_init);
`;

/** The compatibles of the early providers that a file makes. */
function early(text: string): string[] {
  const object: KernelObject = { file: FILE, modname: 'sysc', gates: [] };
  return discover(filesInMemory({ [FILE]: text }), [object]).discovery.early.map(({ compatible }) => compatible);
}

describe('initcalls that look for nodes themselves', () => {
  test.each<[string, string, readonly string[]]>([
    ['and provide for them', LOOK.replace('LEFT', 'of_genpd_add_provider_onecell(np, &data);'), ['vendor,sysc']],
    [
      'and leave them to a later initcall (rcar_sysc_pd_init_provider)',
      `${LOOK.replace('LEFT', 'sysc_np = np;')}
static int __init sysc_provide(void) { return of_genpd_add_provider_onecell(sysc_np, &data); }
postcore_initcall(sysc_provide);`,
      ['vendor,sysc'],
    ],
    [
      'another initcall that provides for a node of its own',
      `${LOOK.replace('LEFT', 'sysc_np = np;')}
static int __init other(void) { struct device_node *sysc_np = other_node(); return of_genpd_add_provider_onecell(sysc_np, &data); }
postcore_initcall(other);`,
      [],
    ],
    ['and only look', LOOK.replace('LEFT', 'sysc_np = np;'), []],
  ])('%s', (_, text, expected) => expect(early(text)).toEqual(expected));
});
