/**
 * Merging of statements into one tree as dtc does it (livetree.c: merge_nodes, delete_node, add_label, add_orphan_node):
 * an override keeps the place of what it overrides, and so does a deleted thing that comes back.
 */
import type { NodeSyntax, PropertySyntax, Statement } from '../dts/syntax';
import type { Span } from '../source/file';
import type { RelatedPlace, SourceProblem } from '../source/options';
import type { Unit } from '../source/units';
import type { DtLabel, MemoryReservation } from './model';
import { SharedLabels } from './shared-labels';
import { TreeNode, TreeProperty } from './tree';

/** Deeper than any parsed body (Limits.nodeDepth), shallow enough for walks that recurse. */
const MAX_DEPTH = 500;

export interface MergedTree {
  readonly root: TreeNode;
  readonly labels: Map<string, TreeNode>;
  readonly memoryReservations: MemoryReservation[];
  readonly plugin: boolean;
  readonly problems: SourceProblem[];
  readonly incomplete: boolean;
  /** Labels that options of the build decide. */
  readonly undecided: ReadonlySet<string>;
  /** Where such a label is referred to that is not there. */
  readonly unknown: Span[];
  /** Whether any property named phandle, linux,phandle or name, and any /omit-if-no-ref/, was met. */
  readonly hasSpecial: boolean;
  readonly hasOmit: boolean;
}

/**
 * Merges all statements in order. With `incomplete`, an include is missing: what is not there is then no mistake of its own;
 * nor is a label that options of the build decide.
 */
export function mergeStatements(
  unit: Unit<Statement>,
  incomplete = false,
  undecided: ReadonlySet<string> = new Set(),
): MergedTree {
  const merger = new Merger(incomplete, undecided);
  merger.unit(unit);
  return merger.finish(unit);
}

class Merger {
  private readonly root = new TreeNode('', null);
  private readonly labels = new Map<string, TreeNode>();
  private readonly reservations: MemoryReservation[] = [];
  private readonly problems: SourceProblem[] = [];
  private plugin = false;
  private hasVersion = false;
  private hasTree = false;
  private fragments = 0;
  private hasSpecial = false;
  private hasOmit = false;
  private hasPropertyLabels = false;

  private readonly unknown: Span[] = [];

  constructor(
    private incomplete: boolean,
    private readonly undecided: ReadonlySet<string>,
  ) {
    this.shared = new SharedLabels(this.root, this.labels);
  }

  finish(unit: Unit<Statement>): MergedTree {
    const { root, labels, reservations: memoryReservations, plugin, problems } = this;
    for (const { node, report } of this.twins) if (!isGone(node)) report();
    this.takeDuplicates();
    if (this.incomplete || unit.problems.some((p) => p.severity === 'error')) {
      // Whatever is missing at the start or as a whole has its message already.
    } else if (!this.hasVersion && unit.file.text.trim() !== '') {
      const first = /\S/.exec(unit.file.text)?.index ?? 0;
      const span = { file: unit.file, start: first, end: first + 1 };
      this.report('dts/missing-version', 'the source must begin with /dts-v1/;', span);
    } else if (!this.hasTree) {
      const span = { file: unit.file, start: 0, end: Math.min(1, unit.file.text.length) };
      this.report('dts/empty-tree', 'the source has no node: at least / { }; is needed', span);
    }
    return {
      root,
      labels,
      memoryReservations,
      plugin,
      problems,
      incomplete: this.incomplete,
      undecided: this.undecided,
      unknown: this.unknown,
      hasSpecial: this.hasSpecial,
      hasOmit: this.hasOmit,
    };
  }

  unit(unit: Unit<Statement>): void {
    for (const item of unit.items) {
      if ('items' in item) this.unit(item);
      else this.statement(item);
    }
  }

  private report(code: string, message: string, span: Span, related?: readonly RelatedPlace[]): void {
    if (this.problems.length < 1000)
      this.problems.push({ severity: 'error', code, message, span, ...(related && { related }) });
  }

