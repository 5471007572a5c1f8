import { modelFor } from '../../../simulator/kernel/rules';
import { takesManyLarbs } from '../../../simulator/smmu/vendor/mediatek';
import { RUNS_UNTRANSLATED } from '../../../simulator/words';
import { cellsSpan, type Rule } from '../rule';
import { larbsOf } from './larb-unknown';

/** Ports of one master in different larbs. */
export const larbMixed: Rule = {
  code: 'larb-mixed',
  severity: 'error',
  title: 'One master with ports of several larbs',
  why: 'From Linux 5.15 on the M4U driver links a device to one larb only: a port in another larb gives -EINVAL, and the device runs untranslated. Up to 5.10 each port is switched on in its own larb, and the M4U of mt8189 takes several.',
  fix: "Describe the second larb's part as a device of its own.",
  kernel:
    'drivers/iommu/mtk_iommu.c (mtk_iommu_probe_device: "Can only use one larb"; not in 5.10, where mtk_iommu_config goes port by port; DL_WITH_MULTI_LARB)',
  bad: '&a { iommus = <&m4u 0x1>, <&m4u «0x21»>; };',
  good: '&a { iommus = <&m4u 0x20>, <&m4u 0x21>; };',
  *check({ view, kernel }) {
    // a kernel that makes no link to the larb has no such limit (up to 5.10; 5.15.131 has it)
    if (modelFor(kernel)?.driversThatLink.includes('mtk_iommu') === false) return;
    for (const master of view.masters) {
      const entries = master.read;
      const first = entries[0];
      if (
        first === undefined ||
        first.node === null ||
        entries.length < 2 ||
        takesManyLarbs(first.node) ||
        larbsOf(view, first.node) === null
      )
        continue;
      const larb = (first.args[0] ?? 0) >>> 5;
      const other = entries.find((e) => e.node === first.node && (e.args[0] ?? 0) >>> 5 !== larb);
      if (other === undefined) continue;
      yield {
        span: cellsSpan(master.property, other.cell + 1),
        message: `This port is in larb ${(other.args[0] ?? 0) >>> 5}, the first of the list in larb ${larb}: the driver takes one larb a device, and ${master.node.path} ${RUNS_UNTRANSLATED}.`,
      };
    }
  },
};
