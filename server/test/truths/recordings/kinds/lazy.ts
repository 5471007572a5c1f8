/**
 * In lazy mode a freed IOVA is reused only after the flush queue's timer (10 ms, on jiffies). When an allocation follows
 * a free within the time in which that timer may or may not have run, the recording shows one of several right answers.
 */

import type { RecordedDma, RecordedInfo } from '../recorded-dma';
import type { RecordingFile } from '../recording';

/** Earliest and latest time from a free to the flush, in seconds: 2 jiffies, and 3 with generous scheduling. */
const EARLIEST = 0.006;
const LATEST = 0.03;

/** The operations whose addresses depend on when the timer ran, and everything after them in the same group. */
export function untimely(file: RecordingFile, translated: ReadonlySet<RecordedDma>): Set<RecordedDma> {
  const found = new Set<RecordedDma>();
  const infos = (file.iommu_info ?? []) as readonly RecordedInfo[];
  const lazy = new Map<string, number>();
  for (const info of infos) if (info.domain === 'DMA-FQ') lazy.set(info.device, info.group);
  if (lazy.size === 0) return found;
  const frees = new Map<number, number[]>();
  const undecided = new Set<number>();
  for (const op of (file.dma ?? []) as readonly RecordedDma[]) {
    const group = lazy.get(op.device);
    if (group === undefined || !translated.has(op)) continue;
    if (undecided.has(group)) {
      found.add(op);
      continue;
    }
    const pending = (frees.get(group) ?? []).filter((t) => op.t - t < LATEST);
    if (op.kind === 'free') pending.push(op.t);
    else if (pending.some((t) => op.t - t > EARLIEST)) {
      undecided.add(group);
      found.add(op);
    }
    frees.set(group, pending);
  }
  return found;
}
