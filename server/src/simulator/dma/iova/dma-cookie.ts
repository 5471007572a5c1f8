/** What the DMA API keeps for a domain (struct iommu_dma_cookie): allocator, flush queue, mapped MSI doorbells. */
import type { FlushQueue } from './flush-queue';
import type { IovaDomain } from './iova';

export interface MsiPage {
  readonly phys: bigint;
  readonly iova: bigint;
}

export class DmaCookie {
  /** Null until the first device sets the domain up. */
  iova: IovaDomain | null = null;
  /** Null in strict mode. */
  queue: FlushQueue | null = null;
  readonly msiPages: MsiPage[] = [];
  /** Bus addresses taken out because of the host bridge: its windows and the gaps between its dma-ranges, inclusive. */
  readonly hostWindows: { readonly start: bigint; readonly end: bigint }[] = [];

  /** iommu_put_dma_cookie. */
  destroy(): void {
    this.queue?.destroy();
    this.iova?.destroy();
  }
}
