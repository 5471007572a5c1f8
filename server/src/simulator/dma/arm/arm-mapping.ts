/**
 * A mapping of the 32-bit ARM glue (arch/arm/mm/dma-mapping.c, struct dma_iommu_mapping): first fit in bitmaps of pages
 * that are added as space runs out.
 */
import type { SimDevice } from '../../contract/device';
import { EINVAL, ENODEV, ERANGE, type Errno } from '../../contract/errno';
import type { IommuInstance } from '../../contract/iommu-driver';
import type { KernelView } from '../../contract/kernel-view';
import type { MachineServices } from '../../contract/machine';
import { Domain } from '../domain';
import { Bitmap } from './bitmap';

const MASK32 = 0xffffffffn;
const PAGE = 4096n;
const PAGE_BYTES = 4096;

/** What the glue's calls need of the kernel. */
export interface ArmLimits {
  /** Width of dma_addr_t as a mask: 64 bits with CONFIG_ARM_LPAE. */
  readonly addressMask: bigint;
  /** CONFIG_ARM_DMA_IOMMU_ALIGNMENT: largest alignment, as an order of pages. */
  readonly alignmentOrder: number;
  /** One bitmap more than planned (3.19). */
  readonly extraBitmap: boolean;
}

export function armLimits(kernel: KernelView): ArmLimits {
  return {
    addressMask: kernel.config('CONFIG_ARM_LPAE') === 'y' ? (1n << 64n) - 1n : MASK32,
    alignmentOrder: Number(kernel.config('CONFIG_ARM_DMA_IOMMU_ALIGNMENT') ?? 8),
    extraBitmap: kernel.model.armExtraBitmap,
  };
}

/** get_order: pages of a size, as a power of two. */
function orderOfBytes(size: number): number {
  const pages = Math.ceil(size / PAGE_BYTES);
  return pages <= 1 ? 0 : 32 - Math.clz32(pages - 1);
}

export class ArmMapping {
  readonly bitmaps: Bitmap[];
  references = 1;

  constructor(
    readonly base: bigint,
    /** Pages per bitmap. */
    readonly bits: number,
    readonly extensions: number,
    readonly domain: Domain,
    private readonly limits: ArmLimits,
  ) {
    this.bitmaps = [new Bitmap(bits)];
  }

  get usedPages(): number {
    return this.bitmaps.reduce((sum, bitmap) => sum + bitmap.used, 0);
  }

  /** kref_put: the last reference frees the domain, wherever it is still attached. */
  put(): void {
    if (--this.references === 0) this.domain.free();
  }

  /** __alloc_iova: `size` in bytes. Null when every bitmap is full. */
  allocate(size: number): bigint | null {
    const alignment = 2 ** Math.min(orderOfBytes(size), this.limits.alignmentOrder);
    const count = Math.ceil(size / PAGE_BYTES);
    for (const [index, bitmap] of this.bitmaps.entries()) {
      const start = bitmap.findZeroArea(count, alignment);
      if (start >= 0) return this.take(index, start, count);
    }
    // extend_iommu_mapping; also for a request that no bitmap can ever hold.
    const planned = this.extensions + (this.limits.extraBitmap ? 1 : 0);
    if (this.bitmaps.length >= planned) return null;
    const bitmap = new Bitmap(this.bits);
    this.bitmaps.push(bitmap);
    const start = bitmap.findZeroArea(count, alignment);
    return start < 0 ? null : this.take(this.bitmaps.length - 1, start, count);
  }

  private take(index: number, start: number, count: number): bigint {
    (this.bitmaps[index] as Bitmap).set(start, count);
    const offset = ((BigInt(this.bits) * PAGE * BigInt(index)) & MASK32) + ((BigInt(start) * PAGE) & MASK32);
    return (this.base + offset) & this.limits.addressMask;
  }

  /** __free_iova: `size` in bytes, a multiple of the page. Ends in BUG() where the kernel does. */
  release(machine: MachineServices, address: bigint, size: bigint): void {
    if (size === 0n) return;
    const window = BigInt(this.bits) * PAGE;
    const index = ((address - this.base) & MASK32) / window;
    if (address < this.base || index > BigInt(this.extensions))
      machine.panic(`kernel BUG in __free_iova(): address 0x${address.toString(16)} is outside the mapping`);
    const start = (this.base + window * index) & this.limits.addressMask;
    // In dma_addr_t: the end of a bitmap that ends at 4 GiB is 0, so freeing in it is a BUG() without LPAE.
    const { addressMask } = this.limits;
    if (((address + size) & addressMask) > ((start + window) & addressMask))
      machine.panic('kernel BUG in __free_iova(): the range reaches into the next bitmap');
    const bitmap = this.bitmaps[Number(index)];
    bitmap?.clear(Number((address - start) / PAGE), Number(size / PAGE));
  }
}

/** arm_iommu_create_mapping: `size` in bytes. A mapping with one reference, or a negative errno. */
export function createArmMapping(
  device: SimDevice,
  instance: IommuInstance | null,
  base: bigint,
  size: bigint,
  limits: ArmLimits,
): ArmMapping | Errno {
  if (size > MASK32 + 1n) return ERANGE;
  const pages = Number(size / PAGE);
  let bytes = Math.ceil(pages / 32) * 4;
  if (bytes === 0) return EINVAL;
  let extensions = 1;
  if (bytes > PAGE_BYTES) {
    extensions = Math.floor(bytes / PAGE_BYTES);
    bytes = PAGE_BYTES;
  }
  if (instance === null) return ENODEV;
  const hardware = instance.allocatePaging(device);
  if (typeof hardware === 'number') return hardware;
  return new ArmMapping(
    base & limits.addressMask,
    bytes * 8,
    extensions,
    new Domain('unmanaged', hardware, instance),
    limits,
  );
}
