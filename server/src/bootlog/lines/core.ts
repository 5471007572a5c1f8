/** The IOMMU core, of_iommu, the DMA layers, VFIO, and what the log says about the kernel that wrote it. */
import { big, errnoText, type Family, known, num, refuses, type Shape, says } from './shape';

const groupShapes: readonly Shape[] = [
  {
    by: 'iommu_group_add_device',
    in: '5.1-',
    pattern: /^Adding to iommu group (\d+)/,
    read: (m, line) =>
      line.device === null ? null : { type: 'group', device: line.device, group: Number(m[1]), removed: false },
  },
  {
    by: 'iommu_group_remove_device',
    in: '5.1-',
    pattern: /^Removing from iommu group (\d+)/,
    read: (m, line) =>
      line.device === null ? null : { type: 'group', device: line.device, group: Number(m[1]), removed: true },
  },
  {
    by: 'iommu_group_add_device',
    in: '3.15-5.0',
    pattern: /^iommu: (Adding|Removing) device (\S+) (?:to|from) group (\d+)/,
    whole: true,
    read: (m) => ({ type: 'group', device: m[2] ?? '', group: Number(m[3]), removed: m[1] === 'Removing' }),
  },
  {
    by: '/sys/kernel/iommu_groups',
    in: '3.6-',
    pattern: /(?:^|\/)iommu_groups\/(\d+)\/devices\/([^\s/:]\S*?):?(?:\s|$)/,
    whole: true,
    read: (m) => ({ type: 'group', device: m[2] ?? '', group: Number(m[1]), removed: false }),
  },
  {
    by: 'iommu:add_device_to_group (trace event)',
    in: '3.12-',
    pattern: /\b(add_device_to_group|remove_device_from_group): IOMMU: groupID=(\d+) device=(\S+)/,
    whole: true,
    read: (m) => ({ type: 'group', device: m[3] ?? '', group: Number(m[2]), removed: m[1] !== 'add_device_to_group' }),
  },
  {
    by: 'iommu:io_page_fault (trace event)',
    in: '3.12-',
    pattern: /\bio_page_fault: IOMMU:\s*(\S+) (\S+) iova=(0x[0-9a-f]+) flags=(0x[0-9a-f]+)/,
    whole: true,
    read: (m) => ({
      type: 'fault',
      model: 'iommu-trace',
      client: m[2] === '' ? null : (m[2] ?? null),
      iova: big(m[3]),
      // include/linux/iommu.h: IOMMU_FAULT_READ 0, IOMMU_FAULT_WRITE 1.
      write: ((num(m[4]) ?? 0) & 1) !== 0,
      kind: 'translation',
      decoded: [`driver ${m[1]}`],
    }),
  },
  {
    by: 'iommu:map, iommu:unmap (trace events)',
    in: '3.12-',
    // The end stands there in 6.1 and later; where it does not, the size says it.
    pattern: /\b(map|unmap): IOMMU: ?iova=(0x[0-9a-f]+)(?: - (0x[0-9a-f]+))?.*?\bsize=(0x[0-9a-f]+|\d+)/,
    whole: true,
    read: (m) => {
      const from = big(m[2]);
      if (from === null) return null;
      const size = BigInt(m[4] ?? '0');
      const to = (m[3] === undefined ? null : big(m[3])) ?? from + size;
      return { type: 'mapping', gone: m[1] === 'unmap', from, to };
    },
  },
  known(
    'iommu:attach_device_to_domain and others (trace events)',
    '3.12-',
    /\b(?:attach_device_to_domain|detach_device_from_domain|map|unmap): IOMMU: ?/,
  ),
  refuses(
    'iommu_group_add_device',
    '5.1-',
    /^Failed to add to iommu group (\d+): (-\d+)/,
    'it could not be put into group $1 ($2)',
  ),
  {
    by: 'of_dma_configure_id',
    in: '4.12-',
    pattern: /^Adding to IOMMU failed: -(\d+)/,
    read: (m, line) => {
      // -ENODEV is what every device without an IOMMU gets; -EPROBE_DEFER is a wait.
      if (m[1] === '19') return { type: 'note' };
      if (m[1] === '517')
        return {
          type: 'deferral',
          device: line.device ?? '',
          reason: 'its IOMMU is not registered yet',
          supplier: null,
          resource: 'iommus',
          form: 'asked',
        };
      return {
        type: 'refusal',
        device: line.device ?? '',
        why: `its IOMMU does not take it (${errnoText(Number(m[1]))}): it runs without`,
      };
    },
  },
  says(
    'iommu_setup_dma_ops',
    '4.12-6.12',
    /^Failed to set up IOMMU for device (\S+); retaining platform DMA ops/,
    'the device has an IOMMU, but its driver gave it no domain: it uses physical addresses, which the IOMMU may block',
    'error',
    1,
  ),
  says(
    'iommu_dma_init_domain',
    '6.7-',
    /^Failed to set up IOMMU; retaining platform DMA ops/,
    'the device has an IOMMU, but no DMA domain: it uses physical addresses, which the IOMMU may block',
  ),
  says(
    '__iommu_probe_device',
    '6.15-',
    /late IOMMU probe at driver bind, something fishy here!/,
    'its IOMMU was found only when its driver bound: the bus did not set it up when the device was added',
    'warning',
  ),
  refuses(
    '__iommu_device_set_domain',
    '6.6-',
    /^Firmware has requested this device have a 1:1 IOMMU mapping/,
    'a reserved region (iommu-addresses, RMR) must stay mapped 1:1, so no other domain can be attached: user space cannot have the device',
  ),
  says(
    'iommu_group_alloc_default_domain',
    '5.8-',
    /^(?:iommu: )?Failed to allocate default IOMMU domain of type (\d+) for group (\S+)/,
    'the wanted domain type of group $2 was not to be had: it got a DMA domain',
    'warning',
  ),
  says(
    'iommu_get_default_domain_type',
    '5.8-',
    /requesting conflicting def_domain_type|Device needs domain type|Device is not trusted, but driver is overriding/,
    'the devices of one group want different domain types',
  ),
  says(
    'iommu_setup_default_domain',
    '3.19-',
    /was not able to establish FW requested direct mapping|^Unable to (?:create|map) direct/i,
    'a region that firmware uses could not be mapped 1:1',
  ),
  says(
    '__iommu_map_domain_pgtbl',
    '3.4-',
    /^iommu: unaligned: iova (0x[0-9a-f]+)|unaligned: iova (0x[0-9a-f]+)/,
    'a mapping at $1$2 does not fit the pages of the IOMMU',
  ),
  says(
    'iommu_dma_init_domain',
    '4.12-',
    /specified DMA range outside IOMMU capability/,
    'dma-ranges lie outside what the IOMMU can address: the device has no DMA',
  ),
  says(
    'iommu_dma_init_domain',
    '4.12-',
    /Incompatible range for DMA domain/,
    'devices of one group have different DMA windows',
  ),
  says(
    'iova_reserve_pci_windows',
    '4.18-',
    /Failed to reserve IOVA/,
    'a window of the PCI bridge could not be kept free of IOVAs',
  ),
  says(
    'iommu_dma_init_fq',
    '4.15-',
    /iova flush queue initialization failed/,
    'lazy invalidation could not be set up: the domain is strict',
    'warning',
  ),
  says(
    'iommu_dma_map_page',
    '6.9-',
    /DMA bounce buffers are inactive, unable to map unaligned transaction/,
    'an unaligned buffer of an untrusted device cannot be mapped: swiotlb is off',
  ),
  says(
    'of_iommu_get_resv_regions',
    '6.4-',
    /^(?:treating non-direct mapping|failed to parse memory region|Cannot reserve IOVA region of 0 size)/,
    'an iommu-addresses region in the tree cannot be used as it is written',
    'warning',
  ),
  says(
    'of_map_id',
    '4.10-',
    /^(?:OF: )?(\S+): (?:Error: )?Bad (\S+) length: (\d+)/,
    '$2 of $1 is no whole number of rows ($3 bytes): no function behind it gets an IOMMU',
    'error',
    1,
  ),
  says(
    'of_map_id',
    '4.10-',
    /(\S+): Invalid (\S+) translation - (\S+) \((0x[0-9a-f]+)\) ignores id-base \((0x[0-9a-f]+)\)/,
    'a row of $2 at $1 begins at $5, which $3 ($4) cuts off: the row can never match',
    'error',
    1,
  ),
  says(
    'of_map_id',
    '4.10-',
    /(\S+): no (\S+) translation for id (0x[0-9a-f]+)/,
    'no row of $2 at $1 covers requester ID $3: that function runs without an IOMMU',
    'warning',
    1,
  ),
  says(
    'of_map_id',
    '7.2-',
    /(\S+): (\S*-map) mismatch(?:es)?/,
    'the rows of $2 at $1 do not fit #iommu-cells of what they name',
    'error',
    1,
  ),
  says(
    'arm_setup_iommu_dma_ops',
    '3.5-',
    /Failed to create (\d+)-byte IOMMU mapping for device (\S+)/,
    'no IOMMU mapping of $1 bytes for the device: it runs without translation',
    'error',
    2,
  ),
  says(
    'arm_setup_iommu_dma_ops',
    '3.5-',
    /Failed to attached? device (\S+) to IOMMU_?mapping/i,
    'it could not be attached to its mapping',
    'error',
    1,
  ),
  says(
    'iommu_device_register',
    '6.1-6.6',
    /IOMMU driver .*already|Preventing concurrent/,
    'another IOMMU driver is registered: this kernel takes one driver at a time',
  ),
  known(
    'iommu_subsys_init',
    '4.20-',
    /^iommu: (?:Default domain type|DMA domain TLB|Forcing DAC|Memory encryption)|Default domain type: |DMA domain TLB invalidation policy|Using \d+-bit DMA addresses|IOMMU DebugFS SUPPORT|IOMMU data structures, which may|Attached IOMMU controller|Detached IOMMU controller|^device is (?:not )?(?:behind an iommu|dma coherent)|^device is not dma coherent/,
  ),
];

