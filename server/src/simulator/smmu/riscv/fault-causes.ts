/** Fault queue causes of the RISC-V IOMMU (RISC-V IOMMU Architecture Specification 1.0, table "Fault record CAUSE field encodings"). */
type Kind = 'translation' | 'permission' | 'unknown-stream' | 'blocked' | 'bad-stream-id' | 'other';

export const CAUSE = {
  READ_PAGE_FAULT: 13,
  WRITE_PAGE_FAULT: 15,
  ALL_DISALLOWED: 256,
  DDT_INVALID: 258,
  TYPE_DISALLOWED: 260,
} as const;

/** Cause -> what it says, and which kind of fault it is to us. A page fault is missing mapping or missing right alike. */
export const RISCV_CAUSES: Readonly<Record<number, readonly [string, Kind]>> = {
  1: ['instruction access fault', 'other'],
  4: ['read address misaligned', 'other'],
  5: ['read access fault', 'other'],
  6: ['write/AMO address misaligned', 'other'],
  7: ['write/AMO access fault', 'other'],
  12: ['instruction page fault', 'translation'],
  13: ['read page fault', 'translation'],
  15: ['write/AMO page fault', 'translation'],
  20: ['instruction guest page fault', 'translation'],
  21: ['read guest page fault', 'translation'],
  23: ['write/AMO guest page fault', 'translation'],
  256: ['all inbound transactions disallowed', 'blocked'],
  257: ['device directory entry load access fault', 'other'],
  258: ['device directory entry not valid', 'unknown-stream'],
  259: ['device directory entry misconfigured', 'other'],
  260: ['transaction type disallowed', 'bad-stream-id'],
  261: ['MSI page table entry load access fault', 'other'],
  262: ['MSI page table entry not valid', 'other'],
  263: ['MSI page table entry misconfigured', 'other'],
  264: ['MRIF access fault', 'other'],
  265: ['process directory entry load access fault', 'other'],
  266: ['process directory entry not valid', 'other'],
  267: ['process directory entry misconfigured', 'other'],
  268: ['device directory data corruption', 'other'],
  269: ['process directory data corruption', 'other'],
  270: ['MSI page table data corruption', 'other'],
  271: ['MSI MRIF data corruption', 'other'],
  272: ['internal data path error', 'other'],
  273: ['IOMMU MSI write access fault', 'other'],
  274: ['first-stage or second-stage page table data corruption', 'other'],
};
