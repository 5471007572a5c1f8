import { setFlagsFromString } from 'node:v8';

/**
 * Lets the heap grow to about one and a half times, not several times, what is in use before it is collected: boards are rebuilt at every edit,
 * and what they leave behind would otherwise pile up to 200 MiB and more. For the language server's programs, before they serve.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=60');
}

/**
 * Makes the compiler of V8 wait longer before it optimises a function, and copy less of other functions into it. Left alone it spends
 * three times as much on compiling as the edits of a session's first minutes cost by themselves: an edit runs thousands of functions,
 * few of them often (bench:latency --base). What runs all day is optimised all the same, a little later.
 */
export function compileLate(): void {
  setFlagsFromString('--interrupt-budget=400000');
  setFlagsFromString('--max-inlined-bytecode-size-cumulative=200');
}
