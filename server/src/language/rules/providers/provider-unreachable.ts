import type { DtNode } from '../../../devicetree/model';
import { isAvailable } from '../../../devicetree/read';
import { nameOf } from '../../../iommu/words';
import { cellsSpan, propertySpan, type Rule } from '../rule';

/** The IOMMU's own status is fine, but a node above it is disabled: no device, nobody ever registers. */
export const providerUnreachable: Rule = {
  code: 'provider-unreachable',
  severity: 'error',
  title: 'The IOMMU stands below a disabled node',
  why: 'The kernel looks only at the own status of the IOMMU, finds it available and waits for a driver that can never probe, because no device is created below a disabled node. The master is deferred until the kernel gives up waiting.',
  fix: 'Enable the bus above the IOMMU, or disable the IOMMU as well.',
  kernel: 'drivers/iommu/of_iommu.c (of_iommu_xlate), drivers/of/platform.c (of_platform_bus_create)',
  bad: '&bus2 { status = "disabled"; };\n&a { iommus = <«&smmu_below 0x1»>; };',
  good: '&a { iommus = <&smmu_below 0x1>; };',
  *check({ view }) {
    for (const master of view.masters) {
      if (!master.enabled) continue;
      for (const entry of master.read) {
        const provider = entry.node === null ? null : view.provider(entry.node);
        if (provider === null || !provider.available || provider.enabled) continue;
        const off = disabledAncestor(provider.node);
        const span = off === null ? null : propertySpan(off.properties.get('status'), off);
        yield {
          span: cellsSpan(master.property, entry.cell, 1 + entry.args.length),
          message: `${nameOf(provider.node)} stands below ${off?.path ?? 'a node'}, which is disabled: it never registers, and ${master.node.path} is deferred until the kernel gives up.`,
          related: span === null ? [] : [{ span, message: 'Disabled here' }],
        };
        break;
      }
    }
  },
};

function disabledAncestor(node: DtNode): DtNode | null {
  for (let at = node.parent; at !== null; at = at.parent) if (!isAvailable(at)) return at;
  return null;
}
