/** Types of notices.mjs, for its test. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly license: string | undefined;
  /** The licence text, or what the package states of its author; null with neither. */
  readonly text: string | null;
}

interface Metafile {
  readonly outputs: Readonly<
    Record<string, { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>
  >;
}

export function packagesIn(metafiles: readonly Metafile[]): BundledPackage[];
export function licenceProblems(packages: readonly BundledPackage[]): string[];
export function noticesOf(packages: readonly BundledPackage[]): string;
