/**
 * In lazy mode a freed IOVA is reused only after the flush queue's timer (10 ms, on jiffies). When an allocation follows
 * a free within the time in which that timer may or may not have run, the recording shows one of several right answers.
 */

import { isPreemptible } from '../racing';
import type { RecordedDma, RecordedInfo } from '../recorded-dma';
import type { RecordingFile } from '../recording';

/** Earliest and latest time from a free to the flush, in seconds: 2 jiffies, and 3 with generous scheduling. */
const EARLIEST = 0.006;
const LATEST = 0.03;

/** Freed IOVAs of a group that are on hand when its depot holds more than one magazine: two of the CPU, two there. */
const DEPOT = 4 * 127;

/**
 * Groups whose depot the kernel's worker may already be emptying into the tree while the driver still frees
 * (iova_depot_work_func), from which operation on: nothing decides it on kernels whose workers interrupt what runs.
 */
function withBusyDepot(file: RecordingFile, translated: ReadonlySet<RecordedDma>): Set<RecordedDma> {
  const found = new Set<RecordedDma>();
  if (!isPreemptible(file)) return found;
  const groups = new Map(((file.iommu_info ?? []) as readonly RecordedInfo[]).map((info) => [info.device, info.group]));
  const onHand = new Map<number, number>();
  const busy = new Set<number>();
  for (const op of (file.dma ?? []) as readonly RecordedDma[]) {
    const group = groups.get(op.device);
    if (group === undefined || !translated.has(op)) continue;
    if (busy.has(group)) found.add(op);
    const now = Math.max(0, (onHand.get(group) ?? 0) + (op.kind === 'free' ? 1 : -1));
    onHand.set(group, now);
    if (now >= DEPOT) busy.add(group);
  }
  return found;
}

/** The operations whose addresses depend on when the timer ran, and everything after them in the same group. */
export function untimely(file: RecordingFile, translated: ReadonlySet<RecordedDma>): Set<RecordedDma> {
  const found = withBusyDepot(file, translated);
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
