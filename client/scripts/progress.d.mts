/** Runs something long that blocks, with a dot every few seconds on standard output. */
export function whileWorking<T>(work: () => T, options?: { readonly every?: number }): T;
/** A copy of examples/ that may be changed; its path. */
export function copyOfExamples(): string;
