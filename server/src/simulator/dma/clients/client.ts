/**
 * The client drivers' side: runs the operations of a scenario, or the default workload of a device's class, against the
 * DMA API that the device has at that moment (IOMMU, ARM mapping or direct), and logs what each call gave.
 */
import type { DeviceTree } from '../../../devicetree/model';
import type { SimDevice } from '../../contract/device';
import type { ClientWork } from '../../contract/dma-core';
import { ENOENT, type Errno } from '../../contract/errno';
import type { KernelView } from '../../contract/kernel-view';
import type { MachineServices } from '../../contract/machine';
import type { DeviceBehaviour, DeviceOp } from '../../scenario';
import type { IommuCore } from '../iommu-core';
import { ApiCalls, type ApiMapping } from './api-calls';
import { DmaCalls, type Held, type TakingOp } from './dma-calls';
import type { PhysicalMemory } from './memory';
import { doorbellOf } from './msi-doorbell';
import { defaultWorkload } from './workloads';

/** How long after the last thing that happened user space opens a device, in ms: longer than any flush queue waits. */
const UNTIL_USED = 20;

/** One live mapping of the DMA API, for reports. */
export interface LiveRegion {
  readonly device: SimDevice;
  readonly iova: bigint;
  readonly size: bigint;
  readonly kind: 'alloc' | 'map' | 'sg' | 'resource';
  readonly phys: bigint;
  readonly assumption: string | null;
}

interface ClientState {
  readonly slots: Map<number, Held>;
  buffer: bigint | null;
  /** Probes that failed after the work was done. */
  failures: number;
  /** What the driver does once user space uses the device. */
  later: { readonly ops: readonly DeviceOp[]; readonly from: number; readonly assumption: string } | null;
}

export class Client implements ClientWork {
  private readonly clients = new Map<SimDevice, ClientState>();
  private inUse = false;
  private readonly calls: DmaCalls;
  private readonly api: ApiCalls;

  constructor(
    readonly core: IommuCore,
    private readonly machine: MachineServices,
    private readonly kernel: KernelView,
    private readonly tree: DeviceTree,
    private readonly memory: PhysicalMemory,
    private readonly behaviourOf: (device: SimDevice) => DeviceBehaviour | null,
    /** Whether devices that the scenario says nothing about get the workload of their class. */
    private readonly assume: boolean,
  ) {
    this.calls = new DmaCalls(core, machine, kernel, memory, (device) => this.bufferOf(device));
    this.api = new ApiCalls(core, machine, (device) => this.bufferOf(device));
  }

  probe(device: SimDevice): Errno {
    const state = this.core.states.of(device);
    const behaviour = this.behaviourOf(device);
    const assumed =
      behaviour?.ops === undefined && this.assume
        ? defaultWorkload(device, this.core.armGlue.built, this.kernel.model, this.machine.devicesOfBus('pci'))
        : null;
    const ops = behaviour?.ops ?? assumed?.ops ?? [];
    if (
      ops.length === 0 &&
      assumed?.later === undefined &&
      behaviour?.dmaBits === undefined &&
      behaviour?.failAfter === undefined
    )
      return 0;
    const bits =
      behaviour?.dmaBits === undefined ? (assumed?.dmaBits ?? (device.pci === null ? 32 : 64)) : behaviour.dmaBits;
    if (bits !== null) {
      const result = this.calls.setMask(state, bits);
      this.machine.trace('set-mask', device, { bits, result });
    }
    if (behaviour?.coherentBits !== undefined) state.coherentMask = this.calls.maskOf(behaviour.coherentBits);
    state.maxSegmentSize = behaviour?.maxSegmentSize ?? 0x10000;
    if (behaviour?.segmentBoundary !== undefined) state.segmentBoundary = behaviour.segmentBoundary;
    this.run(device, ops, 'probe', assumed?.assumption ?? null);
    const client = this.clientOf(device);
    if (assumed?.later !== undefined) {
      client.later = { ops: assumed.later, from: ops.length, assumption: assumed.assumption };
      if (this.inUse) this.use(device, client);
    }
    const failing = behaviour?.failAfterCount === undefined || client.failures < behaviour.failAfterCount;
    const failure = failing ? (behaviour?.failAfter ?? 0) : 0;
    if (failure !== 0) client.failures++;
    if (failure !== 0 && behaviour?.leak !== true) this.freeAll(device);
    return failure;
  }

  userSpace(): void {
    this.inUse = true;
    for (const [device, client] of this.clients) this.use(device, client);
  }

  private use(device: SimDevice, client: ClientState): void {
    const { later } = client;
    client.later = null;
    if (later === null || device.driverName === null) return;
    this.machine.sleep(UNTIL_USED);
    later.ops.forEach((op, n) => {
      this.step(device, later.from + n, op, 'use', later.assumption);
    });
  }

  remove(device: SimDevice): void {
    this.clientOf(device).later = null;
    const behaviour = this.behaviourOf(device);
    if (behaviour?.opsRemove !== undefined) this.run(device, behaviour.opsRemove, 'remove', null);
    if (behaviour?.leak !== true) this.freeAll(device);
  }

  /** One operation outside probe and remove (a request from user space): 0 or a count, or a negative errno. */
  perform(device: SimDevice, op: DeviceOp): number {
    return this.step(device, -1, op, 'run', null);
  }

  /** The mapping in a slot of a device; null when it is empty. `iova` is where the mapping's data starts. */
  mappingOf(device: SimDevice, slot: number): { readonly iova: bigint; readonly phys: bigint } | null {
    const held = this.clients.get(device)?.slots.get(slot);
    return held === undefined ? null : { iova: held.mapped.iova, phys: held.phys };
  }

