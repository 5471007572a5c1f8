/** When V8 optimises a function, and how much it puts into one, where it can be told: by flags of V8 11 (Node 20); later ones refuse some aloud. */
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
