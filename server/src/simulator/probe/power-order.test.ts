import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Device, DeviceLink } from './device';
import { linkFlags } from './link-flags';
import { PowerOrder } from './power-order';

/** device_reorder_to_tail() as the kernel walks: a device moves each time it is met. */
function naive(list: string[], device: Device): void {
  list.splice(list.indexOf(device.name), 1);
  list.push(device.name);
  for (const child of device.children) naive(list, child);
  for (const link of device.consumers.values()) if (!link.flags.syncStateOnly) naive(list, link.consumer);
}

describe('moves to the tail', () => {
  it('settle as if each had been made at once, the kernel way', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(9), fc.nat(9), fc.boolean()), { maxLength: 14 }),
        fc.array(fc.nat(9), { minLength: 1, maxLength: 8 }),
        (edges, moves) => {
          const order = new PowerOrder();
          const devices = Array.from({ length: 10 }, (_, i) => new Device(i, null, `d${i}`, 'b', null, null, []));
          const list = devices.map((d) => d.name);
          for (const device of devices) {
            order.powerList.push(device.pmEntry);
            order.shutdownList.push(device.shutdownEntry);
          }
          // Suppliers and parents have smaller numbers: no cycles, as in the kernel.
          for (const [a, b, child] of edges) {
            const [supplier, consumer] = [devices[Math.min(a, b)], devices[Math.max(a, b)]];
            if (supplier === undefined || consumer === undefined || supplier === consumer) continue;
            if (child) supplier.addChild(consumer);
            else if (!supplier.consumers.has(consumer))
              Device.connect(new DeviceLink(consumer, supplier, linkFlags({}), null));
          }
          for (const at of moves) {
            const device = devices[at];
            if (device === undefined) continue;
            naive(list, device);
            order.moveToTail(device);
          }
          expect([...order.powerList].map((d) => d.name)).toEqual(list);
          expect([...order.shutdownList].map((d) => d.name)).toEqual(list);
        },
      ),
    );
  });
});
