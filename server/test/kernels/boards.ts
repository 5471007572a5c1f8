/** Small boards on which kernels differ, and what is looked at on them. */
import type { SimulationReport } from '../../src/simulator/report';
import type { RigOptions, RigResult } from '../helpers/rig';
import { populating } from '../truths/recordings/adapter/drivers';
import { declared, early } from '../truths/recordings/adapter/kernels';

// ---- boards ------------------------------------------------------------------------------------------------------------

export const iommu = (props = '', compatible = 'oracle,iommu-subsys'): string =>
  `oi: iommu@a300000 { compatible = "${compatible}"; reg = <0 0xa300000 0 0x1000>; #iommu-cells = <1>; ${props} };`;
export const v3 =
  'oi: iommu@c000000 { compatible = "arm,smmu-v3"; reg = <0 0xc000000 0 0x20000>; #iommu-cells = <1>; };';
export const v2 =
  'oi: iommu@c000000 { compatible = "arm,smmu-v2"; reg = <0 0xc000000 0 0x20000>; #global-interrupts = <1>; interrupt-parent = <&gic>; interrupts = <0 1 4>, <0 2 4>, <0 3 4>; #iommu-cells = <1>; };';
export const single = (compatible: string, cells: number): string =>
  `oi: iommu@a300000 { compatible = "${compatible}"; reg = <0 0xa300000 0 0x1000>; interrupt-parent = <&gic>; interrupts = <0 1 4>; clock-names = "sysmmu"; #iommu-cells = <${cells}>; };`;
export const client = (n: number, props: string, compatible = 'oracle,client'): string =>
  `c${n}: client@a10${n}000 { compatible = "${compatible}"; reg = <0 0xa10${n}000 0 0x1000>; ${props} };`;
export const master = (n: number, more = '', compatible = 'oracle,client'): string =>
  client(n, `iommus = <&oi ${n + 1}>; ${more}`, compatible);
export const driverless = (n: number, iommus = '<&oi 1>'): string =>
  client(n, `iommus = ${iommus};`, 'oracle,no-driver');
export const supplier = (props = '', compatible = 'oracle,no-driver'): string =>
  `s: supplier@a200000 { compatible = "${compatible}"; reg = <0 0xa200000 0 0x1000>; #clock-cells = <0>; ${props} };`;
/** The second of two entries names an IOMMU that is disabled; the first attempt fails. */
export const HALF = `${iommu()} o2: iommu@a400000 { compatible = "oracle,iommu"; reg = <0 0xa400000 0 0x1000>; #iommu-cells = <1>; status = "disabled"; };
  ${client(0, 'iommus = <&oi 1>, <&o2 1>; oracle,fail = <517>; oracle,fail-count = <1>;')}`;
export const windowed = (ops: string, size = '0x4000'): string =>
  `bus { compatible = "simple-bus"; #address-cells = <2>; #size-cells = <2>; ranges; dma-ranges = <0 0x40000000 0 0x40000000 0 ${size}>;
    ${client(0, `iommus = <&oi 1>; oracle,ops = ${ops};`)} };`;
export const tegra =
  'oi: memory-controller@70019000 { compatible = "nvidia,tegra124-mc"; reg = <0 0x70019000 0 0x1000>; interrupt-parent = <&gic>; interrupts = <0 77 4>; #iommu-cells = <1>; };';
export const rockchip = single('rockchip,iommu', 0) + client(0, 'iommus = <&oi>;');
export const exynos = single('samsung,exynos-sysmmu', 0) + client(0, 'iommus = <&oi>;');
/** One PCI function behind a host bridge; `rows`: of its iommu-map. */
export const pci = (ops: string, rows = '0 &oi 0 0x10000', more: RigOptions = {}): RigOptions => ({
  qemu: ['-device', 'pci-testdev,addr=1.0'],
  beside: `pcie@10000000 {
    compatible = "pci-host-ecam-generic"; device_type = "pci"; reg = <0x40 0x10000000 0 0x10000000>;
    #address-cells = <3>; #size-cells = <2>; bus-range = <0 0xff>; ranges = <0x2000000 0 0x10000000 0 0x10000000 0 0x2eff0000>;
    iommu-map = <${rows}>;
    dev@1,0 { reg = <0x800 0 0 0 0>; oracle,ops = ${ops}; };
  };`,
  ...more,
});
/** A virtio-iommu on the bus of the functions that it serves; they get identity domains. */
export const virtio: RigOptions = {
  build: 'smmu2',
  cmdline: 'iommu.passthrough=1',
  qemu: ['-device', 'virtio-iommu-pci,addr=8.0', '-device', 'pci-testdev,addr=1.0'],
  beside: `pcie@10000000 {
    compatible = "pci-host-ecam-generic"; device_type = "pci"; reg = <0x40 0x10000000 0 0x10000000>;
    #address-cells = <3>; #size-cells = <2>; bus-range = <0 0xff>; ranges = <0x2000000 0 0x10000000 0 0x10000000 0 0x2eff0000>;
    iommu-map = <0 &oi 0 0x40>, <0x41 &oi 0x41 0xffbf>;
    oi: iommu@8,0 { compatible = "pci1af4,1057"; reg = <0x4000 0 0 0 0>; #iommu-cells = <1>; };
  };`,
};
/** Two root ports with a function behind each, on a bus whose host is set up before its SMMUv3 registers. */
export const ports: RigOptions = {
  qemu: [
    ...['-device', 'pcie-root-port,id=p1,addr=1.0', '-device', 'pcie-root-port,id=p2,addr=2.0'],
    ...['-device', 'virtio-rng-pci,bus=p1', '-device', 'virtio-rng-pci,bus=p2'],
  ],
  beside: `pcie@10000000 {
    compatible = "pci-host-ecam-generic"; device_type = "pci"; reg = <0x40 0x10000000 0 0x10000000>;
    #address-cells = <3>; #size-cells = <2>; bus-range = <0 0xff>; ranges = <0x2000000 0 0x10000000 0 0x10000000 0 0x2eff0000>;
    iommu-map = <0 &oi 0 0x10000>;
  };
  ${v3}`,
};
export const FUNCTION = '0000:00:01.0';
export const wait: RigOptions = { env: 'owait=12' };
export const arm: RigOptions = { arm: true };
export const catalogue: RigOptions = { catalogue: true };
/** An SMMU with the ID registers of a real part, where the test hardware's are plain memory. */
export const realSmmu: RigOptions = { catalogue: true, scenario: { devices: [] } };
/** An IOMMU that is declared early, on 32-bit ARM; `hardware`: how it registers. */
export const declaredEarly = (hardware: Readonly<Record<string, unknown>>): RigOptions => ({
  arm: true,
  scenario: {
    early: [...early, ...declared],
    devices: [{ device: '/soc/iommu@a300000', hardware: { groups: 'each', ...hardware } }],
  },
});
/** A bus whose devices are made by a driver, after the IOMMUs of earlier levels have registered. */
export const populated = (children: string): string =>
  `bus { compatible = "oracle,populate"; #address-cells = <2>; #size-cells = <2>; ranges; ${children} };`;
