/** The parts behind the simulator's contract, as the comparison runs them. */

import { IommuCore } from '../../src/simulator/dma/iommu-core';
import type { SimulationParts } from '../../src/simulator/probe/run';

export const parts: Pick<SimulationParts, 'createIommu' | 'createWork' | 'probeProvider'> = {
  createIommu: (machine, kernel, tree) => new IommuCore(tree, machine, kernel),
  createWork: null,
  probeProvider: null,
};