  private statement(item: Statement): void {
    switch (item.kind) {
      case 'version':
        if ((this.hasTree || this.reservations.length > 0) && !this.incomplete)
          this.report('dts/misplaced-version', '/dts-v1/; must stand before everything else', item.span);
        this.hasVersion = true;
        return;
      case 'plugin':
        if (!this.hasVersion || this.hasTree || this.reservations.length > 0)
          this.report('dts/misplaced-plugin', '/plugin/; must stand right behind /dts-v1/;', item.span);
        this.plugin = true;
        return;
      case 'memreserve':
        if (this.hasTree)
          this.report('dts/misplaced-memreserve', '/memreserve/ must stand before the first node', item.span);
        this.reservations.push({ address: item.address, size: item.size });
        return;
      case 'node':
        return this.node(item.node);
      default: {
        const target = this.find(item.reference);
        if (target === null) this.notFound(item.reference, item.span);
        else if (item.kind === 'omit') {
          target.omitIfNoReference = true;
          this.hasOmit = true;
        } else this.deleteNode(target);
      }
    }
  }

  private notFound(reference: string, span: Span): void {
    if (this.undecided.has(reference)) this.unknown.push(span);
    else if (!this.incomplete) this.report('dts/reference-not-found', `label or path ${reference} not found`, span);
  }

  private node(syntax: NodeSyntax): void {
    if (syntax.kind === 'root') {
      this.root.define(syntax);
      if (this.hasTree) this.merge(this.root, syntax);
      else this.fill(this.root, syntax);
      this.hasTree = true;
      return;
    }
    const reference = syntax.name;
    const relative = !reference.startsWith('/') && reference.includes('/');
    if (this.plugin && relative) {
      this.report(
        'dts/relative-reference',
        `the label-relative reference ${reference} is not supported in an overlay`,
        syntax.nameSpan,
      );
    }
    const target = this.plugin && reference.startsWith('/') && syntax.labels.length === 0 ? null : this.find(reference);
    if (target !== null && this.hasTree) {
      for (const label of syntax.labels) this.addLabel(target, label);
      target.define(syntax);
      this.merge(target, syntax);
    } else if (this.plugin && (syntax.labels.length === 0 || !this.hasTree)) this.orphan(syntax);
    else this.notFound(reference, syntax.nameSpan);
    this.hasTree = true;
  }

  /** In an overlay, `&label { }` of a node that is not here becomes a fragment. */
  private orphan(syntax: NodeSyntax): void {
    const reference = syntax.name;
    const fragment = new TreeNode(`fragment@${this.fragments++}`, this.root);
    if (reference.startsWith('/')) {
      fragment.properties.set(
        'target-path',
        new TreeProperty('target-path', fragment, null, new TextEncoder().encode(`${reference}\0`)),
      );
    } else {
      const { input, start, nameEnd } = syntax;
      const references = [{ offset: 0, text: reference, path: false, input, start, end: nameEnd }];
      const unresolved = Uint8Array.of(255, 255, 255, 255);
      fragment.hasReferences = true;
      fragment.properties.set('target', new TreeProperty('target', fragment, null, unresolved, references));
    }
    const overlay = new TreeNode('__overlay__', fragment);
    overlay.define(syntax);
    this.fill(overlay, syntax);
    fragment.addChild(overlay);
    if (this.root.children.has(fragment.name))
      this.report('duplicate_node_names', `${fragment.path}: duplicate node name`, syntax.nameSpan);
    this.root.addChild(fragment);
  }

  // ---- references -------------------------------------------------------------------------------------------------

  private find(reference: string): TreeNode | null {
    return findReference(this.root, this.labels, reference);
  }

  private addLabel(node: TreeNode, label: DtLabel): void {
    node.addLabel(label);
    const known = this.labels.get(label.name);
    if (known === undefined || known === node) this.labels.set(label.name, node);
    else this.shared.add(label.name, known, node);
  }

  /** Labels that more than one node has, or had. */
  private readonly shared: SharedLabels;

  private dropLabels(node: TreeNode): void {
    if (node.labels.length === 0) return;
    node.labelOrder = [
      ...node.labels.map((l) => l.name),
      ...(node.labelOrder ?? []).filter((name) => !node.labels.some((l) => l.name === name)),
    ];
    const { labels } = node;
    node.labels = [];
    for (const { name } of labels) if (this.labels.get(name) === node) this.shared.drop(name);
  }

  // ---- nodes ------------------------------------------------------------------------------------------------------

