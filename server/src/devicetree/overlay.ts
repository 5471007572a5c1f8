/**
 * Applies an overlay to a tree exactly as libfdt does (scripts/dtc/libfdt/fdt_overlay.c, fdt_overlay_apply): what comes
 * out is what fdtoverlay and a boot loader put before the kernel, in the same order.
 */

import { type Span, sourceFile } from '../source/file';
import type { DeviceTree, DtNode, DtProperty, Problem } from './model';
import { type Follow, MergedNode, MergedProperty, maxPhandle, phandleOf } from './overlay-nodes';
import { cellAt, cellsOf, nodeAt, stringsOf } from './read';

export interface OverlayResult {
  /** The base itself when the overlay cannot be applied. */
  readonly tree: DeviceTree;
  readonly problems: readonly Problem[];
}

/**
 * Applies one overlay (a `/plugin/` source or a .dtbo). The base needs `__symbols__` (-@) for labels of its own. Both
 * trees stay as they are. Never throws; any error leaves the base unchanged, as fdtoverlay refuses the whole overlay.
 * `lenient`: a label or target that the base does not have leaves out only what needs it, for an overlay that somebody is
 * writing.
 */
export function applyOverlay(base: DeviceTree, overlay: DeviceTree, lenient = false): OverlayResult {
  const application = new Application(base, overlay, lenient);
  try {
    return { tree: application.run(), problems: application.problems };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { tree: base, problems: application.problems };
  }
}

/** Ends an application; its reason stands in the problems. */
class Refusal extends Error {}

const PARTIAL = 4;

class Application {
  readonly problems: Problem[] = [];
  private readonly byPhandle = new Map<number, MergedNode>();
  /** Nodes of the new tree by the nodes of the base (by index) and of the overlay. */
  private readonly fromBase: MergedNode[] = [];
  private readonly fromOverlay = new Map<DtNode, MergedNode>();
  /** Values of the overlay that renumbering or fixing up changed. */
  private readonly changed = new Map<DtProperty, Uint8Array>();
  private readonly follow: Follow;
  /** Nodes of the base by phandle, while merging. */
  private readonly basePhandles = new Map<number, MergedNode>();

  constructor(
    private readonly base: DeviceTree,
    private readonly overlay: DeviceTree,
    private readonly lenient: boolean,
  ) {
    const follow: Follow = (node) =>
      this.fromOverlay.get(node) ?? (this.base.nodes[node.index] === node ? (this.fromBase[node.index] ?? null) : null);
    this.follow = follow;
  }

  run(): DeviceTree {
    const root = this.copyBase();
    this.renumber();
    this.fixUp(root);
    this.keepBasePhandles(root);
    this.merge(root);
    this.updateSymbols(root);
    return this.finish(root);
  }

  // ---- errors -----------------------------------------------------------------------------------------------------

  private complain(code: string, message: string, at: DtProperty | DtNode | undefined): void {
    this.problems.push({ severity: 'error', code: `overlay/${code}`, message, span: spanOf(at, this.overlay) });
  }

  private refuse(code: string, message: string, at?: DtProperty | DtNode): never {
    this.complain(code, message, at);
    throw new Refusal();
  }

  // ---- the base -----------------------------------------------------------------------------------------------------

  private copyBase(): MergedNode {
    for (const node of this.base.nodes) {
      const parent = node.parent === null ? null : (this.fromBase[node.parent.index] ?? null);
      const copy = new MergedNode(node.name, parent, node, this.byPhandle);
      this.fromBase.push(copy);
      parent?.add(copy, true);
      for (const property of node.properties.values())
        copy.set(
          new MergedProperty(copy, property.name, property.bytes, property, property.overrode, this.follow),
          true,
        );
      const phandle = phandleOf(node);
      if (phandle !== null && !this.basePhandles.has(phandle)) this.basePhandles.set(phandle, copy);
    }
    return this.fromBase[0] as MergedNode;
  }

  // ---- phandles of the overlay ----------------------------------------------------------------------------------------

  private bytesOf(property: DtProperty): Uint8Array {
    return this.changed.get(property) ?? property.bytes;
  }

  private store(property: DtProperty, offset: number, value: number): void {
    let bytes = this.changed.get(property);
    if (bytes === undefined) {
      bytes = Uint8Array.from(property.bytes);
      this.changed.set(property, bytes);
    }
    new DataView(bytes.buffer).setUint32(offset, value >>> 0);
  }

