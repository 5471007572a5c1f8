import { nodeSpan, propertySpan, type Rule, see } from '../rule';

/** A master or an IOMMU that probes only because the kernel stopped waiting for a supplier. */
export const lateProbe: Rule = {
  code: 'late-probe',
  severity: 'warning',
  title: 'A device probes only when the kernel gives up waiting',
  why: 'A supplier of the device never comes up. The device is deferred until deferred_probe_timeout (10 seconds after the last driver) expires; then the kernel relaxes the link and probes it without that supplier. Masters of a late IOMMU may have stopped waiting before and run untranslated.',
  fix: 'Repair the supplier: correct its compatible, enable it, or switch its driver on.',
  kernel: 'drivers/base/dd.c (deferred_probe_timeout_work_func), drivers/base/core.c (fw_devlink_drivers_done)',
  bad: '&smmu { «resets» = <&absent>; };\n&{/soc} { absent: reset@2000000 { compatible = "vendor,absent-reset"; reg = <0x2000000 0x1000>; #reset-cells = <0>; }; };\n&a { iommus = <&smmu 0x480 0x0>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };',
  *check(context) {
    const { report, view } = context;
    if (report === null) return;
    const suppliers = new Map<string, { supplier: string; property: string | null }>();
    for (const entry of report.timeline) {
      if (entry.event !== 'link' || entry.device === null) continue;
      const made = /^(\S+) \((.+)\)$/.exec(entry.detail);
      const relaxed = /^relaxed: (\S+)$/.exec(entry.detail);
      if (made?.[1] !== undefined)
        suppliers.set(`${entry.device} ${made[1]}`, { supplier: made[1], property: made[2] ?? null });
      if (relaxed?.[1] === undefined) continue;
      const node = context.node(entry.device);
      if (node === null || (view.provider(node) === null && view.master(node) === null && view.map(node) === null))
        continue;
      if (context.device(node)?.status !== 'bound') continue;
      const supplier = context.node(relaxed[1]);
      const name = suppliers.get(`${entry.device} ${relaxed[1]}`)?.property ?? null;
      const property = name === null ? undefined : node.properties.get(name);
      yield {
        span: property === undefined ? nodeSpan(node) : propertySpan(property, node),
        // without a stated configuration the supplier's driver is an assumption
        ...(context.configGiven ? {} : { severity: 'information' as const }),
        message: `${entry.device} probes only after the deferred-probe timeout: ${relaxed[1]}${name === null ? '' : ` (${name})`} never comes up, and the kernel stops waiting for it.`,
        related: supplier === null ? [] : see(supplier, 'The supplier'),
      };
    }
  },
};
