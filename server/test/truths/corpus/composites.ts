/**
 * The composite boards of the kernel's Makefiles (`x-dtbs := base.dtb overlay.dtbo …`): base with symbols, overlays on
 * top. The fixture holds a hash of what fdtoverlay of the same release makes of them, made from the tree because the
 * blob's padding is whatever stood in memory.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { TreeBuilder } from '../../../src/devicetree/build';
import type { DeviceTree } from '../../../src/devicetree/model';
import { openTree } from '../../../src/devicetree/open-tree';
import { type FileStore, toUri } from '../../../src/workspace/files';
import type { SourceTree } from '../../../src/workspace/trees';
import { fixtureText } from './boards';
import type { CorpusKernel } from './linux-source';

interface Composite {
  readonly name: string;
  /** Paths in the kernel tree: the base, then the overlays. */
  readonly parts: readonly string[];
  readonly hash: string;
}

function composites(kernel: CorpusKernel): Composite[] {
  const text = fixtureText(`composites-${kernel.release}.tsv`);
  return text.split('\n').flatMap((line) => {
    const [name, parts, hash] = line.split('\t');
    if (line.startsWith('#') || name === undefined || parts === undefined || hash === undefined) return [];
    return [{ name, parts: parts.split(' '), hash }];
  });
}

/** Nodes and properties in stored order, a line each: path, then name and value. sha256 as base64url. */
function treeHash(tree: DeviceTree): string {
  const hash = createHash('sha256');
  for (const node of tree.nodes) {
    hash.update(`${node.path}\n`);
    for (const { name, bytes } of node.properties.values())
      hash.update(` ${name}=${Buffer.from(bytes).toString('hex')}\n`);
  }
  return hash.digest('base64url');
}

/** Puts all composites together; the lines of those that differ. */
export function compareComposites(
  kernel: CorpusKernel,
  { root, includeFolders, dtc }: SourceTree,
  builder: TreeBuilder,
  files: FileStore,
): { readonly total: number; readonly differences: readonly string[] } {
  const all = composites(kernel);
  const differences: string[] = [];
  for (const { name, parts, hash } of all) {
    const [base = '', ...overlays] = parts.map((part) => toUri(join(root, part)));
    const options = { includeFolders, dtc };
    const inputs = overlays.map((uri) => ({ uri, options }));
    const { tree, problems } = openTree(builder, base, files, options, inputs);
    const error = problems.find((problem) => problem.severity === 'error');
    if (error !== undefined || !treeHash(tree).startsWith(hash))
      differences.push(`${name} (composite): ${error?.message ?? 'the tree differs'}`);
  }
  return { total: all.length, differences };
}
