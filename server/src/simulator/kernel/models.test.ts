/**
 * One rule a table: the same small board booted by each kernel model. The 6.1, 6.12 and 7.3 columns are what recordings show; the others
 * follow from the sources named in rules.ts and docs/kernel-models.md.
 */
import { describe, expect, it } from 'vitest';
import { type RigOptions, type RigResult, rig } from '../../../test/helpers/rig';
import { KERNEL_VERSIONS, type KernelVersion } from './versions';

const iommu = (props = '', compatible = 'oracle,iommu'): string => `
  oi: iommu@a300000 { compatible = "${compatible}"; reg = <0 0xa300000 0 0x1000>; #iommu-cells = <1>; ${props} };`;
const smmu = `
  oi: iommu@c000000 { compatible = "arm,smmu-v3"; reg = <0 0xc000000 0 0x20000>; #iommu-cells = <1>; };`;
const client = (n: number, props: string, compatible = 'oracle,client'): string => `
  c${n}: client@a10${n}000 { compatible = "${compatible}"; reg = <0 0xa10${n}000 0 0x1000>; ${props} };`;
const name = (n: number): string => `a10${n}000.client`;

interface Rule {
  readonly what: string;
  readonly soc: string;
  readonly options?: RigOptions;
  /** What is looked at. */
  readonly see: (result: RigResult) => unknown;
  readonly expect: Readonly<Record<KernelVersion, unknown>>;
}

/** A value for every version: each holds until the next one named. */
function since<T>(steps: Readonly<Partial<Record<KernelVersion, T>>>): Record<KernelVersion, T> {
  let value = steps['3.19'] as T;
  return Object.fromEntries(
    KERNEL_VERSIONS.map((v) => {
      if (Object.hasOwn(steps, v)) value = steps[v] as T;
      return [v, value];
    }),
  ) as Record<KernelVersion, T>;
}

const bound = (r: RigResult, device: string): boolean =>
  r.outcome.machine.core.devices.some((d) => d.name === device && d.bound);
/** Seconds of virtual time at which the device bound; null: never. */
const boundAfter = (r: RigResult, device: string): number | null => {
  const entry = r.outcome.machine.core.log.find((e) => e.event === 'bound' && e.device?.name === device);
  return entry === undefined ? null : Math.round(entry.time / 1000);
};

