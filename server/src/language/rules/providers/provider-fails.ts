import { interruptCount } from '../../../iommu/nodes';
import { nameOf } from '../../../iommu/words';
import { WAIT_THEN_UNTRANSLATED } from '../../../simulator/words';
import { nodeSpan, propertySpan, type Rule, see } from '../rule';
import { blockerOf, mastersText } from './consequence';

const ETIMEDOUT = -110;

/** The probe of an IOMMU with masters fails. */
export const providerFails: Rule = {
  code: 'provider-fails',
  severity: 'error',
  title: 'The probe of an IOMMU fails',
  why: 'The IOMMU never registers. Its masters are deferred until the kernel gives up, then run untranslated.',
  fix: 'The message names the error; compare the node with its binding.',
  kernel: 'drivers/base/dd.c (call_driver_probe)',
  bad: '«&smmu3» { #iommu-cells = <2>; };\n&a { iommus = <&smmu3 0x10 0x0>; };',
  good: '&a { iommus = <&smmu3 0x10>; };',
  *check(context) {
    const { view, device, configGiven, report } = context;
    for (const provider of view.providers) {
      if (!provider.enabled || !view.uses(provider).some((use) => use.enabled)) continue;
      const entry = device(provider.node);
      if (entry === null || (entry.status !== 'failed' && entry.status !== 'rejected')) continue;
      // registration-refused names the master and the cause
      if (
        report?.consequences?.some((one) => one.kind === 'default-domain-refused' && one.iommu === provider.node.path)
      )
        continue;
      const last = provider.node.definitions[provider.node.definitions.length - 1];
      // The end of waiting for a supplier: whose driver is missing is known of a stated configuration only.
      const waited = entry.error === ETIMEDOUT;
      const why = waited ? report?.chains.find((chain) => chain.device === provider.node.path)?.fix : undefined;
      const blocker = waited ? blockerOf(context, provider.node) : null;
      if (blocker !== null) {
        yield {
          severity: 'warning',
          span: propertySpan(blocker.property, provider.node),
          message: `${nameOf(provider.node)} never comes up (${entry.driver ?? 'its driver'} ends with error ${entry.error ?? ''}): ${blocker.why}. ${mastersText(context, provider) ?? ''}.`,
          related: see(blocker.supplier, 'What it waits for'),
        };
        continue;
      }
      // a guest's tree, to which the hypervisor adds the registers
      if (!provider.node.properties.has('reg')) {
        yield {
          severity: 'warning',
          span: last?.nameSpan ?? nodeSpan(provider.node),
          message: `${nameOf(provider.node)} has no reg: unless whoever loads this tree adds one, ${entry.driver ?? 'its driver'} ends with error ${entry.error ?? ''}, and its masters ${WAIT_THEN_UNTRANSLATED}.`,
        };
        continue;
      }
      // a guest's tree, to which the hypervisor adds the interrupt controller: as it stands it does not boot
      if (provider.node.properties.has('interrupts') && interruptCount(provider.node) === 0) {
        yield {
          severity: 'warning',
          span: last?.nameSpan ?? nodeSpan(provider.node),
          message: `${nameOf(provider.node)} has interrupts, and no interrupt-parent leads to a controller in this tree: unless whoever loads it adds one, ${entry.driver ?? 'its driver'} ends with error ${entry.error ?? ''}, and its masters ${WAIT_THEN_UNTRANSLATED}.`,
        };
        continue;
      }
      yield {
        ...(waited && !configGiven ? { severity: 'information' as const } : {}),
        span: last?.nameSpan ?? nodeSpan(provider.node),
        message: `${nameOf(provider.node)} does not come up: ${entry.driver ?? 'its driver'} ends with error ${entry.error ?? ''}. Its masters ${WAIT_THEN_UNTRANSLATED}.${why === undefined ? '' : ` ${why}`}`,
      };
    }
  },
};
