import { compatibles, isEnabled } from '../../../devicetree/read';
import { bindings } from '../../../iommu/catalogue';
import { vendorIommuOf } from '../../../iommu/vendor';
import { nameOf } from '../../../iommu/words';
import { someKernelDrives } from '../../../simulator/kernel/catalogue';
import { WAIT_THEN_UNTRANSLATED } from '../../../simulator/words';
import { closest } from '../../../source/closest';
import { nodeSpan, propertySpan, type Rule, type Severity } from '../rule';

let compatiblesKnown: readonly string[] | null = null;

/** The compatibles of all IOMMUs of the binding catalogue. */
function knownCompatibles(): readonly string[] {
  compatiblesKnown ??= bindings.flatMap((binding) => binding.compatibles);
  return compatiblesKnown;
}

/** An IOMMU with masters that no driver serves. */
export const providerNoDriver: Rule = {
  code: 'provider-no-driver',
  severity: 'error',
  title: 'No driver for an IOMMU that masters name',
  why: 'The IOMMU never registers. Every master that names it is deferred until the kernel gives up ("ignoring dependency for device, assuming no driver"), then runs untranslated.',
  fix: 'Correct the compatible, or switch the driver on in the kernel configuration.',
  kernel: 'drivers/base/dd.c (driver_deferred_probe_check_state), drivers/iommu/of_iommu.c',
  bad: '&smmu { «compatible» = "vendor,smmu-9000"; };\n&a { iommus = <&smmu 0x480 0x0>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };',
  *check({ view, device, report, configGiven, kernelKnown, drivers }) {
    for (const provider of view.providers) {
      if (!provider.enabled || !view.uses(provider).some((use) => use.enabled)) continue;
      // what the binding forbids is provider-compatible's
      if (provider.binding !== null && provider.binding.requires.length > 0) {
        const has = compatibles(provider.node);
        if (!provider.binding.requires.some((c) => has.includes(c))) continue;
      }
      const entry = device(provider.node);
      const driverless = entry === null ? report === null && provider.binding === null : entry.status === 'no-driver';
      if (!driverless || !isEnabled(provider.node)) continue;
      const property = provider.node.properties.get('compatible');
      const names = compatibles(provider.node);
      // a driver that exists and is not in the default configuration is no mistake of the board
      const rows = names.flatMap((name) => drivers.driversForCompatible(name));
      const inKernel = rows.length > 0;
      const symbol = rows.find((row) => row.config !== null)?.config ?? null;
      const exists =
        inKernel ||
        (drivers.origin === null && (provider.binding !== null || names.some((name) => someKernelDrives(name))));
      const [meant] = exists ? [] : names.flatMap((name) => closest(name, knownCompatibles(), 1, 1));
      const vendor = exists ? null : vendorIommuOf(provider.node);
      const severity = configGiven
        ? 'error'
        : exists
          ? 'information'
          : kernelKnown
            ? 'error'
            : meant
              ? 'warning'
              : 'hint';
      yield {
        span: property === undefined ? nodeSpan(provider.node) : propertySpan(property, provider.node),
        ...(severity === 'error' ? {} : { severity: severity as Severity }),
        message: `${vendor === null ? '' : `${vendor.model}: `}${
          symbol === null
            ? `No driver of ${severity === 'hint' ? 'any kernel known here' : 'this kernel'} matches`
            : `The ${configGiven ? '' : 'default '}configuration of this kernel leaves out the driver of`
        } ${nameOf(provider.node)} (${names.join(', ') || 'no compatible'})${
          symbol === null && provider.binding === null ? '' : `; ${symbol ?? provider.binding?.config} has it`
        }${meant === undefined ? '' : ` (did you mean ${meant}?)`}: ${
          severity === 'hint' ? `where the kernel that boots has none either, its masters` : 'its masters'
        } ${WAIT_THEN_UNTRANSLATED}.${severity === 'hint' ? ' Its source (--kernel-source) or a scenario can say that it has one.' : ''}`,
      };
    }
  },
};
