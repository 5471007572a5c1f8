import type { DtNode } from '../../../devicetree/model';
import { cellsOf } from '../../../devicetree/read';
import { nameOf } from '../../../iommu/words';
import { RUNS_UNTRANSLATED } from '../../../simulator/words';
import { cellsSpan, type Rule } from '../rule';

/** A Qualcomm MSM IOMMU context bank that no child node describes. */
export const contextBankUnknown: Rule = {
  code: 'context-bank-unknown',
  severity: 'error',
  title: 'The IOMMU has no such context bank',
  why: 'The cell is the number of a context bank, which a child node of the IOMMU describes (its reg divided by 0x1000, or qcom,ctx-asid). For an unknown one the driver warns and answers -EINVAL: the device runs untranslated.',
  fix: 'Use the number of an existing context-bank node, or add the node.',
  kernel: 'drivers/iommu/arm/arm-smmu/qcom_iommu.c (qcom_iommu_of_xlate, get_asid)',
  bad: '&a { iommus = <&qiommu «7»>; };',
  good: '&a { iommus = <&qiommu 4>; };',
  *check({ view }) {
    for (const master of view.masters)
      for (const entry of master.read) {
        if (entry.node === null || view.provider(entry.node)?.binding?.id !== 'qcom_iommu') continue;
        const id = entry.args[0];
        const banks = banksOf(entry.node);
        if (id === undefined || banks.has(id)) continue;
        yield {
          span: cellsSpan(master.property, entry.cell + 1),
          message: `${nameOf(entry.node)} has no context bank ${id} (it has ${[...banks.keys()].sort((a, b) => a - b).join(', ') || 'none'}): ${master.node.path} ${RUNS_UNTRANSLATED}.`,
        };
      }
  },
};

/** Context-bank number to the child that describes it. */
export function banksOf(iommu: DtNode): Map<number, DtNode> {
  const banks = new Map<number, DtNode>();
  for (const child of iommu.children.values()) {
    const asid = cellsOf(child.properties.get('qcom,ctx-asid'))[0];
    const reg = cellsOf(child.properties.get('reg'))[0];
    if (asid !== undefined) banks.set(asid, child);
    else if (reg !== undefined) banks.set(Math.floor(reg / 0x1000), child);
  }
  return banks;
}
