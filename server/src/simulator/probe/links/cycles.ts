/** Finding dependency cycles when a link is about to be made (drivers/base/core.c, __fw_devlink_relax_cycles). */
import type { Core } from '../core';
import type { Device, DeviceLink, FwLink, FwNode } from '../devices/device';
import { relaxLink } from './device-links';
import { isSyncStateOnly } from './link-flags';

/** One way from a node towards what it depends on. */
interface Edge {
  readonly target: FwNode | null;
  readonly fwlink: FwLink | null;
  readonly devlink: DeviceLink | null;
}

interface Frame {
  readonly node: FwNode;
  readonly edges: readonly Edge[];
  at: number;
  found: boolean;
  /** The lowest frame on the stack that cut this search short. */
  lowest: number;
}

let searches = 0;

/**
 * Whether `supplier`, its ancestors or anything it depends on depends on `consumer`. Relaxes and marks every link on
 * the cycles found. The kernel forgets what it visited on the way back; here the answer for a node is kept during one
 * search when no node of the stack cut it short, which gives the same marks without visiting again and again.
 */
export function relaxCycles(core: Core, consumer: FwNode, supplier: FwNode): boolean {
  const id = ++searches;
  const stack: Frame[] = [];
  let answer = false;
  let answerLowest = Number.POSITIVE_INFINITY;

  /** Answers at once, or pushes a frame and returns null. */
  const enter = (node: FwNode | null): boolean | null => {
    answerLowest = Number.POSITIVE_INFINITY;
    if (node === null) return false;
    if (node.visited) {
      answerLowest = stack.findIndex((f) => f.node === node);
      return false;
    }
    if (node.searchId === id) return node.searchResult;
    if (node === consumer) return true;
    if (node.device?.linkState === 'bound' && consumer.device?.linkState === 'no-driver') return false;
    const edges = edgesOf(node);
    if (edges.length === 0) return false;
    node.visited = true;
    stack.push({ node, edges, at: 0, found: false, lowest: Number.POSITIVE_INFINITY });
    return null;
  };

  const first = enter(supplier);
  if (first !== null) return first;
  while (stack.length > 0) {
    const depth = stack.length - 1;
    const frame = stack[depth];
    if (frame === undefined) break;
    const edge = frame.edges[frame.at];
    if (edge === undefined) {
      frame.node.visited = false;
      stack.pop();
      if (frame.lowest >= depth) {
        frame.node.searchId = id;
        frame.node.searchResult = frame.found;
        answerLowest = Number.POSITIVE_INFINITY;
      } else answerLowest = frame.lowest;
      answer = frame.found;
    } else {
      const known = enter(edge.target);
      if (known === null) continue;
      answer = known;
    }
    // An answer came back: to the frame now on top, for the edge it is at.
    const waiting = stack[stack.length - 1];
    if (waiting === undefined) break;
    const from = waiting.edges[waiting.at];
    waiting.at++;
    waiting.lowest = Math.min(waiting.lowest, answerLowest);
    if (answer && from !== undefined) {
      waiting.found = true;
      if (from.fwlink !== null) markCycle(core, from.fwlink);
      if (from.devlink !== null) {
        relaxLink(core, from.devlink);
        from.devlink.flags.cycle = true;
      }
    }
  }
  return answer;
}

/** __fwnode_link_cycle(): marks a link as part of a cycle; kernels that tell of each link do so here, once. */
export function markCycle(core: Core, link: FwLink): void {
  if (link.cycle) return;
  link.cycle = true;
  if (core.kernel.model.cycleSaid === 'each-link-once') sayCycle(core, link.consumer.device, link);
}

/** "Fixed dependency cycle(s) with", in this kernel's words. */
export function sayCycle(core: Core, consumer: Device | null, link: FwLink): void {
  const { cycleMessage } = core.kernel.model;
  const { supplier } = link;
  if (cycleMessage === 'node')
    core.message('info', null, `${link.consumer.node.path}: Fixed dependency cycle(s) with ${supplier.node.path}`);
  else if (cycleMessage === 'consumer')
    core.message('info', consumer, `Fixing up cyclic dependency with ${supplier.device?.name ?? supplier.node.name}`);
  core.trace('cycle', consumer, { consumer: link.consumer.node, supplier: supplier.node });
}

function edgesOf(node: FwNode): Edge[] {
  const edges: Edge[] = [];
  if (node.hasSuppliers) {
    const links = node.suppliers();
    for (let i = 0; i < links.length; i++) {
      const link = links[i] as FwLink;
      if (!link.ignore) edges.push({ target: link.supplier, fwlink: link, devlink: null });
    }
  }
  const device = node.device;
  if (device === null) {
    for (let up = node.parent; up !== null; up = up.parent)
      if (up.device !== null) {
        edges.push({ target: up.device.fwnode, fwlink: null, devlink: null });
        break;
      }
    return edges;
  }
  if (device.parent !== null && device.parent.fwnode !== null)
    edges.push({ target: device.parent.fwnode, fwlink: null, devlink: null });
  for (const link of device.suppliers) {
    if (isSyncStateOnly(link.flags) && !link.flags.cycle) continue;
    edges.push({ target: link.supplier.fwnode, fwlink: null, devlink: link });
  }
  return edges;
}
