/** The facts that a scenario can state about an IOMMU's hardware, and how they are read: lenient, a person writes them. */

/** What a value must look like: `wide` is more than 53 bits, `registers` words by offset (a list: one an instance). */
export type FactShape = 'number' | 'wide' | 'flag' | 'text' | 'grouping' | 'numbers' | 'wides' | 'registers';

/** Every fact and its shape. The models read no other: `HardwareFacts` is typed by it. */
export const HARDWARE_FACTS = {
  // Capacity (iommu/capacity.ts).
  streamMatchRegisters: 'number',
  contextBanks: 'number',
  streamIdBits: 'number',
  addressBits: 'number',
  sidBits: 'number',
  ssidBits: 'number',
  oas: 'number',
  stage1: 'flag',
  stage2: 'flag',
  twoLevel: 'flag',
  version: 'number',
  pageSize: 'number',
  ias: 'number',
  streams: 'number',
  enable4GB: 'flag',
  vaBits: 'number',
  msiFlat: 'flag',
  ddtLevels: 'number',
  hardwareDirty: 'flag',
  pageSizeMask: 'wide',
  inputStart: 'wide',
  inputEnd: 'wide',
  bypassConfig: 'flag',
  // Registers and quirks of Arm and Tegra SMMUs.
  registers: 'registers',
  smrIdMask: 'number',
  smrMaskMask: 'number',
  s2crQuirk: 'flag',
  plainMemory: 'flag',
  safeToggleFails: 'flag',
  eventClass: 'flag',
  busBits: 'number',
  // virtio-iommu; `bypass` is a capacity of an Apple DART too.
  bypass: 'flag',
  endpoints: 'numbers',
  msiStart: 'wide',
  msiSize: 'wide',
  // The software IOMMU (simulator/dma/software-iommu.ts).
  groups: 'grouping',
  identityByDefault: 'flag',
  identityDomain: 'flag',
  pageSizes: 'wide',
  aperture: 'wides',
  forceAperture: 'flag',
  checkAperture: 'flag',
  maxId: 'number',
  attachFailure: 'numbers',
  allocationFails: 'flag',
  sysfsName: 'text',
  ofOperations: 'flag',
  busOperations: 'flag',
  attachRefusal: 'number',
  addError: 'number',
  groupsLater: 'flag',
  busyIgnored: 'flag',
  // A software IOMMU that is declared early.
  declareError: 'number',
  declareCreates: 'flag',
} as const satisfies Readonly<Record<string, FactShape>>;

export type HardwareFact = keyof typeof HARDWARE_FACTS;

/** What a scenario states about one IOMMU (`hardware` of its device). */
export type HardwareFacts = Readonly<Partial<Record<HardwareFact, unknown>>>;

/** A number given as a number or as text (`"0x40"`); null when absent or unreadable. */
export function factNumber(value: unknown): number | null {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))) return Number(value);
  return null;
}

/** A wide number given as text, number or bigint; null when absent or unreadable. */
export function factWide(value: unknown): bigint | null {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^(0x[0-9a-f]+|\d+)$/i.test(value.trim())) return BigInt(value.trim());
  return null;
}

/** Register words by offset: `{ "0x20": "0x7c085e10" }`. */
export function registerWords(value: unknown): ReadonlyMap<number, number> {
  const words = new Map<number, number>();
  if (typeof value !== 'object' || value === null) return words;
  for (const [offset, word] of Object.entries(value)) {
    const at = factNumber(offset);
    const number = factNumber(word);
    if (at !== null && number !== null) words.set(at, number >>> 0);
  }
  return words;
}
