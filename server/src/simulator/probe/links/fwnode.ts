/** struct fwnode_handle of a tree node, and the links between nodes (FWLINK_*) that become device links. */
import type { DtNode } from '../../../devicetree/model';
import { isAvailable } from '../../../devicetree/read';
import * as few from '../few';

/** A link between two nodes; `D` is the device (devices/device.ts names the types with it). */
export class FwLinkOf<D> {
  alive = true;
  cycle = false;
  constructor(
    readonly consumer: FwNodeOf<D>,
    readonly supplier: FwNodeOf<D>,
    /** FWLINK_FLAG_IGNORE. */
    public ignore: boolean,
    readonly property: string,
  ) {}
}

export class FwNodeOf<D> {
  /** fwnode->dev. */
  device: D | null = null;
  /** FWNODE_FLAG_LINKS_ADDED. */
  linksAdded = false;
  /** FWNODE_FLAG_NOT_DEVICE: its consumers belong to its nearest ancestor that is a device. */
  notDevice = false;
  /** FWNODE_FLAG_INITIALIZED: a provider registered for the node (a clock, an irq domain …). */
  initialized = false;
  /** FWNODE_FLAG_BEST_EFFORT: the console of stdout-path. */
  bestEffort = false;
  /** OF_POPULATED and OF_POPULATED_BUS. */
  populated = false;
  populatedBus = false;
  /** FWNODE_FLAG_VISITED of the search for cycles. */
  visited = false;
  /** Memory of that search: in search number `searchId` the answer was `searchResult`. */
  searchId = 0;
  searchResult = false;
  private availableNodes: readonly FwNodeOf<D>[] | null = null;
  private supplierLinks: few.Few<FwNodeOf<D>, FwLinkOf<D>> = null;
  private consumerLinks: few.Few<FwNodeOf<D>, FwLinkOf<D>> = null;

  constructor(
    readonly node: DtNode,
    readonly parent: FwNodeOf<D> | null,
  ) {}

  /** The fwnodes of the available child nodes, in the tree's order (fwnode_for_each_available_child_node). */
  availableChildren(of: (node: DtNode) => FwNodeOf<D>): readonly FwNodeOf<D>[] {
    if (this.availableNodes === null) {
      let found: FwNodeOf<D>[] | null = null;
      for (const child of this.node.children.values())
        if (isAvailable(child))
          if (found === null) found = [of(child)];
          else found.push(of(child));
      this.availableNodes = found ?? noNodes;
    }
    return this.availableNodes;
  }

  get hasSuppliers(): boolean {
    return this.supplierLinks !== null;
  }

  /** Newest first, as list_add at the head leaves them. A copy: links may go while it is walked. */
  suppliers(): FwLinkOf<D>[] {
    return this.supplierLinks === null ? none : few.newestFirst(this.supplierLinks);
  }

  consumers(): FwLinkOf<D>[] {
    return this.consumerLinks === null ? none : few.newestFirst(this.consumerLinks);
  }

  /** fwnode_links_check_suppliers: the newest link that is waited for. */
  waitsFor(): FwLinkOf<D> | null {
    let found: FwLinkOf<D> | null = null;
    for (const link of few.members(this.supplierLinks)) if (!link.cycle && !link.ignore) found = link;
    return found;
  }

  /** fwnode_link_add: one link a pair; a second one only adds its flags. Null when the link was there. */
  static link<D>(
    consumer: FwNodeOf<D>,
    supplier: FwNodeOf<D>,
    ignore: boolean,
    cycle: boolean,
    property: string,
  ): FwLinkOf<D> | null {
    const present = few.get(supplier.consumerLinks, consumer, consumerOf);
    if (present !== undefined) {
      present.ignore ||= ignore;
      present.cycle ||= cycle;
      return null;
    }
    const link = new FwLinkOf<D>(consumer, supplier, ignore, property);
    link.cycle = cycle;
    supplier.consumerLinks = few.add(supplier.consumerLinks, consumer, link, consumerOf);
    consumer.supplierLinks = few.add(consumer.supplierLinks, supplier, link, supplierOf);
    return link;
  }

  static unlink<D>(link: FwLinkOf<D>): void {
    if (!link.alive) return;
    link.alive = false;
    const { supplier, consumer } = link;
    supplier.consumerLinks = few.without(supplier.consumerLinks, consumer, consumerOf);
    consumer.supplierLinks = few.without(consumer.supplierLinks, supplier, supplierOf);
  }
}

const none: never[] = [];
const noNodes: readonly never[] = [];
const consumerOf = <D>(link: FwLinkOf<D>): FwNodeOf<D> => link.consumer;
const supplierOf = <D>(link: FwLinkOf<D>): FwNodeOf<D> => link.supplier;