/** A driver that is unbound and takes down the devices that it made. */
export const depopulation: RigOptions = {
  arm: true,
  scenario: {
    drivers: populating(),
    events: [{ event: 'unbind', device: 'soc:bus' }],
  },
};

export const gic =
  'gic: intc@9000000 { compatible = "arm,cortex-a15-gic"; reg = <0 0x9000000 0 0x1000>; interrupt-controller; #interrupt-cells = <3>; };';

// ---- what is looked at ---------------------------------------------------------------------------------------------------

export const device = (report: SimulationReport, n: number) =>
  report.devices.find((d) => d.name === `a10${n}000.client`);
export const group = (n: number) => (report: SimulationReport) => device(report, n)?.group ?? null;
export const status = (n: number) => (report: SimulationReport) => device(report, n)?.status;
export const says = (text: RegExp) => (report: SimulationReport) =>
  report.messages.find((m) => text.test(m.text))?.text.replace(/^.*?: (?=deferred)/, '') ?? null;
export const loud = (text: RegExp) => (report: SimulationReport) =>
  report.messages.find((m) => text.test(m.text))?.level ?? null;
export const domainType = (report: SimulationReport): unknown => report.groups[0]?.type ?? null;
/** How often a master is attached to a domain. */
export const attaches = (n: number) => (_: SimulationReport, result: RigResult) =>
  result.outcome.machine.core.log.filter((e) => e.event === 'attach' && e.device?.name === `a10${n}000.client`).length;
/** What ended the boot: the function in which the kernel stopped; null: nothing. */
export const panics = (report: SimulationReport): string | null =>
  report.messages.map((m) => /in (\w+)\(\)/.exec(m.text)?.[1]).find((name) => name !== undefined) ?? null;
/** Some events of a device, in order. */
export const order =
  (name: string, ...events: readonly string[]) =>
  (_: SimulationReport, result: RigResult) =>
    result.outcome.machine.core.log
      .filter((e) => e.device?.name === name && events.includes(e.event))
      .map((e) => e.event);
/** Whether a device has the automatic mapping of 32-bit ARM. */
export const mapped = (n: number) => (_: SimulationReport, result: RigResult) =>
  result.view(`a10${n}000.client`).mapping !== null;
/** Numbers of devices of the groups. */
export const sizes = (report: SimulationReport) => report.groups.map((g) => g.devices.length);
/** The phase in which a device is bound; null: never. */
export const boundIn = (n: number) => (report: SimulationReport) =>
  report.timeline.find((t) => t.event === 'bound' && t.device === `/soc/client@a10${n}000`)?.phase ?? null;
export const deferred = (n: number) => (report: SimulationReport) =>
  report.timeline.some((t) => t.event === 'defer' && t.device === `/soc/client@a10${n}000`);

/** Lengths of the runs of neighbouring pages in a list of mappings, in either direction. */
export function runs(mappings: readonly string[]): number[] {
  const found: number[] = [];
  let step = 0;
  mappings.forEach((text, i) => {
    const now = Number(text.slice(4)) - Number(mappings[i - 1]?.slice(4) ?? 0);
    if (i > 0 && Math.abs(now) === 4096 && (step === 0 || step === now)) {
      found[found.length - 1] = (found.at(-1) ?? 0) + 1;
      step = now;
    } else {
      found.push(1);
      step = 0;
    }
  });
  return found;
}
