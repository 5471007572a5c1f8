/** What holds on another kernel than the active one: findings of boots with other models, as information. */
import type { Diagnosis } from './findings';

/** The findings of one more kernel's boot. */
export interface OnKernel {
  /** The model's version, for example `7.3`. */
  readonly kernel: string;
  readonly findings: readonly Diagnosis[];
}

const OWN_KERNEL = /^On Linux \S+ /;
const keyOf = (d: Diagnosis): string => `${d.code} ${d.span?.file.uri ?? ''} ${d.span?.start ?? -1}`;
const isHeavy = (d: Diagnosis): boolean => d.severity === 'error' || d.severity === 'warning';

/** `a`, `a and b`, `a, b and c`. */
const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;

/**
 * The errors and warnings that other kernels have where the active one has none of that rule, each once, as information
 * that begins with the kernels it holds for. `active`: the active kernel's findings.
 */
export function findingsElsewhere(active: readonly Diagnosis[], others: readonly OnKernel[]): Diagnosis[] {
  const known = new Set(active.filter(isHeavy).map(keyOf));
  const found = new Map<string, { readonly kernels: string[]; readonly text: string; readonly finding: Diagnosis }>();
  for (const { kernel, findings } of others)
    for (const finding of findings) {
      if (!isHeavy(finding) || !finding.code.startsWith('smmu/') || known.has(keyOf(finding))) continue;
      const text = finding.message.replace(OWN_KERNEL, '');
      const key = `${keyOf(finding)} ${text}`;
      const entry = found.get(key) ?? { kernels: [], text, finding };
      found.set(key, entry);
      if (!entry.kernels.includes(kernel)) entry.kernels.push(kernel);
    }
  return [...found.values()].map(({ kernels, text, finding }) => ({
    ...finding,
    severity: 'information',
    message: `On Linux ${listed(kernels)}: ${text}`,
  }));
}
