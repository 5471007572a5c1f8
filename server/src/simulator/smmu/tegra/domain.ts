/** An address space of a Tegra SMMU (struct tegra_smmu_as): tables at once, an ASID while it is in use. */
import type { SimDevice } from '../../contract/device';
import type { Errno } from '../../contract/errno';
import { PROT_READ } from '../../contract/hardware-domain';
import type { MachineServices } from '../../contract/machine';
import { PagingDomain } from '../domain';
import type { KernelState } from '../kernel-state';
import { TegraTable } from '../tables/tegra';
import type { TegraSoc } from './soc';

/** What an address space asks of the SMMU that it was made for, and of the one that it is in use on. */
export interface AddressSpaceOwner {
  readonly machine: MachineServices;
  readonly state: KernelState;
  readonly soc: TegraSoc;
  attachPaging(domain: TegraDomain, device: SimDevice): Errno;
  /** What writing a directory entry or a table entry flushes; `offset` of what it maps, `entry` its own address. */
  flushSection(asid: number, offset: number, entry: bigint): void;
  flushGroup(asid: number, offset: number, entry: bigint): void;
}

export class TegraDomain extends PagingDomain {
  readonly aperture = { start: 0n, end: 0xffff_ffffn, force: true };
  protected readonly initialPageSizes = 0x1000n;
  private readonly directory: TegraTable;
  /** The instance whose ASID it holds; null while unused. */
  active: AddressSpaceOwner | null = null;
  asid = 0;
  useCount = 0;

  constructor(private readonly maker: AddressSpaceOwner) {
    super();
    this.directory = new TegraTable(maker.soc.addressBits, maker.state.tables, {
      rootWritten: (offset, table, index) => this.active?.flushSection(this.asid, offset, table + BigInt(index * 4)),
      leafWritten: (offset, table, index) => this.active?.flushGroup(this.asid, offset, table + BigInt(index * 4)),
    });
    this.table = this.directory;
  }

  get directoryAddress(): bigint {
    return this.directory.rootAddress;
  }

  attach(device: SimDevice): Errno {
    return this.maker.attachPaging(this, device);
  }

  /** tegra_smmu_map() goes through as->smmu, which is NULL while nothing is attached: an oops, not an error. */
  override map(iova: bigint, phys: bigint, size: bigint, prot: number): Errno {
    const aligned = ((iova | phys | size) & 0xfffn) === 0n;
    if (aligned && this.active === null)
      this.maker.machine.panic('tegra_smmu_map: NULL pointer: the domain was never attached');
    return super.map(iova, phys, size, prot);
  }

  override unmap(iova: bigint, size: bigint, deferFlush = false): bigint {
    if (this.active === null && this.directory.lookup(iova) !== null)
      this.maker.machine.panic('tegra_smmu_unmap: NULL pointer: the domain is not attached');
    return super.unmap(iova, size, deferFlush);
  }

  /** The rights of the descriptor of an address, as bits of the error status: readable 27, writable 26, non-secure 25. */
  rightsOf(iova: bigint): number {
    const leaf = this.directory.lookup(iova);
    if (leaf === null) return 0;
    return Number((leaf.descriptor >> 29n) & 7n) << 25;
  }

  allows(iova: bigint, prot: number): boolean {
    const leaf = this.directory.lookup(iova);
    return leaf !== null && (prot === PROT_READ ? leaf.read : leaf.write);
  }
}
