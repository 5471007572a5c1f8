/** Shapes of values: one cell, one string, lists of strings; aliases and /chosen. */
import type { DeviceTree, DtNode, DtProperty } from '../model';
import { type Check, type CheckRun, cString } from './check';

export function isCell(name: string, property: string): Check {
  return {
    name,
    severity: 'warning',
    property,
    check: (run, p) => {
      if (p.bytes.length !== 4) run.fail(p.node, p, `${property} is one cell; this has ${p.bytes.length} bytes`);
    },
  };
}

function oneString(run: CheckRun, property: DtProperty): void {
  const { bytes } = property;
  if (bytes.length === 0 || bytes.indexOf(0) !== bytes.length - 1)
    run.fail(property.node, property, `${property.name} is one string`);
}

function stringList(run: CheckRun, property: DtProperty): void {
  const { bytes } = property;
  if (bytes.length > 0 && bytes[bytes.length - 1] !== 0)
    run.fail(property.node, property, `${property.name} is a list of strings`);
}

const isString = (property: string): Check => ({
  name: `${property.replaceAll('-', '_')}_is_string`,
  severity: 'warning',
  property,
  check: oneString,
});

export const valueChecks: readonly Check[] = [
  isCell('address_cells_is_cell', '#address-cells'),
  isCell('size_cells_is_cell', '#size-cells'),
  isString('device_type'),
  isString('model'),
  isString('status'),
  isString('label'),
  { name: 'compatible_is_string_list', severity: 'warning', property: 'compatible', check: stringList },
  {
    name: 'names_is_string_list',
    severity: 'warning',
    property: (name) => name.endsWith('-names'),
    check: stringList,
  },
];

export const chosenChecks: readonly Check[] = [
  {
    name: 'obsolete_chosen_interrupt_controller',
    severity: 'warning',
    property: 'interrupt-controller',
    check: (run, property) => {
      if (property.node.path === '/chosen')
        run.fail(run.tree.root, property, 'interrupt-controller in /chosen is obsolete');
    },
  },
  {
    name: 'chosen_node_is_root',
    severity: 'warning',
    node: (run, node) => {
      if (node.name === 'chosen' && node.parent !== run.tree.root) run.fail(node, null, 'chosen stands below the root');
    },
  },
  {
    name: 'chosen_node_bootargs',
    severity: 'warning',
    property: 'bootargs',
    check: (run, property) => {
      if (property.node.name === 'chosen') oneString(run, property);
    },
  },
  {
    name: 'chosen_node_stdout_path',
    severity: 'warning',
    node: (run, node) => {
      if (node.name !== 'chosen') return;
      const property = node.properties.get('stdout-path');
      if (property !== undefined) oneString(run, property);
      const old = property === undefined ? node.properties.get('linux,stdout-path') : undefined;
      if (old === undefined) return;
      run.fail(node, old, 'The property is called stdout-path');
      oneString(run, old);
    },
  },
];

export const aliasCheck: Check = {
  name: 'alias_paths',
  severity: 'warning',
  node: (run, node) => {
    if (node.name !== 'aliases') return;
    for (const property of node.properties.values()) {
      if (property.name === 'phandle' || property.name === 'linux,phandle') continue;
      const path = cString(property);
      const known = path !== null && hasPath(run.tree, path);
      if (!known && (run.dtc.overlayAliasPaths || !run.tree.plugin))
        run.fail(node, property, `There is no node ${path ?? ''}`);
      else if (!/^[a-z0-9-]*$/.test(property.name))
        run.fail(node, property, 'An alias has lower-case letters, digits and - only');
    }
  },
};

/** A path by exact names; slashes in front do not count. */
function hasPath(tree: DeviceTree, path: string): boolean {
  let node: DtNode | undefined = tree.root;
  for (const name of path.replace(/^\/+/, '').split(/\/+/)) if (name !== '') node = node?.children.get(name);
  return node !== undefined;
}
