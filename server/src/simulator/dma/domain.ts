/** struct iommu_domain: an address space as the core sees it, over what its IOMMU driver made. */
import type { SimDevice } from '../contract/device';
import { EINVAL, type Errno } from '../contract/errno';
import type { DomainType, HardwareDomain } from '../contract/hardware-domain';
import type { IommuInstance } from '../contract/iommu-driver';
import type { DmaCookie } from './iova/dma-cookie';

export class Domain {
  /** What the DMA API keeps for it (struct iommu_dma_cookie); null for domains that the DMA API does not use. */
  cookie: DmaCookie | null = null;
  /** Freed: what still points here is a use after free. */
  freed = false;
  /** What domain->pgsize_bitmap and domain->geometry show; null for a static domain, which has none. */
  get geometry(): { readonly pageSizes: bigint; readonly start: bigint; readonly end: bigint } | null {
    if (this.hardware.kind !== 'paging') return this.staticGeometry;
    const { pageSizes, aperture } = this.hardware;
    return { pageSizes, start: aperture.start, end: aperture.end };
  }
  constructor(
    public type: DomainType,
    readonly hardware: HardwareDomain,
    readonly owner: IommuInstance,
    private readonly staticGeometry: NonNullable<IommuInstance['identityGeometry']> | null = null,
  ) {}

  /** iommu_is_dma_domain. */
  get isDma(): boolean {
    return this.type === 'DMA' || this.type === 'DMA-FQ';
  }

  /** Smallest page in bytes; 0 when the driver has none. */
  get granule(): number {
    const sizes = this.hardware.pageSizes;
    return sizes === 0n ? 0 : Number(sizes & -sizes);
  }

  /** __iommu_attach_device. */
  attach(device: SimDevice): Errno {
    return this.hardware.attach(device);
  }

  /** iommu_map: -EINVAL unless it is a paging domain. */
  map(iova: bigint, phys: bigint, size: bigint, prot: number): Errno {
    return this.hardware.kind === 'paging' ? this.hardware.map(iova, phys, size, prot) : EINVAL;
  }

  /** iommu_unmap, or iommu_unmap_fast when the TLB is flushed later. Returns the bytes unmapped. */
  unmap(iova: bigint, size: bigint, deferFlush = false): bigint {
    return this.hardware.kind === 'paging' ? this.hardware.unmap(iova, size, deferFlush) : 0n;
  }

  /** iommu_iova_to_phys; 0 when nothing is there. */
  translate(iova: bigint): bigint {
    if (this.type === 'identity') return iova;
    if (this.type === 'blocked') return 0n;
    return this.hardware.translate(iova) ?? 0n;
  }

  /** iommu_domain_free. Static domains (identity, blocked) stay. */
  free(): void {
    this.cookie?.destroy();
    this.cookie = null;
    if (this.hardware.kind !== 'paging' || this.freed) return;
    this.freed = true;
    this.hardware.free();
  }
}
