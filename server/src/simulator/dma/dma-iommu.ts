/**
 * The DMA API over a default domain (drivers/iommu/dma-iommu.c): set-up of a domain, allocation of IOVAs within masks
 * and limits, single, scattered and coherent mappings, and their release, at once or through the flush queue.
 */
import type { SimDevice } from '../contract/device';
import { ENOMEM } from '../contract/errno';
import { PROT_CACHE, PROT_MMIO, PROT_NOEXEC, PROT_READ, PROT_WRITE } from '../contract/hardware-domain';
import type { ReservedRegion } from '../contract/iommu-driver';
import type { KernelView } from '../contract/kernel-view';
import type { MachineServices } from '../contract/machine';
import type { DmaDirection } from '../scenario';
import type { PhysRun } from './clients/memory';
import type { DeviceState } from './device-state';
import type { Domain } from './domain';
import { reservePciWindows } from './groups/reserved-regions';
import type { DmaCookie } from './iova/dma-cookie';
import { FlushQueue } from './iova/flush-queue';
import { IovaDomain } from './iova/iova';
import { finaliseSg, isKmallocAligned, layOut, type SgElement, type SgSegment } from './scatterlist';

const MASK32 = 0xffffffffn;
const MASK64 = (1n << 64n) - 1n;

/** What a mapping call gave: the bus address, and what unmapping needs. */
export interface Mapped {
  readonly iova: bigint;
  readonly size: bigint;
  /** A scatter list's output segments. */
  readonly segments?: readonly SgSegment[];
  /** Each segment was mapped by itself (bounce buffers): each is unmapped by itself. */
  readonly separate?: boolean;
}

/** dma_info_to_prot. */
export function dmaProt(direction: DmaDirection, coherent: boolean): number {
  const cache = coherent ? PROT_CACHE : 0;
  if (direction === 'to-device') return cache | PROT_READ;
  if (direction === 'from-device') return cache | PROT_WRITE;
  return cache | PROT_READ | PROT_WRITE;
}

/** kstrtobool, as early parameters read it; null for anything else. */
export function parseBool(text: string | null): boolean | null {
  if (text === null) return null;
  if (/^[yYtT1]/.test(text) || /^[oO][nN]/.test(text)) return true;
  if (/^[nNfF0]/.test(text) || /^[oO][fF]/.test(text)) return false;
  return null;
}

/** Drivers whose domains have DOMAIN_ATTR_DMA_USE_FLUSH_QUEUE (5.10; arm_smmu_domain_set_attr of both). */
const QUEUE_BY_ATTRIBUTE: ReadonlySet<string> = new Set(['arm-smmu', 'arm-smmu-v3']);

export class DmaIommu {
  private readonly forcedac: boolean;
  private readonly tick: number;
  /** iommu.strict=0 of kernels in which a domain keeps its type and gets a queue (iommu_group_alloc_default_domain). */
  private readonly queuesByParameter: boolean;

  constructor(
    private readonly machine: MachineServices,
    private readonly kernel: KernelView,
    private readonly regionsOf: (device: SimDevice) => readonly ReservedRegion[],
  ) {
    this.forcedac = kernel.model.forcedacParam && parseBool(kernel.param('iommu.forcedac')) === true;
    const { strictParam } = kernel.model;
    this.queuesByParameter = strictParam === 'parameter' && parseBool(kernel.param('iommu.strict')) === false;
    this.tick = 1000 / Number(kernel.config('CONFIG_HZ') ?? 250);
  }

  /** iommu_setup_dma_ops, for a device whose group has a default domain. */
  setUp(device: SimDevice, state: DeviceState): void {
    const domain = state.domain;
    if (device.pci !== null) state.pci32First = this.kernel.model.pci32First !== 'never' && !this.forcedac;
    const built = this.kernel.arch !== 'arm64' || this.kernel.model.arm64IommuDma;
    state.dmaIommu = built && (domain?.isDma ?? false);
    if (domain === null || !state.dmaIommu || this.initDomain(device, state, domain)) return;
    this.warnFailed(device);
    state.dmaIommu = false;
  }

  private warnFailed(device: SimDevice): void {
    const text = `iommu: Failed to set up IOMMU for device ${device.name}; retaining platform DMA ops`;
    this.machine.message('warn', null, text);
  }

