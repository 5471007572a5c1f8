/**
 * What dtc's checks do to a merged tree before it is written: explicit phandles, numbering at the first reference, path
 * strings, /omit-if-no-ref/, and the generated nodes __symbols__, __fixups__ and __local_fixups__ (checks.c, livetree.c).
 */

import { type ReferenceSyntax, spanIn } from '../dts/syntax';
import type { RelatedPlace, SourceProblem } from '../source/options';
import type { DtcRules } from './dtc';
import { Fixups, type FixupTarget, generatedNode, setBytes, writtenSymbols } from './fixups';
import { deleteSubtree, findReference, type MergedTree } from './merge';
import { type TreeNode, TreeProperty } from './tree';

const encoder = new TextEncoder();

/** Numbers phandles, resolves references, drops what is deleted. Returns all nodes, depth first. */
export function resolveTree(
  merged: MergedTree,
  symbols: boolean,
  dtc: DtcRules,
): { nodes: TreeNode[]; phandles: Map<number, TreeNode> } {
  const resolver = new Resolver(merged, dtc);
  if (merged.hasSpecial) resolver.explicitPhandles(merged.root);
  resolver.phandleReferences(merged.root);
  resolver.pathReferences();
  if (merged.hasOmit) resolver.omitUnused(merged.root, symbols);
  if (symbols) resolver.symbols();
  if (merged.plugin) new Fixups(merged, dtc, resolver.fixupTargets).generate();
  const nodes: TreeNode[] = [];
  number(merged.root, nodes);
  return { nodes, phandles: resolver.phandles };
}

function number(node: TreeNode, nodes: TreeNode[]): void {
  node.index = nodes.length;
  nodes.push(node);
  if (node.tombstones) {
    for (const property of node.properties.values()) if (property.deleted) node.properties.delete(property.name);
    for (const child of node.children.values()) {
      if (!child.deleted) continue;
      node.children.delete(child.name);
      node.deletedChildren = true;
    }
    node.tombstones = false;
  }
  node.children.forEach((child) => {
    number(child, nodes);
  });
}

class Resolver {
  readonly phandles = new Map<number, TreeNode>();
  private counter = 1;
  private readonly withPaths: TreeProperty[] = [];
  private readonly root: TreeNode;
  readonly fixupTargets: FixupTarget[] = [];

  constructor(
    private readonly merged: MergedTree,
    private readonly dtc: DtcRules,
  ) {
    this.root = merged.root;
  }

  private report(property: TreeProperty, code: string, message: string, related?: readonly RelatedPlace[]): void {
    const span = property.span ?? property.node.definitions[0]?.nameSpan;
    if (span !== undefined && this.merged.problems.length < 1000) {
      const problem: SourceProblem = { severity: 'error', code, message, span };
      this.merged.problems.push(related === undefined ? problem : { ...problem, related });
    }
  }

  explicitPhandles(node: TreeNode): void {
    if (node.deleted) return;
    const plain = this.phandleOf(node, 'phandle');
    const legacy = this.phandleOf(node, 'linux,phandle');
    this.nameProperty(node);
    const value = plain || legacy;
    if (value !== 0) {
      const property = (node.properties.get('phandle') ?? node.properties.get('linux,phandle')) as TreeProperty;
      if (plain !== 0 && legacy !== 0 && plain !== legacy)
        this.report(
          property,
          'explicit_phandles',
          `${node.path}: mismatching 'phandle' and 'linux,phandle' properties`,
        );
      const other = this.phandles.get(value);
      if (other !== undefined)
        this.report(
          property,
          'explicit_phandles',
          `${node.path}: duplicated phandle 0x${value.toString(16)} (seen before at ${other.path})`,
        );
      else {
        node.phandle = value;
        this.phandles.set(value, node);
      }
    }
    for (const child of node.children.values()) this.explicitPhandles(child);
  }

  private phandleOf(node: TreeNode, name: string): number {
    const property = node.properties.get(name);
    if (property === undefined || property.deleted) return 0;
    if (property.references !== null && property.references.length > 0) {
      const [reference] = property.references;
      const target = findReference(this.root, this.merged.labels, reference?.text ?? '');
      if (property.rawLength === 4 && target !== node)
        this.report(property, 'explicit_phandles', `${node.path}: ${name} is a reference to another node`);
      return 0;
    }
    const bytes = property.rawBytes;
    if (bytes.length !== 4) {
      this.report(property, 'explicit_phandles', `${node.path}:${name}: bad length (${bytes.length}) ${name} property`);
      return 0;
    }
    const value = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
    if (value === 0 || value === 0xffffffff) {
      this.report(
        property,
        'explicit_phandles',
        `${node.path}:${name}: bad value (0x${value.toString(16)}) in ${name} property`,
      );
      return 0;
    }
    return value;
  }

  /** A `name` property that repeats the node's name is left out of the blob; any other is an error (name_properties). */
  private nameProperty(node: TreeNode): void {
    const property = node.properties.get('name');
    if (property === undefined || property.deleted) return;
    const expected = node.name.split('@', 1)[0] ?? '';
    const bytes = property.rawBytes;
    if (bytes.length === expected.length + 1 && new TextDecoder().decode(bytes.subarray(0, -1)) === expected) {
      node.properties.delete('name');
      return;
    }
    this.report(
      property,
      'name_properties',
      `${node.path}: "name" property is incorrect (it must be the base node name "${expected}")`,
    );
  }

