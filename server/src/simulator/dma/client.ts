/**
 * The client drivers' side: runs the operations of a scenario, or the default workload of a device's class, against the
 * DMA API that the device has at that moment (IOMMU, ARM mapping or direct), and logs what each call gave.
 */
import type { DeviceTree, DtNode } from '../../devicetree/model';
import { cellsOf, compatibles } from '../../devicetree/read';
import { addressCells, regOf, translateUp } from '../../iommu/addresses';
import {
  type ClientWork,
  EIO,
  ENOENT,
  ENOMEM,
  type Errno,
  type KernelView,
  type MachineServices,
  PROT_MMIO,
  type SimDevice,
} from '../contract';
import type { DeviceBehaviour, DeviceOp, DmaOp } from '../scenario';
import { ApiCalls, type ApiMapping } from './api-calls';
import { ArmDma } from './arm-dma';
import { Bitmap } from './bitmap';
import type { DeviceState } from './device-state';
import { busAddress, directMaskSupported, isReachable } from './dma-direct';
import { dmaProt, type Mapped, type SgElement } from './dma-iommu';
import type { IommuCore } from './iommu-core';
import { roundUpPowerOfTwo } from './iova';
import type { PhysicalMemory, PhysRun } from './memory';
import { defaultWorkload } from './workloads';

/** What a call left behind until it is freed. */
interface Held {
  readonly kind: 'alloc' | 'map' | 'sg' | 'resource' | 'noncontiguous';
  readonly mapped: Mapped;
  readonly size: bigint;
  readonly runs: readonly PhysRun[];
  readonly phys: bigint;
  /** Its pages in the pool of atomic allocations, or null. */
  readonly pooled: { readonly start: number; readonly count: number } | null;
  readonly assumption: string | null;
}

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
}

/** Pages of the pool that serves atomic allocations on 32-bit ARM (DEFAULT_DMA_COHERENT_POOL_SIZE). */
const ATOMIC_POOL_PAGES = 64;

