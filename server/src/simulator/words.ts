/**
 * What happened to a device, in the field's words: one wording for a finding, a lens, a hover, an explanation and the
 * command line.
 */
import type { ChainCause, DeviceStatus, ReportDomain } from './report';

/** Whose a domain is: its group, or the device that was attached without one. */
export const domainOwner = ({ group, device }: Pick<ReportDomain, 'group' | 'device'>): string =>
  group === null ? `${device ?? 'a device'} (no group)` : `group ${group}`;

/** What a master does whose DMA goes to physical addresses. */
export const RUNS_UNTRANSLATED = 'runs untranslated';
/** What a master does whose DMA its IOMMU refuses. */
export const HAS_ITS_DMA_BLOCKED = 'has its DMA blocked';
/** What becomes of the masters of an IOMMU that never registers (driver_deferred_probe_check_state). */
export const WAIT_THEN_UNTRANSLATED = 'wait until the kernel gives up, then run untranslated';

/** A device's end as a predicate. */
export const STATUS_WORDS: Readonly<Record<DeviceStatus, string>> = {
  bound: 'is bound',
  deferred: 'stays deferred',
  'no-driver': 'has no driver',
  failed: 'fails to probe',
  rejected: 'is refused by its driver',
  disabled: 'is disabled',
};

/** What stands at the root of a chain of deferrals. */
export const CAUSE_WORDS: Readonly<Record<ChainCause, string>> = {
  'no-driver': 'no driver for this device',
  disabled: 'this device is disabled',
  cycle: 'part of a cycle',
  'probe-error': 'its probe fails',
  timeout: 'the wait timed out',
  'module-not-loaded': 'its driver is a module that is not loaded',
  'never-registers': 'it never registers what is waited for',
  deferred: 'deferred itself',
};

/** Terms that have a word of their own, and the other words that must not stand for them in front of people. */
export const NOT_OUR_WORDS: readonly { readonly instead: RegExp; readonly say: string }[] = [
  { instead: /\b(is|are|be) not translated\b/i, say: 'untranslated' },
  { instead: /\bbypass(es)? the (IOMMU|SMMU)\b/i, say: RUNS_UNTRANSLATED },
  { instead: /\bstream ?id|\bStream ?[iI]d|\bStreamID/, say: 'stream ID' },
  { instead: /\bI\/O virtual address|\bIO virtual address/i, say: 'IOVA' },
  { instead: /\bIOVA space\b/i, say: 'aperture' },
  { instead: /\bpostponed\b/i, say: 'deferred' },
  { instead: /\bdevice tree\b/i, say: 'devicetree' },
  { instead: /\bIOMMU controller\b/i, say: 'IOMMU' },
  { instead: /\bpage size(s)? bitmap\b/i, say: 'granule' },
];
