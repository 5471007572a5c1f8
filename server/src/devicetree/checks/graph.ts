/** Ports and endpoints (the graph binding of the Devicetree Specification's companion schemas). */
import type { DtNode } from '../model';
import { baseName, type Check, type CheckRun, isPhandle, oneCell, unitAddress } from './check';

export const graphChecks: readonly Check[] = [
  {
    name: 'graph_nodes',
    severity: 'warning',
    node: (run, node) => {
      for (const child of node.children.values()) {
        if (baseName(child) !== 'endpoint' && !child.properties.has('remote-endpoint')) continue;
        if (node.parent === null) {
          run.fail(node, null, `${child.name} stands in the root: no place for an endpoint`);
          continue;
        }
        run.buses.set(node, 'graph-port');
        if (!run.buses.has(node.parent) && (node.parent.name === 'ports' || node.properties.has('reg')))
          run.buses.set(node.parent, 'graph-ports');
        break;
      }
    },
  },
  {
    name: 'graph_child_address',
    severity: 'warning',
    needs: ['graph_nodes', 'graph_port', 'graph_endpoint'],
    node: (run, node) => {
      const bus = run.dtc.graphChildAddress ? run.buses.get(node) : undefined;
      if (bus !== 'graph-ports' && bus !== 'graph-port') return;
      let count = 0;
      for (const child of node.children.values()) {
        if (oneCell(child.properties.get('reg')) !== 0) return;
        count++;
      }
      if (count === 1 && run.addressCells(node) !== null)
        run.fail(node, null, 'With a single child at 0, #address-cells and #size-cells are not needed');
    },
  },
  {
    name: 'graph_port',
    severity: 'warning',
    needs: ['graph_nodes'],
    node: (run, node) => {
      if (run.buses.get(node) !== 'graph-port') return;
      graphReg(run, node);
      if (!run.tree.plugin && baseName(node) !== 'port')
        run.fail(node, null, 'The parent of an endpoint is called port');
    },
  },
  {
    name: 'graph_endpoint',
    severity: 'warning',
    needs: ['graph_nodes'],
    node: (run, node) => {
      if (node.parent === null || run.buses.get(node.parent) !== 'graph-port') return;
      graphReg(run, node);
      if (run.tree.plugin) return;
      if (baseName(node) !== 'endpoint') run.fail(node, null, 'A node in a port is called endpoint');
      const remote = remoteEndpoint(run, node);
      if (remote !== null && remoteEndpoint(run, remote) !== node)
        run.fail(node, node.properties.get('remote-endpoint'), `${remote.path} does not point back`);
    },
  },
];

function graphReg(run: CheckRun, node: DtNode): void {
  const reg = node.properties.get('reg');
  if (reg === undefined) return;
  if (reg.bytes.length !== 4) return run.fail(node, reg, 'reg of a port or endpoint is one cell');
  const expected = oneCell(reg).toString(16);
  if (unitAddress(node) !== expected) run.fail(node, null, `The unit address should be ${expected}`);
  if (node.parent === null) return;
  if (run.addressCells(node.parent) !== 1) run.fail(node, null, `#address-cells of ${node.parent.path} should be 1`);
  if (run.sizeCells(node.parent) !== 0) run.fail(node, null, `#size-cells of ${node.parent.path} should be 0`);
}

function remoteEndpoint(run: CheckRun, endpoint: DtNode): DtNode | null {
  const property = endpoint.properties.get('remote-endpoint');
  const phandle = oneCell(property);
  // open references of an overlay
  if (property === undefined || !isPhandle(phandle)) return null;
  const node = run.tree.phandles.get(phandle);
  if (node === undefined) run.fail(endpoint, property, 'remote-endpoint finds no node');
  return node ?? null;
}
