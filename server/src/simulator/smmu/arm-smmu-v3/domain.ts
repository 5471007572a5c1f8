/** A paging domain of an SMMUv3: finalised when it is allocated for a device, else at its first attach. */
import type { Errno, SimDevice } from '../../contract';
import { PagingDomain } from '../domain';
import type { LpaeTable } from '../tables/lpae';
import type { ArmSmmuV3 } from './arm-smmu-v3';

export interface SmmuV3Context {
  readonly instance: ArmSmmuV3;
  readonly stage: 1 | 2;
  /** ASID (unique in the system) or VMID (unique in the SMMU). */
  readonly tag: number;
  readonly table: LpaeTable;
}

export class SmmuV3Domain extends PagingDomain {
  context: SmmuV3Context | null = null;

  constructor(private readonly maker: ArmSmmuV3) {
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