  /** arch_setup_dma_ops of arm64 for a device that counts as having an IOMMU: without a domain it only warns. */
  warnWithoutDomain(device: SimDevice, state: DeviceState): void {
    if (this.kernel.arch === 'arm64' && state.domain === null) this.warnFailed(device);
  }

  /** iommu_dma_init_domain; false when it fails. A domain is set up once, by its first device. */
  private initDomain(device: SimDevice, state: DeviceState, domain: Domain): boolean {
    const cookie = domain.cookie;
    if (cookie === null) return false;
    const { aperture } = domain.hardware;
    const granule = domain.granule;
    if (granule === 0) return false;
    const { windows } = state;
    let first = aperture.start / BigInt(granule);
    if (windows !== null && windows.length > 0) {
      const bounds = windowBounds(windows);
      if (bounds.min > aperture.end || bounds.max < aperture.start) {
        this.machine.message('warn', null, 'iommu: specified DMA range outside IOMMU capability');
        return false;
      }
      if (this.kernel.model.iovaStartsAtDmaRanges && bounds.min / BigInt(granule) > first)
        first = bounds.min / BigInt(granule);
    }
    const start = Math.max(1, Number(first));
    if (cookie.iova !== null) {
      if (cookie.iova.granule === granule && cookie.iova.startFrame === start) return true;
      this.machine.message('warn', null, 'iommu: Incompatible range for DMA domain');
      return false;
    }
    if (granule > this.kernel.pageSize)
      return this.machine.panic(
        `kernel BUG at drivers/iommu/iova.c in init_iova_domain(): the IOMMU's smallest page (${granule} bytes) is larger than the CPU's (${this.kernel.pageSize} bytes)`,
      );
    const iovaCache = this.kernel.model.iovaCache;
    cookie.iova = new IovaDomain(granule, start, {
      clock: this.machine,
      ...(iovaCache === null
        ? { uncached: true }
        : { policy: { magazineSize: iovaCache.magazine, depotLimit: iovaCache.depot } }),
      retries: this.kernel.model.iovaRetries,
    });
    if (domain.type === 'DMA-FQ') {
      if (domain.owner.deferredFlush) this.initQueue(domain);
      else domain.type = 'DMA';
    } else if (this.queuesByParameter && QUEUE_BY_ATTRIBUTE.has(domain.owner.driver)) this.initQueue(domain);
    return this.reserveRegions(device, cookie);
  }

  /** iommu_dma_init_fq. */
  initQueue(domain: Domain): void {
    const cookie = domain.cookie;
    if (cookie === null || cookie.iova === null || cookie.queue !== null) return;
    const { iova } = cookie;
    cookie.queue = new FlushQueue(
      this.machine,
      this.tick,
      () => domain.hardware.flushTlb(),
      (frame, pages) => iova.freeFast(frame, pages),
    );
  }

  /** iova_reserve_iommu_regions. */
  private reserveRegions(device: SimDevice, cookie: DmaCookie): boolean {
    const iova = cookie.iova as IovaDomain;
    const host = device.pci?.host.node ?? null;
    if (host !== null && !reservePciWindows(this.machine, device, host, cookie)) return false;
    const granule = BigInt(iova.granule);
    for (const region of this.regionsOf(device)) {
      // "We ARE the software that manages these": the software MSI window stays allocatable.
      if (region.type === 'software-msi') continue;
      iova.reserve(Number(region.start / granule), Number(((region.start + region.length - 1n) & MASK64) / granule));
      if (region.type !== 'msi') continue;
      const start = region.start - (region.start % granule);
      const pages = (region.start + region.length - start + granule - 1n) / granule;
      for (let i = 0n; i < pages; i++)
        cookie.msiPages.unshift({ phys: start + i * granule, iova: start + i * granule });
    }
    return true;
  }

  /** iommu_dma_alloc_iova: `size` in bytes, a multiple of the granule; null when nothing is free below the limit. */
  private allocate(device: SimDevice, state: DeviceState, domain: Domain, size: bigint, mask: bigint): bigint | null {
    const iova = domain.cookie?.iova ?? null;
    if (iova === null) return null;
    const granule = BigInt(iova.granule);
    const length = Number(size / granule);
    let limit = mask;
    if (state.busLimit !== 0n && (limit === 0n || state.busLimit < limit)) limit = state.busLimit;
    const { aperture } = domain.hardware;
    if (aperture.force && aperture.end < limit) limit = aperture.end;
    if (limit > MASK32 && state.pci32First) {
      const low = iova.allocateFast(length, Number(MASK32 / granule), false);
      if (low !== 0) return BigInt(low) * granule;
      if (this.kernel.model.pci32First === 'until-failure') {
        state.pci32First = false;
        this.machine.message('info', device, `Using ${bitsOf(limit)}-bit DMA addresses`);
      }
    }
    const frame = iova.allocateFast(length, Number(limit / granule), true);
    return frame === 0 ? null : BigInt(frame) * granule;
  }