  /** overlay_adjust_local_phandles, overlay_update_local_references: above all numbers of the base. */
  private renumber(): void {
    const delta = maxPhandle(this.base);
    for (const node of this.overlay.nodes)
      for (const name of ['phandle', 'linux,phandle']) {
        const property = node.properties.get(name);
        if (property === undefined) continue;
        if (property.bytes.length !== 4) this.refuse('phandle', `${node.path}: ${name} is no single cell`, property);
        const value = cellAt(property.bytes, 0) + delta;
        if (value >= 0xffffffff) this.refuse('phandle', `${node.path}: no phandle is left for it`, property);
        this.store(property, 0, value);
      }
    this.eachLocalReference((property, offset) =>
      this.store(property, offset, cellAt(this.bytesOf(property), offset) + delta),
    );
  }

  private eachLocalReference(visit: (property: DtProperty, offset: number) => void): void {
    const walk = (fixups: DtNode, node: DtNode): void => {
      for (const fixup of fixups.properties.values()) {
        const property = node.properties.get(fixup.name);
        if (fixup.bytes.length % 4 !== 0 || property === undefined)
          this.refuse('local-fixups', `__local_fixups__ names ${node.path}:${fixup.name}, which is not there`, fixup);
        for (const offset of cellsOf(fixup)) {
          if (offset + PARTIAL > property.bytes.length)
            this.refuse('local-fixups', `__local_fixups__ names offset ${offset} of ${node.path}:${fixup.name}`, fixup);
          visit(property, offset);
        }
      }
      for (const child of fixups.children.values()) {
        const below = this.byWholeName ? (node.children.get(child.name) ?? null) : subnode(node, child.name);
        if (below === null)
          this.refuse(
            'local-fixups',
            `__local_fixups__ names ${child.name} in ${node.path}, which is not there`,
            child,
          );
        walk(child, below);
      }
    };
    const fixups = this.overlay.root.children.get('__local_fixups__');
    if (fixups !== undefined) walk(fixups, this.overlay.root);
  }

  /** overlay_fixup_phandles: labels of the base through its __symbols__. All labels that fail are reported. */
  private fixUp(root: MergedNode): void {
    const symbols = root.child('__symbols__');
    for (const fixup of this.overlay.root.children.get('__fixups__')?.properties.values() ?? []) {
      const label = fixup.name;
      const places = stringsOf(fixup).map((text) => this.place(text, fixup));
      const first = places[0]?.property;
      if (symbols === null) {
        this.refuse('no-symbols', `The base has no __symbols__: &${label} cannot be found (compile it with -@)`, first);
      }
      const symbol = symbols.value(label);
      const target = symbol === undefined ? null : lookup(root, stringsOf(symbol)[0] ?? '');
      const phandle = target === null ? null : phandleNow(target);
      if (phandle === null) {
        const reason =
          symbol === undefined
            ? `The base has no label ${label}`
            : target === null
              ? `The base's symbol ${label} names no node`
              : `The base's node of label ${label} has no phandle`;
        for (const { property } of places) this.complain('label', reason, property);
        continue;
      }
      for (const { property, offset } of places) this.store(property, offset, phandle);
    }
    if (this.problems.length > 0 && !this.lenient) throw new Refusal();
  }

  /** `path:property:offset` of a fixup. */
  private place(text: string, fixup: DtProperty): { property: DtProperty; offset: number } {
    const [path, name, number, ...rest] = text.split(':');
    const node = path === undefined ? null : nodeAt(this.overlay, path);
    const property = name === undefined ? undefined : node?.properties.get(name);
    const offset = Number(number);
    if (property === undefined || rest.length > 0 || !/^\d+$/.test(number ?? ''))
      this.refuse('fixups', `__fixups__ names '${text}', which is not there`, fixup);
    if (offset + PARTIAL > property.bytes.length)
      this.refuse('fixups', `__fixups__ names '${text}', beyond the end of the value`, fixup);
    return { property, offset };
  }

  // ---- merging --------------------------------------------------------------------------------------------------------

