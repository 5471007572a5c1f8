/** One device's calls of the DMA API, by whatever it has at that moment: IOMMU, ARM mapping or direct DMA. */
import type { SimDevice } from '../../contract/device';
import { EIO, ENOMEM, type Errno } from '../../contract/errno';
import { PROT_MMIO } from '../../contract/hardware-domain';
import type { KernelView } from '../../contract/kernel-view';
import type { MachineServices } from '../../contract/machine';
import type { DmaOp } from '../../scenario';
import { ArmDma } from '../arm/arm-dma';
import { Bitmap } from '../arm/bitmap';
import type { DeviceState } from '../device-state';
import { busAddress, directMaskSupported, isReachable } from '../dma-direct';
import { dmaProt, type Mapped } from '../dma-iommu';
import type { IommuCore } from '../iommu-core';
import { roundUpPowerOfTwo } from '../iova/iova';
import type { SgElement } from '../scatterlist';
import type { PhysicalMemory, PhysRun } from './memory';

/** Operations that take IOVAs. */
export type TakingOp = Extract<DmaOp, { op: 'alloc' | 'map' | 'map-sg' | 'map-resource' | 'alloc-noncontiguous' }>;

/** What a call left behind until it is freed. */
export interface Held {
  readonly kind: 'alloc' | 'map' | 'sg' | 'resource' | 'noncontiguous';
  readonly mapped: Mapped;
  readonly size: bigint;
  readonly runs: readonly PhysRun[];
  readonly phys: bigint;
  /** Its pages in the pool of atomic allocations, or null. */
  readonly pooled: { readonly start: number; readonly count: number } | null;
  readonly assumption: string | null;
}

/** Pages of the pool that serves atomic allocations on 32-bit ARM (DEFAULT_DMA_COHERENT_POOL_SIZE). */
const ATOMIC_POOL_PAGES = 64;

export class DmaCalls {
  private readonly armDma: ArmDma;
  private readonly pool = new Bitmap(ATOMIC_POOL_PAGES);

  constructor(
    private readonly core: IommuCore,
    private readonly machine: MachineServices,
    private readonly kernel: KernelView,
    private readonly memory: PhysicalMemory,
    private readonly bufferOf: (device: SimDevice) => bigint,
  ) {
    this.armDma = new ArmDma(machine);
  }

  /** DMA_BIT_MASK, as wide as dma_addr_t. */
  maskOf(bits: number): bigint {
    const mask = bits >= 64 ? (1n << 64n) - 1n : (1n << BigInt(bits)) - 1n;
    return this.kernel.arch === 'arm' ? mask & this.core.armGlue.limits.addressMask : mask;
  }

  /** dma_set_mask_and_coherent: -EIO when direct DMA cannot live with the mask. */
  setMask(state: DeviceState, bits: number): Errno {
    const mask = this.maskOf(bits);
    if (!state.dmaIommu && !state.armOps) {
      const zone = this.kernel.config('CONFIG_ZONE_DMA') === 'y';
      if (!directMaskSupported(state, mask, this.memory.top, zone)) return EIO;
    }
    state.dmaMask = mask;
    state.coherentMask = mask;
    return 0;
  }

  /** One allocating or mapping call; a negative errno when it fails. */
  make(device: SimDevice, state: DeviceState, op: TakingOp, assumption: string | null): Held | Errno {
    // Nothing to map: a driver's mistake that the kernel answers with a warning.
    const sizes = op.op === 'map-sg' ? op.segments.map((part) => part.size) : [op.size];
    if (sizes.length === 0 || sizes.some((size) => !(size > 0))) return op.op === 'map-sg' ? EIO : ENOMEM;
    if (state.armOps && state.armMapping === null)
      this.machine.panic('NULL pointer dereference in __iommu_create_mapping(): iommu_ops without a mapping');
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

  /** Frees or unmaps, by the DMA operations that the device has now. */
  release(state: DeviceState, held: Held): void {
    this.undo(state, held);
    this.memory.release(held.runs);
    if (held.pooled !== null) this.pool.clear(held.pooled.start, held.pooled.count);
  }

  private undo(state: DeviceState, held: Held): void {
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