  /** iommu_dma_free_iova. */
  private release(domain: Domain, iova: bigint, size: bigint, queued: boolean): void {
    const cookie = domain.cookie;
    if (cookie === null || cookie.iova === null) return;
    const granule = BigInt(cookie.iova.granule);
    const frame = Number(iova / granule);
    const pages = Number(size / granule);
    if (queued && cookie.queue !== null) cookie.queue.add(frame, pages);
    else cookie.iova.freeFast(frame, pages);
  }

  /** __iommu_dma_map: keeps the offset in the granule. Null: DMA_MAPPING_ERROR. */
  map(device: SimDevice, state: DeviceState, phys: bigint, size: bigint, prot: number, mask: bigint): Mapped | null {
    const domain = dmaDomain(state);
    const iova = domain?.cookie?.iova ?? null;
    if (domain === null || iova === null) return null;
    const granule = BigInt(iova.granule);
    const offset = phys % granule;
    const length = alignUp(size + offset, granule);
    const at = this.allocate(device, state, domain, length, mask);
    if (at === null) return null;
    if (domain.map(at, phys - offset, length, prot) !== 0) {
      this.release(domain, at, length, false);
      return null;
    }
    return { iova: at + offset, size };
  }

  /** __iommu_dma_unmap. */
  unmap(state: DeviceState, iova: bigint, size: bigint): void {
    const domain = dmaDomain(state);
    const allocator = domain?.cookie?.iova ?? null;
    if (domain === null || allocator === null) return;
    const granule = BigInt(allocator.granule);
    const offset = iova % granule;
    const length = alignUp(size + offset, granule);
    const queued = domain.cookie?.queue !== null;
    domain.unmap(iova - offset, length, queued);
    this.release(domain, iova - offset, length, queued);
  }

  /** __iommu_dma_alloc_noncontiguous with pages at hand: one range of IOVAs over all runs. */
  mapPages(device: SimDevice, state: DeviceState, runs: readonly PhysRun[], size: bigint): Mapped | null {
    const domain = dmaDomain(state);
    const iova = domain?.cookie?.iova ?? null;
    if (domain === null || iova === null) return null;
    const length = alignUp(size, BigInt(iova.granule));
    const at = this.allocate(device, state, domain, length, state.coherentMask);
    if (at === null) return null;
    if (!mapRuns(domain, at, runs, length, dmaProt('bidirectional', state.coherent))) {
      this.release(domain, at, length, false);
      return null;
    }
    return { iova: at, size };
  }

  /**
   * iommu_dma_map_sg with __finalise_sg: one allocation for the whole list; a negative errno when it fails.
   */
  mapSg(device: SimDevice, state: DeviceState, list: readonly SgElement[], direction: DmaDirection): Mapped | number {
    const domain = dmaDomain(state);
    const allocator = domain?.cookie?.iova ?? null;
    if (domain === null || allocator === null) return ENOMEM;
    const prot = dmaProt(direction, state.coherent);
    if (this.bounces(state, list, direction)) return this.mapEach(device, state, list, prot);
    const { granule } = allocator;
    // The boundary mask plus one: a power of two, or no boundary at all.
    const boundary = Number(state.segmentBoundary + 1n);
    const { offsets, padded, total } = layOut(list, granule, boundary);
    const at = this.allocate(device, state, domain, BigInt(total), state.dmaMask);
    if (at === null) return ENOMEM;
    const runs: { phys: bigint; size: bigint }[] = [];
    for (const [i, element] of list.entries()) {
      const phys = element.phys - BigInt(offsets[i] ?? 0);
      const size = BigInt(padded[i] ?? 0);
      const last = runs[runs.length - 1];
      if (last !== undefined && last.phys + last.size === phys) last.size += size;
      else runs.push({ phys, size });
    }
    if (!mapRuns(domain, at, runs, BigInt(total), prot)) {
      this.release(domain, at, BigInt(total), false);
      return -22;
    }
    const segments = finaliseSg(list, offsets, padded, at, boundary, state.maxSegmentSize);
    const first = segments[0] as SgSegment;
    const last = segments[segments.length - 1] as SgSegment;
    return { iova: first.iova, size: last.iova + BigInt(last.length) - first.iova, segments };
  }

