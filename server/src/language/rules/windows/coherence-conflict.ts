import { removeProperty } from '../../fixes/edits';
import { propertySpan, type Rule } from '../rule';

/** `dma-coherent` and `dma-noncoherent` on one node. */
export const coherenceConflict: Rule = {
  code: 'coherence-conflict',
  severity: 'error',
  title: 'dma-coherent and dma-noncoherent on one node',
  why: 'The kernel walks up from the device and takes the first of the two it finds, dma-coherent first. On one node they contradict each other, and a wrong answer corrupts data: caches are not maintained where they must be.',
  fix: 'Keep the one that is true of the hardware.',
  kernel: 'drivers/of/address.c (of_dma_is_coherent)',
  bad: '&a { iommus = <&smmu 0x480 0x0>; dma-coherent; «dma-noncoherent»; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; dma-coherent; };',
  *check({ nodesWith }) {
    for (const node of nodesWith('dma-noncoherent')) {
      const property = node.properties.get('dma-noncoherent');
      if (property === undefined || !node.properties.has('dma-coherent')) continue;
      yield {
        span: propertySpan(property, node),
        message: `${node.path} is called coherent and non-coherent: the kernel takes dma-coherent.`,
        fixes: () => removeProperty(property, 'Remove dma-noncoherent'),
      };
    }
  },
};
