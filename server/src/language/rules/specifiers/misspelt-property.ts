import { propertySpan, type Rule } from '../rule';

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
  *check({ misspelt }) {
    for (const { property, meant } of misspelt()) {
      const span = propertySpan(property, property.node);
      yield {
        span,
        message: `The kernel knows no property "${property.name}"; ${property.node.path} probably means ${meant}.`,
        fixes: () =>
          span === null ? [] : [{ title: `Rename to ${meant}`, edits: [{ span, text: meant }], preferred: true }],
      };
    }
  },
};
