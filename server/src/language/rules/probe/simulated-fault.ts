import { nodeSpan, propertySpan, type Rule } from '../rule';

/** The simulated boot or the scenario's accesses fault. */
export const simulatedFault: Rule = {
  code: 'simulated-fault',
  severity: 'warning',
  title: 'A simulated access faults',
  why: 'The scenario (or the default workload) makes this device read or write an address that its domain does not map. On the machine the IOMMU stops the access and prints the line shown.',
  fix: 'Map the address (a reserved region, a buffer), or correct the access of the scenario.',
  kernel: 'the fault handlers of the IOMMU drivers (arm_smmu_context_fault, arm_smmu_evtq_thread, …)',
  bad: '',
  good: '&a { iommus = <&smmu 0x480 0x0>; };',
  *check({ report, node, view }) {
    const told = new Set<string>();
    for (const fault of report?.faults ?? []) {
      const key = `${fault.master} ${fault.kind}`;
      const master = node(fault.master);
      if (master === null || told.has(key)) continue;
      told.add(key);
      const property = view.master(master)?.property ?? view.map(master)?.property;
      yield {
        span: property === undefined ? nodeSpan(master) : propertySpan(property, master),
        message: `Stream ${fault.stream} of ${fault.master} faults at IOVA ${fault.iova} (${fault.kind}): ${fault.message}`,
      };
    }
  },
};
