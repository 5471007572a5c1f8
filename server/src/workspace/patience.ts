/** How long V8 waits before it optimises a function, where it can be told: the flag is V8 11's (Node 20), and later ones refuse it aloud. */
import { setFlagsFromString } from 'node:v8';

/** V8's own, of flag-definitions.h in V8 11.3 (132 KiB of bytecode run). */
const OWN = 135_168;

/** The argument that makes V8 wait until a function has run `bytes` of bytecode; null where this V8 knows no such flag. */
export function patienceFlag(bytes: number, v8 = process.versions.v8): string | null {
  return /^11\./.test(v8) ? `--interrupt-budget=${bytes}` : null;
}

/** Makes V8 wait until a function has run `bytes` of bytecode; null: as long as it does by itself. Nothing where it cannot be told. */
export function optimiseAfter(bytes: number | null): void {
  const flag = patienceFlag(bytes ?? OWN);
  if (flag !== null) setFlagsFromString(flag);
}