  /** iommu_dma_map_sg_swiotlb: every element by itself. */
  private mapEach(device: SimDevice, state: DeviceState, list: readonly SgElement[], prot: number): Mapped | number {
    const segments: SgSegment[] = [];
    for (const element of list) {
      const mapped = this.map(device, state, element.phys, BigInt(element.length), prot, state.dmaMask);
      if (mapped === null) {
        for (const done of segments) this.unmap(state, done.iova, BigInt(done.length));
        return -5;
      }
      segments.push({ iova: mapped.iova, length: element.length });
    }
    return { iova: segments[0]?.iova ?? 0n, size: 0n, segments, separate: true };
  }

  /** iommu_dma_unmap_sg. */
  unmapSg(state: DeviceState, mapped: Mapped): void {
    if (mapped.separate) for (const part of mapped.segments ?? []) this.unmap(state, part.iova, BigInt(part.length));
    else this.unmap(state, mapped.iova, mapped.size);
  }

  /**
   * iommu_dma_prepare_msi: the page of a doorbell in the device's present domain. Null when no page is needed or none
   * can be had.
   */
  prepareMsi(device: SimDevice, state: DeviceState, doorbell: bigint): bigint | null {
    const domain = state.domain;
    const cookie = domain?.cookie ?? null;
    if (domain === null || cookie === null || cookie.iova === null) return null;
    const size = BigInt(cookie.iova.granule);
    const phys = doorbell - (doorbell % size);
    const known = cookie.msiPages.find((page) => page.phys === phys);
    if (known !== undefined) return known.iova;
    const iova = this.allocate(device, state, domain, size, state.dmaMask);
    if (iova === null) return null;
    if (domain.map(iova, phys, size, PROT_WRITE | PROT_NOEXEC | PROT_MMIO) !== 0) {
      this.release(domain, iova, size, false);
      return null;
    }
    cookie.msiPages.unshift({ phys, iova });
    return iova;
  }

  /**
   * dev_use_sg_swiotlb: a non-coherent device that writes into buffers whose kmalloc size is not a whole number of
   * cache lines (64 bytes; lengths of 256 and more always are).
   */
  private bounces(state: DeviceState, list: readonly SgElement[], direction: DmaDirection): boolean {
    if (this.kernel.arch !== 'arm64' || state.coherent || direction === 'to-device') return false;
    if (this.kernel.config('CONFIG_SWIOTLB') !== 'y') return false;
    if (this.kernel.config('CONFIG_DMA_BOUNCE_UNALIGNED_KMALLOC') !== 'y') return false;
    return list.some(({ length }) => !isKmallocAligned(length));
  }
}

/** iommu_get_dma_domain. */
function dmaDomain(state: DeviceState): Domain | null {
  return state.group?.defaultDomain ?? null;
}

function alignUp(value: bigint, granule: bigint): bigint {
  return ((value + granule - 1n) / granule) * granule;
}

/** iommu_map_sg over contiguous runs; takes everything back when one fails. */
function mapRuns(domain: Domain, iova: bigint, runs: readonly PhysRun[], length: bigint, prot: number): boolean {
  let at = iova;
  const end = iova + length;
  for (const run of runs) {
    const size = at + run.size > end ? end - at : run.size;
    if (size <= 0n) break;
    if (domain.map(at, run.phys, size, prot) !== 0) {
      if (at > iova) domain.unmap(iova, at - iova);
      return false;
    }
    at += size;
  }
  return true;
}

/**
 * dma_range_map_min and dma_range_map_max: a window of size 0 ends the list. `addressMask` is the width of dma_addr_t,
 * to which the results are cut.
 */
export function windowBounds(
  windows: readonly { readonly bus: bigint; readonly size: bigint }[],
  addressMask: bigint = MASK64,
): { readonly min: bigint; readonly max: bigint } {
  let min = addressMask;
  let max = 0n;
  for (const { bus, size } of windows) {
    if (size === 0n) break;
    if (bus < min) min = bus;
    if (bus + size - 1n > max) max = bus + size - 1n;
  }
  return { min, max: max & addressMask };
}

/** bits_per: bits needed for a value. */
function bitsOf(value: bigint): number {
  return value === 0n ? 1 : value.toString(2).length;
}
