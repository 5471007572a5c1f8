/** The nodes of a tree while overlays change it: order of properties and children as libfdt leaves it in the blob. */
import type { DeviceTree, DtLabel, DtNode, DtProperty, NodeDefinition, ValuePart } from './model';
import { cellAt } from './read';

/** Finds the node of the new tree for a node of one of the old ones. */
export type Follow = (node: DtNode) => DtNode | null;

/** A property of the new tree: the bytes and places of `from`, its references followed into the new tree. */
export class MergedProperty implements DtProperty {
  private known: readonly ValuePart[] | null = null;
  constructor(
    readonly node: MergedNode,
    readonly name: string,
    readonly bytes: Uint8Array,
    /** Null for a property that applying an overlay generates. */
    private readonly from: DtProperty | null,
    readonly overrode: DtProperty | null,
    private readonly follow: Follow,
  ) {}

  get labels(): readonly string[] {
    return this.from?.labels ?? [];
  }

  get nameSpan() {
    return this.from?.nameSpan ?? null;
  }

  get span() {
    return this.from?.span ?? null;
  }

  get parts(): readonly ValuePart[] {
    this.known ??= (this.from?.parts ?? []).map((part) => this.adjust(part));
    return this.known;
  }

  private adjust(part: ValuePart): ValuePart {
    if (part.kind === 'path') {
      const { text, target } = part.reference;
      return { ...part, reference: { text, target: target === null ? null : this.follow(target) } };
    }
    if (part.kind !== 'cell' || part.reference === undefined) return part;
    // the bytes decide: renumbering and fixing up changed them
    const value = part.width === 32 ? cellAt(this.bytes, part.offset) : Number(part.value);
    return { ...part, value: BigInt(value), reference: { text: part.reference.text, target: this.node.tree(value) } };
  }
}

export class MergedNode implements DtNode {
  properties: ReadonlyMap<string, MergedProperty> = new Map();
  children: ReadonlyMap<string, MergedNode> = new Map();
  readonly labels: DtLabel[];
  readonly definitions: NodeDefinition[];
  phandle: number | null = null;
  index = 0;
  readonly path: string;
  /** libfdt puts what is new before what is there: newest first. */
  private readonly added: MergedNode[] = [];
  private readonly old: MergedNode[] = [];
  private readonly byName = new Map<string, MergedNode>();
  private readonly addedNames: string[] = [];
  private readonly oldNames: string[] = [];
  private readonly values = new Map<string, MergedProperty>();

  constructor(
    readonly name: string,
    readonly parent: MergedNode | null,
    from: DtNode | null,
    private readonly byPhandle: Map<number, MergedNode>,
  ) {
    this.labels = from === null ? [] : [...from.labels];
    this.definitions = from === null ? [] : [...from.definitions];
    if (parent === null) this.path = '/';
    else this.path = parent.parent === null ? `/${name}` : `${parent.path}/${name}`;
  }

  /** The node of a phandle of the finished tree. */
  tree(phandle: number): MergedNode | null {
    return this.byPhandle.get(phandle) ?? null;
  }

  value(name: string): MergedProperty | undefined {
    return this.values.get(name);
  }

  /** fdt_setprop: in place when the property is there, else before the others. */
  set(property: MergedProperty, fromBase: boolean): void {
    if (!this.values.has(property.name)) (fromBase ? this.oldNames : this.addedNames).push(property.name);
    this.values.set(property.name, property);
  }

  /** fdt_add_subnode of a name that is not there: before the other children. */
  add(child: MergedNode, fromBase: boolean): void {
    (fromBase ? this.old : this.added).push(child);
    this.byName.set(child.name, child);
  }

  /** fdt_subnode_offset: a name without unit address finds the first node whose name is that up to the `@`; `whole`: only its own. */
  child(name: string, whole = false): MergedNode | null {
    if (whole || name.includes('@')) return this.byName.get(name) ?? null;
    const matches = (node: MergedNode): boolean => node.name === name || node.name.startsWith(`${name}@`);
    for (let i = this.added.length - 1; i >= 0; i--) {
      const node = this.added[i];
      if (node !== undefined && matches(node)) return node;
    }
    return this.old.find(matches) ?? null;
  }

  /** Settles order, numbers and phandles of this node and all below; appends them to `nodes`. */
  finish(nodes: MergedNode[]): void {
    this.index = nodes.length;
    nodes.push(this);
    const properties = new Map<string, MergedProperty>();
    for (const name of [...this.addedNames.reverse(), ...this.oldNames])
      properties.set(name, this.values.get(name) as MergedProperty);
    this.properties = properties;
    this.phandle = phandleOf(this);
    if (this.phandle !== null && !this.byPhandle.has(this.phandle)) this.byPhandle.set(this.phandle, this);
    const children = new Map<string, MergedNode>();
    for (const child of [...this.added.reverse(), ...this.old]) {
      children.set(child.name, child);
      child.finish(nodes);
    }
    this.children = children;
  }
}

/** fdt_get_phandle: `phandle`, else `linux,phandle`; null without a valid number. */
export function phandleOf(node: DtNode): number | null {
  for (const name of ['phandle', 'linux,phandle']) {
    const bytes = node.properties.get(name)?.bytes;
    if (bytes !== undefined && bytes.length === 4) {
      const value = cellAt(bytes, 0);
      return value === 0 || value === 0xffffffff ? null : value;
    }
  }
  return null;
}

/** fdt_find_max_phandle. */
export function maxPhandle(tree: DeviceTree): number {
  let max = 0;
  for (const phandle of tree.phandles.keys()) if (phandle > max) max = phandle;
  return max;
}
