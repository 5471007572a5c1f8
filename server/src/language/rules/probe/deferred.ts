import type { DtNode } from '../../../devicetree/model';
import { compatibles } from '../../../devicetree/read';
import type { ChainCause, ReportChain } from '../../../simulator/report';
import { CAUSE_WORDS, STATUS_WORDS } from '../../../simulator/words';
import { blockerOf, mastersText, ofVendorKernel, someDrives } from '../providers/consequence';
import { isByConfiguration } from '../providers/registration-refused';
import { type Finding, nodeSpan, propertySpan, type Rule, type RuleContext, type Severity, see } from '../rule';

/** A master or an IOMMU that stays deferred for a reason that no other rule names. */
export const deferred: Rule = {
  code: 'deferred',
  severity: 'warning',
  title: 'A device stays deferred',
  why: 'A supplier of the device never comes up, so the kernel puts its probe off for ever (or until it gives up). It appears in /sys/kernel/debug/devices_deferred with this reason.',
  fix: 'Repair the last device of the chain: enable it, correct it, or give it a driver.',
  kernel: 'drivers/base/core.c (device_links_check_suppliers), drivers/base/dd.c (driver_deferred_probe_add)',
  bad: '&smmu { clocks = <&absent>; };\n&{/soc} { absent: clock@2000000 { compatible = "vendor,clock"; reg = <0x2000000 0x1000>; #clock-cells = <0>; }; };\n&a { iommus = <&smmu 0x480 0x0>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };',
  *check(context) {
    yield* chains(
      context,
      (cause) => cause !== 'cycle' && cause !== 'no-driver' && cause !== 'module-not-loaded' && cause !== 'disabled',
    );
  },
};

/** Findings for the report's chains of masters and IOMMUs with a cause that `wanted` takes. */
export function* chains(context: RuleContext, wanted: (cause: ChainCause) => boolean): Iterable<Finding> {
  const { report, view } = context;
  if (report === null) return;
  for (const chain of report.chains) {
    if (!wanted(chain.cause)) continue;
    const node = context.node(chain.device);
    if (node === null || (view.master(node) === null && view.map(node) === null && view.provider(node) === null))
      continue;
    // An IOMMU that fails where waiting ends is provider-fails' matter.
    if (chain.cause === 'timeout' && chain.path.length === 1 && view.provider(node) !== null) continue;
    yield finding(context, chain, node);
  }
}

function finding(context: RuleContext, chain: ReportChain, node: DtNode): Finding {
  const reason = context.device(node)?.deferReason ?? null;
  const property = node.properties.get(chain.property);
  const steps = chain.path
    .slice(1)
    .map((path, i) => `${chain.steps[i] === undefined ? '' : `${chain.steps[i]} `}${path}`);
  const last = chain.path[chain.path.length - 1];
  const root = last === undefined ? null : context.node(last);
  // an IOMMU weighs what its masters lose, where the tree alone is to blame
  const provider = context.view.provider(node);
  const lost = provider === null ? null : mastersText(context, provider);
  const blocked = lost !== null && blockerOf(context, node) !== null;
  return {
    severity: blocked ? 'warning' : severityOf(context, chain, reason, root),
    span: property === undefined ? nodeSpan(node) : propertySpan(property, node),
    message: `${chain.device} ${chain.cause === 'timeout' && chain.path.length === 1 ? 'never probes' : STATUS_WORDS.deferred}${reason === null || reason === '' ? '' : ` ("${reason}")`}: ${steps.length === 0 ? '' : `it waits for ${steps.join(', which waits for ')}. `}${lost === null ? '' : `${lost}. `}${chain.fix}`,
    related: root === null ? [] : see(root, `The root of it: ${CAUSE_WORDS[chain.cause]}`),
  };
}

/**
 * How much a chain weighs. What the driver core says is certain; what a driver would ask for by itself is an assumption
 * of the catalogue, and so is the default configuration while nobody stated one.
 */
function severityOf(
  context: RuleContext,
  chain: ReportChain,
  reason: string | null,
  root: DtNode | null,
): Severity | undefined {
  if (reason !== null && /: waits for /.test(reason)) return 'information';
  // a driver that asks for more time, or a service nobody models: the catalogue's word, not the driver core's
  if (chain.cause === 'never-registers' || chain.path.length < 2) return 'information';
  // whose driver is missing, and how large pages are, is known of a stated configuration only
  if (chain.cause === 'timeout' && !context.configGiven) return 'information';
  // what stands behind a transport is the hypervisor's matter
  if (chain.cause === 'probe-error' && root !== null && compatibles(root).includes('virtio,mmio')) return 'information';
  if (chain.cause === 'probe-error' && root !== null && isByConfiguration(context, root)) return 'information';
  if (chain.cause !== 'no-driver' && chain.cause !== 'module-not-loaded') return undefined;
  if (context.configGiven) return undefined;
  const names = root === null ? [] : compatibles(root);
  const may = names.length === 0 || names.some((name) => someDrives(context, name)) || ofVendorKernel(context);
  return may ? 'information' : undefined;
}