  /** Everything that the clients hold now. */
  live(): LiveRegion[] {
    const regions: LiveRegion[] = [];
    for (const [device, client] of this.clients)
      for (const held of client.slots.values()) {
        const kind = held.kind === 'noncontiguous' ? 'alloc' : held.kind;
        const common = { device, kind, phys: held.phys, assumption: held.assumption } as const;
        if (held.mapped.separate)
          for (const part of held.mapped.segments ?? [])
            regions.push({ ...common, iova: part.iova, size: BigInt(part.length) });
        else regions.push({ ...common, iova: held.mapped.iova, size: held.mapped.size });
      }
    return regions;
  }

  /** What drivers mapped by the IOMMU API and did not unmap. */
  explicit(): readonly ApiMapping[] {
    return this.api.live();
  }

  /** pci=nomsi (pci_setup, pci_no_msi). */
  private withoutMsi(): boolean {
    return (this.kernel.param('pci') ?? '').split(',').includes('nomsi');
  }

  private clientOf(device: SimDevice): ClientState {
    let client = this.clients.get(device);
    if (client === undefined) {
      client = { slots: new Map(), buffer: null, failures: 0, later: null };
      this.clients.set(device, client);
    }
    return client;
  }

  private bufferOf(device: SimDevice): bigint {
    const client = this.clientOf(device);
    client.buffer ??= this.memory.buffer(this.behaviourOf(device)?.bufferSize);
    return client.buffer;
  }

  /** Frees what is left, in the order of the slots. */
  private freeAll(device: SimDevice): void {
    const { slots } = this.clientOf(device);
    for (const slot of [...slots.keys()].sort((a, b) => a - b)) this.free(device, slot, -1, undefined);
  }

  private run(device: SimDevice, ops: readonly DeviceOp[], phase: string, assumption: string | null): void {
    const succeeded: boolean[] = [];
    for (const [index, op] of ops.entries()) {
      if (op.ifOk !== undefined && succeeded[op.ifOk] !== true) continue;
      succeeded[index] = this.step(device, index, op, phase, assumption) >= 0;
    }
  }

  /** One operation: 0 (or a count), or a negative errno. */
  private step(device: SimDevice, index: number, op: DeviceOp, phase: string, assumption: string | null): number {
    switch (op.op) {
      case 'alloc':
      case 'map':
      case 'map-sg':
      case 'map-resource':
      case 'alloc-noncontiguous':
        return this.take(device, index, op, phase, assumption);
      case 'free':
        return this.free(device, op.slot, index, op.tag);
      case 'set-mask': {
        const state = this.core.states.of(device);
        const error = this.calls.setMask(state, op.bits);
        if (op.coherentBits !== undefined) state.coherentMask = this.calls.maskOf(op.coherentBits);
        this.machine.trace('dma', device, { op: index, tag: op.tag, kind: 'mask', size: op.bits, error });
        return error;
      }
      case 'set-segment': {
        const state = this.core.states.of(device);
        if (op.maxSize !== undefined) state.maxSegmentSize = op.maxSize;
        if (op.boundary !== undefined) state.segmentBoundary = op.boundary;
        return 0;
      }
      case 'sleep':
        this.machine.sleep(op.ms);
        this.machine.trace('dma', device, { op: index, tag: op.tag, kind: 'sleep', size: op.ms, error: 0 });
        return 0;
      case 'request-msi': {
        const doorbell =
          this.withoutMsi() && device.pci !== null ? null : doorbellOf(this.tree, device, this.kernel.model.mapRows);
        const iova =
          doorbell === null ? null : this.core.dmaIommu.prepareMsi(device, this.core.states.of(device), doorbell);
        this.machine.trace('msi', device, { op: index, tag: op.tag, doorbell, iova });
        return 0;
      }
      case 'iova-to-phys': {
        const held = op.ofSlot === undefined ? undefined : this.clientOf(device).slots.get(op.ofSlot);
        return this.api.run(device, index, held === undefined ? op : { ...op, iova: held.mapped.iova }, assumption);
      }
      default:
        return this.api.run(device, index, op, assumption);
    }
  }

  /** One allocating or mapping call. */
  private take(device: SimDevice, index: number, op: TakingOp, phase: string, assumption: string | null): Errno {
    const state = this.core.states.of(device);
    const held = this.calls.make(device, state, op, assumption);
    const slot = op.slot ?? index;
    if (typeof held !== 'number') this.clientOf(device).slots.set(slot, held);
    const size = op.op === 'map-sg' ? op.segments.reduce((sum, part) => sum + part.size, 0) : op.size;
    this.machine.trace('dma', device, {
      op: index,
      tag: op.tag,
      phase,
      kind: op.op,
      slot,
      size,
      iova: typeof held === 'number' ? null : held.mapped.iova,
      error: typeof held === 'number' ? held : 0,
      segments: typeof held === 'number' ? undefined : held.mapped.segments,
      bitmaps: state.armMapping?.bitmaps.length ?? 0,
      translated: state.dmaIommu || state.armOps,
    });
    return typeof held === 'number' ? held : 0;
  }

  private free(device: SimDevice, slot: number, index: number, tag: number | string | undefined): Errno {
    const client = this.clientOf(device);
    const held = client.slots.get(slot);
    if (held === undefined) {
      this.machine.trace('dma', device, { op: index, tag, kind: 'free', slot, iova: null, error: ENOENT });
      return ENOENT;
    }
    client.slots.delete(slot);
    const state = this.core.states.of(device);
    this.calls.release(state, held);
    this.machine.trace('dma', device, {
      op: index,
      tag,
      kind: 'free',
      slot,
      size: held.size,
      iova: held.mapped.iova,
      error: 0,
      bitmaps: state.armMapping?.bitmaps.length ?? 0,
      translated: state.dmaIommu || state.armOps,
    });
    return 0;
  }
}