  phandleReferences(node: TreeNode): void {
    if (node.deleted) return;
    // A reference may append `phandle` to this very node: dtc's list walk would see it, and it holds no reference.
    if (node.hasReferences) node.properties.forEach(this.propertyReferences);
    node.children.forEach(this.childReferences);
  }

  private readonly childReferences = (child: TreeNode): void => this.phandleReferences(child);

  /** One callback for all: an iterator's result for every property of a board is much to throw away at every edit. */
  private readonly propertyReferences = (property: TreeProperty): void => {
    const references = property.references;
    if (references === null || property.deleted) return;
    const { plugin } = this.merged;
    // of its length from the start: an empty array that grows takes room for seventeen
    const targets: (TreeNode | null)[] = new Array(references.length);
    let paths = false;
    for (let i = 0; i < references.length; i++) {
      const reference = references[i] as ReferenceSyntax;
      const target = findReference(this.root, this.merged.labels, reference.text);
      targets[i] = target;
      if (reference.path) paths = true;
      else if (target !== null) {
        this.phandle(target);
        target.referenced = true;
      } else if (!plugin) this.missing(property, reference, 'phandle_references');
      if (!reference.path && plugin)
        this.fixupTargets.push({ property, offset: reference.offset, reference: reference.text, target });
    }
    property.targets = targets;
    if (paths) this.withPaths.push(property);
  };

  private missing(
    property: TreeProperty,
    reference: { text: string; input: Parameters<typeof spanIn>[0]; start: number; end: number },
    code: string,
  ): void {
    if (this.merged.problems.length >= 1000 || this.merged.incomplete) return;
    const span = spanIn(reference.input, reference.start, reference.end);
    if (this.merged.undecided.has(reference.text)) {
      this.merged.unknown.push(span);
      return;
    }
    const message = `${property.node.path}: reference to non-existent node or label "${reference.text}"`;
    this.merged.problems.push({ severity: 'error', code, message, span });
  }

  private phandle(node: TreeNode): void {
    if (node.phandle !== null) return;
    while (this.phandles.has(this.counter)) this.counter++;
    node.phandle = this.counter;
    this.phandles.set(this.counter, node);
    const known = node.properties.get('phandle');
    if (known !== undefined && !known.deleted) return;
    if (known !== undefined) node.properties.delete('phandle');
    node.properties.set('phandle', new TreeProperty('phandle', node, null, numberBytes(this.counter)));
  }

  pathReferences(): void {
    for (const property of this.withPaths) {
      property.references?.forEach((reference, i) => {
        if (!reference.path) return;
        const target = property.targets?.[i] ?? null;
        if (target === null) this.missing(property, reference, 'path_references');
        else target.referenced = true;
      });
    }
  }

  omitUnused(node: TreeNode, symbols: boolean): void {
    if (
      node.omitIfNoReference &&
      !node.referenced &&
      !(symbols && (node.labels.length > 0 || node.labelOrder !== null))
    ) {
      const { labels } = this.merged;
      deleteSubtree(node, (n) => {
        for (const label of n.labels) if (labels.get(label.name) === n) labels.delete(label.name);
        if (n.phandle !== null && this.phandles.get(n.phandle) === n) this.phandles.delete(n.phandle);
      });
      if (node.parent !== null) node.parent.tombstones = true;
      return;
    }
    for (const child of node.children.values()) if (!child.deleted) this.omitUnused(child, symbols);
  }

  /**
   * generate_label_tree: one string per label, depth first. Every node that has a label, or had one before it was deleted and made
   * again (dtc only marks labels as deleted), gets a phandle.
   */
  symbols(): void {
    if (this.dtc.symbolsAreLabels) this.labelsFromSymbols();
    if (!anyLabelled(this.root)) return;
    const holder = generatedNode(this.root, '__symbols__');
    const visit = (node: TreeNode): void => {
      if (node.deleted) return;
      if (isLabelled(node)) {
        for (const label of node.labels) {
          const known = holder.properties.get(label.name);
          if (known === undefined || known.deleted) setBytes(holder, label.name, encoder.encode(`${node.path}\0`));
        }
        this.phandle(node);
      }
      for (const child of node.children.values()) visit(child);
    };
    visit(this.root);
  }

  /** generate_labels_from_tree. */
  private labelsFromSymbols(): void {
    for (const { node, label } of writtenSymbols(this.merged)) node.addLabel(label);
  }
}

/** The bytes of the numbers that trees are given, which are the same in every tree; never written to. */
const numbers: Uint8Array[] = [];
const MAX_NUMBERS = 20_000;

function numberBytes(value: number): Uint8Array {
  const known = numbers[value];
  if (known !== undefined) return known;
  const bytes = Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
  if (value < MAX_NUMBERS) numbers[value] = bytes;
  return bytes;
}

const isLabelled = (node: TreeNode): boolean => node.labels.length > 0 || node.labelOrder !== null;

function anyLabelled(node: TreeNode): boolean {
  if (isLabelled(node)) return true;
  for (const child of node.children.values()) if (!child.deleted && anyLabelled(child)) return true;
  return false;
}
