import { modelFor } from '../../../simulator/kernel/rules';
import { RUNS_UNTRANSLATED } from '../../../simulator/words';
import { cellsSpan, type Rule } from '../rule';
import { larbsOf } from './larb-unknown';

/** Ports of one master in different larbs. */
export const larbMixed: Rule = {
  code: 'larb-mixed',
  severity: 'error',
  title: 'One master with ports of several larbs',
  why: 'The M4U driver links a device to one larb only: a port in another larb gives -EINVAL, and the device runs untranslated.',
  fix: "Describe the second larb's part as a device of its own.",
  kernel: 'drivers/iommu/mtk_iommu.c (mtk_iommu_probe_device: "Can only use one larb")',
  bad: '&a { iommus = <&m4u 0x1>, <&m4u «0x21»>; };',
  good: '&a { iommus = <&m4u 0x20>, <&m4u 0x21>; };',
  *check({ view, report }) {
    // a kernel that makes no link to the larb has no such limit (up to 5.10)
    if (report !== null && modelFor(report.kernel)?.driversThatLink.includes('mtk_iommu') === false) return;
    for (const master of view.masters) {
      const entries = master.list.entries;
      const first = entries[0];
      if (first === undefined || first.node === null || entries.length < 2 || larbsOf(view, first.node) === null)
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
