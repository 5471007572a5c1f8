/** The DMA API. */

import type { RigOptions } from '../../helpers/rig';
import {
  arm,
  client,
  FUNCTION,
  iommu,
  mapped,
  master,
  panics,
  pci,
  populated,
  realSmmu,
  runs,
  says,
  v3,
  windowed,
} from '../boards';
import type { Row } from '../row';

/** A PCI host with rows of dma-ranges of its own. */
const host = pci('<3 0 4096 0>');
const hostRanges: RigOptions = {
  ...host,
  beside: (host.beside ?? '').replace(
    'iommu-map',
    'dma-ranges = <0x2000000 0 0x40000000 0 0x40000000 0 0x10000>; iommu-map',
  ),
};

export const DMA: readonly Row[] = [
  {
    flag: 'dmaRangesFrom',
    from: '4.12',
    to: '5.10',
    soc: iommu(),
    options: hostRanges,
    see: (_, result) => result.view(FUNCTION).busLimit,
    expect: [0n, 0x4000ffffn, 0n],
  },
  {
    // The bus of the device has no dma-ranges, the one above it has.
    flag: 'dmaRangesFrom',
    from: '5.15',
    to: '6.1',
    soc:
      iommu() +
      windowed('<3 0 4096 0>')
        .replace('c0:', 'inner { compatible = "simple-bus"; #address-cells = <2>; #size-cells = <2>; ranges; c0:')
        .replace(/}$/, '}; }'),
    see: (_, result) => result.view('a100000.client').busLimit,
    expect: [0n, 0x40003fffn, 0n],
  },
  {
    // 256 KiB at the top, 1 MiB in the lower half by its alignment: 512 KiB fit between the two.
    flag: 'iovaRetries',
    from: '5.10',
    to: '5.15',
    soc: `dma-ranges;${iommu()}${windowed('<3 0 0x40000 0>, <3 1 0x100000 0>, <3 2 0x80000 0>', '0x200000')}`,
    see: (_, result) => result.dma('a100000.client').at(-1),
    expect: ['map:-12', 'map:0x40100000', 'map:-12'],
  },
  {
    flag: 'arm64IommuDma',
    from: '3.19',
    to: '4.12',
    soc: iommu() + master(0, 'oracle,ops = <3 0 4096 0>;'),
    see: (report) => report.domains.flatMap((d) => d.regions.map((r) => r.iova)),
    expect: [[], ['0xfffff000'], []],
  },
  {
    flag: 'armWindow',
    from: '3.19',
    to: '4.12',
    soc: iommu('oracle,alloc-fail;') + master(0),
    options: arm,
    see: says(/Failed to create/),
    expect: [
      null,
      'Failed to create 4294967296-byte IOMMU mapping for device a100000.client',
      'Failed to create 4294967295-byte IOMMU mapping for device a100000.client',
    ],
  },
  {
    // One bitmap of 128 MiB is planned for a window of that size; 3.19 adds one more.
    flag: 'armExtraBitmap',
    from: '3.19',
    to: '4.12',
    soc:
      'dma-ranges;' +
      iommu() +
      windowed(
        '<3 0 0x2000000 0>, <3 1 0x2000000 0>, <3 2 0x2000000 0>, <3 3 0x2000000 0>, <3 4 0x2000000 0>',
        '0x8000000',
      ),
    options: arm,
    see: (_, result) => result.dma('a100000.client').at(-1),
    expect: ['map:0x40400000', 'map:-12', 'map:0x48000000'],
  },
  {
    // The mapping of the failed first attempt stays in 3.19.
    flag: 'armTeardownOnFailure',
    from: '3.19',
    to: '4.12',
    soc: iommu() + populated(master(0, 'oracle,fail = <5>;')),
    options: arm,
    see: mapped(0),
    expect: [true, false, true],
  },
  {
    flag: 'refusesPartialUnmap',
    from: '6.12',
    to: '6.18',
    soc: v3 + client(0, 'iommus = <&oi 5>;'),
    options: {
      ...realSmmu,
      scenario: {
        devices: [
          {
            device: '/soc/client@a100000',
            ops: [
              { op: 'domain-alloc', domain: 0 },
              { op: 'domain-attach', domain: 0, by: 'group' },
              { op: 'iommu-map', domain: 0, iova: 0x40000000n, phys: 0x80000000n, size: 0x200000n, prot: 3 },
              { op: 'iommu-unmap', domain: 0, iova: 0x40000000n, size: 0x1000n },
            ],
          },
        ],
      },
    },
    see: (_, result) => result.api('a100000.client').at(-1),
    expect: ['iommu-unmap:4096', 'iommu-unmap:0', 'iommu-unmap:4096'],
  },
  {
    flag: 'iovaStartsAtDmaRanges',
    from: '6.6',
    to: '6.12',
    soc: iommu() + windowed('<3 0 0x2000 0>, <3 1 0x2000 0>, <3 2 0x2000 0>'),
    see: (_, result) => result.dma('a100000.client').at(-1),
    expect: ['map:-12', 'map:0x3fffe000', 'map:-12'],
  },
  {
    flag: 'pci32First',
    from: '3.19',
    to: '4.12',
    soc: iommu(),
    options: pci('<3 0 4096 0>'),
    see: (_, result) => result.dma(FUNCTION),
    // 3.19 reads no iommu-map: a physical address.
    expect: [['map:0x40400000'], ['map:0xfffff000'], ['map:0xfffffffff000']],
  },
  {
    flag: 'pci32First',
    from: '5.15',
    to: '6.6',
    soc: iommu(),
    options: pci('<3 0 0x80000000 0>, <3 1 0x40000000 0>, <3 2 0x20000000 0>, <3 3 0x80000000 0>, <3 4 4096 0>'),
    see: (_, result) => result.dma(FUNCTION).at(-1),
    expect: ['map:0x3ffff000', 'map:0xfffefffff000', 'map:0x3ffff000'],
  },
  {
    flag: 'forcedacParam',
    from: '4.12',
    to: '5.15',
    soc: iommu(),
    options: { ...pci('<3 0 4096 0>'), cmdline: 'iommu.forcedac=1' },
    see: (_, result) => result.dma(FUNCTION),
    expect: [['map:0xfffff000'], ['map:0xfffffffff000'], ['map:0xfffff000']],
  },
  {
    // Two pages are freed, the higher one first: a magazine gives back the last, the tree the highest.
    flag: 'iovaCache',
    from: '3.19',
    to: '4.12',
    soc: iommu() + master(0, 'oracle,ops = <3 0 4096 0>, <3 1 4096 0>, <4 0 0 0>, <4 1 0 0>, <3 2 4096 0>;'),
    see: (_, result) => result.dma('a100000.client').at(-1),
    expect: ['map:0x40400000', 'map:0xffffe000', 'map:0xfffff000'],
  },
  {
    flag: 'iovaCache',
    from: '5.15',
    to: '6.6',
    soc: iommu() + master(0, 'oracle,ops = <10 0 300 4096>, <11 0 300 0>, <10 300 200 4096>;'),
    // Three magazines hold what was freed, and give it back from the one filled last.
    see: (_, result) => runs(result.dma('a100000.client').slice(-200)),
    expect: [
      [44, 128, 28],
      [46, 127, 27],
      [44, 128, 28],
    ],
  },
  {
    flag: 'iovaCache',
    from: '6.6',
    to: '6.12',
    soc: iommu() + master(0, 'oracle,ops = <10 0 6000 4096>, <11 0 6000 0>, <10 0 6000 4096>;'),
    see: (_, result) => runs(result.dma('a100000.client').slice(-6000)).at(-1),
    expect: [1778, 5842, 1778],
  },
  {
    flag: 'readsIommuAddresses',
    from: '6.1',
    to: '6.6',
    soc: iommu() + master(0, 'memory-region = <&r>; oracle,ops = <3 0 4096 0>;'),
    options: {
      beside:
        'reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges; r: region { iommu-addresses = <&c0 0 0xfff00000 0 0x100000>; }; };',
    },
    see: (_, result) => result.dma('a100000.client'),
    expect: [['map:0xfffff000'], ['map:0xffeff000'], ['map:0xfffff000']],
  },
  {
    flag: 'teardownKeepsOps',
    from: '3.19',
    to: '4.12',
    soc: iommu('', 'oracle,iommu-core') + master(0, 'oracle,ops = <50 0 0 0>, <3 1 4096 0>;'),
    options: arm,
    see: panics,
    expect: ['__iommu_create_mapping', null, '__iommu_create_mapping'],
  },
  {
    // /soc, above the bus with the rows, has no dma-ranges.
    flag: 'dmaRangesNeedAll',
    from: '4.12',
    to: '5.15',
    soc: iommu() + windowed('<3 0 4096 0>'),
    options: arm,
    see: (_, result) => result.view('a100000.client').busLimit,
    expect: [0n, 0x40003fffn, 0n],
  },
];