  /** The first body of a node: taken as it is, deletions leaving their marks. */
  private fill(node: TreeNode, syntax: NodeSyntax): void {
    const { properties } = node;
    // counted loops here and below: every property of a board passes at every edit
    const statements = syntax.properties;
    for (let i = 0; i < statements.length; i++) {
      const property = statements[i] as PropertySyntax;
      const known = properties.get(property.name);
      if (property.deletes) {
        if (known !== undefined) continue;
        const mark = new TreeProperty(property.name, node, property);
        mark.deleted = true;
        node.tombstones = true;
        properties.set(property.name, mark);
        continue;
      }
      if (known !== undefined) {
        if (!known.deleted) this.duplicateProperty(property, known);
        properties.delete(property.name);
      }
      this.note(node, property);
      properties.set(property.name, new TreeProperty(property.name, node, property));
    }
    const bodies = syntax.children;
    for (let i = 0; i < bodies.length; i++) {
      const child = bodies[i] as NodeSyntax;
      const known = node.children.get(child.name);
      if (child.kind === 'delete') {
        // In one body the deletion does not reach what stands before it, and counts as a second node (check_duplicate_node_names).
        if (known !== undefined) {
          if (!known.deleted) this.duplicateNode(known, child);
          continue;
        }
        const mark = new TreeNode(child.name, node);
        mark.deleted = true;
        node.tombstones = true;
        node.addChild(mark);
      } else if (known === undefined || known.deleted) {
        if (known !== undefined) node.children.delete(child.name);
        this.adopt(node, child);
      } else {
        this.duplicateNode(known, child);
        known.define(child);
        for (const label of child.labels) this.addLabel(known, label);
        this.merge(known, child);
      }
    }
  }

  private duplicateNode(known: TreeNode, second: NodeSyntax): void {
    const first = known.definitions[0]?.nameSpan;
    const what =
      second.kind === 'delete'
        ? `${known.path}: /delete-node/ cannot delete it in the body that makes it`
        : `${known.path}: duplicate node name`;
    const related = first && [{ span: first, message: 'the first one' }];
    this.twins.push({ node: known, report: () => this.report('duplicate_node_names', what, second.nameSpan, related) });
  }

  /** Second nodes and properties of one name: dtc's check runs on the finished tree, from which they may have gone. */
  private readonly twins: { readonly node: TreeNode; readonly report: () => void }[] = [];

  private note(node: TreeNode, property: PropertySyntax): void {
    if (property.references !== null) node.hasReferences = true;
    if (property.special) this.hasSpecial = true;
    if (property.labelled) this.hasPropertyLabels = true;
  }

  private duplicateProperty(property: PropertySyntax, known: TreeProperty): void {
    const span = known.nameSpan;
    const what = `${known.node.path}: duplicate property name ${property.name}`;
    const related = span === null ? undefined : [{ span, message: 'the first one' }];
    this.twins.push({
      node: known.node,
      report: () => this.report('duplicate_property_names', what, property.nameSpan, related),
    });
  }

  private adopt(parent: TreeNode, syntax: NodeSyntax): void {
    if (parent.depth >= MAX_DEPTH) {
      // One body cannot nest so deep, but overrides of overrides can.
      if (!this.incomplete) this.report('dts/too-deep', `nodes nest more than ${MAX_DEPTH} deep`, syntax.nameSpan);
      // Labels in what is left out are no further mistakes.
      this.incomplete = true;
      return;
    }
    const node = new TreeNode(syntax.name, parent);
    node.definitions = [syntax];
    if (syntax.omitIfNoReference) {
      node.omitIfNoReference = true;
      this.hasOmit = true;
    }
    parent.addChild(node);
    if (syntax.labels.length > 0) {
      node.labels = syntax.labels;
      for (const { name } of syntax.labels) {
        const known = this.labels.get(name);
        if (known === undefined) this.labels.set(name, node);
        else if (known !== node) this.shared.add(name, known, node);
      }
    }
    this.fill(node, syntax);
  }

  private merge(node: TreeNode, syntax: NodeSyntax): void {
    node.deleted = false;
    const { properties } = node;
    for (const property of syntax.properties) {
      const known = properties.get(property.name);
      if (property.deletes) {
        if (known !== undefined) {
          known.deleted = true;
          node.tombstones = true;
        }
        continue;
      }
      this.note(node, property);
      const made = new TreeProperty(property.name, node, property);
      if (known !== undefined && !known.deleted) {
        made.overrode = known;
        if (known.labels.length > 0)
          made.labels = [...made.labels.filter((l) => !known.labels.includes(l)).reverse(), ...known.labels];
      }
      properties.set(property.name, made);
    }
    for (const child of syntax.children) {
      const known = node.children.get(child.name);
      if (child.kind === 'delete') {
        if (known !== undefined && !known.deleted) this.deleteNode(known);
      } else if (known === undefined) this.adopt(node, child);
      else {
        known.define(child);
        for (const label of child.labels) this.addLabel(known, label);
        this.merge(known, child);
      }
    }
  }

