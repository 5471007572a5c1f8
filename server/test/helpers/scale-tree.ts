/** A synthetic board: many devices on one bus in chains of suppliers, built without text. For the scale tests. */
import type { DeviceTree, DtNode, DtProperty } from '../../src/devicetree/model';

interface Building {
  name: string;
  path: string;
  parent: DtNode | null;
  properties: Map<string, DtProperty>;
  children: Map<string, DtNode>;
  labels: readonly never[];
  phandle: number | null;
  definitions: readonly never[];
  index: number;
}

const encoder = new TextEncoder();

function cells(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setUint32(i * 4, value >>> 0);
  });
  return bytes;
}

/**
 * `count` devices in chains of `depth`: in each chain device i takes a clock from device i + 1, which stands behind it
 * (`forward`) or before it in the tree; the last of a chain needs nothing.
 */
export function chainTree(count: number, depth: number, forward: boolean): DeviceTree {
  const nodes: Building[] = [];
  const phandles = new Map<number, DtNode>();
  const add = (parent: Building | null, name: string, values: Readonly<Record<string, Uint8Array>>): Building => {
    const node: Building = {
      name,
      path: parent === null ? '/' : `${parent.path === '/' ? '' : parent.path}/${name}`,
      parent,
      properties: new Map(),
      children: new Map(),
      labels: [],
      phandle: null,
      definitions: [],
      index: nodes.length,
    };
    for (const [key, bytes] of Object.entries(values))
      node.properties.set(key, {
        name: key,
        node,
        bytes,
        parts: [],
        labels: [],
        nameSpan: null,
        span: null,
        overrode: null,
      });
    nodes.push(node);
    parent?.children.set(name, node);
    return node;
  };
  const root = add(null, '', { '#address-cells': cells(1), '#size-cells': cells(1) });
  const soc = add(root, 'soc', {
    compatible: encoder.encode('simple-bus\0'),
    '#address-cells': cells(1),
    '#size-cells': cells(1),
    ranges: new Uint8Array(),
  });
  for (let i = 0; i < count; i++) {
    const phandle = i + 1;
    const inChain = i % depth;
    // `forward`: the supplier comes after its consumer in the tree.
    const supplier = forward
      ? inChain < depth - 1 && i + 1 < count
        ? phandle + 1
        : null
      : inChain > 0
        ? phandle - 1
        : null;
    const node = add(soc, `device@${(0x1000 * phandle).toString(16)}`, {
      compatible: encoder.encode('synthetic,device\0'),
      reg: cells(0x1000 * phandle, 0x1000),
      '#clock-cells': cells(0),
      phandle: cells(phandle),
      ...(supplier === null ? {} : { clocks: cells(supplier) }),
    });
    node.phandle = phandle;
    phandles.set(phandle, node);
  }
  return { root, nodes, labels: new Map(), phandles, memoryReservations: [], plugin: false };
}
