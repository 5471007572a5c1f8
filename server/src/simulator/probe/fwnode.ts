/** struct fwnode_handle of a tree node, and the links between nodes (FWLINK_*) that become device links. */
import type { DtNode } from '../../devicetree/model';
import type { Device } from './device';

export class FwLink {
  alive = true;
  cycle = false;
  constructor(
    readonly consumer: FwNode,
    readonly supplier: FwNode,
    /** FWLINK_FLAG_IGNORE. */
    public ignore: boolean,
    readonly property: string,
  ) {}
}

export class FwNode {
  /** fwnode->dev. */
  device: Device | null = null;
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
  private supplierLinks: Map<FwNode, FwLink> | null = null;
  private consumerLinks: Map<FwNode, FwLink> | null = null;

  constructor(
    readonly node: DtNode,
    readonly parent: FwNode | null,
  ) {}

  get hasSuppliers(): boolean {
    return this.supplierLinks !== null && this.supplierLinks.size > 0;
  }

  get hasConsumers(): boolean {
    return this.consumerLinks !== null && this.consumerLinks.size > 0;
  }

  /** Newest first, as list_add at the head leaves them. A copy: links may go while it is walked. */
  suppliers(): FwLink[] {
    return this.supplierLinks === null || this.supplierLinks.size === 0
      ? none
      : [...this.supplierLinks.values()].reverse();
  }

  consumers(): FwLink[] {
    return this.consumerLinks === null || this.consumerLinks.size === 0
      ? none
      : [...this.consumerLinks.values()].reverse();
  }

  /** fwnode_link_add: one link a pair; a second one only adds its flags. Null when the link was there. */
  static link(consumer: FwNode, supplier: FwNode, ignore: boolean, cycle: boolean, property: string): FwLink | null {
    const present = supplier.consumerLinks?.get(consumer);
    if (present !== undefined) {
      present.ignore ||= ignore;
      present.cycle ||= cycle;
      return null;
    }
    const link = new FwLink(consumer, supplier, ignore, property);
    link.cycle = cycle;
    supplier.consumerLinks ??= new Map();
    supplier.consumerLinks.set(consumer, link);
    consumer.supplierLinks ??= new Map();
    consumer.supplierLinks.set(supplier, link);
    return link;
  }

  static unlink(link: FwLink): void {
    if (!link.alive) return;
    link.alive = false;
    link.supplier.consumerLinks?.delete(link.consumer);
    link.consumer.supplierLinks?.delete(link.supplier);
  }
}

const none: FwLink[] = [];
