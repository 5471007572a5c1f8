import type { Rule } from '../rule';
import { chains } from './deferred';

/** A master or an IOMMU waits for a disabled device. */
export const supplierDisabled: Rule = {
  code: 'supplier-disabled',
  severity: 'warning',
  title: 'A supplier is disabled',
  why: 'The device names a supplier that is disabled, in a property that its driver cannot do without: the driver asks for it, gets -EPROBE_DEFER each time, and the device stays deferred.',
  fix: 'Enable the supplier, or take the property away where the device works without it.',
  kernel: 'drivers/of/property.c (of_link_to_phandle), drivers/base/dd.c (driver_deferred_probe_check_state)',
  bad: '&absent2 { status = "disabled"; };\n&smmu { clocks = <&absent2>; };\n&a { iommus = <&smmu 0x480 0x0>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };',
  check: (context) => chains(context, (cause) => cause === 'disabled'),
};