const dmaShapes: readonly Shape[] = [
  says(
    'swiotlb_tbl_map_single',
    '2.6-',
    /swiotlb buffer is full \(sz: (\d+) bytes\)/,
    'no bounce buffer of $1 bytes is left: the device cannot reach its memory by itself (dma-ranges, DMA mask, or no IOMMU) and swiotlb= is too small',
  ),
  says(
    'swiotlb_map',
    '5.3-',
    /swiotlb addr (\S+?)\+(\d+) overflow \(mask ([0-9a-f]+), bus limit ([0-9a-f]+)\)/,
    'even the bounce buffer at $1 lies beyond what the device reaches (mask $3, bus limit $4)',
  ),
  says(
    'report_addr',
    '4.16-5.6',
    /overflow (0x[0-9a-f]+)\+(\d+) of (?:DMA|device) mask ([0-9a-f]+)(?: bus (?:limit|mask) ([0-9a-f]+))?/,
    'memory at $1 lies beyond what the device reaches (mask $3), and no IOMMU or bounce buffer helps',
  ),
  says(
    'swiotlb_full',
    '2.6-4.20',
    /DMA: Out of SW-IOMMU space for (\d+) bytes(?: at device (\S+))?/,
    'no bounce buffer of $1 bytes is left: the transfer is lost',
    'error',
    2,
  ),
  says(
    'dma_direct_map_page',
    '5.0-',
    /DMA addr (\S+?)\+(\d+) overflow \(mask ([0-9a-f]+), bus limit ([0-9a-f]+)\)/,
    'memory at $1 lies beyond what the device reaches (mask $3, bus limit $4), and no IOMMU or bounce buffer helps',
  ),
  says(
    'dma_alloc_attrs',
    '5.0-',
    /coherent DMA (?:allocations not supported|mask (?:not set|is unset))/,
    'the device has no coherent DMA here',
  ),
  says(
    'dma_direct_set_offset',
    '5.10-',
    /attempt to add DMA range to existing map/,
    'the device has a DMA range map already',
  ),
  says(
    '(drivers)',
    '3.0-',
    /(?:[Ff]ailed|[Uu]nable|[Cc]annot|[Nn]o suitable|[Cc]ould ?n.t).{0,30}(?:DMA mask|dma_mask|DMA available|DMA addressing)/,
    'its DMA mask was refused: the bus (dma-ranges) or the kernel has no memory that low',
  ),
  known(
    'swiotlb_print_info',
    '2.6-',
    /software IO TLB|SWIOTLB bounce buffer size|swiotlb_create_|swiotlb_init|swiotlb=|Can not allocate SWIOTLB buffer earlier/,
  ),
  refuses(
    'vfio_group_viable',
    '3.6-5.19; QEMU',
    /(?:group|iommu group) (\d+) (?:is )?not viable/i,
    'a device of group $1 is still bound to a driver that uses the DMA API: all devices of a group go to user space together',
  ),
  refuses(
    'vfio',
    '3.6-',
    /(\S+): .*(?:No device found with iommu group|Failed to set iommu|IOMMU type not supported)/,
    'VFIO could not use the IOMMU of this group',
    1,
  ),
  refuses(
    'vfio_iommu_type1_attach_group',
    '4.20-',
    /No interrupt remapping support/,
    'no interrupt remapping for the device: VFIO refuses it unless allow_unsafe_interrupts is set',
  ),
  known('vfio', '3.6-', /VFIO - User Level meta-driver|vfio[-_]pci|vfio_platform/),
];

