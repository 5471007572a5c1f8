import type { Rule } from '../rule';
import { chains } from './deferred';

/** A master or an IOMMU waits for a device without a driver. */
export const supplierNoDriver: Rule = {
  code: 'supplier-no-driver',
  severity: 'warning',
  title: 'A supplier has no driver in this kernel',
  why: 'The device waits for a supplier that no driver of this configuration serves: it is deferred until the kernel gives up (with modules: after deferred_probe_timeout), and some stay deferred for ever. A master of a deferred IOMMU waits as well.',
  fix: 'Switch the driver on in the .config, load its module before, or correct the compatible of the supplier.',
  kernel: 'drivers/base/core.c (fw_devlink_drivers_done), drivers/base/dd.c (deferred_probe_timeout_work_func)',
  bad: '&smmu { clocks = <&absent>; };\n&{/soc} { absent: clock@2000000 { compatible = "vendor,absent-clock"; reg = <0x2000000 0x1000>; #clock-cells = <0>; }; };\n&a { iommus = <&smmu 0x480 0x0>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };',
  check: (context) => chains(context, (cause) => cause === 'no-driver' || cause === 'module-not-loaded'),
};
