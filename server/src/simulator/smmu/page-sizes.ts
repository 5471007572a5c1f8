/** iommu_map() and iommu_unmap() above a driver's map_pages/unmap_pages: which page size next, and how many of it. */
import { EINVAL, ENODEV, type Errno } from '../contract/errno';
import type { PageTable } from './tables/page-table';

/** The lowest set bit of a page-size bitmap as a size; 0n for an empty bitmap. */
export function smallestPage(pageSizes: bigint): bigint {
  return pageSizes & -pageSizes;
}

function highestBit(value: bigint): bigint {
  return value === 0n ? 0n : 1n << BigInt(value.toString(2).length - 1);
}

/** iommu_pgsize(): the largest page that fits address and length, and how many pages of it before a larger one fits. */
export function nextPages(
  pageSizes: bigint,
  iova: bigint,
  phys: bigint,
  size: bigint,
): { readonly page: bigint; readonly count: bigint } {
  const merged = iova | phys;
  let fitting = pageSizes & ((highestBit(size) << 1n) - 1n);
  if (merged !== 0n) fitting &= ((merged & -merged) << 1n) - 1n;
  const page = highestBit(fitting);
  if (page === 0n) return { page: 0n, count: 0n };
  let span = size;
  const larger = smallestPage(pageSizes & ~((page << 1n) - 1n));
  if (larger !== 0n && ((iova ^ phys) & (larger - 1n)) === 0n) {
    const offset = larger - (merged & (larger - 1n));
    if (offset + larger <= size) span = offset;
  }
  return { page, count: span / page };
}

/** __iommu_map() with its roll-back: 0 or a negative errno. */
export function mapRange(table: PageTable, iova: bigint, phys: bigint, size: bigint, prot: number): Errno {
  const sizes = table.pageSizes;
  if (sizes === 0n) return ENODEV;
  if (((iova | phys | size) & (smallestPage(sizes) - 1n)) !== 0n) return EINVAL;
  let done = 0n;
  while (done < size) {
    const { page, count } = nextPages(sizes, iova + done, phys + done, size - done);
    const result = table.mapPages(iova + done, phys + done, page, count, prot);
    done += result.mapped;
    if (result.error !== 0) {
      if (done > 0n) unmapRange(table, iova, done);
      return result.error;
    }
  }
  return 0;
}

/** __iommu_unmap(): the number of bytes unmapped, 0 for an unaligned request. */
export function unmapRange(table: PageTable, iova: bigint, size: bigint): bigint {
  const sizes = table.pageSizes;
  if (sizes === 0n || ((iova | size) & (smallestPage(sizes) - 1n)) !== 0n) return 0n;
  let done = 0n;
  while (done < size) {
    const { page, count } = nextPages(sizes, iova + done, iova + done, size - done);
    const got = table.unmapPages(iova + done, page, count);
    if (got === 0n) break;
    done += got;
  }
  return done;
}