const kernelShapes: readonly Shape[] = [
  {
    by: 'smp_setup_processor_id',
    in: '2.6.39-',
    // The first line of Arm kernels; journalctl writes a line of its own between two boots.
    pattern: /^(?:Booting Linux on physical CPU |-- (?:Boot [0-9a-f]{32}|Reboot) --)/,
    whole: true,
    read: () => ({ type: 'kernel', what: 'boot', value: '' }),
  },
  {
    by: 'linux_banner',
    in: '2.6-',
    pattern: /^Linux version (\S+)/,
    whole: true,
    read: (m) => ({ type: 'kernel', what: 'version', value: m[1] ?? '' }),
  },
  {
    by: 'start_kernel',
    in: '2.6-',
    pattern: /^(?:Kernel command line|Command line): (.*)$/,
    whole: true,
    read: (m) => ({ type: 'kernel', what: 'cmdline', value: (m[1] ?? '').trim() }),
  },
  {
    by: 'setup_machine_fdt',
    in: '2.6.39-',
    pattern: /^(?:OF: fdt: ?|OF: fdt:)?Machine(?: model)?: (?:model: )?(.*)$/,
    whole: true,
    read: (m) => ({ type: 'kernel', what: 'machine', value: (m[1] ?? '').trim() }),
  },
  known('dump_stack_print_info', '3.10-', /^Hardware name: /),
  {
    by: '___ratelimit',
    in: '2.6.25-',
    pattern: /^(\w+): (\d+) callbacks suppressed/,
    whole: true,
    read: (m) =>
      /smmu|iommu|fault|evtq|event|mc_handle|dma|defer/i.test(m[1] ?? '')
        ? { type: 'suppressed', count: Number(m[2]) }
        : { type: 'note' },
  },
];

export const groups: Family = {
  name: 'iommu core',
  anchor: /[Ii][Oo][Mm][Mm][Uu]|-map|DMA|IOVA|iova|direct|device is/,
  shapes: groupShapes,
};
export const dma: Family = {
  name: 'dma',
  anchor: /swiotlb|SWIOTLB|DMA|dma_mask|vfio|VFIO|viable|overflow 0x/,
  shapes: dmaShapes,
};
export const kernel: Family = {
  name: 'kernel',
  anchor:
    /^(?:Linux version|Booting Linux|-- |Kernel command|Command line|OF: fdt|Machine|Hardware name|\w+: \d+ callbacks)/,
  shapes: kernelShapes,
};
