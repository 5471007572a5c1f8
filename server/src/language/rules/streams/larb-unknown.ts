import type { DtNode } from '../../../devicetree/model';
import { stringOf, u32 } from '../../../devicetree/read';
import { parsePhandleList } from '../../../iommu/specifiers';
import type { IommuView } from '../../../iommu/view';
import { nameOf } from '../../../iommu/words';
import { RUNS_UNTRANSLATED } from '../../../simulator/words';
import { cellsSpan, type Rule } from '../rule';

const LARB_SHIFT = 5;

/** A MediaTek M4U port of a larb that the M4U does not list. */
export const larbUnknown: Rule = {
  code: 'larb-unknown',
  severity: 'error',
  title: 'The M4U has no such larb',
  why: 'A port is larb << 5 | port. The driver looks the larb up among those in mediatek,larbs; without it probe_device fails with -EINVAL and the device runs untranslated.',
  fix: "Use a port macro of this SoC's header, or add the larb to mediatek,larbs.",
  kernel: 'drivers/iommu/mtk_iommu.c (mtk_iommu_probe_device)',
  bad: '&a { iommus = <&m4u «0x1e0»>; };',
  good: '&a { iommus = <&m4u 0x21>; };',
  *check({ view }) {
    for (const master of view.masters)
      for (const entry of master.read) {
        const larbs = entry.node === null ? null : larbsOf(view, entry.node);
        const id = entry.args[0];
        if (entry.node === null || larbs === null || id === undefined) continue;
        const larb = id >>> LARB_SHIFT;
        if (larbs.has(larb)) continue;
        yield {
          span: cellsSpan(master.property, entry.cell + 1),
          message: `Port 0x${id.toString(16)} is port ${id & 31} of larb ${larb}, which ${nameOf(entry.node)} does not list in mediatek,larbs (it has ${[...larbs].sort((a, b) => a - b).join(', ')}): ${master.node.path} ${RUNS_UNTRANSLATED}.`,
        };
      }
  },
};

/** The larb numbers of an M4U: mediatek,larb-id of each larb, else its place in the list. Null when it is no MM M4U. */
export function larbsOf(view: IommuView, m4u: DtNode): Set<number> | null {
  if (view.provider(m4u)?.binding?.id !== 'mtk_iommu') return null;
  const property = m4u.properties.get('mediatek,larbs');
  if (property === undefined) return null;
  const larbs = new Set<number>();
  for (const entry of parsePhandleList(view.tree, property, null).entries) {
    if (entry.node === null) continue;
    if (stringOf(entry.node.properties.get('status')) === 'disabled') continue;
    larbs.add(u32(entry.node, 'mediatek,larb-id', entry.index));
  }
  return larbs;
}
