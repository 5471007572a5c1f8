import type { DtNode, DtProperty } from '../../../devicetree/model';
import { legacyMasters } from '../../../iommu/view';
import { nameOf, referenceTo } from '../../../iommu/words';
import { insertProperty, statementLines } from '../../fixes/edits';
import { type Edit, type Fix, propertySpan, type Rule, type RuleContext } from '../rule';

/** The legacy `mmu-masters` binding. */
export const legacyMmuMasters: Rule = {
  code: 'legacy-mmu-masters',
  severity: 'warning',
  title: 'The legacy mmu-masters binding',
  why: 'mmu-masters is deprecated since Linux 4.9. Masters described by it get an identity domain (no translation for the DMA API), and the binding cannot be mixed with iommus.',
  fix: 'Give each master an iommus property and the SMMU #iommu-cells; the quick fix converts all masters of the list.',
  kernel: 'drivers/iommu/arm/arm-smmu/arm-smmu.c (arm_smmu_register_legacy_master, arm_smmu_def_domain_type)',
  bad: '&smmu_old { «mmu-masters» = <&a 0x480>; };\n&a { #stream-id-cells = <1>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };',
  *check(context) {
    for (const node of context.view.legacy) {
      const property = node.properties.get('mmu-masters');
      if (property === undefined) continue;
      yield {
        span: propertySpan(property, node),
        message: `mmu-masters of ${nameOf(node)} is deprecated: its masters get an identity domain. Write iommus in each master instead.`,
        deprecated: true,
        fixes: () => convert(context, node, property),
      };
    }
  },
};

function convert(context: RuleContext, smmu: DtNode, property: DtProperty): Fix[] {
  const list = legacyMasters(context.tree, smmu);
  if (list.problem !== null || list.entries.length === 0 || property.span === null) return [];
  const edits: Edit[] = [];
  const cells = smmu.properties.has('#iommu-cells') ? (context.view.provider(smmu)?.cells ?? 1) : 1;
  for (const entry of list.entries) {
    if (entry.node === null) return [];
    const ids = entry.args.map(
      (id) => `<${referenceTo(smmu)} 0x${id.toString(16)}${cells > 1 ? ' 0x0'.repeat(cells - 1) : ''}>`,
    );
    const add = insertProperty(entry.node, `iommus = ${ids.join(', ')};`, '');
    edits.push(...add.flatMap((f) => f.edits));
    const old = entry.node.properties.get('#stream-id-cells')?.span;
    if (old != null) edits.push({ span: statementLines(old), text: '' });
  }
  const lines = statementLines(property.span);
  const whole = smmu.properties.has('#iommu-cells');
  edits.push(whole ? { span: lines, text: '' } : { span: property.span, text: '#iommu-cells = <1>;' });
  return [{ title: `Convert to iommus (${list.entries.length} masters)`, edits, preferred: true }];
}
