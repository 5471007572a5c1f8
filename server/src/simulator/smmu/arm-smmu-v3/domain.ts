/** A paging domain of an SMMUv3: finalised when it is allocated for a device, else at its first attach. */
import type { SimDevice } from '../../contract/device';
import type { Errno } from '../../contract/errno';
import { PagingDomain } from '../domain';
import type { LpaeTable } from '../tables/lpae';

/** What a domain asks of the SMMU that it was made for. */
export interface SmmuV3DomainOwner {
  /** pgsize_bitmap of a domain that is not finalised. */
  readonly driverPageSizes: bigint;
  attachPaging(domain: SmmuV3Domain, device: SimDevice): Errno;
  freeContext(context: SmmuV3Context): void;
}

export interface SmmuV3Context {
  readonly instance: SmmuV3DomainOwner;
  readonly stage: 1 | 2;
  /** ASID (unique in the system) or VMID (unique in the SMMU). */
  readonly tag: number;
  readonly table: LpaeTable;
}

export class SmmuV3Domain extends PagingDomain {
  context: SmmuV3Context | null = null;

  constructor(private readonly maker: SmmuV3DomainOwner) {
    super();
  }

  protected get initialPageSizes(): bigint {
    return this.maker.driverPageSizes;
  }

  get aperture(): { readonly start: bigint; readonly end: bigint; readonly force: boolean } {
    const ias = this.context?.table.ias;
    return ias === undefined
      ? { start: 0n, end: 0n, force: false }
      : { start: 0n, end: (1n << BigInt(ias)) - 1n, force: true };
  }

  finalise(context: SmmuV3Context): void {
    this.context = context;
    this.table = context.table;
  }

  attach(device: SimDevice): Errno {
    return this.maker.attachPaging(this, device);
  }

  protected override onFree(): void {
    if (this.context !== null) this.context.instance.freeContext(this.context);
    this.context = null;
    this.table = null;
  }
}
