/** When the server's code is optimised. */
import { optimiseAfter } from '../workspace/patience';

/**
 * Makes V8 wait longer before it optimises a function. Left alone, Node 20 spends twice as much on compiling as the edits of a
 * session's first minutes cost by themselves, on the cores that they need: an edit runs thousands of functions, few of them often
 * (bench:latency --base). For the language server's programs, before they serve; `compileAsUsual` ends it.
 */
export function compileLate(): void {
  optimiseAfter(1_000_000);
}

/** A session that lasts gets its code optimised. */
export function compileAsUsual(): void {
  optimiseAfter(null);
}
