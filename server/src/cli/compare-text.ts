/** A comparison of kernels as text. */
import type { KernelComparison } from '../simulator/reporting/compare-kernels';

export function comparisonText(comparison: KernelComparison): string {
  const { board, kernels, stops, masters, alike } = comparison;
  const lines = [
    `${board}: Linux ${kernels.join(', ')}`,
    `${masters.length} masters differ, ${alike} are alike`,
    ...stops.map((kernel) => `Linux ${kernel} stops on this board`),
    ...masters.flatMap(({ texts }) => texts),
  ];
  return `${lines.join('\n')}\n`;
}
