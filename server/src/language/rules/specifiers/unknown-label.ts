import type { CellPart, DtNode } from '../../../devicetree/model';
import { cellPartsOf } from '../../../iommu/specifiers';
import { closest } from '../../../source/closest';
import type { Finding, Fix, Rule, RuleContext } from '../rule';

const PROPERTIES = ['iommus', 'iommu-map', 'memory-region', 'iommu-addresses', 'mmu-masters'];

/** A reference to a label or path that the tree does not have, in a property of our subject. */
export const unknownLabel: Rule = {
  code: 'unknown-label',
  severity: 'error',
  title: 'Reference to a label that no node has',
  why: 'dtc refuses the tree: there is no board to boot. Often the label is misspelt, or the include file that defines it is missing.',
  fix: 'Use the label of an existing node, or add the label (or the include that defines it).',
  kernel: 'scripts/dtc/checks.c (fixup_phandle_references)',
  bad: '&a { iommus = <«&smu» 0x480 0x0>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };',
  *check(context) {
    // an overlay may name labels of its base
    if (context.tree.plugin) return;
    for (const name of PROPERTIES)
      for (const node of context.nodesWith(name)) {
        const property = node.properties.get(name);
        if (property === undefined) continue;
        for (const part of cellPartsOf(property))
          if (part.reference !== undefined && part.reference.target === null) yield finding(context, node, name, part);
      }
  },
};

function finding(context: RuleContext, node: DtNode, property: string, part: CellPart): Finding {
  const text = part.reference?.text ?? '';
  const candidates = function* (): Iterable<string> {
    if (property === 'iommus' || property === 'iommu-map')
      for (const provider of context.view.providers) for (const label of provider.node.labels) yield label.name;
    else yield* context.tree.labels.keys();
  };
  const meant = closest(text, candidates());
  return {
    span: part.span,
    message: `No node has the label "${text}" that ${property} of ${node.path} names.${
      meant[0] === undefined ? '' : ` Did you mean &${meant[0]}?`
    }`,
    fixes: () =>
      meant.map(
        (name, i): Fix => ({
          title: `Change to &${name}`,
          edits: [{ span: part.span, text: `&${name}` }],
          preferred: i === 0 && meant.length === 1,
        }),
      ),
  };
}
