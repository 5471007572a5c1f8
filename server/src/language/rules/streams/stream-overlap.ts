import { formatMatched, meetings } from '../../../iommu/streams';
import type { Provider, StreamUse } from '../../../iommu/view';
import { hex, nameOf } from '../../../iommu/words';
import { maskFixes } from '../../fixes/streams';
import { cellsSpan, type Rule, type RuleContext } from '../rule';

/** Two enabled masters of an SMR-based SMMU with matches that overlap without being the same. */
export const streamOverlap: Rule = {
  code: 'stream-overlap',
  severity: 'error',
  title: 'Overlapping stream matches on one SMMU',
  why: 'A stream must match one entry of the stream-mapping table only. The driver refuses an entry that overlaps a live one without lying inside it (-EINVAL): the later device runs without the IOMMU, and its streams fault. A narrow match inside a wide one works only when the wide one comes first.',
  fix: 'Correct the ID or the mask; two devices that really share streams need the same ID and mask.',
  kernel: 'drivers/iommu/arm/arm-smmu/arm-smmu.c (arm_smmu_find_sme)',
  bad: '&a { iommus = <&smmu 0x480 0x3>; };\n&b { iommus = <«&smmu 0x482 0x6»>; };',
  good: '&a { iommus = <&smmu 0x480 0x3>; };\n&b { iommus = <&smmu 0x484 0x3>; };',
  *check(context) {
    for (const provider of context.view.providers) {
      if (provider.binding?.streamSharing !== 'smr') continue;
      const live = context.view.uses(provider).filter((use) => use.enabled);
      for (const meeting of meetings(live)) {
        if (meeting.kind === 'same' || meeting.a.node === meeting.b.node) continue;
        const [early, late] = inProbeOrder(context, meeting.a, meeting.b);
        const wideFirst = meeting.kind === (early === meeting.a ? 'a-covers' : 'b-covers');
        yield {
          span: spanOf(late),
          severity: wideFirst ? 'warning' : 'error',
          message: text(provider, early, late, meeting.kind === 'partial', wideFirst),
          related: related(early),
          // where the later one's own ID lies in the other match, only the other mask can give way
          fixes: () => [late, early].flatMap((use) => maskFixes(context.view, provider, use)).slice(0, 3),
        };
      }
    }
  },
};

function text(provider: Provider, early: StreamUse, late: StreamUse, partial: boolean, wideFirst: boolean): string {
  const what = `${match(late)} of ${late.node.path} ${partial ? 'overlaps' : wideFirst ? 'lies inside' : 'contains'} ${match(early)} of ${early.node.path} on ${nameOf(provider.node)}`;
  return wideFirst
    ? `${what}: both share one stream-mapping entry and one group, and only while ${early.node.path} comes first.`
    : `${what}: the driver refuses the later one (-EINVAL), and ${late.node.path} runs without the IOMMU.`;
}

function match(use: StreamUse): string {
  return `${hex(use.id)}/${hex(use.mask)} (${formatMatched(use.id, use.mask)})`;
}

/**
 * The two by who came first: by when they joined their groups, whether at a probe or when the IOMMU registered, else by when
 * they bound. One that never joined is the later one.
 */
function inProbeOrder(context: RuleContext, a: StreamUse, b: StreamUse): [StreamUse, StreamUse] {
  const joined = (use: StreamUse): number | undefined =>
    context.report?.timeline.find(({ event, device }) => event === 'group' && device === use.node.path)?.n;
  const bound = (use: StreamUse): number | undefined => context.device(use.node)?.boundAt ?? undefined;
  const [first, second] = [joined(a), joined(b)];
  if (first !== undefined || second !== undefined) return isLater(first, second) ? [b, a] : [a, b];
  const [one, other] = [bound(a), bound(b)];
  return one !== undefined && other !== undefined && other < one ? [b, a] : [a, b];
}

/** Whether what happened at `first`, if ever, came after what happened at `second`. */
const isLater = (first: number | undefined, second: number | undefined): boolean =>
  second !== undefined && (first === undefined || second < first);

function spanOf(use: StreamUse) {
  return use.from.kind === 'iommus'
    ? cellsSpan(use.from.master.property, use.from.entry.cell, 1 + use.from.entry.args.length)
    : null;
}

function related(use: StreamUse) {
  const span = spanOf(use);
  return span === null ? [] : [{ span, message: `${use.node.path} matches ${formatMatched(use.id, use.mask)}` }];
}
