import { nameOf } from '../../../iommu/words';
import { WAIT_THEN_UNTRANSLATED } from '../../../simulator/words';
import { nodeSpan, propertySpan, type Rule, see } from '../rule';

/** One master that an IOMMU cannot add keeps the whole IOMMU from registering, in kernels where it does. */
export const registrationRefused: Rule = {
  code: 'registration-refused',
  severity: 'error',
  title: 'One master keeps its whole IOMMU from registering',
  why: 'Since Linux 6.15 the masters are added to their IOMMU when it registers, without any driver. An error of one of them (an ID that the IOMMU refuses, IDs in two groups, no stream match entry left) becomes the result of the registration, which is taken back: every master of this IOMMU waits, then runs untranslated. Up to 6.14 only the master with the error ran without the IOMMU.',
  fix: 'Correct the IDs of the master that is named. Found only where the simulated kernel does so.',
  kernel: 'drivers/iommu/iommu.c (iommu_device_register, bus_iommu_probe, probe_iommu_group)',
  bad: '',
  good: '&a { iommus = <&smmu3 0x10>; };',
  *check({ report, node, view }) {
    for (const { kind, device, iommu, error } of report?.consequences ?? []) {
      if (kind !== 'registration-refused') continue;
      const provider = view.providers.find((entry) => entry.node.path === iommu);
      const master = node(device);
      if (provider === undefined) continue;
      const others = new Set<string>();
      for (const { node: user, enabled } of view.uses(provider)) if (enabled && user !== master) others.add(user.path);
      const also = others.size === 0 ? '' : ` With it go ${[...others].join(', ')}: they ${WAIT_THEN_UNTRANSLATED}.`;
      yield {
        span: master === null ? nodeSpan(provider.node) : propertySpan(master.properties.get('iommus'), master),
        message: `On Linux ${report?.kernel} ${device} alone keeps ${nameOf(provider.node)} from registering: adding it ends with error ${error}, and the registration is taken back.${also}`,
        related: see(provider.node, 'does not register'),
      };
    }
  },
};
