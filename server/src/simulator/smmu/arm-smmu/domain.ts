/** A paging domain of arm-smmu: made empty, finalised with bank and table at its first attach. */
import type { SimDevice } from '../../contract/device';
import type { Errno } from '../../contract/errno';
import { PagingDomain } from '../domain';
import type { LpaeTable } from '../tables/lpae';
import type { Invalidation, PageTable } from '../tables/page-table';

/** What a domain asks of the SMMU that it was made for, and of the one that its bank is on. */
export interface ArmSmmuDomainOwner {
  /** iommu_ops.pgsize_bitmap: the sizes of all probed instances. */
  readonly driverPageSizes: bigint;
  attachPaging(domain: ArmSmmuDomain, device: SimDevice): Errno;
  invalidate(context: ArmSmmuContext, iova: bigint, size: bigint, granule: bigint, kind: 'leaf' | 'walk'): void;
  synced(context: ArmSmmuContext): void;
  flushed(context: ArmSmmuContext): void;
  asksHardware(context: ArmSmmuContext): boolean;
  hardwareTranslation(context: ArmSmmuContext, iova: bigint): bigint | null;
  freeContext(context: ArmSmmuContext): void;
}

/** Where a finalised domain lives. */
export interface ArmSmmuContext {
  readonly instance: ArmSmmuDomainOwner;
  readonly bank: number;
  readonly stage: 1 | 2;
  /** ASID of stage 1, VMID of stage 2. */
  readonly tag: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly table: PageTable & { readonly rootAddress: bigint; invalidation: Invalidation | null };
  readonly format: 'aarch64' | 'aarch32-long' | 'aarch32-short';
  readonly lpae: LpaeTable | null;
}

export class ArmSmmuDomain extends PagingDomain {
  context: ArmSmmuContext | null = null;
  private deferring = false;

  constructor(private readonly maker: ArmSmmuDomainOwner) {
    super();
  }

  protected get initialPageSizes(): bigint {
    return this.maker.driverPageSizes;
  }

  get aperture(): { readonly start: bigint; readonly end: bigint; readonly force: boolean } {
    const context = this.context;
    return context === null
      ? { start: 0n, end: 0n, force: false }
      : { start: context.start, end: context.end, force: true };
  }

  /** Sets the context that the first attach made. */
  finalise(context: ArmSmmuContext): void {
    this.context = context;
    this.table = context.table;
    // What is queued for the flush queue asks for no leaf; walks of tables that go never wait.
    const invalidation: Invalidation = (iova, size, granule, kind) => {
      if (kind === 'walk' || !this.deferring) context.instance.invalidate(context, iova, size, granule, kind);
    };
    context.table.invalidation = invalidation;
  }

  attach(device: SimDevice): Errno {
    return this.maker.attachPaging(this, device);
  }

  override unmap(iova: bigint, size: bigint, deferFlush = false): bigint {
    this.deferring = deferFlush;
    return super.unmap(iova, size, deferFlush);
  }

  protected override onInvalidate(): void {
    const context = this.context;
    context?.instance.synced(context);
  }

  protected override onFlushAll(): void {
    const context = this.context;
    context?.instance.flushed(context);
  }

  override translate(iova: bigint): bigint | null {
    const context = this.context;
    if (context?.instance.asksHardware(context) === true) return context.instance.hardwareTranslation(context, iova);
    return super.translate(iova);
  }

  protected override onFree(): void {
    const context = this.context;
    if (context !== null) context.instance.freeContext(context);
    this.context = null;
    this.table = null;
  }
}
