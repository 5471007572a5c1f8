/** The peripheral ID of AMBA devices, which needs power, the bus clock and the resets, and what a kernel does while it cannot be read (drivers/amba/bus.c). */
import type { DtNode } from '../../../devicetree/model';
import { compatibles, stringsOf } from '../../../devicetree/read';
import type { Core } from '../core';
import { phandleEntries } from '../links/suppliers';
import type { Device } from './device';

/** What keeps an ID from being read: a supplier that is not there yet, or (null) a clock that the tree does not name. */
export interface AmbaNeed {
  readonly supplier: DtNode | null;
  readonly property: string;
}

/**
 * Machines whose kernel code names clocks for devices beside the tree (clk_register_clkdev with a device's name fits every name of
 * a clock, clk_find): drivers/clk/spear, 7.3.
 */
const NAMED_BESIDE = /^st,spear/;

/** DEFERRED_DEVICE_TIMEOUT, in milliseconds. */
const RETRY_MS = 5000;

/** Whether an ID can be read: now, once what it needs has come, or never. */
type Readiness = 'now' | 'later' | 'never';

export class AmbaIds {
  private readonly read = new Set<Device>();
  /** deferred_devices: what was not added yet, in its order. */
  private late: { readonly node: DtNode; readonly add: () => void }[] = [];
  private beside: boolean | null = null;

  constructor(
    private readonly core: Core,
    private readonly ready: (node: DtNode) => boolean,
    /** Runs an action as work of its own. */
    private readonly asWork: (action: () => void) => void,
  ) {}

  /** Whether the ID is known, reading it now if that is possible. */
  readable(device: Device): boolean {
    if (this.read.has(device)) return true;
    if (device.node !== null && this.need(device.node) !== null) return false;
    this.read.add(device);
    return true;
  }

  /**
   * What keeps the ID of an AMBA device from being read: in the order of amba_read_periphid (6.12) its power domain, `apb_pclk`,
   * which must be named, and its resets. Null: nothing, or the tree states the ID.
   */
  need(node: DtNode): AmbaNeed | null {
    if (node.properties.has('arm,primecell-periphid')) return null;
    const targets = (property: string, cells: string) => this.targets(node, property, cells);
    const missing = (property: string, supplier: DtNode | null | undefined): AmbaNeed | null =>
      supplier != null && !this.ready(supplier) ? { supplier, property } : null;
    // genpd_dev_pm_attach: a device of several domains attaches them itself
    const domains = targets('power-domains', '#power-domain-cells');
    const domain = domains.length === 1 ? missing('power-domains', domains[0]) : null;
    if (domain !== null) return domain;
    const clock = this.clock(node);
    if (clock !== null) return clock;
    for (const reset of targets('resets', '#reset-cells')) {
      const need = missing('resets', reset);
      if (need !== null) return need;
    }
    return null;
  }

  /** The same for the bus clock alone, which a probe takes even where the tree states the ID (amba_get_enable_pclk). */
  clock(node: DtNode): AmbaNeed | null {
    const index = stringsOf(node.properties.get('clock-names')).indexOf('apb_pclk');
    const supplier = index < 0 ? null : (this.targets(node, 'clocks', '#clock-cells')[index] ?? null);
    if (supplier === null && this.namedBeside()) return null;
    return supplier !== null && this.ready(supplier) ? null : { supplier, property: 'clocks' };
  }

  private namedBeside(): boolean {
    this.beside ??= compatibles(this.core.tree.root).some((name) => NAMED_BESIDE.test(name));
    return this.beside;
  }

  private targets(node: DtNode, property: string, cells: string): (DtNode | null)[] {
    return phandleEntries(this.core.tree, node.properties.get(property), cells, null).map((entry) => entry.node);
  }

  private readiness(node: DtNode): Readiness {
    const need = this.need(node);
    return need === null ? 'now' : need.supplier === null ? 'never' : 'later';
  }

  /** amba_device_add(): null while there is no device, which `add` makes. */
  add(node: DtNode, add: () => Device): Device | null {
    const { ambaWithoutId } = this.core.kernel.model;
    const readiness = ambaWithoutId === 'added' ? 'now' : this.readiness(node);
    if (readiness === 'now') return add();
    this.core.trace('amba-without-id', null, { node });
    if (readiness === 'never' || ambaWithoutId === 'never') return null;
    if (this.late.length === 0) this.schedule();
    this.late.push({ node, add });
    return null;
  }

  /** amba_deferred_retry(), at late_initcall. */
  retryLate(): void {
    if (this.core.kernel.model.ambaWithoutId === 'late-and-each-5s') this.retry();
  }

  private retry(): void {
    this.late = this.late.filter(({ node, add }) => {
      if (this.readiness(node) !== 'now') return true;
      add();
      return false;
    });
  }

  /** amba_deferred_retry_func(). */
  private schedule(): void {
    const { clock } = this.core;
    clock.at(clock.now + RETRY_MS, () =>
      this.asWork(() => {
        this.retry();
        if (this.late.length > 0) this.schedule();
      }),
    );
  }
}