const rules: readonly Rule[] = [
  {
    // An SMMU whose driver registers late: what is asked for in between defers, and no link holds anything back.
    what: 'fwDevlink and fwDevlinkBetween: what waits for a supplier that registers at device level, with fw_devlink=on',
    soc: client(0, 'clocks = <&c1>;', 'oracle,client-subsys') + client(1, '#clock-cells = <0>;'),
    options: { cmdline: 'fw_devlink=on' },
    see: (r) => r.outcome.machine.core.log.filter((e) => e.event === 'defer' && e.device?.name === name(0)).length,
    expect: since<number>({ '3.19': 0, '5.10': 1 }),
  },
  {
    // In 3.19 add_device makes groups for whatever is on the bus, bound or not.
    what: 'attachMoment: a master without driver gets a group in 3.19, then only from 6.15 on',
    soc: iommu() + client(0, 'iommus = <&oi 1>;', 'oracle,no-driver'),
    see: (r) => r.view(name(0)).group,
    expect: since<number | null>({ '3.19': 0, '4.12': null, '6.18': 0 }),
  },
  {
    what: 'attachMoment: groups are numbered in probe order, from 6.15 on in bus order',
    soc: iommu() + client(0, 'iommus = <&oi 1>;', 'oracle,client-late') + client(1, 'iommus = <&oi 2>;'),
    see: (r) => [r.view(name(0)).group, r.view(name(1)).group],
    expect: since<unknown>({ '3.19': [0, 1], '4.12': [0, null], '5.10': [1, 0], '6.18': [0, 1] }),
  },
  {
    what: 'missingIommu: an IOMMU without driver',
    soc: iommu('', 'oracle,iommu-nodrv') + client(0, 'iommus = <&oi 1>;'),
    see: (r) => [r.view(name(0)).configureResult, boundAfter(r, name(0))],
    expect: since<unknown>({ '3.19': [-19, 0], '5.10': [-110, 0], '6.1': [-110, 10] }),
  },
  {
    what: 'declaredIommus: an SMMU that is disabled at once means no IOMMU',
    soc: smmu.replace('#iommu-cells', 'status = "disabled"; #iommu-cells') + client(0, 'iommus = <&oi 1>;'),
    see: (r) => [r.view(name(0)).configureResult, boundAfter(r, name(0))],
    expect: since<unknown>({ '3.19': [-19, 0] }),
  },
  {
    what: 'fwDevlink: a supplier that never comes',
    soc:
      `s: supplier@a200000 { compatible = "oracle,no-driver"; reg = <0 0xa200000 0 0x1000>; #clock-cells = <0>; };` +
      client(0, 'clocks = <&s>;'),
    see: (r) => boundAfter(r, name(0)),
    expect: since<number | null>({ '3.19': 0, '5.15': null, '6.1': 10 }),
  },
  {
    what: 'pendingMessage: what the timeout says of a device that is still pending',
    soc: client(0, 'oracle,fail = <517>;'),
    see: (r) => r.messages.find((m) => m.includes('deferred probe pending'))?.replace(/: .*/, ': …'),
    expect: since<string | undefined>({
      '3.19': undefined,
      '6.1': 'deferred probe pending',
      '6.12': 'deferred probe pending: …',
    }),
  },
  {
    what: 'partialFwspec: the second attempt after a bad second entry',
    soc:
      iommu('oracle,max-sid = <10>;', 'oracle,iommu-subsys') +
      client(0, 'iommus = <&oi 1>, <&oi 11>; oracle,fail = <517>; oracle,fail-count = <1>;'),
    see: (r) => [bound(r, name(0)), r.view(name(0)).group],
    // 6.15 on: the error of one master ends the registration walk, and with it the IOMMU's probe (bus_iommu_probe).
    // 3.19: add_device reads iommus itself, whatever became of of_xlate.
    expect: since<unknown>({ '3.19': [true, 0], '4.12': [true, null], '6.18': [false, null] }),
  },
  {
    what: 'opsScope: a second IOMMU driver',
    soc:
      iommu('', 'oracle,iommu-subsys') +
      `s: iommu@c000000 { compatible = "arm,smmu-v3"; reg = <0 0xc000000 0 0x20000>; #iommu-cells = <1>; };` +
      client(0, 'iommus = <&oi 1>;') +
      client(1, 'iommus = <&s 1>;'),
    see: (r) => [bound(r, 'a300000.iommu'), bound(r, 'c000000.iommu')],
    expect: since<unknown>({ '3.19': [true, false], '6.12': [true, true] }),
  },
  {
    what: 'groupMessage',
    soc: iommu('', 'oracle,iommu-subsys') + client(0, 'iommus = <&oi 1>;'),
    see: (r) => r.messages.find((m) => /iommu group|to group/.test(m)),
    expect: since<string | undefined>({
      '3.19': undefined,
      '4.12': 'iommu: Adding device a100000.client to group 0',
      '5.10': 'Adding to iommu group 0',
    }),
  },
  {
    what: 'cycleMessage',
    soc: client(0, 'clocks = <&c1>; #clock-cells = <0>;') + client(1, 'clocks = <&c0>; #clock-cells = <0>;'),
    see: (r) => r.messages.find((m) => /cycl/.test(m))?.replace(/ with .*/, ''),
    expect: since<string | undefined>({
      '3.19': undefined,
      '5.15': 'Fixing up cyclic dependency',
      '6.1': '/soc/client@a100000: Fixed dependency cycle(s)',
      // The link that was marked first is told first.
      '7.3': '/soc/client@a101000: Fixed dependency cycle(s)',
    }),
  },
  {
    what: 'smmuV3Alias: one stream for two masters',
    soc: smmu + client(0, 'iommus = <&oi 5>;') + client(1, 'iommus = <&oi 5>;'),
    see: (r) => [r.view(name(0)).group, r.view(name(1)).group, r.view(name(1)).configureResult],
    expect: since<unknown>({
      '3.19': [null, null, -19],
      // Attaching the second writes an entry that is live: a kernel BUG in the middle of its configuration.
      '4.12': [0, 1, null],
      '5.15': [0, null, -22],
      '6.18': [0, null, -19],
    }),
  },
  {
    what: 'defaultDomains and strictParam: the type of the domain with iommu.strict=0',
    soc: iommu('', 'oracle,iommu-subsys') + client(0, 'iommus = <&oi 1>;'),
    options: { cmdline: 'iommu.strict=0' },
    see: (r) => r.view(name(0)).domain,
    expect: since<string | null>({ '3.19': null, '4.12': 'DMA', '5.15': 'DMA-FQ' }),
  },
  {
    what: 'passthroughParam',
    soc: iommu('', 'oracle,iommu-subsys') + client(0, 'iommus = <&oi 1>;'),
    options: { cmdline: 'iommu.passthrough=1' },
    see: (r) => r.view(name(0)).domain,
    expect: since<string | null>({ '3.19': null, '4.12': 'identity' }),
  },
  {
    // 6.15 on both are in the group before either probes, so that the glue cannot attach a mapping to one of them.
    what: 'claimsDefaultDomain: the second device of a group behind the ARM glue',
    soc:
      iommu('oracle,group-mode = <1>;', 'oracle,iommu-subsys') +
      client(0, 'iommus = <&oi 1>;') +
      client(1, 'iommus = <&oi 2>;'),
    options: { arm: true },
    see: (r) => [bound(r, name(0)), bound(r, name(1))],
    expect: since<unknown>({ '3.19': [true, true], '6.1': [true, false], '6.18': [true, true] }),
  },
];

describe('what differs between kernels', () => {
  for (const rule of rules)
    it.each(KERNEL_VERSIONS)(`${rule.what} (%s)`, (version) => {
      expect(rule.see(rig(rule.soc, { env: 'owait=12', ...rule.options, kernel: version }))).toEqual(
        rule.expect[version],
      );
    });
});
