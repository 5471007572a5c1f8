/**
 * Labels that several nodes carry while a tree is built. dtc looks at them on the finished tree, where all but one may have gone; until
 * then a label means the node that comes first in the tree (get_node_by_label), whichever got it first.
 */
import type { TreeNode } from './tree';

/** Nodes that all the walks of one tree may look at: a text made to be slow gives a label to a node that comes later. */
const WALKED = 20_000_000;

export class SharedLabels {
  private readonly nodes = new Map<string, Set<TreeNode>>();
  private walked = 0;

  /** `owners` is kept right: for each label the node that it means. */
  constructor(
    private readonly root: TreeNode,
    private readonly owners: Map<string, TreeNode>,
  ) {}

  /** `node` has got a label that `known` has; both stand in the tree. */
  add(name: string, known: TreeNode, node: TreeNode): void {
    const all = this.nodes.get(name) ?? new Set([known]);
    this.nodes.set(name, all.add(node));
    this.settle(name);
  }

  /** The node that a label means has lost it. */
  drop(name: string): void {
    this.owners.delete(name);
    if (this.nodes.has(name)) this.settle(name);
  }

  /** The labels that are shared still, with the nodes that have them. */
  *living(): Iterable<readonly [name: string, nodes: readonly TreeNode[]]> {
    for (const name of this.nodes.keys()) {
      const nodes = this.holders(name);
      if (nodes.length > 1) yield [name, nodes];
    }
  }

  private holders(name: string): TreeNode[] {
    return [...(this.nodes.get(name) ?? [])].filter((node) => has(node, name));
  }

  private settle(name: string): void {
    const first = this.firstIn(this.root, name) ?? this.anyHolder(name);
    if (first !== null) this.owners.set(name, first);
  }

  private anyHolder(name: string): TreeNode | null {
    const nodes = this.nodes.get(name) ?? new Set<TreeNode>();
    for (const node of nodes) {
      if (has(node, name)) return node;
      nodes.delete(node);
    }
    return null;
  }

  private firstIn(node: TreeNode, name: string): TreeNode | null {
    if (has(node, name)) return node;
    if (this.walked > WALKED) return null;
    for (const child of node.children.values()) {
      if (child.deleted) continue;
      if (++this.walked > WALKED) return null;
      const found = this.firstIn(child, name);
      if (found !== null) return found;
    }
    return null;
  }
}

function has(node: TreeNode, name: string): boolean {
  for (const label of node.labels) if (label.name === name) return true;
  return false;
}
