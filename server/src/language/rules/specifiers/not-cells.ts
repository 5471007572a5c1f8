import { propertySpan, type Rule } from '../rule';

const PROPERTIES = [
  'iommus',
  'iommu-map',
  'iommu-map-mask',
  'iommu-addresses',
  'memory-region',
  '#iommu-cells',
  'stream-match-mask',
];

/** A property of our subject whose value is a string, bytes, or of a length that is no number of cells. */
export const notCells: Rule = {
  code: 'not-cells',
  severity: 'error',
  title: 'The value is no list of 32-bit cells',
  why: 'The kernel reads these properties as big-endian 32-bit cells. A string, a byte string or a path gives numbers nobody meant.',
  fix: 'Write the value in angle brackets: <&smmu 0x480 0x0>.',
  kernel: 'drivers/of/base.c, drivers/of/property.c (of_property_read_u32)',
  bad: '&a { iommus = «"smmu"»; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };',
  *check({ nodesWith }) {
    for (const name of PROPERTIES)
      for (const node of nodesWith(name)) {
        const property = node.properties.get(name);
        if (property === undefined) continue;
        const wrong = property.parts.find((part) => part.kind !== 'cell' || part.width !== 32);
        if (wrong !== undefined && property.span !== null)
          yield {
            span: wrong.span,
            message: `${name} of ${node.path} is a list of 32-bit cells in angle brackets, not ${
              wrong.kind === 'cell'
                ? `${wrong.width}-bit numbers`
                : wrong.kind === 'path'
                  ? 'a path'
                  : `a ${wrong.kind}`
            }.`,
          };
        else if (property.bytes.length % 4 !== 0)
          yield {
            span: propertySpan(property, node),
            message: `${name} of ${node.path} has ${property.bytes.length} bytes: no whole number of cells.`,
          };
      }
  },
};