  private deleteNode(node: TreeNode): void {
    deleteSubtree(node, (n) => this.dropLabels(n));
    // dtc can bring the root back only empty as well.
    if (node.parent !== null) node.parent.tombstones = true;
  }

  /** Labels that two living nodes carry; dtc's check runs on the finished tree. */
  private takeDuplicates(): void {
    for (const [name, nodes] of this.shared.living())
      for (const node of nodes) {
        const owner = this.labels.get(name);
        const span = node.labels.find((label) => label.name === name)?.span ?? null;
        if (owner === undefined || owner === node || span === null) continue;
        const first = owner.labels.find((label) => label.name === name)?.span ?? null;
        this.duplicateLabel(name, node, owner.path, span, first);
      }
    if (this.hasPropertyLabels) this.takePropertyLabels();
  }

  private duplicateLabel(name: string, node: TreeNode, other: string, span: Span, first: Span | null): void {
    this.report(
      'duplicate_label',
      `${node.path}: duplicate label '${name}', it is on ${other} too`,
      span,
      first === null ? undefined : [{ span: first, message: 'the other one' }],
    );
  }

  /**
   * Labels of properties and of places in values share the names of the nodes' (check_duplicate_label): a node has the name
   * first, then the first property, then the first place.
   */
  private takePropertyLabels(): void {
    const owners = new Map<string, { readonly on: string; readonly span: Span | null }>();
    const properties = labelledProperties(this.root, []);
    const take = (name: string, { node, name: property }: TreeProperty, span: Span | null): void => {
      const holder = this.labels.get(name);
      const owner =
        holder === undefined
          ? owners.get(name)
          : { on: holder.path, span: holder.labels.find((l) => l.name === name)?.span ?? null };
      if (owner === undefined) owners.set(name, { on: `${node.path}:${property}`, span });
      else if (span !== null) this.duplicateLabel(name, node, owner.on, span, owner.span);
    };
    for (const property of properties)
      for (const name of property.labels) take(name, property, property.labelSpan(name));
    for (const property of properties) for (const { name, span } of property.valueLabels()) take(name, property, span);
  }
}

/** The living properties with labels, on them or in their values, in dtc's order. */
function labelledProperties(node: TreeNode, found: TreeProperty[]): TreeProperty[] {
  for (const property of node.properties.values())
    if (!property.deleted && (property.labels.length > 0 || property.syntax?.labelled === true)) found.push(property);
  for (const child of node.children.values()) if (!child.deleted) labelledProperties(child, found);
  return found;
}

function isGone(node: TreeNode): boolean {
  for (let at: TreeNode | null = node; at !== null; at = at.parent) if (at.deleted) return true;
  return false;
}

/** Marks a node and all below it as deleted (dtc's delete_node). */
export function deleteSubtree(node: TreeNode, drop: (node: TreeNode) => void): void {
  node.deleted = true;
  for (const child of node.children.values()) if (!child.deleted) deleteSubtree(child, drop);
  for (const property of node.properties.values()) property.deleted = true;
  if (node.properties.size > 0 || node.children.size > 0) node.tombstones = true;
  node.definitions = [];
  drop(node);
}

/** dtc's get_node_by_ref: `label`, `/path` or `label/path`; deleted nodes are not found. */
export function findReference(
  root: TreeNode,
  labels: ReadonlyMap<string, TreeNode>,
  reference: string,
): TreeNode | null {
  // a label, as most are: no label has a slash in it
  const labelled = labels.get(reference);
  if (labelled !== undefined) return labelled;
  if (reference === '/') return root;
  let node: TreeNode | null = root;
  let path = reference;
  if (!reference.startsWith('/')) {
    const slash = reference.indexOf('/');
    node = labels.get(slash < 0 ? reference : reference.slice(0, slash)) ?? null;
    if (slash < 0 || node === null) return node;
    path = reference.slice(slash + 1);
  }
  for (const name of path.split('/')) {
    if (name === '') continue;
    const child: TreeNode | undefined = node.children.get(name);
    if (child === undefined || child.deleted) return null;
    node = child;
  }
  return node;
}
