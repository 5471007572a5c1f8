import { setFlagsFromString } from 'node:v8';

/**
 * Lets the heap grow to about one and a half times, not several times, what is in use before it is collected: boards are rebuilt at every edit,
 * and what they leave behind would otherwise pile up to 200 MiB and more. For the language server's programs, before they serve.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=60');
}

/**
 * Makes V8 wait longer before it optimises a function. Left alone it spends twice as much on compiling as the edits of a session's
 * first minutes cost by themselves, on the cores that they need: an edit runs thousands of functions, few of them often
 * (bench:latency --base). For the language server's programs, before they serve; `compileAsUsual` ends it.
 */
export function compileLate(): void {
  setFlagsFromString('--interrupt-budget=1000000');
}

/** V8's own patience (flag-definitions.h of the V8 in Node 20): a session that lasts gets its code optimised. */
export function compileAsUsual(): void {
  setFlagsFromString('--interrupt-budget=135168');
}
