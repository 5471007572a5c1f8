/**
 * How V8 optimises and where it allocates, told by flags. Later versions refuse flags that they do not know aloud
 * (findings/v8-flag-gone.sh): each is given only where somebody has measured it.
 */
import { setFlagsFromString } from 'node:v8';

/** The argument that makes V8 wait until a function has run `bytes` of bytecode; null where this V8 knows no such flag. */
export function patienceFlag(bytes: number, v8 = process.versions.v8): string | null {
  return /^11\./.test(v8) ? `--interrupt-budget=${bytes}` : null;
}

/**
 * Makes V8 wait until a function has run `bytes` of bytecode (its own measure is 67,584 in Node 20); nothing where it cannot be told.
 * A command is over before optimising pays; the language server waits a little (lsp/runtime.ts).
 */
export function optimiseAfter(bytes: number): void {
  const flag = patienceFlag(bytes);
  if (flag !== null) setFlagsFromString(flag);
}

/** The arguments that make V8 put less than half of what it would into a function that it optimises; null where nobody has measured them. */
export function inliningFlags(v8 = process.versions.v8): string | null {
  return /^11\./.test(v8) ? '--max-inlined-bytecode-size=200 --max-inlined-bytecode-size-cumulative=400' : null;
}

/** Makes V8 inline less: what it optimises is done in less of its threads' time, and runs as fast. */
export function inlineLess(): void {
  const flags = inliningFlags();
  if (flags !== null) setFlagsFromString(flags);
}

/** The argument that makes V8 allocate everything young; null where this V8 may not know it. */
export function youngFlag(v8 = process.versions.v8): string | null {
  return /^1[123]\./.test(v8) ? '--no-allocation-site-pretenuring' : null;
}

/**
 * Makes V8 allocate everything young. By itself it allocates old what it has seen survive: parts of a board that was being worked
 * on, which are dead with the board all the same, and from then on keep alive what they point to (source/per-object.ts).
 */
export function allocateYoung(): void {
  const flag = youngFlag();
  if (flag !== null) setFlagsFromString(flag);
}

/** Makes V8 collect young objects in one thread: where every processor has a board to work on, more of them only wait for each other. */
export function collectAlone(): void {
  if (youngFlag() !== null) setFlagsFromString('--no-parallel-scavenge');
}

/** Gives the heaps of threads that are started from now on so many megabytes before V8 looks for what is old and dead. */
export function heapsFrom(megabytes: number): void {
  if (youngFlag() !== null) setFlagsFromString(`--initial-heap-size=${megabytes}`);
}