  /** fdt_overlay_target_offset: the node a fragment is for; null when a path finds nothing. */
  private target(root: MergedNode, fragment: DtNode): { node: MergedNode | null; path: string | null } {
    const byPhandle = fragment.properties.get('target');
    if (byPhandle !== undefined) {
      const bytes = this.bytesOf(byPhandle);
      const phandle = bytes.length === 4 ? cellAt(bytes, 0) : 0xffffffff;
      // of a label that is not there, which was said
      if (phandle === 0xffffffff && this.lenient) return { node: null, path: null };
      if (phandle === 0xffffffff) this.refuse('target', `${fragment.path}: target is no phandle`, byPhandle);
      if (phandle !== 0) return { node: this.nodeByPhandle(phandle), path: null };
    }
    const property = fragment.properties.get('target-path');
    if (property === undefined) this.refuse('target', `${fragment.path} has neither target nor target-path`, fragment);
    const path = stringsOf(property)[0] ?? '';
    return { node: lookup(root, path), path };
  }

  /** Android's bootloaders compare whole names (libufdt, ufdt_node_name_eq); libfdt takes dsi@0 for dsi where it comes first. */
  private get byWholeName(): boolean {
    return ANDROID_MARKS.some((name) => this.overlay.root.properties.has(name));
  }

  private below(node: MergedNode, name: string): MergedNode | null {
    return node.child(name, this.byWholeName);
  }

  private nodeByPhandle(phandle: number): MergedNode | null {
    return this.basePhandles.get(phandle) ?? null;
  }

  private *fragments(): Iterable<{ fragment: DtNode; content: DtNode }> {
    for (const fragment of this.overlay.root.children.values()) {
      const content = subnode(fragment, '__overlay__');
      if (content !== null) yield { fragment, content };
    }
  }

  /**
   * overlay_prevent_phandle_overwrite: a node that the base has with a phandle keeps that number, and the overlay's
   * references to it follow.
   */
  private keepBasePhandles(root: MergedNode): void {
    const renamed = new Map<number, number>();
    const walk = (node: MergedNode, from: DtNode): void => {
      const inBase = phandleNow(node);
      const property = from.properties.get('phandle') ?? from.properties.get('linux,phandle');
      const inOverlay = property === undefined ? 0 : cellAt(this.bytesOf(property), 0);
      if (inBase !== null && inOverlay !== 0) {
        renamed.set(inOverlay, inBase);
        for (const name of ['phandle', 'linux,phandle']) {
          const own = from.properties.get(name);
          if (own !== undefined) this.store(own, 0, inBase);
        }
      }
      for (const child of from.children.values()) {
        const below = this.below(node, child.name);
        if (below !== null) walk(below, child);
      }
    };
    for (const { fragment, content } of this.fragments()) {
      const { node } = this.target(root, fragment);
      if (node !== null) walk(node, content);
    }
    if (renamed.size === 0) return;
    this.eachLocalReference((property, offset) => {
      const now = renamed.get(cellAt(this.bytesOf(property), offset));
      if (now !== undefined) this.store(property, offset, now);
    });
  }

  private merge(root: MergedNode): void {
    for (const { fragment, content } of this.fragments()) {
      const { node, path } = this.target(root, fragment);
      if (node === null) {
        if (this.lenient && path === null) continue;
        const what = path === null ? 'its target is not in the base' : `the base has no node ${path}`;
        const at = path === null ? fragment : fragment.properties.get('target-path');
        this.complain('target', `${fragment.path}: ${what}`, at);
        if (this.lenient) continue;
        throw new Refusal();
      }
      this.fromOverlay.set(fragment, node);
      for (const definition of fragment.definitions) node.definitions.push(definition);
      this.apply(node, content);
    }
  }

  /** overlay_apply_node. */
  private apply(node: MergedNode, from: DtNode): void {
    this.fromOverlay.set(from, node);
    for (const definition of from.definitions)
      if (!node.definitions.includes(definition)) node.definitions.push(definition);
    for (const label of from.labels)
      if (!node.labels.some((known) => known.name === label.name)) node.labels.unshift(label);
    for (const property of from.properties.values()) {
      const bytes = this.bytesOf(property);
      const old = node.value(property.name) ?? null;
      node.set(new MergedProperty(node, property.name, bytes, property, old, this.follow), false);
    }
    const phandle = phandleNow(node);
    if (phandle !== null && !this.basePhandles.has(phandle)) this.basePhandles.set(phandle, node);
    for (const child of from.children.values()) {
      let below = this.below(node, child.name);
      if (below === null) {
        below = new MergedNode(child.name, node, null, this.byPhandle);
        node.add(below, false);
      }
      this.apply(below, child);
    }
  }

