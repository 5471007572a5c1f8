import type { DtNode } from '../../../devicetree/model';
import { nameOf } from '../../../iommu/words';
import { WAIT_THEN_UNTRANSLATED } from '../../../simulator/words';
import { nodeSpan, propertySpan, type Rule, type RuleContext, see } from '../rule';

/**
 * Whether an IOMMU does not register because of the kernel's configuration (its page size) or of hardware facts, and not all
 * of that is stated.
 */
export function isByConfiguration({ report, configGiven }: RuleContext, provider: DtNode): boolean {
  const refused = report?.consequences?.filter((one) => one.iommu === provider.path) ?? [];
  return refused.some(
    ({ kind, why }) => kind === 'default-domain-refused' && why !== undefined && (why.assumed || !configGiven),
  );
}

/** One master that an IOMMU cannot add keeps the whole IOMMU from registering, in kernels where it does. */
export const registrationRefused: Rule = {
  code: 'registration-refused',
  severity: 'error',
  title: 'One master keeps its whole IOMMU from registering',
  why: 'Since Linux 6.15 the masters are added to their IOMMU when it registers, without any driver. An error of one of them (an ID that the IOMMU refuses, IDs in two groups, no stream match entry left, a default domain that cannot be attached) becomes the result of the registration, which is taken back: every master of this IOMMU waits, then runs untranslated. Up to 6.14 only the master with the error ran without the IOMMU.',
  fix: 'Correct the IDs of the master that is named. Found only where the simulated kernel does so.',
  kernel: 'drivers/iommu/iommu.c (iommu_device_register, bus_iommu_probe, probe_iommu_group)',
  bad: '',
  good: '&a { iommus = <&smmu3 0x10>; };',
  *check(context) {
    const { report, node, view } = context;
    for (const { kind, device, iommu, error, why } of report?.consequences ?? []) {
      if (kind === 'group-without-mapping') continue;
      const provider = view.providers.find((entry) => entry.node.path === iommu);
      const master = node(device);
      if (provider === undefined) continue;
      const others = new Set<string>();
      for (const { node: user, enabled } of view.uses(provider)) if (enabled && user !== master) others.add(user.path);
      const also = others.size === 0 ? '' : ` With it go ${[...others].join(', ')}: they ${WAIT_THEN_UNTRANSLATED}.`;
      const said =
        kind === 'registration-refused'
          ? `${device} alone keeps ${nameOf(provider.node)} from registering: adding it ends with error ${error}, and the registration is taken back.`
          : `${nameOf(provider.node)} does not register: it cannot attach the default domain of ${device} (error ${error})${why === undefined ? '' : `, because ${why.text}${why.assumed ? ' (assumed)' : ''}`}.`;
      yield {
        ...(isByConfiguration(context, provider.node) ? { severity: 'information' as const } : {}),
        span: master === null ? nodeSpan(provider.node) : propertySpan(master.properties.get('iommus'), master),
        message: `On Linux ${report?.kernel} ${said}${also}`,
        related: see(provider.node, 'does not register'),
      };
    }
  },
};
