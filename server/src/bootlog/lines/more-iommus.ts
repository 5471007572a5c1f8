/** Renesas, MSM, OMAP, Allwinner, Apple, RISC-V, virtio, Spreadtrum and VeriSilicon. */
import { RISCV_CAUSES } from '../../simulator/smmu/riscv/fault-causes';
import { big, type Family, known, num, refuses, type Shape, says } from './shape';

const renesasShapes: readonly Shape[] = [
  {
    by: 'ipmmu_domain_irq',
    in: '3.19-',
    pattern: /^Unhandled fault: status (0x[0-9a-f]+) iova (0x[0-9a-f]+)/,
    // IMSTR: TF is bit 0, PF bit 1 (ipmmu-vmsa.c).
    read: (m) => ({
      type: 'fault',
      model: 'ipmmu-vmsa',
      iova: big(m[2]),
      kind: ((num(m[1]) ?? 0) & 1) !== 0 ? 'translation' : 'permission',
    }),
  },
  {
    by: 'ipmmu_domain_irq',
    in: '3.19-',
    pattern: /^(Multiple TLB hits|Page Table Walk Abort) @(0x[0-9a-f]+)/,
    read: (m) => ({ type: 'fault', model: 'ipmmu-vmsa', iova: big(m[2]), kind: 'other', decoded: [m[1] ?? ''] }),
  },
  says(
    'ipmmu_tlb_sync',
    '3.19-',
    /^TLB sync timed out -- MMU may be deadlocked/,
    'an invalidation did not end: its power domain is off, or a transaction hangs',
  ),
  says(
    'ipmmu_attach_device',
    '3.19-',
    /^(?:Cannot attach to IPMMU|Unable to initialize IPMMU context|Failed to attach device to VA mapping|Can't create IOMMU mapping)/,
    'the device could not be attached: the IPMMU has no free context, or is not there',
  ),
  says(
    'ipmmu_probe',
    '3.19-',
    /^failed to (?:request IRQ (\d+)|create ARM IOMMU mapping)/,
    'the IPMMU did not come up as it should',
  ),
  known(
    'ipmmu_domain_init_context',
    '3.19-',
    /^(?:Using|Reusing) IPMMU context|^IPMMU context 0 is reserved|^ARM mapping/,
  ),
];

const msmShapes: readonly Shape[] = [
  known('print_ctx_regs', '3.0-', /^(?:FSYNR0|TTBR0|SCTLR|base)\s+= [0-9a-f]{8}|^Interesting registers:/),
  {
    by: 'msm_iommu_fault_handler',
    in: '3.0-, vendor (Qualcomm 3.4)',
    pattern: /Unexpected IOMMU page fault!/,
    whole: true,
    opens: 14,
    read: () => ({ type: 'fault', model: 'msm-iommu' }),
  },
  {
    by: 'msm_iommu_fault_handler',
    in: '3.0-',
    pattern: /Fault occurred in context (\d+)\./,
    whole: true,
    read: (m) => ({ type: 'detail', bank: Number(m[1]), decoded: [`context ${m[1]}`] }),
  },
  {
    by: 'print_ctx_regs',
    in: '3.0-',
    pattern: /(?:^|: )FAR\s+= ([0-9a-f]{8})\s+PAR/,
    whole: true,
    read: (m) => ({ type: 'detail', iova: big(m[1]) }),
  },
  {
    by: 'print_ctx_regs',
    in: '3.0-',
    pattern: /(?:^|: )FSR\s+= ([0-9a-f]{8}) \[([A-Z ]*)\]\s*$/,
    whole: true,
    read: (m, line) => {
      if (line.device !== null) return null;
      const fsr = num(m[1]) ?? 0;
      return {
        type: 'detail',
        kind: (fsr & 2) !== 0 ? 'translation' : (fsr & 8) !== 0 ? 'permission' : 'other',
        decoded: (m[2] ?? '')
          .trim()
          .split(' ')
          .filter((n) => n !== '')
          .map((n) => `FSR.${n}`),
      };
    },
  },
  says(
    'msm_iommu_fault_handler',
    '3.0-',
    /Invalid device ID in context interrupt handler/,
    'an interrupt of an IOMMU that the driver does not know',
  ),
  says('msm_iommu_probe', '3.0-', /^could not get (\S+)/, 'the node lacks $1'),
  refuses(
    'insert_iommu_master',
    '4.8-',
    /^Stream ID (0x[0-9a-f]+) repeated; ignoring/,
    'the iommus list names stream $1 twice',
  ),
];

const omapShapes: readonly Shape[] = [
  {
    by: 'iommu_fault_handler',
    in: '2.6.37-',
    pattern: /^(?:\S+: )?errs:(0x[0-9a-f]+) da:(0x[0-9a-f]+)/,
    read: (m) => ({
      type: 'fault',
      model: 'omap-iommu',
      iova: big(m[2]),
      kind: 'translation',
      decoded: ['TLB miss', 'translation fault', 'emulation miss', 'table walk fault', 'TLB multi-hit'].filter(
        (_, bit) => ((num(m[1]) ?? 0) & (1 << bit)) !== 0,
      ),
    }),
  },
  says(
    'omap_iommu_probe',
    '3.14-',
    /ti,syscon-mmuconfig property is missing|couldn't get the IOMMU instance id|invalid IOMMU instance id/,
    'ti,syscon-mmuconfig of the node is missing or wrong',
  ),
  says(
    'omap_iommu_attach_dev',
    '2.6.37-',
    /^(?:can't get omap iommu|failed to allocate required iommu data|device doesn't have an associated iommu|iommu domain is already attached)/,
    'the device could not be attached to its IOMMU',
  ),
  says(
    'omap_iommu_runtime_resume',
    '3.14-',
    /^deassert_reset failed: (-?\d+)/,
    'the reset of the IOMMU was not released ($1)',
  ),
  says(
    'omap_iommu_map',
    '2.6.37-',
    /bogus p[tg][ed] |should aligned on|invalid size to map|DMA map error/,
    'a mapping that its tables cannot hold',
  ),
  known('omap_iommu_probe', '2.6.37-', /registered$|removed$|version \d/),
];

const otherShapes: readonly Shape[] = [
  {
    by: 'sun50i_iommu_report_fault',
    in: '5.8-',
    pattern: /^Page fault for (0x[0-9a-f]+) \(master (\d+), dir (rd|wr|READ|WRITE)\)/,
    read: (m) => ({
      type: 'fault',
      model: 'sun50i-iommu',
      iova: big(m[1]),
      stream: Number(m[2]),
      write: m[3] === 'wr' || m[3] === 'WRITE',
      kind: 'translation',
    }),
  },
  says(
    'sun50i_iommu_report_fault',
    '5.8-',
    /^Page fault while iommu not attached to any domain\?/,
    'a fault came while no domain was attached: the device was left running',
  ),
  says(
    'sun50i_iommu_zap_iova',
    '5.8-',
    /^(?:TLB invalidation|PTW cache invalidation|TLB Flush) timed out!/,
    'an invalidation did not end: its clock or reset is wrong',
    'warning',
  ),
  says('sun50i_iommu_probe', '5.8-', /^Couldn't get our (clock|reset line)/, 'the $1 is missing in the node'),
  {
    by: 'apple_dart_t8020_irq',
    in: '5.15-',
    pattern: /^translation fault: status:(0x[0-9a-f]+) stream:(\d+) code:(0x[0-9a-f]+) \(([^)]*)\) at (0x[0-9a-f]+)/,
    read: (m) => ({
      type: 'fault',
      model: 'apple-dart',
      stream: Number(m[2]),
      iova: big(m[5]),
      write: /WRITE/.test(m[4] ?? '') ? true : /READ/.test(m[4] ?? '') ? false : null,
      kind: /READ|WRITE/.test(m[4] ?? '') ? 'permission' : 'translation',
      decoded: [m[4] ?? ''],
    }),
  },
  says(
    'apple_dart_hw_stream_command',
    '5.15-',
    /^busy bit did not clear after command/,
    'the DART does not answer an invalidation: its power domain is off',
  ),
  says(
    'apple_dart_hw_reset',
    '5.15-',
    /^DART is locked down until reboot/,
    'firmware locked this DART: Linux cannot set it up',
  ),
  says(
    'apple_dart_probe',
    '5.15-',
    /^Too many streams \((\d+) > (\d+)\)|^MMIO region too small|^Failed to (?:reset DART|merge DART IOMMU groups)/,
    'the DART did not come up as it should',
  ),
  {
    by: 'riscv_iommu_fault',
    in: '6.13-',
    pattern: /^Fault (\d+) devid: (0x[0-9a-f]+) iotval: ([0-9a-f]+) iotval2: ([0-9a-f]+)/,
    read: (m) => {
      const cause = Number(m[1]);
      const [text, kind] = RISCV_CAUSES[cause] ?? ['unknown cause', 'other'];
      return {
        type: 'fault',
        model: 'riscv-iommu',
        stream: num(m[2]),
        iova: big(m[3]),
        write: [7, 15, 23].includes(cause) ? true : [5, 13, 21].includes(cause) ? false : null,
        kind,
        decoded: [`cause ${cause}: ${text}`],
      };
    },
  },
  says(
    'riscv_iommu_iodir_set_mode',
    '6.13-',
    /^(?:timeout when setting ddtp|DDTP update failed|DDTP hw mode|queue #\d+ |fail to disable hardware queue|Hardware error: |cannot find supported|unexpected device state|cannot register)/,
    'the IOMMU did not take its set-up or a command',
  ),
  {
    by: 'viommu_fault_handler',
    in: '5.3-',
    pattern: /^(page|domain|unknown) fault from EP (\d+)(?: at (0x[0-9a-f]+|0) \[(\w*)\])?/,
    read: (m) => ({
      type: 'fault',
      model: 'virtio-iommu',
      stream: Number(m[2]),
      iova: big(m[3]),
      write: m[4] === undefined || m[4] === '' ? null : m[4].includes('W'),
      kind: m[1] === 'domain' ? 'blocked' : m[4] === undefined || m[4] === '' ? 'translation' : 'permission',
      // virtio has one reason for both; QEMU (virtio_iommu_translate, 7.2) names the access only where a mapping denies it
      ...(m[1] === 'page' && {
        decoded: [
          m[4]
            ? 'page: as QEMU tells it, something is mapped there and denies the access'
            : 'page: nothing is mapped there',
        ],
      }),
    }),
  },
  says(
    'viommu_add_resv_mem',
    '5.3-',
    /^(?:unknown resv mem subtype|unknown viommu prop|failed to parse viommu prop|invalid event buffer|could not add event buffer)/,
    'the hypervisor offers what this driver does not know',
    'warning',
  ),
  says(
    'viommu_domain_finalise',
    '5.3-',
    /^granule (0x[0-9a-f]+) larger than system page size (0x[0-9a-f]+)/,
    "the smallest page of the virtual IOMMU ($1) is larger than the kernel's ($2)",
  ),
  known('viommu_config_changed', '5.3-', /^(?:input address: \d+ bits|page mask: |device removed|config changed)/),
  says(
    'sprd_iommu_map',
    '5.13-',
    /^\(iova\(0x[0-9a-f]+\) \+ size\([0-9a-f]+\)\) are not in the range!/,
    'a mapping outside the window of this IOMMU',
  ),
  says(
    'sprd_iommu_probe',
    '5.13-',
    /^IOMMU version\((\S+)\) is invalid|^Failed to get ioremap resource|No sprd_iommu_device attached/,
    'the IOMMU did not come up: registers or version are not what the driver knows',
  ),
  {
    by: 'vsi_iommu_irq',
    in: '7.1-',
    pattern: /^unexpected int_status=([0-9a-f]+)/,
    read: (m) => ({ type: 'fault', model: 'vsi-iommu', kind: 'other', decoded: [`int_status ${m[1]}`] }),
  },
];

export const renesas: Family = { name: 'renesas', anchor: /ipmmu|\.iommu|\.mmu/i, shapes: renesasShapes };
export const msm: Family = {
  name: 'msm',
  anchor:
    /IOMMU page fault|Fault occurred in context|FAR {2}|FSR {2}|msm_iommu|iommu_pclk|context interrupt handler|^(?:FSYNR0|TTBR0|SCTLR|base) +=|^Interesting/,
  shapes: msmShapes,
};
export const omap: Family = { name: 'omap', anchor: /omap-iommu|\.mmu|iommu/, shapes: omapShapes };
export const others: Family = { name: 'others', anchor: /iommu|dart/, shapes: otherShapes };
