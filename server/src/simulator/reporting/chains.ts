/** Chains: for each deferred device the shortest way to what keeps it from probing. */
import type { DtNode } from '../../devicetree/model';
import { isAvailable } from '../../devicetree/read';
import type { AmbaNeed } from '../probe/devices/amba';
import type { Device } from '../probe/devices/device';
import { isSyncStateOnly } from '../probe/links/link-flags';
import { phandleEntries } from '../probe/links/suppliers';
import type { ChainCause, ReportChain } from '../report';
import { type ReportContext, reported } from './context';
import { statusOf } from './devices';

/** What a device waits for, and the property that says so. */
interface Step {
  readonly target: Device | DtNode;
  readonly property: string;
}

type Place = Device | DtNode;

const isDevice = (place: Place): place is Device => 'busSerial' in place;
const refOf = (place: Place): string => (isDevice(place) ? place.ref : place.path);

class Chains {
  /** Modules of this kernel, by compatible. */
  constructor(
    private readonly context: ReportContext,
    private readonly moduleFor: (device: Device) => string | null,
    private readonly symbolFor: (device: Device) => string | null,
  ) {}

  private deviceOf(node: DtNode): Device | null {
    return this.context.outcome.machine.core.fwnodes[node.index]?.device ?? null;
  }

  /** What a place waits for now: a node without a device for the driver of the device above, which would provide it. */
  private waitsFor(place: Place): Step[] {
    if (isDevice(place)) return this.deviceWaitsFor(place);
    const above = nearestDevice(this.context, place);
    return above === null ? [] : [{ target: above, property: 'parent' }];
  }

  private deviceWaitsFor(device: Device): Step[] {
    const { machine } = this.context.outcome;
    const steps: Step[] = [];
    const add = (target: Place, property: string | null): void => {
      steps.push({ target, property: property ?? '' });
    };
    const unread = this.unreadOf(device);
    // it never comes as far as its IOMMU and the suppliers that its driver asks for
    if (unread !== null) {
      if (unread.supplier !== null) add(this.deviceOf(unread.supplier) ?? unread.supplier, unread.property);
      return steps;
    }
    if (device.fwnode?.device === device)
      for (const link of device.fwnode.suppliers())
        if (!link.cycle && !link.ignore) add(this.deviceOf(link.supplier.node) ?? link.supplier.node, link.property);
    for (const link of device.suppliers)
      if (link.flags.managed && !isSyncStateOnly(link.flags) && link.status !== 'available' && link.status !== 'active')
        add(link.supplier, link.property);
    if (machine.iommu.view(device).configureResult === -517) {
      const host = device.pci?.host.node ?? null;
      const node = host ?? device.node;
      const property = host === null ? 'iommus' : 'iommu-map';
      if (node !== null)
        for (const provider of this.providersOf(node, property)) {
          const target = this.deviceOf(provider);
          if (target === null || !target.bound || machine.instanceOf(target) === undefined)
            add(target ?? provider, property);
        }
    }
    for (const need of device.missing)
      if (!machine.supplierReady(need.supplier)) add(this.deviceOf(need.supplier) ?? need.supplier, need.property);
    return steps;
  }

  /** What keeps the kernel from reading the ID of an AMBA device, without which it matches no driver; null: nothing. */
  private unreadOf(device: Device): AmbaNeed | null {
    const { amba } = this.context.outcome.machine;
    return device.bus !== 'amba' || device.node === null || amba.readable(device) ? null : amba.need(device.node);
  }

