/**
 * The Tegra SMMU's tables: a directory of 1024 entries, each for 4 MiB, above tables of 1024 pages
 * (drivers/iommu/tegra-smmu.c; Tegra K1 TRM, "SMMU page tables"). Bits 31, 30 and 29: readable, writable, non-secure;
 * bit 28 of a directory entry: a table follows.
 */
import { PROT_READ, PROT_WRITE } from '../../contract/hardware-domain';
import type { TableMemory } from '../kernel-state';
import { type TableObserver, type TwoLevelFormat, TwoLevelTable } from './two-level';

const READABLE = 0x80000000;
const WRITABLE = 0x40000000;
const NONSECURE = 0x20000000;
const NEXT = 0x10000000;
/** What the driver gives every directory entry. */
export const TEGRA_DIRECTORY_ATTRIBUTES = 0xe0000000;

function tegraFormat(addressBits: number): TwoLevelFormat {
  const frameMask = (1n << BigInt(addressBits - 12)) - 1n;
  return {
    sectionShift: 22,
    rootEntries: 1024,
    limits: null,
    pageSizes: 0x1000n,
    repeated: [],
    existing: 'overwrite',
    partial: 'refuse',
    freesEmptyTables: true,
    onePageACall: true,
    tableDescriptor: (address) => (Number(address >> 12n) | TEGRA_DIRECTORY_ATTRIBUTES | NEXT) >>> 0,
    leafDescriptor(_level, _size, phys, prot) {
      const rights = ((prot & PROT_READ) !== 0 ? READABLE : 0) | ((prot & PROT_WRITE) !== 0 ? WRITABLE : 0);
      return (Number(phys >> 12n) | NONSECURE | rights) >>> 0;
    },
    isTable: (descriptor) => (descriptor & NEXT) !== 0,
    leafSize: () => 4096,
    physOf: (_level, descriptor) => (BigInt(descriptor >>> 0) & frameMask) << 12n,
    access: (_level, descriptor) => ({
      read: (descriptor & READABLE) !== 0,
      write: (descriptor & WRITABLE) !== 0,
    }),
  };
}

/** A live Tegra table; `addressBits` are the memory controller's. IOVAs are cut to 32 bits, as the driver cuts them. */
export class TegraTable extends TwoLevelTable {
  constructor(addressBits: number, memory: TableMemory, observer: TableObserver) {
    super(tegraFormat(addressBits), memory);
    this.observer = observer;
  }
}
