import { nameOf } from '../../../iommu/words';
import { RUNS_UNTRANSLATED } from '../../../simulator/words';
import { withoutEntry } from '../providers/consequence';
import { cellsSpan, type Rule } from '../rule';

/** A list of numbers (no references) that the kernel cannot read. */
export const brokenList: Rule = {
  code: 'broken-list',
  severity: 'error',
  title: 'iommus does not start with an IOMMU, or a number in it is no phandle',
  why: 'The kernel reads phandle, cells, phandle, cells. A number in the place of a phandle that no node has, or that belongs to a node without #iommu-cells, ends the list with an error: the device runs untranslated.',
  fix: 'Write the label of the IOMMU before its cells: <&smmu 0x480 0x0>.',
  kernel: 'drivers/of/base.c (of_phandle_iterator_next: "could not find phandle")',
  bad: '&a { iommus = <«0x480»>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };',
  *check(context) {
    const { view } = context;
    for (const master of view.masters) {
      const problem = master.list.problem;
      const first = master.written[0];
      if (first !== undefined) {
        // cells before any reference; what follows a reference is cell-count's
        const cell = first.args[0];
        if (first.head === null && cell !== undefined && master.list.entries[0]?.node == null)
          yield {
            span: cell.span,
            message: `iommus of ${master.node.path} starts with a number that is no phandle: the IOMMU comes first, then its cells.`,
          };
        continue;
      }
      if (problem === null || problem.kind === 'odd-length') continue;
      const span = cellsSpan(master.property, problem.cell);
      if (problem.kind === 'unknown-phandle')
        yield {
          span,
          message: `No node has the phandle 0x${problem.phandle.toString(16)}: iommus of ${master.node.path} ends here with an error, and the device ${RUNS_UNTRANSLATED}.`,
        };
      else if (problem.kind === 'not-a-provider')
        yield {
          span,
          message: `The phandle 0x${view.tree.root === problem.node ? '0' : (problem.node.phandle ?? 0).toString(16)} is ${problem.node.path}, which has no #iommu-cells: ${master.node.path} ${RUNS_UNTRANSLATED}.`,
        };
      else
        yield {
          span,
          message: `${nameOf(problem.node)} takes ${problem.wanted} cells, but only ${problem.found} are left: ${master.node.path} ${withoutEntry(context, [problem.node])}.`,
        };
    }
  },
};
