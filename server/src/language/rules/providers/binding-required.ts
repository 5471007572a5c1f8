import type { DtNode } from '../../../devicetree/model';
import { compatibles } from '../../../devicetree/read';
import { bindingFact } from '../../../iommu/binding-facts';
import { propertySpan, type Rule } from '../rule';

/** A master lacks a property or child node that its binding requires beside `iommus`. */
export const bindingRequired: Rule = {
  code: 'binding-required',
  severity: 'hint',
  title: 'A master lacks what its binding requires',
  why: 'The binding of this compatible lists the property or child node as required for this SoC, beside iommus. Drivers count on it: without clocks, resets, power domains or interconnects the block may be off when its first DMA starts, which looks like an IOMMU problem.',
  fix: 'Add the property or child node as the binding says.',
  kernel: 'Documentation/devicetree/bindings (the file that the message names), as of Linux 6.12',
  bad: '&a { compatible = "nvidia,tegra234-se-aes"; «iommus» = <&smmu 0x480 0x0>; };',
  good: '&{/soc} { clk: clock { compatible = "fixed-clock"; #clock-cells = <0>; clock-frequency = <1>; }; };\n&a { compatible = "nvidia,tegra234-se-aes"; iommus = <&smmu 0x480 0x0>; clocks = <&clk>; };',
  *check({ view }) {
    for (const { node, enabled, property } of view.masters) {
      const name = enabled ? compatibles(node)[0] : undefined;
      const fact = name === undefined ? null : bindingFact(name);
      if (fact === null) continue;
      const missing = fact.required.filter((n) => n !== 'iommus' && n !== 'iommu-map' && !has(node, n));
      if (missing.length > 0)
        yield {
          span: propertySpan(property, node),
          message: `${node.path} (${name}) has no ${missing.join(', no ')}, which ${fact.file} requires beside iommus.`,
        };
    }
  },
};

/** `required` of dt-schema names properties and child nodes (`ports`, `video-decoder`) alike; a child may have a unit address. */
function has(node: DtNode, name: string): boolean {
  if (node.properties.has(name) || node.children.has(name)) return true;
  for (const child of node.children.keys()) if (child.startsWith(`${name}@`)) return true;
  return false;
}
