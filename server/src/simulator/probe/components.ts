/**
 * Which nodes can be on a common dependency cycle at all: the strongly connected components of everything that the tree
 * states (every supply, the optional ones too, and each node's parent). A link whose ends lie in different components
 * needs no search for cycles. Tarjan's algorithm with an explicit stack.
 */
import type { DeviceTree, DtNode } from '../../devicetree/model';
import type { Supply } from './links/suppliers';

/** The component of each node, by `node.index`. */
export function components(tree: DeviceTree, suppliesOf: (node: DtNode) => readonly Supply[]): Int32Array {
  const count = tree.nodes.length;
  // What is linked to what, consumer by consumer: a remote endpoint's consumer is not the node it stands in. Edges of
  // node i are targets[first[i]] to targets[first[i + 1] - 1].
  const first = new Int32Array(count + 1);
  for (let i = 0; i < count; i++) {
    const node = tree.nodes[i] as DtNode;
    if (node.parent !== null) bump(first, i + 1);
    const supplies = suppliesOf(node);
    for (let k = 0; k < supplies.length; k++) bump(first, (supplies[k] as Supply).consumer.index + 1);
  }
  for (let i = 0; i < count; i++) first[i + 1] = (first[i + 1] ?? 0) + (first[i] ?? 0);
  const targets = new Int32Array(first[count] ?? 0);
  const free = first.slice();
  for (let i = 0; i < count; i++) {
    const node = tree.nodes[i] as DtNode;
    if (node.parent !== null) targets[bump(free, i)] = node.parent.index;
    const supplies = suppliesOf(node);
    for (let k = 0; k < supplies.length; k++) {
      const { consumer, supplier } = supplies[k] as Supply;
      targets[bump(free, consumer.index)] = supplier.index;
    }
  }
  const component = new Int32Array(count).fill(-1);
  const number = new Int32Array(count).fill(-1);
  const lowest = new Int32Array(count);
  // stacks, none higher than there are nodes
  const open = new Int32Array(count);
  const nodes = new Int32Array(count);
  const edges = new Int32Array(count);
  let opened = 0;
  let depth = 0;
  let next = 0;
  let made = 0;
  for (let start = 0; start < count; start++) {
    if (number[start] !== -1) continue;
    nodes[depth] = start;
    edges[depth++] = first[start] ?? 0;
    number[start] = lowest[start] = next++;
    open[opened++] = start;
    while (depth > 0) {
      const at = nodes[depth - 1] ?? 0;
      const edge = edges[depth - 1] ?? 0;
      if (edge < (first[at + 1] ?? 0)) {
        const target = targets[edge] ?? 0;
        edges[depth - 1] = edge + 1;
        if (number[target] === -1) {
          nodes[depth] = target;
          edges[depth++] = first[target] ?? 0;
          number[target] = lowest[target] = next++;
          open[opened++] = target;
        } else if (component[target] === -1) lowest[at] = Math.min(lowest[at] ?? 0, number[target] ?? 0);
        continue;
      }
      depth--;
      const above = nodes[depth - 1];
      if (above !== undefined) lowest[above] = Math.min(lowest[above] ?? 0, lowest[at] ?? 0);
      if (lowest[at] !== number[at]) continue;
      while (opened > 0) {
        const member = open[--opened] ?? 0;
        component[member] = made;
        if (member === at) break;
      }
      made++;
    }
  }
  return component;
}

/** Counts up at an index; returns what was there. */
function bump(counts: Int32Array, at: number): number {
  const before = counts[at] ?? 0;
  counts[at] = before + 1;
  return before;
}
