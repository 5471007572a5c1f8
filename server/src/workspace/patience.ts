/** How long V8 waits before it optimises a function, where it can be told: the flag is V8 11's (Node 20), and later ones refuse it aloud. */
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
