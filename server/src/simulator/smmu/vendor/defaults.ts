/** What most of the small drivers have in common; a family spreads it and states the rest. */
import type { FamilyDescription } from './single-iommu';

/** 0 to 4 GiB, enforced. */
export const FOUR_GIGABYTES = (): { readonly start: bigint; readonly end: bigint; readonly force: boolean } => ({
  start: 0n,
  end: 0xffff_ffffn,
  force: true,
});

export const COMMON = {
  aperture: FOUR_GIGABYTES,
  tableAtAllocation: true,
  group: 'device',
  identity: true,
  blocked: false,
  deferredFlush: false,
  coherent: false,
  firmwareRegions: false,
  softwareMsi: false,
  defaultDomain: null,
  link: null,
  rateLimit: null,
  handlerSilences: false,
} as const satisfies Partial<FamilyDescription>;
