/** Lines of every driver family, each from the format string of the kernel function that is named beside it. */
import { describe, expect, it } from 'vitest';
import { readLog } from '../read';

/** The function that prints it ('' for what no row knows), the text (more lines of a block behind \n), and what it says; null: nothing. */
const LINES: readonly (readonly [string, string, Readonly<Record<string, unknown>> | null])[] = [
  [
    'arm_smmu_context_fault',
    'arm-smmu 15000000.iommu: Unhandled context fault: iova=0x00001000, fsynr=0x12, cb=3',
    { type: 'fault', model: 'arm-smmu', iova: 0x1000n, write: true, bank: 3, kind: 'translation', stream: null },
  ],
  [
    'arm_smmu_context_fault',
    'arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x402, iova=0xfffe0000, fsynr=0x10011, cbfrsynra=0x1, cb=0',
    { type: 'fault', stream: 1, iova: 0xfffe0000n, write: true },
  ],
  [
    'arm_smmu_context_fault',
    'arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x8, iova=0x00001000, fsynr=0x3, cbfrsynra=0x1401, cb=7',
    { type: 'fault', stream: 5121, kind: 'permission', write: false, bank: 7 },
  ],
  [
    'arm_smmu_context_fault',
    'arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x80000010, iova=0x2000, fsynr=0x0, cbfrsynra=0x2, cb=1',
    { type: 'fault', kind: 'other' },
  ],
  [
    'arm_smmu_context_fault',
    'arm-smmu 15000000.iommu: Unhandled context fault: iova=0xa09e70c8, fsr=0x40000402, fsynr=0x300003, cb=5',
    { type: 'fault', iova: 0xa09e70c8n, write: false, bank: 5, walkLevel: 3 },
  ],
  [
    'arm_smmu_context_fault',
    'arm-smmu 15000000.iommu: Unhandled context fault: iova=0x00001000, cb=0, fsr=0x40000402, fsynr0=0x200001, fsynr1=0x0',
    { type: 'fault', iova: 0x1000n, bank: 0, write: false },
  ],
  [
    'arm_smmu_context_fault',
    'arm-smmu 12000000.iommu: Unhandled context fault: iova=0x17fd0fe00, fsynr=0x220003, cb=21, sid=17(0x11 - AFI), pgd=25bec8003, pud=25bec8003, pmd=235085003, pte=0',
    { type: 'fault', stream: 17, client: 'AFI', bank: 21, walkLevel: 3 },
  ],
  [
    'arm_smmu_context_fault',
    'arm-smmu 12000000.iommu: Unhandled context fault: smmu1, iova=0x80000000, fsynr=0x20013, cb=2, sid=86(0x56 - PCIE0), pgd=0, pud=0, pmd=0, pte=0',
    { type: 'fault', stream: 86, walkLevel: 0, write: true },
  ],
  [
    'arm_smmu_context_fault',
    't19x-arm-smmu: Unhandled context fault: smmu0, iova=0x7ffc000000, fsynr=0x220003, cb=3, sid=17(0x11 - AFI), pgd=0, pud=0, pmd=0, pte=0',
    { type: 'fault', iommu: null, stream: 17 },
  ],
  [
    'arm_smmu_context_fault',
    'arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x402, iova=0xfd7ff000, fsyn>',
    { type: 'fault', iova: 0xfd7ff000n, stream: null },
  ],
  [
    'print_fault_regs',
    'arm-smmu 15000000.apps-smmu: Unhandled arm-smmu context fault from a600000.dwc3!\narm-smmu 15000000.apps-smmu: FAR    = 0x00000000efe60800\narm-smmu 15000000.apps-smmu: PAR    = 0x0000000000000000\narm-smmu 15000000.apps-smmu: FSR    = 0x40000402 [TF R SS ]\narm-smmu 15000000.apps-smmu: FSYNR0    = 0x5f0003\narm-smmu 15000000.apps-smmu: FSYNR1    = 0xaa02\narm-smmu 15000000.apps-smmu: context bank#    = 0x1b\narm-smmu 15000000.apps-smmu: TTBR0  = 0x001b0000c2a92000\narm-smmu 15000000.apps-smmu: SCTLR  = 0x0a5f00e7 ACTLR  = 0x00000003\narm-smmu 15000000.apps-smmu: SID = 0x40',
    {
      type: 'fault',
      client: 'a600000.dwc3',
      iova: 0xefe60800n,
      write: false,
      bank: 27,
      kind: 'translation',
      stream: 64,
    },
  ],
  [
    'arm_smmu_context_fault',
    'arm-smmu 15000000.iommu: Unhandled context fault: iova=0x2000, fsr=0x402, fsynr=0x11, cb=1\narm-smmu 15000000.iommu: SSD=0x0 SID=0x881',
    { type: 'fault', stream: 2177 },
  ],
  [
    'arm_smmu_context_fault',
    'arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x402, iova=0xffefe000, fsynr=0x3d0003, cbfrsynra=0x1004, cb=33\narm-smmu 15000000.iommu: FSR    = 00000402 [Format=2 TF], SID=0x1004\narm-smmu 15000000.iommu: FSYNR0 = 003d0003 [S1CBNDX=61 PLVL=3]',
    { type: 'fault', stream: 4100, bank: 33 },
  ],
  [
    'arm_smmu_context_fault',
    'qcom-iommu-ctx 1e24000.iommu-ctx: Unhandled context fault: fsr=0x2, iova=0x0000000000001000, fsynr=0x10, cb=4',
    { type: 'fault', model: 'qcom-iommu', stream: null, write: true },
  ],
  [
    'arm_smmu_global_fault',
    'arm-smmu 15000000.iommu: Blocked unknown Stream ID 0x85; boot with "arm-smmu.disable_bypass=0" to allow, but this may have security implications\narm-smmu 15000000.iommu: \tGFSR 0x00000002, GFSYNR0 0x00000006, GFSYNR1 0x00000085, GFSYNR2 0x00000000',
    { type: 'fault', stream: 133, kind: 'unknown-stream', write: true },
  ],
  [
    'arm_smmu_global_fault',
    'arm-smmu 15000000.iommu: Unexpected global fault, this could be serious\narm-smmu 15000000.iommu: \tGFSR 0x80000002, GFSYNR0 0x00000004, GFSYNR1 0x00000440, GFSYNR2 0x00000000',
    { type: 'fault', stream: 1088, kind: 'unknown-stream', write: false },
  ],
  [
    'arm_smmu_global_fault',
    'arm-smmu 15000000.iommu: Unexpected global fault, this could be serious\narm-smmu 15000000.iommu: \tGFSR 0x00000004, GFSYNR0 0x00000000, GFSYNR1 0x00000012, GFSYNR2 0x00000000',
    { type: 'fault', stream: 18, kind: 'other' },
  ],
  [
    'arm_smmu_probe_device',
    'oracle-client a101000.client: stream ID 0x8000 out of range for SMMU (0x7fff)',
    { type: 'refusal', device: 'a101000.client', why: expect.stringContaining('0x8000') },
  ],
  [
    'arm_smmu_probe_device',
    'dwc3 a600000.usb: SMR mask 0xffff out of range for SMMU (0x7fff)',
    { type: 'refusal', device: 'a600000.usb', why: expect.stringContaining('wider') },
  ],
  [
    'arm_smmu_tlb_sync',
    'arm-smmu 15000000.iommu: TLB sync timed out -- SMMU may be deadlocked',
    { type: 'driver', device: '15000000.iommu', why: expect.stringContaining('invalidation') },
  ],
  [
    'arm_smmu_device_probe',
    'arm-smmu 15000000.iommu: found only 3 context irq(s) but 8 required',
    { type: 'driver', device: '15000000.iommu', why: expect.stringContaining('3 context') },
  ],
  [
    'arm_smmu_device_probe',
    'arm-smmu 15000000.iommu: found 2 interrupts but expected at least 3',
    { type: 'driver', device: '15000000.iommu', why: expect.stringContaining('2 interrupts') },
  ],
  [
    'arm_smmu_device_dt_probe',
    'arm-smmu 15000000.iommu: missing #global-interrupts property',
    { type: 'driver', device: '15000000.iommu', why: expect.stringContaining('#global-interrupts') },
  ],
  [
    'arm_smmu_device_dt_probe',
    'arm-smmu 15000000.iommu: not probing due to mismatched DT properties',
    { type: 'driver', device: '15000000.iommu', why: expect.stringContaining('mixed') },
  ],
  [
    'arm_smmu_device_probe',
    'arm-smmu 15000000.iommu: failed to get clocks -2',
    { type: 'driver', device: '15000000.iommu', why: expect.stringContaining('clocks') },
  ],
  [
    'arm_smmu_device_cfg_probe',
    'arm-smmu 15000000.iommu: \tno translation support!',
    { type: 'driver', device: '15000000.iommu', why: expect.stringContaining('cannot translate') },
  ],
  [
    'arm_smmu_device_cfg_probe',
    'arm-smmu 15000000.iommu: stream-matching supported, but no SMRs present!',
    { type: 'driver', device: '15000000.iommu', why: expect.stringContaining('stream-match') },
  ],
  [
    'arm_smmu_device_cfg_probe',
    'arm-smmu 15000000.iommu: SMMU address space size (0x80000) differs from mapped region size (0x10000)!',
    { type: 'driver', device: '15000000.iommu', why: expect.stringContaining('0x80000') },
  ],
  [
    'arm_smmu_device_cfg_probe',
    'arm-smmu 15000000.iommu: impossible number of S2 context banks!',
    { type: 'driver', device: '15000000.iommu', why: expect.stringContaining('no sense') },
  ],
  [
    'arm_smmu_init_domain_context',
    'arm-smmu 15000000.iommu: failed to request context IRQ 40 (2)',
    { type: 'driver', device: '15000000.iommu', why: expect.stringContaining('40') },
  ],
  [
    'arm_smmu_device_probe',
    'arm-smmu 15000000.iommu: failed to request global IRQ 0 (3)',
    { type: 'driver', device: '15000000.iommu', why: expect.stringContaining('global') },
  ],
  [
    'arm_smmu_iova_to_phys_hard',
    'arm-smmu 15000000.iommu: iova to phys timed out on 0x1000. Falling back to software table walk.',
    { type: 'driver', device: '15000000.iommu', why: expect.stringContaining('did not answer') },
  ],
  [
    'arm_smmu_device_probe',
    'arm-smmu 15000000.iommu: Failed to register iommu',
    { type: 'driver', device: '15000000.iommu', why: expect.stringContaining('core') },
  ],
  [
    'qcom_smmu_impl_init',
    'arm-smmu 15000000.iommu: Missing qcom_smmu_impl_of_match entry for: qcom,x1e80100-smmu-500',
    { type: 'driver', device: '15000000.iommu', why: expect.stringContaining('x1e80100') },
  ],
  [
    'qcom_sdm845_smmu500_reset',
    'arm-smmu 15000000.iommu: Failed to turn off SAFE logic',
    { type: 'driver', device: '15000000.iommu', why: expect.stringContaining('SAFE') },
  ],
  [
    'qcom_find_tbu',
    'arm-smmu 15000000.iommu: Unable to find TBU for sid 0x880',
    { type: 'driver', device: '15000000.iommu', why: expect.stringContaining('0x880') },
  ],
  [
    'qcom_tbu_halt',
    'arm-smmu 15000000.iommu: Timeout while trying to halt TBU!',
    { type: 'driver', device: '15000000.iommu', why: expect.stringContaining('did not stop') },
  ],
  [
    'arm_smmu_device_dt_probe',
    'arm-smmu: deprecated "mmu-masters" DT property in use; DMA API support unavailable',
    { type: 'driver', device: '', why: expect.stringContaining('mmu-masters') },
  ],
  [
    'qcom_iommu_init_domain',
    'qcom-iommu-ctx 1e20000.iommu: secure init failed: -22',
    { type: 'driver', device: '1e20000.iommu', why: expect.stringContaining('firmware') },
  ],
  [
    'qcom_iommu_device_probe',
    'qcom-iommu-ctx 1e20000.iommu: missing qcom,iommu-secure-id property',
    { type: 'driver', device: '1e20000.iommu', why: expect.stringContaining('secure-id') },
  ],
  [
    'qcom_iommu_device_probe',
    'qcom-iommu-ctx 1e20000.iommu: failed to get iface clock',
    { type: 'driver', device: '1e20000.iommu', why: expect.stringContaining('iface') },
  ],
  [
    'qcom_iommu_tlb_sync',
    'qcom-iommu-ctx 1e20000.iommu: timeout waiting for TLB SYNC',
    { type: 'driver', device: '1e20000.iommu', why: expect.stringContaining('invalidation') },
  ],
  [
    'qcom_iommu_attach_dev',
    'qcom-iommu-ctx 1e20000.iommu: cannot attach to IOMMU, is it on the same bus?',
    { type: 'driver', device: '1e20000.iommu', why: expect.stringContaining('attached') },
  ],
  ['arm_smmu_device_cfg_probe', 'arm-smmu 15000000.iommu: probing hardware configuration...', null],
  ['arm_smmu_device_cfg_probe', 'arm-smmu 15000000.iommu: SMMUv2 with:', null],
  ['arm_smmu_device_cfg_probe', 'arm-smmu 15000000.iommu: \tstage 1 translation', null],
  ['arm_smmu_device_cfg_probe', 'arm-smmu 15000000.iommu: \tnon-coherent table walk', null],
  ['arm_smmu_device_cfg_probe', 'arm-smmu 15000000.iommu: \t(IDR0.CTTW overridden by FW configuration)', null],
  ['arm_smmu_device_cfg_probe', 'arm-smmu 15000000.iommu: \tstream matching with 128 register groups', null],
  ['arm_smmu_device_cfg_probe', 'arm-smmu 15000000.iommu: \t8 context banks (0 stage-2 only)', null],
  ['arm_smmu_device_cfg_probe', 'arm-smmu 15000000.iommu: \tSupported page sizes: 0x61311000', null],
  ['arm_smmu_device_cfg_probe', 'arm-smmu 15000000.iommu: \tStage-1: 48-bit VA -> 48-bit IPA', null],
  ['arm_smmu_device_cfg_probe', 'arm-smmu 15000000.iommu: \tpreserved 3 boot mappings', null],
  [
    'arm_smmu_evtq_thread',
    'arm-smmu-v3 9050000.smmuv3: event 0x10 received:\narm-smmu-v3 9050000.smmuv3: \t0x0000000800000010\narm-smmu-v3 9050000.smmuv3: \t0x0000000800000000\narm-smmu-v3 9050000.smmuv3: \t0x0000000010000000\narm-smmu-v3 9050000.smmuv3: \t0x0000000000000000',
    { type: 'fault', model: 'arm-smmu-v3', stream: 8, iova: 0x10000000n, write: false, kind: 'translation' },
  ],
  [
    'arm_smmu_evtq_thread',
    'arm-smmu-v3 9050000.smmuv3: event 0x13 received:\narm-smmu-v3 9050000.smmuv3: \t0x0000000800000013\narm-smmu-v3 9050000.smmuv3: \t0x0000000000000000\narm-smmu-v3 9050000.smmuv3: \t0x00000000ffffe000\narm-smmu-v3 9050000.smmuv3: \t0x0000000000000000',
    { type: 'fault', kind: 'permission', write: true, stream: 8 },
  ],
  [
    'arm_smmu_evtq_thread',
    'arm-smmu-v3 9050000.smmuv3: event 0x02 received:\narm-smmu-v3 9050000.smmuv3: \t0x0000ffff00000002\narm-smmu-v3 9050000.smmuv3: \t0x0000000000000000\narm-smmu-v3 9050000.smmuv3: \t0x0000000000000000\narm-smmu-v3 9050000.smmuv3: \t0x0000000000000000',
    { type: 'fault', kind: 'bad-stream-id', stream: 65535, iova: null },
  ],
  [
    'arm_smmu_evtq_thread',
    'arm-smmu-v3 9050000.smmuv3: event 0x07 received:\narm-smmu-v3 9050000.smmuv3: \t0x0000010000000007\narm-smmu-v3 9050000.smmuv3: \t0x0000000000000000\narm-smmu-v3 9050000.smmuv3: \t0x0000000000000000\narm-smmu-v3 9050000.smmuv3: \t0x0000000000000000',
    { type: 'fault', kind: 'ats', stream: 256 },
  ],
  [
    'arm_smmu_evtq_thread',
    'arm-smmu-v3 9050000.smmuv3: event 0x0a received:\narm-smmu-v3 9050000.smmuv3: \t0x000001000000000a\narm-smmu-v3 9050000.smmuv3: \t0x0000000000000000\narm-smmu-v3 9050000.smmuv3: \t0x0000000000000000\narm-smmu-v3 9050000.smmuv3: \t0x0000000000000000',
    { type: 'fault', kind: 'other', stream: 256 },
  ],
  [
    'arm_smmu_dump_event',
    'arm-smmu-v3 9050000.smmuv3: event: F_PERMISSION client: 0000:00:01.0 sid: 0x8 ssid: 0x0 iova: 0xffffe000 ipa: 0x0\narm-smmu-v3 9050000.smmuv3: unpriv data write s1 "Input address caused fault" stag: 0x0',
    { type: 'fault', stream: 8, client: '0000:00:01.0', write: true, kind: 'permission' },
  ],
  [
    'arm_smmu_dump_event',
    'arm-smmu-v3 9050000.smmuv3: event: C_BAD_STREAMID client: (unassigned sid) sid: 0x1f ssid: 0x0',
    { type: 'fault', stream: 31, client: null, kind: 'bad-stream-id' },
  ],
  [
    'arm_smmu_dump_event',
    'arm-smmu-v3 9050000.smmuv3: event: F_STE_FETCH client: (unassigned sid) sid: 0x30 ssid: 0x0 fetch_addr: 0x80000000',
    { type: 'fault', stream: 48, iova: null },
  ],
  [
    'arm_smmu_handle_ppr',
    'arm-smmu-v3 9050000.smmuv3: unexpected PRI request received:\narm-smmu-v3 9050000.smmuv3: \tsid 0x00000100.0x00001: [0 last] unprivileged r-- access at iova 0x0000000000002000',
    { type: 'fault', stream: 256, iova: 0x2000n, kind: 'ats' },
  ],
  [
    'arm_smmu_cmdq_issue_cmdlist',
    'arm-smmu-v3 9050000.smmuv3: CMD_SYNC timeout at 0x00000117 [hwprod 0x00000118, hwcons 0x00000117]',
    { type: 'driver', device: '9050000.smmuv3', why: expect.stringContaining('did not end') },
  ],
  [
    '__arm_smmu_cmdq_issue_sync',
    'arm-smmu-v3 9050000.smmuv3: CMD_SYNC timeout',
    { type: 'driver', device: '9050000.smmuv3', why: expect.stringContaining('did not end') },
  ],
  [
    'arm_smmu_cmdq_issue_cmdlist',
    'arm-smmu-v3 9050000.smmuv3: CMDQ timeout',
    { type: 'driver', device: '9050000.smmuv3', why: expect.stringContaining('full') },
  ],
  [
    'arm_smmu_cmdq_skip_err',
    'arm-smmu-v3 9050000.smmuv3: CMDQ error (cons 0x01000002): Illegal command',
    { type: 'driver', device: '9050000.smmuv3', why: expect.stringContaining('Illegal') },
  ],
  [
    'arm_smmu_evtq_thread',
    'arm-smmu-v3 9050000.smmuv3: EVTQ overflow detected -- events lost',
    { type: 'driver', device: '9050000.smmuv3', why: expect.stringContaining('faster') },
  ],
  [
    'arm_smmu_priq_thread',
    'arm-smmu-v3 9050000.smmuv3: PRIQ overflow detected -- requests lost',
    { type: 'driver', device: '9050000.smmuv3', why: expect.stringContaining('lost') },
  ],
  [
    'arm_smmu_gerror_handler',
    'arm-smmu-v3 9050000.smmuv3: unexpected global error reported (0x00000001), this could be serious',
    { type: 'driver', device: '9050000.smmuv3', why: expect.stringContaining('GERROR') },
  ],
  [
    'arm_smmu_gerror_handler',
    'arm-smmu-v3 9050000.smmuv3: device has entered Service Failure Mode!',
    { type: 'driver', device: '9050000.smmuv3', why: expect.stringContaining('failed') },
  ],
  [
    'arm_smmu_gerror_handler',
    'arm-smmu-v3 9050000.smmuv3: EVTQ MSI write aborted',
    { type: 'driver', device: '9050000.smmuv3', why: expect.stringContaining('EVTQ') },
  ],
  [
    'arm_smmu_gerror_handler',
    'arm-smmu-v3 9050000.smmuv3: EVTQ write aborted -- events may have been lost',
    { type: 'driver', device: '9050000.smmuv3', why: expect.stringContaining('lost') },
  ],
  [
    'arm_smmu_device_hw_probe',
    'arm-smmu-v3 9050000.smmuv3: unknown/unsupported TT endianness!',
    { type: 'driver', device: '9050000.smmuv3', why: expect.stringContaining('no sense') },
  ],
  [
    'arm_smmu_device_hw_probe',
    'arm-smmu-v3 9050000.smmuv3: AArch64 table format not supported!',
    { type: 'driver', device: '9050000.smmuv3', why: expect.stringContaining('lacks') },
  ],
  [
    'arm_smmu_device_dt_probe',
    'arm-smmu-v3 9050000.smmuv3: missing #iommu-cells property',
    { type: 'driver', device: '9050000.smmuv3', why: expect.stringContaining('<1>') },
  ],
  [
    'arm_smmu_device_probe',
    'arm-smmu-v3 9050000.smmuv3: MMIO region too small ([mem 0x09050000-0x09050fff])',
    { type: 'driver', device: '9050000.smmuv3', why: expect.stringContaining('smaller') },
  ],
  [
    'arm_smmu_device_reset',
    'arm-smmu-v3 9050000.smmuv3: SMMU currently enabled! Resetting...',
    { type: 'driver', device: '9050000.smmuv3', why: expect.stringContaining('firmware') },
  ],
  [
    'arm_smmu_device_reset',
    'arm-smmu-v3 9050000.smmuv3: failed to enable command queue',
    { type: 'driver', device: '9050000.smmuv3', why: expect.stringContaining('register') },
  ],
  [
    'arm_smmu_update_gbpa',
    'arm-smmu-v3 9050000.smmuv3: GBPA not responding to update',
    { type: 'driver', device: '9050000.smmuv3', why: expect.stringContaining('GBPA') },
  ],
  [
    'arm_smmu_setup_unique_irqs',
    'arm-smmu-v3 9050000.smmuv3: no evtq irq - events will not be reported!',
    { type: 'driver', device: '9050000.smmuv3', why: expect.stringContaining('interrupt') },
  ],
  [
    'arm_smmu_init_strtab_2lvl',
    'arm-smmu-v3 9050000.smmuv3: 2-level strtab only covers 23/32 bits of SID',
    { type: 'driver', device: '9050000.smmuv3', why: expect.stringContaining('23') },
  ],
  [
    'arm_smmu_rmr_install_bypass_ste',
    'arm-smmu-v3 9050000.smmuv3: RMR SID(0x10) bypass failed',
    { type: 'driver', device: '9050000.smmuv3', why: expect.stringContaining('0x10') },
  ],
  [
    'arm_smmu_init_one_queue',
    'arm-smmu-v3 9050000.smmuv3: failed to allocate queue (0x8000 bytes) for evtq',
    { type: 'driver', device: '9050000.smmuv3', why: expect.stringContaining('memory') },
  ],
  [
    'arm_smmu_device_hw_probe',
    'arm-smmu-v3 9050000.smmuv3: IDR0.COHACC overridden by FW configuration (true)',
    { type: 'driver', device: '9050000.smmuv3', why: expect.stringContaining('dma-coherent') },
  ],
  [
    'arm_smmu_insert_master',
    'e1000e 0000:01:00.0: stream 256 already in tree from dev 0000:02:00.0',
    { type: 'refusal', device: '0000:01:00.0', why: expect.stringContaining('256') },
  ],
  [
    'arm_smmu_insert_master',
    'nvme 0000:01:00.0: Aliasing StreamID 0x100 (from 0000:02:00.0) unsupported, expect DMA to be broken',
    { type: 'refusal', device: '0000:01:00.0', why: expect.stringContaining('0x100') },
  ],
  ['arm_smmu_device_hw_probe', 'arm-smmu-v3 9050000.smmuv3: ias 44-bit, oas 44-bit (features 0x00008305)', null],
  ['arm_smmu_device_hw_probe', 'arm-smmu-v3 9050000.smmuv3: allocated 65536 entries for cmdq', null],
  ['arm_smmu_device_hw_probe', 'arm-smmu-v3 9050000.smmuv3: option mask 0x0', null],
  ['arm_smmu_device_hw_probe', 'arm-smmu-v3 9050000.smmuv3: msi_domain absent - falling back to wired irqs', null],
  [
    'tegra30_mc_handle_irq',
    'tegra-mc 70019000.memory-controller: vicsrd: read @0x0000000080001000: Page fault (SMMU translation error [--S])',
    { type: 'fault', model: 'tegra-smmu', client: 'vicsrd', iova: 0x80001000n, write: false, kind: 'translation' },
  ],
  [
    'tegra30_mc_handle_irq',
    'tegra-mc 70019000.memory-controller: sdmmcwaa: write @0x00000000f0001000: Page fault (SMMU translation error [R-S])',
    { type: 'fault', kind: 'permission', write: true },
  ],
  [
    'tegra30_mc_handle_irq',
    'tegra-mc 2c00000.memory-controller: pcie5w: write @0x000000ffffffff00: EMEM address decode error (EMEM decode error)',
    { type: 'fault', model: 'tegra-mc', client: 'pcie5w', kind: 'decode', iova: 0xffffffff00n, write: true },
  ],
  [
    'tegra30_mc_handle_irq',
    'tegra-mc 2c00000.memory-controller: nvencswr: secure write @0x00000003ffffff00: VPR violation ((null))',
    { type: 'fault', kind: 'permission', client: 'nvencswr' },
  ],
  [
    'tegra30_mc_handle_irq',
    'tegra-mc 2c00000.memory-controller: unknown: read @0x0000000000000000: Route Sanity error ((null))',
    { type: 'fault', client: 'unknown', write: false },
  ],
  [
    'mcerr_default_print',
    'mc-err: (255) csw_pcie5w: EMEM address decode error\nmc-err:   status = 0x200640f2; addr = 0xffffffff00; hi_adr_reg=008\nmc-err:   secure: no, access-type: write',
    { type: 'fault', client: 'pcie5w', iova: 0xffffffff00n, write: true, kind: 'decode' },
  ],
  [
    'mcerr_default_print',
    'mc-err: (15) csr_afir: MC_SMMU page fault\nmc-err:   status = 0x6; addr = 0x80000000\nmc-err:   secure: no, access-type: read, SMMU fault: nr-nw-ns',
    { type: 'fault', client: 'afir', iova: 0x80000000n, write: false },
  ],
  [
    'tegra30_mc_handle_irq',
    'tegra-mc 2c00000.memory-controller: unknown interrupt channel 0x00000100',
    { type: 'driver', device: '2c00000.memory-controller', why: expect.stringContaining('channel') },
  ],
  [
    'tegra186_mc_probe',
    'tegra-mc 2c00000.memory-controller: Broadcast channel is missing, please update your device-tree',
    { type: 'driver', device: '2c00000.memory-controller', why: expect.stringContaining('broadcast') },
  ],
  [
    'tegra_mc_probe',
    'tegra-mc 70019000.memory-controller: failed to probe SMMU: -2',
    { type: 'driver', device: '70019000.memory-controller', why: expect.stringContaining('-2') },
  ],
  [
    'tegra_smmu_enable',
    'tegra_smmu_group_get: group from swgroup 99 not found',
    { type: 'driver', device: '', why: expect.stringContaining('99') },
  ],
];

describe('lines', () => {
  it.each(LINES)('%s: %s', (by, text, expected) => {
    const log = text
      .split('\n')
      .map((line, i) => `[    ${i + 1}.000000] ${line}`)
      .join('\n');
    const [fact] = readLog(log).facts;
    if (expected === null) {
      expect(fact).toBeUndefined();
      return;
    }
    expect(fact).toMatchObject(expected);
    if (by !== '') expect(fact?.printedBy).toContain(by);
  });
});