  private providersOf(node: DtNode, property: string): DtNode[] {
    const { tree } = this.context.outcome.machine;
    const value = node.properties.get(property);
    if (property === 'iommus')
      return phandleEntries(tree, value, '#iommu-cells', null).flatMap((e) => (e.node === null ? [] : [e.node]));
    const found: DtNode[] = [];
    const bytes = value?.bytes ?? new Uint8Array();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 4; at + 4 <= bytes.length; at += 16) {
      const provider = tree.phandles.get(view.getUint32(at));
      if (provider !== undefined && !found.includes(provider)) found.push(provider);
    }
    return found;
  }

  /** Why a place is the end of the way; null when it waits for something else. */
  private endOf(place: Place): { cause: ChainCause; fix: string } | null {
    if (!isDevice(place)) {
      for (let at: DtNode | null = place; at !== null; at = at.parent)
        if (!isAvailable(at)) return { cause: 'disabled', fix: `Enable ${at.path} (status = "okay").` };
      const parent = nearestDevice(this.context, place);
      // Where its driver has not bound, that driver is what is missing: the chain goes on there.
      if (parent !== null && !parent.bound) return null;
      return {
        cause: 'no-driver',
        fix: place.properties.has('compatible')
          ? `No device is made for ${place.path}${parent === null ? '' : `: the driver of ${parent.ref} (${parent.driverName ?? 'none'}) does not populate it`}.`
          : `${place.path} has no compatible, so it never becomes a device; the driver of ${parent?.ref ?? 'its parent'} has to provide it.`,
      };
    }
    if (place.bound)
      return {
        cause: 'never-registers',
        fix: `${place.ref} is bound to ${place.driverName ?? 'a driver'}, which does not register what is asked of it.`,
      };
    const status = statusOf(place);
    const module = this.moduleFor(place);
    if (status === 'no-driver') {
      if (module !== null)
        return { cause: 'module-not-loaded', fix: `Load the module ${module} for ${place.ref}, or build it in.` };
      const symbol = this.symbolFor(place);
      const what = `${place.ref} (${place.compatibles.join(', ')})`;
      return {
        cause: 'no-driver',
        fix:
          symbol === null
            ? `No driver in this kernel matches ${what}; build one in or correct the compatible.`
            : `The kernel's configuration leaves out the driver of ${what}; ${symbol} has it.`,
      };
    }
    if (status === 'failed' && place.last?.result === ETIMEDOUT)
      return {
        cause: 'timeout',
        fix: `deferred_probe_timeout expired while ${place.ref} waited for ${missingOf(place)}; the kernel then failed its probe with -110. Bring that supplier up, or raise deferred_probe_timeout= until its driver has come.`,
      };
    // behaviours.ts: a transport is taken to be empty, as a tree does not say what a hypervisor puts behind it
    if (status === 'rejected' && place.driverName === null && place.last?.driver === 'virtio-mmio')
      return {
        cause: 'probe-error',
        fix: `What device the hypervisor puts behind the transport ${place.ref} is not known here; without one virtio-mmio ends with error ${place.last.result}.`,
      };
    if (status === 'failed' || status === 'rejected')
      return {
        cause: 'probe-error',
        fix: `The driver ${place.last?.driver ?? ''} refuses ${place.ref} with error ${place.last?.result ?? 0}; see its messages.`,
      };
    return null;
  }

  /** Breadth first: the nearest end decides. */
  chainOf(device: Device): ReportChain {
    const from = new Map<Place, { readonly place: Place; readonly property: string }>();
    const queue: Place[] = [device];
    let deepest: Place = device;
    let cycle: Place | null = null;
    for (let head = 0; head < queue.length; head++) {
      const place = queue[head];
      if (place === undefined) break;
      const end = place === device && statusOf(device) === 'deferred' ? null : this.endOf(place);
      if (end !== null) return this.made(device, place, from, end.cause, end.fix);
      if (isDevice(place)) deepest = place;
      for (const step of this.waitsFor(place)) {
        if (step.target === device || from.has(step.target)) {
          if (step.target === device && cycle === null) cycle = place;
          continue;
        }
        from.set(step.target, { place, property: step.property });
        queue.push(step.target);
      }
    }
    if (cycle !== null)
      return this.made(
        device,
        cycle,
        from,
        'cycle',
        `${device.ref} and ${refOf(cycle)} wait for each other; break the cycle with post-init-providers or remove one direction.`,
      );
    if (isDevice(deepest) && this.unreadOf(deepest)?.supplier === null)
      return this.made(
        device,
        deepest,
        from,
        'deferred',
        `The kernel cannot read the peripheral ID of ${deepest.ref} without its bus clock, and takes it for not ready each time: name one "apb_pclk" in clocks and clock-names.`,
      );
    return this.made(
      device,
      deepest,
      from,
      'deferred',
      `The driver of ${refOf(deepest)} itself asks for deferral${isDevice(deepest) && deepest.deferReason !== null ? ` (${deepest.deferReason.trim()})` : ''}.`,
    );
  }

  private made(
    device: Device,
    end: Place,
    from: ReadonlyMap<Place, { readonly place: Place; readonly property: string }>,
    cause: ChainCause,
    fix: string,
  ): ReportChain {
    const path: string[] = [];
    const steps: string[] = [];
    for (let at: Place | undefined = end; at !== undefined; ) {
      path.unshift(refOf(at));
      const step: { readonly place: Place; readonly property: string } | undefined =
        at === device ? undefined : from.get(at);
      if (step !== undefined) steps.unshift(step.property);
      at = step?.place;
    }
    return { device: device.ref, path, steps, cause, property: steps[0] ?? '', fix };
  }
}

function nearestDevice({ outcome }: ReportContext, node: DtNode): Device | null {
  for (let at = node.parent; at !== null; at = at.parent) {
    const device = outcome.machine.core.fwnodes[at.index]?.device ?? null;
    if (device !== null) return device;
  }
  return null;
}

const ETIMEDOUT = -110;

/** What a device's last probe asked for and did not get. */
function missingOf(device: Device): string {
  const need = device.missing[0];
  return need === undefined ? 'a supplier' : `${need.supplier.path} (${need.property})`;
}

/** One chain for each device that is deferred at the end, or that the end of waiting made fail. */
export function reportChains(
  context: ReportContext,
  moduleFor: (device: Device) => string | null,
  symbolFor: (device: Device) => string | null,
): ReportChain[] {
  const chains = new Chains(context, moduleFor, symbolFor);
  return reported(context.outcome)
    .filter((d) => {
      const status = statusOf(d);
      return status === 'deferred' || (status === 'failed' && d.last?.result === ETIMEDOUT);
    })
    .map((d) => chains.chainOf(d));
}
