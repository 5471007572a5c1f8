import type { DtNode } from '../../../devicetree/model';
import { compatibles, isEnabled } from '../../../devicetree/read';
import { bindingFact } from '../../../iommu/binding-facts';
import { nameOf } from '../../../iommu/words';
import { withoutEntry } from '../providers/consequence';
import { type Finding, nodeSpan, type Rule, type RuleContext, see } from '../rule';

/** A master whose twin on the same SoC is behind an IOMMU, or whose binding says that it is. */
export const missingIommus: Rule = {
  code: 'missing-iommus',
  severity: 'hint',
  title: 'A device without iommus that its siblings or its binding give it',
  why: 'Equal blocks of one SoC are usually wired alike. A device that its siblings or the required properties of its binding put behind the IOMMU but that names none has no entry in the IOMMU: an SMMU blocks its DMA by default (arm-smmu from Linux 5.2 on, arm-smmu-v3), another IOMMU may let it pass untranslated.',
  fix: "Add iommus with the device's own stream ID.",
  kernel: 'drivers/iommu/of_iommu.c (of_iommu_configure: no iommus gives -ENODEV)',
  bad: '&a { iommus = <&smmu 0x480 0x0>; };\n&{/soc} { «dma@1030000» { compatible = "vendor,dma"; reg = <0x1030000 0x1000>; }; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };',
  *check(context) {
    const { tree, view } = context;
    const twins = new Map<string, DtNode>();
    const names = new Set<string>();
    for (const master of view.masters) {
      const name = compatibles(master.node)[0];
      if (name !== undefined && master.enabled && !twins.has(name)) {
        twins.set(name, master.node);
        names.add(baseName(master.node));
      }
    }
    yield* withoutRequired(context);
    if (twins.size === 0) return;
    for (const node of tree.nodes) {
      if (
        !names.has(baseName(node)) ||
        !node.properties.has('compatible') ||
        !node.properties.has('reg') ||
        node.properties.has('iommus') ||
        node.properties.has('iommu-map')
      )
        continue;
      const name = compatibles(node)[0];
      const twin = name === undefined ? undefined : twins.get(name);
      if (
        twin === undefined ||
        twin === node ||
        node.parent !== twin.parent ||
        baseName(node) !== baseName(twin) ||
        !isEnabled(node) ||
        requiredOf(name ?? '') !== null
      )
        continue;
      const twinIommus = view.master(twin)?.read.flatMap((entry) => entry.node ?? []) ?? [];
      yield {
        span: nodeSpan(node),
        message: `${nameOf(twin)}, the same device (${name}), is behind an IOMMU; ${node.path} has no iommus: if it goes through that one too, it ${withoutEntry(context, twinIommus)}.`,
        related: see(twin, 'Its twin'),
      };
    }
  },
};

/** The name without its unit address: a trace buffer and a trace router share a compatible, not a name. */
function baseName(node: DtNode): string {
  const at = node.name.indexOf('@');
  return at < 0 ? node.name : node.name.slice(0, at);
}

/** `iommus` or `iommu-map`, when the binding of a compatible requires it. */
function requiredOf(compatible: string): { readonly property: string; readonly file: string } | null {
  const fact = bindingFact(compatible);
  const property = fact?.required.find((name) => name === 'iommus' || name === 'iommu-map');
  return fact === null || property === undefined ? null : { property, file: fact.file };
}

/** Enabled devices whose binding requires an IOMMU, on a board that has one. */
function* withoutRequired(context: RuleContext): Iterable<Finding> {
  const { tree, view } = context;
  const iommus = view.providers.flatMap((p) => (p.enabled ? [p.node] : []));
  if (iommus.length === 0) return;
  for (const node of tree.nodes) {
    if (node.properties.has('iommus') || node.properties.has('iommu-map')) continue;
    const name = compatibles(node)[0];
    const required = name === undefined ? null : requiredOf(name);
    if (required === null || !isEnabled(node)) continue;
    yield {
      span: nodeSpan(node),
      message: `${node.path} (${name}) has no ${required.property}, which ${required.file} requires: no IOMMU has an entry for it, and it ${withoutEntry(context, iommus)}.`,
    };
  }
}
