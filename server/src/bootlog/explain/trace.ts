/** What a trace of mappings (iommu:map, iommu:unmap) says about the address of a fault. Its events name no domain. */
import { hex } from '../../iommu/words';
import type { FaultFact, MapEvent } from '../facts';
import { type Cause, cause } from './cause';

/** How far behind a mapping an address still counts as its overrun, in bytes. */
const NEAR = 0x10000n;

const rangeOf = ({ from, to }: MapEvent): string => `${hex(from)}-${hex(to - 1n)}`;

/** Causes that the trace is evidence of; none without a trace or an address. */
export function traceCauses({ iova }: FaultFact, maps: readonly MapEvent[]): readonly Cause[] {
  if (iova === null || maps.length === 0) return [];
  const covering = maps.filter(({ from, to }) => from <= iova && iova < to);
  const made = covering.filter(({ gone }) => !gone).at(-1);
  const gone = covering.filter((event) => event.gone).at(-1);
  if (made !== undefined && gone !== undefined && gone.line > made.line)
    return [
      cause(
        'the buffer at this address had been mapped and was unmapped again: if the fault came after that, the device still used it',
        `the trace maps ${rangeOf(made)} in line ${made.line} and unmaps ${rangeOf(gone)} in line ${gone.line}`,
      ),
    ];
  if (made !== undefined)
    return [
      cause(
        'the address is mapped in some domain: it was used before that, or by a device of another domain',
        `the trace maps ${rangeOf(made)} in line ${made.line}, and no later line of it unmaps it`,
      ),
    ];
  if (gone !== undefined)
    return [
      cause(
        'the buffer at this address was unmapped: if the fault came after that, the device still used it',
        `the trace unmaps ${rangeOf(gone)} in line ${gone.line}`,
      ),
    ];
  const before = maps
    .filter((event) => !event.gone && event.to <= iova && iova - event.to < NEAR)
    .sort((a, b) => (a.to < b.to ? 1 : -1))[0];
  if (before === undefined) return [];
  return [
    cause(
      'the device went past the end of a buffer: its length, stride or descriptor count is larger than what was mapped',
      `the trace maps ${rangeOf(before)} in line ${before.line}; the address is ${hex(iova - before.to)} bytes past its end, and nothing in the trace maps it`,
    ),
  ];
}
