import { isEnabled } from '../../../devicetree/read';
import type { Master } from '../../../iommu/view';
import { withoutEntry } from '../providers/consequence';
import type { RuleContext } from '../rule';
import { propertySpan, type Rule } from '../rule';

/** A master that ends without translation for a reason that no other rule names. */
export const untranslated: Rule = {
  code: 'untranslated',
  severity: 'information',
  title: 'A master runs untranslated',
  why: 'The simulated boot ends with this device outside any IOMMU group. All errors but a deferral mean "carry on without the IOMMU"; the kernel prints nothing at the default log level.',
  fix: 'The message names what the kernel answered; see the chain and the timeline in the panel.',
  kernel: 'drivers/of/device.c (of_dma_configure_id), drivers/iommu/of_iommu.c (of_iommu_configure)',
  bad: '&{/soc} { mmu@1e000000 { compatible = "ti,omap4-iommu"; reg = <0x1e000000 0x100>; #iommu-cells = <0>; }; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };',
  *check(context) {
    if (context.report === null || !context.report.complete) return;
    for (const master of context.view.masters) {
      if (!master.enabled || explained(context, master)) continue;
      const entry = context.device(master.node);
      if (entry === null || entry.translated || entry.domain === 'identity' || entry.untranslatedReason === null)
        continue;
      if (entry.status === 'deferred' || entry.status === 'no-driver' || entry.status === 'disabled') continue;
      const reason = entry.untranslatedReason;
      const about = `iommus of ${master.node.path}: `;
      const iommus = master.read.flatMap(({ node }) => node ?? []);
      yield {
        span: propertySpan(master.property, master.node),
        message: `${master.node.path} ${withoutEntry(context, iommus)}: ${reason.startsWith(about) ? reason.slice(about.length) : reason}`,
        unless: master.property.span,
      };
    }
  },
};

/** Whether the tree alone says why: then the rule for it has spoken. */
function explained({ view, device }: RuleContext, master: Master): boolean {
  if (master.list.problem !== null || master.list.entries.length === 0) return true;
  return master.list.entries.some((entry) => {
    const provider = entry.node === null ? null : view.provider(entry.node);
    if (provider === null || provider.binding === null || !provider.available || !isEnabled(provider.node)) return true;
    const status = device(provider.node)?.status;
    // Renesas: the driver takes a list of devices on purpose; OMAP and M4U v1 have no of_xlate
    return (
      !provider.binding.ofXlate || provider.binding.id === 'ipmmu-vmsa' || (status !== undefined && status !== 'bound')
    );
  });
}
