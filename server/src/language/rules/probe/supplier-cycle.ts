import type { Rule } from '../rule';
import { chains } from './deferred';

/** A master or an IOMMU in a circle of suppliers. */
export const supplierCycle: Rule = {
  code: 'supplier-cycle',
  severity: 'warning',
  title: 'A device waits in a circle',
  why: 'The device and one of its suppliers wait for each other. The kernel relaxes the links of a cycle that it sees ("Fixed dependency cycle"); what it does not see defers for ever.',
  fix: 'Break the circle: one of the properties of the chain should not be there, or belongs under post-init-providers.',
  kernel: 'drivers/base/core.c (__fw_devlink_relax_cycles)',
  bad: '&smmu { power-domains = <&pd>; };\n&{/soc} { pd: power@2000000 { compatible = "vendor,pd"; reg = <0x2000000 0x1000>; #power-domain-cells = <0>; iommus = <&smmu 0x1 0x0>; }; };\n&a { iommus = <&smmu 0x480 0x0>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };',
  check: (context) => chains(context, (cause) => cause === 'cycle'),
};
