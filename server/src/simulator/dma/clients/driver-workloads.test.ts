/** What drivers of PCI functions map first, in lazy mode too: the expectations are recorded boots of distribution kernels. */
import { describe, expect, it } from 'vitest';
import { type RigResult, rig } from '../../../../test/helpers/rig';
import { TreeBuilder } from '../../../devicetree/build';
import { sourceFile } from '../../../source/file';
import { defaultScenario, type PciDeviceModel } from '../../scenario';
import { simulate } from '../../simulate';

const fn = (bdf: string, vendor: number, device: number, kind: number): PciDeviceModel => ({
  bdf,
  driver: null,
  match: { vendor, device, subvendor: null, subdevice: null, class: kind },
  kind: 'endpoint',
  multifunction: false,
  acs: false,
});
const nvme = (bdf: string): PciDeviceModel => fn(bdf, 0x1b36, 0x10, 0x010802);
const xhci = (bdf: string): PciDeviceModel => fn(bdf, 0x1b36, 0xd, 0x0c0330);

const smmu = `oi: iommu@a300000 { compatible = "oracle,iommu-subsys"; reg = <0 0xa300000 0 0x1000>; #iommu-cells = <1>; };`;
const host = (rows: string, below = ''): string => `pcie@10000000 {
  compatible = "pci-host-ecam-generic"; device_type = "pci"; reg = <0x40 0x10000000 0 0x10000000>;
  #address-cells = <3>; #size-cells = <2>; bus-range = <0 0xff>; ranges = <0x2000000 0 0x10000000 0 0x10000000 0 0x2eff0000>;
  iommu-map = <${rows}>; ${below} };`;

function boot(
  devices: readonly PciDeviceModel[],
  cmdline = 'iommu.strict=0',
  beside = host('0 &oi 0 0x10000'),
): RigResult {
  return rig(smmu, {
    cmdline,
    catalogue: true,
    workloads: true,
    beside,
    scenario: {
      devices: [],
      pci: [{ host: '/pcie@10000000', devices }],
      events: [{ event: 'coldplug' }, { event: 'wait', ms: 100 }],
    },
  });
}

/** The pages of a device's first mappings, from the top down: 1 is the last one below 4 GiB. */
const pages = (result: RigResult, device: string, count: number): number[] =>
  result.report.dma
    .filter((call) => call.device === device && /^(alloc|map|map-sg)$/.test(call.kind))
    .slice(0, count)
    .map((call) => 0x100000 - Number(BigInt(call.iova ?? 0) >> 12n));

describe('in lazy mode', () => {
  it('the identifications of one phase each get an address of their own, those of the next phase the freed ones', () => {
    const result = boot([nvme('00:01.0')]);
    expect(pages(result, '0000:00:01.0', 18)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 32, 8, 7, 6, 5, 4, 3]);
  });

  it('of several functions that are probed together the last one waits after its first identification', () => {
    const result = boot([nvme('00:01.0'), nvme('00:02.0')]);
    expect(pages(result, '0000:00:01.0', 10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(pages(result, '0000:00:02.0', 10)).toEqual([1, 2, 3, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('a port is reset between the first descriptor and the next', () => {
    const result = boot([xhci('00:03.0')]);
    // the setup packet and the answer swap their pages
    expect(pages(result, '0000:00:03.0', 14).slice(8)).toEqual([9, 10, 10, 9, 11, 12]);
  });
});

it('in strict mode every identification gets the same address', () => {
  const result = boot([nvme('00:01.0')], 'iommu.strict=1');
  expect(pages(result, '0000:00:01.0', 8)).toEqual([1, 2, 3, 3, 3, 3, 3, 3]);
});

it('a read of 256 KiB is six requests, the window growing to 128 KiB', () => {
  const result = boot([nvme('00:01.0')], 'iommu.strict=1');
  const sizes = result.report.dma.filter((call) => call.kind === 'map-sg').map((call) => Number(call.size) / 4096);
  expect(sizes).toEqual([4, 8, 16, 32, 32, 32]);
});

describe('a virtio-iommu whose driver is a module', () => {
  const uri = 'w:/board.dts';
  const text = `/dts-v1/; / { #address-cells = <2>; #size-cells = <2>; ${host(
    '0 &oi 0 0xf0>, <0xf1 &oi 0xf1 0xff0f',
    'oi: iommu@1e,0 { compatible = "pci1af4,1057"; reg = <0xf000 0 0 0 0>; #iommu-cells = <1>; };',
  )} };`;
  const source = sourceFile(uri, text);
  const { tree } = new TreeBuilder().build(uri, { read: (u) => (u === uri ? source : null), readBytes: () => null });
  const config = new Map([
    ...['MODULES', 'OF', 'PCI', 'PCI_HOST_GENERIC', 'VIRTIO_PCI', 'IOMMU_SUPPORT'].map(
      (s) => [`CONFIG_${s}`, 'y'] as const,
    ),
    ...['VIRTIO_IOMMU', 'BLK_DEV_NVME'].map((s) => [`CONFIG_${s}`, 'm'] as const),
  ]);
  const run = (wait: number) =>
    simulate(tree, {
      board: 'b',
      kernel: '7.3',
      config,
      scenario: {
        ...defaultScenario,
        pci: [{ host: '/pcie@10000000', devices: [fn('00:1e.0', 0x1af4, 0x1057, 0x00ff00), nvme('00:01.0')] }],
        events: [{ event: 'wait', ms: wait }, { event: 'coldplug' }, { event: 'wait', ms: 60_000 }],
      },
    });

  it('is loaded for the device behind the function, and what waited for it gets its group', () => {
    const report = run(0);
    expect(report.devices.find((d) => d.name === '0000:00:01.0')).toMatchObject({ driver: 'nvme', group: 0 });
    expect(report.providers.map((p) => p.device)).toEqual(['virtio0']);
  });

  it('comes too late for functions that have gone without it', () => {
    const report = run(11_000);
    expect(report.devices.find((d) => d.name === '0000:00:01.0')).toMatchObject({ driver: 'nvme', group: null });
    expect(report.messages.some((m) => m.text === 'deferred probe timeout, ignoring dependency')).toBe(true);
    expect(report.providers.map((p) => p.device)).toEqual(['virtio0']);
  });
});
