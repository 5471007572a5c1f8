import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Device, DeviceLink } from '../probe/devices/device';
import { linkFlags } from '../probe/links/link-flags';
import { PowerOrder } from './order';

/** device_reorder_to_tail() as the kernel walks: a device moves each time it is met. */
function naive(list: string[], device: Device): void {
  list.splice(list.indexOf(device.name), 1);
  list.push(device.name);
  for (const child of device.children) naive(list, child);
  for (const link of device.consumers) if (!link.flags.syncStateOnly) naive(list, link.consumer);
}

/** What happens: devices come, become children later, get links, move, lose links, go. */
type Step = readonly [kind: 'add' | 'child' | 'link' | 'move' | 'unlink' | 'remove', a: number, b: number];

const steps = fc.array(
  fc.tuple(
    fc.constantFrom('add', 'add', 'child', 'link', 'link', 'move', 'move', 'unlink', 'remove'),
    fc.nat(11),
    fc.nat(11),
  ),
  { maxLength: 60 },
) as fc.Arbitrary<Step[]>;

describe('moves to the tail', () => {
  it('settle as if each had been made at once, the kernel way', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const order = new PowerOrder();
        const all: Device[] = [];
        const links: DeviceLink[] = [];
        const kernel: string[] = [];
        const withLinks: string[] = [];
        const both = (action: (names: string[]) => void): void => {
          action(kernel);
          action(withLinks);
        };
        const alive = (): Device[] => all.filter((d) => d.shutdownStamp !== 0);
        for (const [kind, a, b] of list) {
          const devices = alive();
          // Suppliers and parents have smaller numbers: no cycles, as in the kernel.
          const low = devices[Math.min(a, b) % Math.max(devices.length, 1)];
          const high = devices[Math.max(a, b) % Math.max(devices.length, 1)];
          if (kind === 'add') {
            const parent = low ?? null;
            const device = new Device(all.length, null, `d${all.length}`, 'b', parent, null, []);
            all.push(device);
            order.add(device, true);
            both((names) => names.push(device.name));
          } else if (low === undefined || high === undefined) continue;
          else if (kind === 'move') {
            both((names) => naive(names, high));
            order.moveToTail(high);
          } else if (kind === 'child') {
            const { parent } = high;
            if (parent === null || parent.shutdownStamp === 0 || parent.children.has(high)) continue;
            order.beforeChild(parent, high);
            parent.addChild(high);
          } else if (kind === 'link') {
            if (low.id >= high.id || low.linkTo(high) !== undefined) continue;
            const link = new DeviceLink(high, low, linkFlags({}), null);
            order.addLink(link);
            withLinks.push(link.name);
            Device.connect(link);
            links.push(link);
            both((names) => naive(names, high));
            order.moveToTail(high);
          } else if (kind === 'unlink') {
            const link = links.splice(a % Math.max(links.length, 1), 1)[0];
            if (link === undefined) continue;
            order.settle();
            link.shutdownStamp = 0;
            Device.disconnect(link);
            withLinks.splice(withLinks.indexOf(link.name), 1);
          } else if (high.children.size === 0 && !high.hasConsumers && !high.hasSuppliers) {
            order.remove(high);
            high.parent?.removeChild(high);
            both((names) => names.splice(names.indexOf(high.name), 1));
          }
        }
        expect(order.power().map((d) => d.name)).toEqual(kernel);
        expect(order.shutdown().map((d) => d.name)).toEqual(withLinks);
      }),
      { numRuns: 3000 },
    );
  });
});
