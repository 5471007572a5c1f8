import { distance } from '../closest';
import { propertySpan, type Rule } from './rule';

const NAMES = [
  'iommus',
  'iommu-map',
  'iommu-map-mask',
  '#iommu-cells',
  'iommu-addresses',
  'stream-match-mask',
  '#global-interrupts',
  'dma-coherent',
  'dma-ranges',
  'memory-region',
];
/** Real properties that are near to one of ours. */
const REAL = new Set([
  'dma-noncoherent',
  'memory-regions',
  'memory-region-names',
  'iommu-map-masked',
  'msi-map',
  'msi-map-mask',
  'ranges',
  '#io-cells',
]);

/** A property name one slip away from one that the kernel reads. */
export const misspeltProperty: Rule = {
  code: 'misspelt-property',
  severity: 'warning',
  title: 'A property name that looks misspelt',
  why: 'The kernel looks properties up by their exact names and says nothing about others: a misspelt iommus means no IOMMU, silently.',
  fix: 'Write the name as the binding has it.',
  kernel: 'drivers/of/base.c (of_find_property)',
  bad: '&a { «iomus» = <&smmu 0x480 0x0>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };',
  *check({ tree }) {
    const verdicts = new Map<string, string | null>();
    for (const node of tree.nodes)
      for (const [name, property] of node.properties) {
        let meant = verdicts.get(name);
        if (meant === undefined) {
          meant =
            NAMES.includes(name) || REAL.has(name) ? null : (NAMES.find((n) => distance(name, n, 1) <= 1) ?? null);
          verdicts.set(name, meant);
        }
        if (meant === null || node.properties.has(meant)) continue;
        const right = meant;
        const span = propertySpan(property, node);
        yield {
          span,
          message: `The kernel knows no property "${name}"; ${node.path} probably means ${right}.`,
          fixes: () =>
            span === null ? [] : [{ title: `Rename to ${right}`, edits: [{ span, text: right }], preferred: true }],
        };
      }
  },
};
