/**
 * Collects the garbage of an analysis while nobody waits. An analysis leaves a whole simulated machine behind; right after
 * it almost nothing of the young generation is alive and a collection is cheap, in the middle of the next one it is not.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { readonly type: 'minor' }) => void;

/** After the answer has left the process, before a fast typist's next key (milliseconds). */
const PAUSE = 8;

let collect: Collect | null | undefined;

/** The engine's own collector; null where it cannot be had. */
function collector(): Collect | null {
  try {
    setFlagsFromString('--expose-gc');
    const found: unknown = runInNewContext('typeof gc === "function" ? gc : null');
    return found as Collect | null;
  } catch {
    return null;
  }
}

/** Collects soon, unless `idle` says by then that there is work again. */
export function tidy(idle: () => boolean): void {
  setTimeout(() => {
    if (!idle()) return;
    if (collect === undefined) collect = collector();
    collect?.({ type: 'minor' });
  }, PAUSE).unref();
}