  /** overlay_symbol_update: labels of the overlay become symbols of the base. */
  private updateSymbols(root: MergedNode): void {
    const own = subnode(this.overlay.root, '__symbols__');
    if (own === null) return;
    let symbols = root.child('__symbols__');
    if (symbols === null) {
      symbols = new MergedNode('__symbols__', root, null, this.byPhandle);
      root.add(symbols, false);
    }
    for (const symbol of own.properties.values()) {
      const [path, ...more] = stringsOf(symbol);
      if (path === undefined || more.length > 0 || symbol.bytes[symbol.bytes.length - 1] !== 0 || path[0] !== '/')
        this.refuse('symbols', `The overlay's symbol ${symbol.name} is no path`, symbol);
      const match = /^\/([^/]+)\/__overlay__(?:\/(.*))?$/s.exec(path);
      // anything else will not be in the new tree
      if (match === null) continue;
      const fragment = subnode(this.overlay.root, match[1] ?? '');
      if (fragment === null || subnode(fragment, '__overlay__') === null)
        this.refuse('symbols', `The overlay's symbol ${symbol.name} names no fragment`, symbol);
      const target = this.target(root, fragment);
      if (target.node === null && this.lenient) continue;
      if (target.node === null) this.refuse('symbols', `The fragment of symbol ${symbol.name} has no target`, symbol);
      const prefix = target.path ?? target.node.path;
      const bytes = encoder.encode(`${prefix.length > 1 ? prefix : ''}/${match[2] ?? ''}\0`);
      const old = symbols.value(symbol.name) ?? null;
      symbols.set(new MergedProperty(symbols, symbol.name, bytes, null, old, this.follow), false);
    }
  }

  private finish(root: MergedNode): DeviceTree {
    const nodes: MergedNode[] = [];
    root.finish(nodes);
    const labels = new Map<string, DtNode>();
    for (const [name, node] of this.base.labels) {
      const now = this.follow(node);
      if (now !== null) labels.set(name, now);
    }
    for (const [name, node] of this.overlay.labels) {
      const now = this.fromOverlay.get(node);
      if (now !== undefined) labels.set(name, now);
    }
    return {
      root,
      nodes,
      labels,
      phandles: this.byPhandle,
      memoryReservations: this.base.memoryReservations,
      plugin: this.base.plugin,
      blob: this.base.blob === true,
      ...(this.base.dtc && { dtc: this.base.dtc }),
    };
  }
}

const encoder = new TextEncoder();

function phandleNow(node: MergedNode): number | null {
  for (const name of ['phandle', 'linux,phandle']) {
    const bytes = node.value(name)?.bytes;
    if (bytes === undefined || bytes.length !== 4) continue;
    const value = cellAt(bytes, 0);
    return value === 0 || value === 0xffffffff ? null : value;
  }
  return null;
}

/** What an overlay says of the boards that Android's bootloader puts it on (qcom,msm-id: Qualcomm). */
const ANDROID_MARKS = ['qcom,msm-id', 'qcom,board-id'];

/** fdt_subnode_offset in a finished tree. */
function subnode(node: DtNode, name: string): DtNode | null {
  if (name.includes('@')) return node.children.get(name) ?? null;
  for (const child of node.children.values())
    if (child.name === name || child.name.startsWith(`${name}@`)) return child;
  return null;
}

/** fdt_path_offset: from the root, or from the node of an alias. */
function lookup(root: MergedNode, path: string): MergedNode | null {
  let node: MergedNode | null = root;
  const names = path.split('/');
  if (!path.startsWith('/')) {
    const alias = root.child('aliases')?.value(names.shift() ?? '');
    const start = stringsOf(alias)[0] ?? '';
    if (!start.startsWith('/')) return null;
    node = lookup(root, start);
  }
  for (const name of names) if (name !== '') node = node?.child(name) ?? null;
  return node;
}

/** The best place for a problem: a property or node of the overlay, else its start. */
function spanOf(at: DtProperty | DtNode | undefined, overlay: DeviceTree): Span {
  if (at !== undefined) {
    const own = 'bytes' in at ? at.span : at.definitions[0]?.nameSpan;
    if (own) return own;
    let node: DtNode | null = 'bytes' in at ? at.node : at;
    for (; node !== null; node = node.parent) {
      // dtc makes the fragment of `&label { }`: what is written is its content
      const definition = node.definitions[0] ?? node.children.get('__overlay__')?.definitions[0];
      if (definition !== undefined) return definition.nameSpan;
    }
  }
  return overlay.root.definitions[0]?.nameSpan ?? { file: sourceFile('', ''), start: 0, end: 0 };
}
