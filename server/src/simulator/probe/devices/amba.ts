/** What amba_match() needs before it can compare: the peripheral ID, which needs the bus clock (drivers/amba/bus.c). */
import type { DtNode } from '../../../devicetree/model';
import { stringsOf } from '../../../devicetree/read';
import type { Core } from '../core';
import { phandleEntries } from '../links/suppliers';
import type { Device } from './device';

export class AmbaIds {
  private readonly read = new Set<Device>();

  constructor(
    private readonly core: Core,
    private readonly ready: (node: DtNode) => boolean,
  ) {}

  /** Whether the ID is known, reading it now if that is possible (amba_read_periphid: needs `apb_pclk` and the resets). */
  readable(device: Device): boolean {
    if (this.read.has(device)) return true;
    const node = device.node;
    if (node === null) return true;
    if (!node.properties.has('arm,primecell-periphid')) {
      const index = stringsOf(node.properties.get('clock-names')).indexOf('apb_pclk');
      if (index < 0) return false;
      const clock = phandleEntries(this.core.tree, node.properties.get('clocks'), '#clock-cells', null)[index]?.node;
      if (clock === undefined || clock === null || !this.ready(clock)) return false;
      for (const reset of phandleEntries(this.core.tree, node.properties.get('resets'), '#reset-cells', null))
        if (reset.node !== null && !this.ready(reset.node)) return false;
    }
    this.read.add(device);
    return true;
  }
}
