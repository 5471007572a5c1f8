/** The peripheral ID of AMBA devices, which needs the bus clock, and what a kernel does while it cannot be read (drivers/amba/bus.c). */
import type { DtNode } from '../../../devicetree/model';
import { stringsOf } from '../../../devicetree/read';
import type { Core } from '../core';
import { phandleEntries } from '../links/suppliers';
import type { Device } from './device';

/** DEFERRED_DEVICE_TIMEOUT, in milliseconds. */
const RETRY_MS = 5000;

/** Whether an ID can be read: now, once what it needs has come, or never. */
type Readiness = 'now' | 'later' | 'never';

export class AmbaIds {
  private readonly read = new Set<Device>();
  /** deferred_devices: what was not added yet, in its order. */
  private late: { readonly node: DtNode; readonly add: () => void }[] = [];

  constructor(
    private readonly core: Core,
    private readonly ready: (node: DtNode) => boolean,
    /** Runs an action as work of its own. */
    private readonly asWork: (action: () => void) => void,
  ) {}

  /** Whether the ID is known, reading it now if that is possible (amba_read_periphid: needs `apb_pclk` and the resets). */
  readable(device: Device): boolean {
    if (this.read.has(device)) return true;
    if (device.node !== null && this.readiness(device.node) !== 'now') return false;
    this.read.add(device);
    return true;
  }

  private readiness(node: DtNode): Readiness {
    if (node.properties.has('arm,primecell-periphid')) return 'now';
    const index = stringsOf(node.properties.get('clock-names')).indexOf('apb_pclk');
    if (index < 0) return 'never';
    const clock = phandleEntries(this.core.tree, node.properties.get('clocks'), '#clock-cells', null)[index]?.node;
    if (clock === undefined || clock === null) return 'never';
    if (!this.ready(clock)) return 'later';
    for (const reset of phandleEntries(this.core.tree, node.properties.get('resets'), '#reset-cells', null))
      if (reset.node !== null && !this.ready(reset.node)) return 'later';
    return 'now';
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
