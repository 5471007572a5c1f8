/** Characters and uniqueness of names. */
import type { DtProperty } from '../model';
import { baseName, type Check, type CheckRun, unitAddress } from './check';

const NODE = /[^A-Za-z0-9,._+@-]/;
const PROPERTY = /[^A-Za-z0-9,._+*#?-]/;
const STRICT = /[^A-Za-z0-9,-]/;

/** The first character of a name that `other` matches; '' when there is none. */
function firstOther(name: string, other: RegExp): string {
  return other.exec(name)?.[0] ?? '';
}

/** A check of the characters of property names. */
function characters(other: (name: string) => string, message: string) {
  return {
    property: (name: string) => other(name) !== '',
    check: (run: CheckRun, property: DtProperty) =>
      run.fail(property.node, property, `'${other(property.name)}' ${message}`),
  };
}

/** A `#` may start a name, or what follows a vendor prefix; device_type is as old as the hills. */
function strictOther(name: string): string {
  if (name === 'device_type') return '';
  const at = STRICT.exec(name)?.index ?? name.length;
  if (name[at] === '#' && (at === 0 || name[at - 1] === ',')) return firstOther(name.slice(at + 1), STRICT);
  return name[at] ?? '';
}

export const nameChecks: readonly Check[] = [
  {
    name: 'node_name_chars',
    severity: 'error',
    node: (run, node) => {
      const character = firstOther(node.name, NODE);
      if (character !== '') run.fail(node, null, `'${character}' cannot stand in a node name`);
    },
  },
  {
    name: 'node_name_format',
    severity: 'error',
    needs: ['node_name_chars'],
    node: (run, node) => {
      if (unitAddress(node).includes('@')) run.fail(node, null, 'A node name has at most one @');
    },
  },
  {
    name: 'node_name_not_empty',
    severity: 'error',
    needs: ['node_name_chars'],
    node: (run, node) => {
      if (run.dtc.refusesEmptyNames && node.parent !== null && baseName(node) === '')
        run.fail(node, null, 'A node name has something before the @');
    },
  },
  {
    name: 'property_name_chars',
    severity: 'error',
    ...characters((name) => firstOther(name, PROPERTY), 'cannot stand in a property name'),
  },
  {
    name: 'node_name_vs_property_name',
    severity: 'warning',
    needs: ['node_name_chars'],
    node: (run, node) => {
      if (node.parent?.properties.has(node.name)) run.fail(node, null, 'A property beside this node has the same name');
    },
  },
];

export const strictNameChecks: readonly Check[] = [
  {
    name: 'property_name_chars_strict',
    severity: 'warning',
    optional: true,
    ...characters(strictOther, 'is not recommended in a property name'),
  },
  {
    name: 'node_name_chars_strict',
    severity: 'warning',
    optional: true,
    node: (run, node) => {
      const character = firstOther(baseName(node), STRICT);
      if (character !== '') run.fail(node, null, `'${character}' is not recommended in a node name`);
    },
  },
];