export class Client implements ClientWork {
  private readonly clients = new Map<SimDevice, ClientState>();
  private readonly armDma: ArmDma;
  private readonly api: ApiCalls;
  private readonly pool = new Bitmap(ATOMIC_POOL_PAGES);

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
    this.armDma = new ArmDma(machine);
    this.api = new ApiCalls(core, machine, (device) => this.bufferOf(device));
  }

  probe(device: SimDevice): Errno {
    const state = this.core.states.of(device);
    const behaviour = this.behaviourOf(device);
    const assumed = behaviour?.ops === undefined && this.assume ? defaultWorkload(device) : null;
    const ops = behaviour?.ops ?? assumed?.ops ?? [];
    if (ops.length === 0 && behaviour?.dmaBits === undefined && behaviour?.failAfter === undefined) return 0;
    const bits =
      behaviour?.dmaBits === undefined ? (assumed?.dmaBits ?? (device.pci === null ? 32 : 64)) : behaviour.dmaBits;
    if (bits !== null) {
      const result = this.setMask(state, bits);
      this.machine.trace('set-mask', device, { bits, result });
    }
    if (behaviour?.coherentBits !== undefined) state.coherentMask = this.maskOf(behaviour.coherentBits);
    state.maxSegmentSize = behaviour?.maxSegmentSize ?? 0x10000;
    if (behaviour?.segmentBoundary !== undefined) state.segmentBoundary = behaviour.segmentBoundary;
    this.run(device, ops, 'probe', assumed?.assumption ?? null);
    const client = this.clientOf(device);
    const failing = behaviour?.failAfterCount === undefined || client.failures < behaviour.failAfterCount;
    const failure = failing ? (behaviour?.failAfter ?? 0) : 0;
    if (failure !== 0) client.failures++;
    if (failure !== 0 && behaviour?.leak !== true) this.freeAll(device);
    return failure;
  }

  remove(device: SimDevice): void {
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

  private clientOf(device: SimDevice): ClientState {
    let client = this.clients.get(device);
    if (client === undefined) {
      client = { slots: new Map(), buffer: null, failures: 0 };
      this.clients.set(device, client);
    }
    return client;
  }

  private bufferOf(device: SimDevice): bigint {
    const client = this.clientOf(device);
    client.buffer ??= this.memory.buffer();
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
        const error = this.setMask(state, op.bits);
        if (op.coherentBits !== undefined) state.coherentMask = this.maskOf(op.coherentBits);
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
        const doorbell = doorbellOf(this.tree, device);
        const iova =
          doorbell === null ? null : this.core.dmaIommu.prepareMsi(device, this.core.states.of(device), doorbell);
        this.machine.trace('msi', device, { op: index, tag: op.tag, doorbell, iova });
        return 0;
      }
      case 'iova-to-phys': {
        const held = op.ofSlot === undefined ? undefined : this.clientOf(device).slots.get(op.ofSlot);
        return this.api.run(device, index, held === undefined ? op : { ...op, iova: held.mapped.iova });
      }
      default:
        return this.api.run(device, index, op);
    }
  }

  private maskOf(bits: number): bigint {
    const mask = bits >= 64 ? (1n << 64n) - 1n : (1n << BigInt(bits)) - 1n;
    return this.kernel.arch === 'arm' ? mask & this.core.armGlue.limits.addressMask : mask;
  }

  /** dma_set_mask_and_coherent: -EIO when direct DMA cannot live with the mask. */
  private setMask(state: DeviceState, bits: number): Errno {
    const mask = this.maskOf(bits);
    if (!state.dmaIommu && !state.armOps) {
      const zone = this.kernel.config('CONFIG_ZONE_DMA') === 'y';
      if (!directMaskSupported(state, mask, this.memory.top, zone)) return EIO;
    }
    state.dmaMask = mask;
    state.coherentMask = mask;
    return 0;
  }

  /** One allocating or mapping call. */
  private take(
    device: SimDevice,
    index: number,
    op: Extract<DmaOp, { slot?: number; op: 'alloc' | 'map' | 'map-sg' | 'map-resource' | 'alloc-noncontiguous' }>,
    phase: string,
    assumption: string | null,
  ): Errno {
    const state = this.core.states.of(device);
    const held = this.call(device, state, op, assumption);
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

  private call(
    device: SimDevice,
    state: DeviceState,
    op: Extract<DmaOp, { op: 'alloc' | 'map' | 'map-sg' | 'map-resource' | 'alloc-noncontiguous' }>,
    assumption: string | null,
  ): Held | Errno {
    const mapping = state.armOps ? state.armMapping : null;
    const none = { runs: [], pooled: null, assumption };
    switch (op.op) {
      case 'alloc':
      case 'alloc-noncontiguous':
        return this.allocate(state, device, op, assumption);
      case 'map': {
        const phys = this.bufferOf(device) + BigInt(op.offset ?? 0);
        const size = BigInt(op.size);
        const direction = op.direction ?? 'to-device';
        const mapped =
          mapping !== null
            ? this.armDma.map(mapping, phys, size, direction)
            : state.dmaIommu
              ? this.core.dmaIommu.map(device, state, phys, size, dmaProt(direction, state.coherent), state.dmaMask)
              : this.direct(state, phys, size, state.dmaMask);
        return mapped === null ? ENOMEM : { kind: 'map', mapped, size, phys, ...none };
      }
      case 'map-resource': {
        const size = BigInt(op.size);
        const prot = dmaProt('bidirectional', false) | PROT_MMIO;
        const mapped =
          mapping !== null
            ? this.armDma.map(mapping, op.phys, size, 'bidirectional', true)
            : state.dmaIommu
              ? this.core.dmaIommu.map(device, state, op.phys, size, prot, state.dmaMask)
              : { iova: op.phys, size };
        return mapped === null ? ENOMEM : { kind: 'resource', mapped, size, phys: op.phys, ...none };
      }
      case 'map-sg': {
        const buffer = this.bufferOf(device);
        const list: SgElement[] = op.segments.map((part) => ({
          phys: buffer + BigInt(part.offset),
          length: part.size,
        }));
        const direction = op.direction ?? 'to-device';
        const mapped =
          mapping !== null
            ? this.armDma.mapSg(mapping, list, direction, state.maxSegmentSize)
            : state.dmaIommu
              ? this.core.dmaIommu.mapSg(device, state, list, direction)
              : this.directSg(state, list);
        // dma_map_sg() tells its caller 0 segments, whatever the reason.
        if (mapped === null || typeof mapped === 'number') return EIO;
        return { kind: 'sg', mapped, size: mapped.size, phys: list[0]?.phys ?? buffer, ...none };
      }
    }
  }

  /** dma_alloc_coherent and dma_alloc_noncontiguous. */
  private allocate(
    state: DeviceState,
    device: SimDevice,
    op: Extract<DmaOp, { op: 'alloc' | 'alloc-noncontiguous' }>,
    assumption: string | null,
  ): Held | Errno {
    const mapping = state.armOps ? state.armMapping : null;
    const kind = op.op === 'alloc' ? 'alloc' : 'noncontiguous';
    // The glue has no alloc_noncontiguous, and no alloc_pages to fall back to.
    if (mapping !== null && kind === 'noncontiguous') return ENOMEM;
    const page = BigInt(this.memory.pageSize);
    const size = BigInt(op.size);
    const atomic = op.op === 'alloc' && op.atomic === true;
    let pooled: Held['pooled'] = null;
    if (atomic && !state.coherent && this.kernel.arch === 'arm') {
      // gen_pool_first_fit_order_align; the pools of other architectures grow.
      const count = Math.ceil(op.size / this.memory.pageSize);
      const start = this.pool.findZeroArea(count, roundUpPowerOfTwo(count));
      if (start < 0) return ENOMEM;
      pooled = { start, count };
    }
    const runs = this.memory.pages(size, this.ordersFor(state));
    const mapped =
      runs === null
        ? null
        : mapping !== null
          ? this.armDma.mapPages(mapping, cut(runs, (size + page - 1n) & ~(page - 1n)), size)
          : state.dmaIommu
            ? this.core.dmaIommu.mapPages(device, state, runs, size)
            : this.direct(state, runs[0]?.phys ?? 0n, size, state.coherentMask);
    if (mapped === null || runs === null) {
      if (runs !== null) this.memory.release(runs);
      return ENOMEM;
    }
    if (pooled !== null) this.pool.set(pooled.start, pooled.count);
    return { kind, mapped, size, runs, phys: runs[0]?.phys ?? 0n, pooled, assumption };
  }

  /** Block sizes worth asking for: the IOMMU's page sizes, or those of the glue (2 MiB, 1 MiB, 64 KiB, 4 KiB). */
  private ordersFor(state: DeviceState): number[] {
    if (state.armOps) return [9, 8, 4, 0];
    if (!state.dmaIommu) return [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];
    const sizes = state.group?.defaultDomain?.hardware.pageSizes ?? 0n;
    const orders = [0];
    for (let order = 1; order <= 10; order++)
      if ((sizes & (BigInt(this.memory.pageSize) << BigInt(order))) !== 0n) orders.push(order);
    return orders;
  }

  private direct(state: DeviceState, phys: bigint, size: bigint, mask: bigint): Mapped | null {
    if (!isReachable(state, phys, size, mask)) return null;
    return { iova: busAddress(state, phys) ?? phys, size };
  }

  private directSg(state: DeviceState, list: readonly SgElement[]): Mapped | null {
    const segments = list.map((part) => ({ iova: busAddress(state, part.phys) ?? part.phys, length: part.length }));
    return { iova: segments[0]?.iova ?? 0n, size: 0n, segments, separate: true };
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
    this.release(state, held);
    this.memory.release(held.runs);
    if (held.pooled !== null) this.pool.clear(held.pooled.start, held.pooled.count);
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

  private release(state: DeviceState, held: Held): void {
    const mapping = state.armOps ? state.armMapping : null;
    const { mapped } = held;
    if (mapping !== null) {
      if (held.kind === 'sg') this.armDma.unmapSg(mapping, mapped.segments ?? []);
      else if (held.kind === 'alloc') this.armDma.removeMapping(mapping, mapped.iova, held.size);
      else this.armDma.unmap(mapping, mapped.iova, mapped.size);
    } else if (state.dmaIommu) {
      if (held.kind === 'sg') this.core.dmaIommu.unmapSg(state, mapped);
      else this.core.dmaIommu.unmap(state, mapped.iova, mapped.size);
    }
  }
}

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** The first `size` bytes of runs. */
function cut(runs: readonly PhysRun[], size: bigint): PhysRun[] {
  const out: PhysRun[] = [];
  let left = size;
  for (const run of runs) {
    if (left <= 0n) break;
    const bytes = smaller(left, run.size);
    out.push({ phys: run.phys, size: bytes });
    left -= bytes;
  }
  return out;
}

/**
 * The address that a device writes to raise an MSI: the translation register of the ITS or of the GICv2m frame that
 * `msi-map` or `msi-parent` names; null when the tree names none.
 */
function doorbellOf(tree: DeviceTree, device: SimDevice): bigint | null {
  const node = device.pci === null ? device.node : device.pci.host.node;
  for (let at: DtNode | null = node; at !== null; at = at.parent) {
    const map = cellsOf(at.properties.get('msi-map'));
    const parent = cellsOf(at.properties.get('msi-parent'));
    const phandle = map[1] ?? parent[0];
    if (phandle === undefined) continue;
    const controller = tree.phandles.get(phandle);
    if (controller === undefined) return null;
    const reg = regOf(controller)[0];
    const base = reg === undefined ? null : translateUp(controller.parent, reg.address);
    if (base === null || addressCells(controller.parent) === 0) return null;
    if (compatibles(controller).includes('arm,gic-v3-its')) return base + 0x10040n;
    if (compatibles(controller).includes('arm,gic-v2m-frame')) return base + 0x40n;
    return null;
  }
  return null;
}
