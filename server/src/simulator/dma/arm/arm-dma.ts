/** The DMA API of a device with an ARM glue mapping (arch/arm/mm/dma-mapping.c, iommu_ops). */

import { PROT_MMIO } from '../../contract/hardware-domain';
import type { MachineServices } from '../../contract/machine';
import type { DmaDirection } from '../../scenario';
import type { PhysRun } from '../clients/memory';
import { dmaProt, type Mapped } from '../dma-iommu';
import type { SgElement, SgSegment } from '../scatterlist';
import type { ArmMapping } from './arm-mapping';

const PAGE = 4096n;
const PAGE_MASK = ~(PAGE - 1n);
const MASK32 = 0xffffffffn;

const pageAlign = (size: bigint): bigint => (size + PAGE - 1n) & PAGE_MASK;

export class ArmDma {
  constructor(private readonly machine: MachineServices) {}

  /** iommu_map takes an unsigned long: an address above 4 GiB is cut. */
  private mapAt(mapping: ArmMapping, iova: bigint, phys: bigint, size: bigint, prot: number): boolean {
    return mapping.domain.map(iova & MASK32, phys, size, prot) === 0;
  }

  private remove(mapping: ArmMapping, iova: bigint, size: bigint): void {
    mapping.domain.unmap(iova & MASK32, size);
    mapping.release(this.machine, iova, size);
  }

  /** arm_iommu_map_page, arm_iommu_map_resource. */
  map(mapping: ArmMapping, phys: bigint, size: bigint, direction: DmaDirection, resource = false): Mapped | null {
    const offset = phys & (PAGE - 1n);
    const length = pageAlign(size + offset);
    const iova = mapping.allocate(Number(length));
    if (iova === null) return null;
    const prot = dmaProt(direction, false) | (resource ? PROT_MMIO : 0);
    if (!this.mapAt(mapping, iova, phys - offset, length, prot)) {
      mapping.release(this.machine, iova, length);
      return null;
    }
    return { iova: iova + offset, size };
  }

  /** arm_iommu_unmap_page, arm_iommu_unmap_resource: a mapping in page 0 is neither unmapped nor freed. */
  unmap(mapping: ArmMapping, handle: bigint, size: bigint): void {
    const iova = handle & PAGE_MASK;
    if (iova === 0n) return;
    this.remove(mapping, iova, pageAlign(size + (handle & (PAGE - 1n))));
  }

  /** __iommu_create_mapping over the pages of a coherent allocation. */
  mapPages(mapping: ArmMapping, runs: readonly PhysRun[], size: bigint): Mapped | null {
    const length = pageAlign(size);
    const iova = mapping.allocate(Number(length));
    if (iova === null) return null;
    let at = iova;
    for (const run of runs) {
      if (!this.mapAt(mapping, at, run.phys, run.size, dmaProt('bidirectional', false))) {
        if (at > iova) mapping.domain.unmap(iova & MASK32, at - iova);
        mapping.release(this.machine, iova, length);
        return null;
      }
      at += run.size;
    }
    return { iova, size };
  }

  /** __iommu_remove_mapping. */
  removeMapping(mapping: ArmMapping, handle: bigint, size: bigint): void {
    this.remove(mapping, handle & PAGE_MASK, pageAlign((handle & (PAGE - 1n)) + size));
  }

  /**
   * arm_iommu_map_sg: an element joins the running block when it starts on a page, the block so far ends on one, and
   * both together are no longer than the segment limit; one allocation a block. Null when a block fails.
   */
  mapSg(mapping: ArmMapping, list: readonly SgElement[], direction: DmaDirection, maxLength: number): Mapped | null {
    const segments: SgSegment[] = [];
    const offsetOf = (element: SgElement): number => Number(element.phys & (PAGE - 1n));
    let from = 0;
    let offset = list[0] === undefined ? 0 : offsetOf(list[0]);
    let size = offset + (list[0]?.length ?? 0);
    for (let i = 1; i <= list.length; i++) {
      const element = list[i];
      if (element !== undefined && offsetOf(element) === 0 && size % 4096 === 0 && size + element.length <= maxLength) {
        size += element.length;
        continue;
      }
      const iova = this.mapChunk(mapping, list.slice(from, i), BigInt(size), direction);
      if (iova === null) {
        for (const done of segments) this.removeMapping(mapping, done.iova, BigInt(done.length));
        return null;
      }
      segments.push({ iova: iova + BigInt(offset), length: size - offset });
      if (element === undefined) break;
      from = i;
      offset = offsetOf(element);
      size = offset + element.length;
    }
    return { iova: segments[0]?.iova ?? 0n, size: 0n, segments, separate: true };
  }

  /** __map_sg_chunk. */
  private mapChunk(
    mapping: ArmMapping,
    list: readonly SgElement[],
    size: bigint,
    direction: DmaDirection,
  ): bigint | null {
    const length = pageAlign(size);
    const iova = mapping.allocate(Number(length));
    if (iova === null) return null;
    let at = iova;
    for (const element of list) {
      const phys = element.phys & PAGE_MASK;
      const bytes = pageAlign(element.phys - phys + BigInt(element.length));
      if (!this.mapAt(mapping, at, phys, bytes, dmaProt(direction, false))) {
        if (at > iova) mapping.domain.unmap(iova & MASK32, at - iova);
        mapping.release(this.machine, iova, length);
        return null;
      }
      at += bytes;
    }
    return iova;
  }

  /** arm_iommu_unmap_sg: page 0 is freed here. */
  unmapSg(mapping: ArmMapping, segments: readonly SgSegment[]): void {
    for (const part of segments) if (part.length > 0) this.removeMapping(mapping, part.iova, BigInt(part.length));
  }
}
