/** What a person may have meant by a parameter or a symbol that nothing reads. */
import { closest } from '../../source/closest';
import { catalogueFor } from './catalogue';
import { splitCmdline } from './cmdline';
import { KERNEL_PARAMETERS, KERNEL_SYMBOLS } from './names';
import { KERNEL_VERSIONS } from './versions';

/** A name that nothing reads but that nearly is one that something reads. */
export interface Misspelling {
  readonly name: string;
  readonly meant: string;
  /** Where the name stands in the text, in characters. */
  readonly offset: number;
}

/** Short names are near to too many real ones. */
const MIN_LENGTH = 8;

/**
 * The parameters of a command line that look like misspelt ones of ours. A kernel has thousands that we do not read, so
 * only near misses count: at most two letters wrong.
 */
export function misspeltParameters(cmdline: string): Misspelling[] {
  const candidates = KERNEL_PARAMETERS.filter((name) => name.length >= MIN_LENGTH);
  const found: Misspelling[] = [];
  let from = 0;
  for (const { name } of splitCmdline(cmdline)) {
    const at = cmdline.indexOf(name, from);
    if (at >= 0) from = at + name.length;
    const plain = name.replaceAll('-', '_');
    if (name.length < MIN_LENGTH || KERNEL_PARAMETERS.some((known) => known.replaceAll('-', '_') === plain)) continue;
    const meant = near(name, candidates);
    if (meant !== null) found.push({ name, meant, offset: Math.max(0, at) });
  }
  return found;
}

let symbols: ReadonlySet<string> | null = null;

/** The symbol that a person may have meant by one that neither the simulator nor a driver of the catalogue reads; null: none. */
export function meantSymbol(symbol: string): string | null {
  symbols ??= new Set<string>([
    ...KERNEL_SYMBOLS,
    ...KERNEL_VERSIONS.flatMap((version) => catalogueFor(version).symbols),
  ]);
  return symbols.has(symbol) ? null : near(symbol, symbols);
}

function near(name: string, candidates: Iterable<string>): string | null {
  const [nearest] = closest(name, candidates, 1, 2);
  return nearest ?? null;
}
