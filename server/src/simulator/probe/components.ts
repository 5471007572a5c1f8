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
  for (const node of tree.nodes) {
    if (node.parent !== null) bump(first, node.index + 1);
    for (const supply of suppliesOf(node)) bump(first, supply.consumer.index + 1);
  }
  for (let i = 0; i < count; i++) first[i + 1] = (first[i + 1] ?? 0) + (first[i] ?? 0);
  const targets = new Int32Array(first[count] ?? 0);
  const free = first.slice();
  for (const node of tree.nodes) {
    if (node.parent !== null) targets[bump(free, node.index)] = node.parent.index;
    for (const supply of suppliesOf(node)) targets[bump(free, supply.consumer.index)] = supply.supplier.index;
  }
  const component = new Int32Array(count).fill(-1);
  const number = new Int32Array(count).fill(-1);
  const lowest = new Int32Array(count);
  const open: number[] = [];
  const nodes: number[] = [];
  const edges: number[] = [];
  let next = 0;
  let made = 0;
  for (let start = 0; start < count; start++) {
    if (number[start] !== -1) continue;
    nodes.push(start);
    edges.push(first[start] ?? 0);
    number[start] = lowest[start] = next++;
    open.push(start);
    while (nodes.length > 0) {
      const at = nodes[nodes.length - 1] ?? 0;
      const edge = edges[edges.length - 1] ?? 0;
      if (edge < (first[at + 1] ?? 0)) {
        const target = targets[edge] ?? 0;
        edges[edges.length - 1] = edge + 1;
        if (number[target] === -1) {
          nodes.push(target);
          edges.push(first[target] ?? 0);
          number[target] = lowest[target] = next++;
          open.push(target);
        } else if (component[target] === -1) lowest[at] = Math.min(lowest[at] ?? 0, number[target] ?? 0);
        continue;
      }
      nodes.pop();
      edges.pop();
      const above = nodes[nodes.length - 1];
      if (above !== undefined) lowest[above] = Math.min(lowest[above] ?? 0, lowest[at] ?? 0);
      if (lowest[at] !== number[at]) continue;
      for (let member = open.pop(); member !== undefined; member = open.pop()) {
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
