/** How a scatter list is laid out in one range of IOVAs (drivers/iommu/dma-iommu.c, iommu_dma_map_sg, __finalise_sg). */

/** One element of a scatter list: where its memory starts and its length in bytes. */
export interface SgElement {
  readonly phys: bigint;
  readonly length: number;
}

export interface SgSegment {
  readonly iova: bigint;
  readonly length: number;
}

/** Where each element starts in its granule, how long it is with padding, and the length of all. */
export interface SgLayout {
  readonly offsets: readonly number[];
  readonly padded: readonly number[];
  readonly total: number;
}

/**
 * Rounds every element to granules and keeps them from crossing a segment boundary. `boundary` in bytes: a power of
 * two, the mask plus one.
 */
export function layOut(list: readonly SgElement[], granule: number, boundary: number): SgLayout {
  const padded: number[] = [];
  const offsets: number[] = [];
  let total = 0;
  for (const element of list) {
    const offset = Number(element.phys % BigInt(granule));
    const length = Math.ceil((element.length + offset) / granule) * granule;
    const pad = total % boundary === 0 ? 0 : boundary - (total % boundary);
    if (pad > 0 && pad < length - 1) {
      padded[padded.length - 1] = (padded[padded.length - 1] ?? 0) + pad;
      total += pad;
    }
    offsets.push(offset);
    padded.push(length);
    total += length;
  }
  return { offsets, padded, total };
}

/** __finalise_sg: joins neighbours as far as segment boundary and length allow. */
export function finaliseSg(
  list: readonly SgElement[],
  offsets: readonly number[],
  padded: readonly number[],
  start: bigint,
  boundary: number,
  maxLength: number,
): SgSegment[] {
  const segments: { iova: bigint; length: number }[] = [];
  const edge = BigInt(boundary);
  let at = start;
  let current = 0;
  for (const [i, element] of list.entries()) {
    const offset = offsets[i] ?? 0;
    const size = padded[i] ?? 0;
    const last = segments[segments.length - 1];
    // `max_len - cur_len` is unsigned: a segment already too long takes everything.
    const room = (maxLength - current) >>> 0;
    if (last !== undefined && current > 0 && offset === 0 && at % edge !== 0n && room >= element.length) {
      current += element.length;
      last.length = current;
    } else {
      current = element.length;
      segments.push({ iova: at + BigInt(offset), length: current });
    }
    at += BigInt(size);
    if (element.length + offset < size) current = 0;
  }
  return segments;
}

/** dma_kmalloc_size_aligned: buffers of 256 bytes and more are whole cache lines (64 bytes). */
export function isKmallocAligned(length: number): boolean {
  return length >= 256 || kmallocSize(length) % 64 === 0;
}

/** kmalloc_size_roundup below 256 bytes, with 8-byte minimum alignment. */
function kmallocSize(length: number): number {
  for (const size of [8, 16, 32, 64, 96, 128, 192]) if (length <= size) return size;
  return 256;
}
