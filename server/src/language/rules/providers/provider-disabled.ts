import type { DtNode } from '../../../devicetree/model';
import { isEnabled, stringOf } from '../../../devicetree/read';
import { nameOf } from '../../../iommu/words';
import { RUNS_UNTRANSLATED } from '../../../simulator/words';
import { definitionIn, setStatus } from '../../fixes/board-edits';
import { cellsSpan, propertySpan, type Rule } from '../rule';

/** An enabled master or map names an IOMMU whose own status is not okay. */
export const providerDisabled: Rule = {
  code: 'provider-disabled',
  severity: 'warning',
  title: 'An enabled master names a disabled IOMMU',
  why: 'The kernel finds the IOMMU not available and carries on without it: the master runs untranslated, with physical addresses. Where the hardware is not in bypass its DMA fails.',
  fix: 'Enable the IOMMU with status = "okay", or take iommus away from the master.',
  kernel: 'drivers/iommu/of_iommu.c (of_iommu_xlate: of_device_is_available, -ENODEV)',
  bad: '&smmu { status = "disabled"; };\n&a { iommus = <«&smmu 0x480 0x0»>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };',
  *check({ view, main }) {
    // One warning for each IOMMU that is off; its further masters say so as information.
    const warned = new Map<DtNode, DtNode>();
    const weight = (provider: DtNode, user: DtNode) => {
      const first = warned.get(provider) ?? user;
      warned.set(provider, first);
      return first === user ? {} : { severity: 'information' as const };
    };
    for (const master of view.masters) {
      if (!master.enabled) continue;
      const told = new Set<DtNode>();
      for (const entry of master.list.entries) {
        // nothing behind a phandle of 0 is read; a second IOMMU that is off counts as soon as the first is on
        if (entry.node === null) break;
        const provider = view.provider(entry.node);
        if (provider === null || provider.available || told.has(provider.node)) continue;
        told.add(provider.node);
        const named = cellsSpan(master.property, entry.cell, 1 + entry.args.length);
        const finding = {
          ...weight(provider.node, master.node),
          message: message(provider.node, master.node),
          related: where(provider.node),
          fixes: () => setStatus(provider.node, 'okay', main, 'Enable'),
        };
        // where an include names the IOMMU and the board enables the master, the board is what is to be changed
        const onBoard = named?.file === main ? null : definitionIn(master.node, main);
        if (onBoard === null || named === null) {
          yield { ...finding, span: named };
          continue;
        }
        const see = { span: named, message: `${nameOf(provider.node)} is named here` };
        yield { ...finding, span: onBoard.nameSpan, related: [see, ...finding.related] };
        yield { ...finding, span: named, severity: 'hint' };
      }
    }
    for (const map of view.maps) {
      if (!isEnabled(map.node)) continue;
      const told = new Set<DtNode>();
      for (const row of map.rows) {
        const provider = row.provider === null ? null : view.provider(row.provider);
        if (provider === null || provider.available || told.has(provider.node)) continue;
        told.add(provider.node);
        yield {
          ...weight(provider.node, map.node),
          span: cellsSpan(map.property, row.cell, row.width),
          message: `${nameOf(provider.node)} is disabled (status = "${stringOf(provider.node.properties.get('status')) ?? ''}"), but ${map.node.path} is enabled: the functions of this row run untranslated.`,
          related: where(provider.node),
          fixes: () => setStatus(provider.node, 'okay', main, 'Enable'),
        };
      }
    }
  },
};

function message(provider: DtNode, master: DtNode): string {
  return `${nameOf(provider)} is disabled (status = "${stringOf(provider.properties.get('status')) ?? ''}"), but ${master.path} is enabled: it ${RUNS_UNTRANSLATED}.`;
}

function where(provider: DtNode) {
  const span = propertySpan(provider.properties.get('status'), provider);
  return span === null ? [] : [{ span, message: 'Disabled here' }];
}
