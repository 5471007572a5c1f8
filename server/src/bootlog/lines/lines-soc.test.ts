/** Lines of every driver family, each from the format string of the kernel function that is named beside it. */
import { describe, expect, it } from 'vitest';
import { readLog } from '../read';

/** The function that prints it ('' for what no row knows), the text (more lines of a block behind \n), and what it says; null: nothing. */
const LINES: readonly (readonly [string, string, Readonly<Record<string, unknown>> | null])[] = [
  [
    'rga_iommu_intr_fault_handler',
    'rga: 0      0     : IOMMU intr fault, IOVA[0x3010040], STATUS[0x24b]',
    { type: 'fault', model: 'rockchip-rga', iova: 0x3010040n },
  ],
  [
    'vcodec_sysmmu_fault_hdl',
    'rk-vcodec ff650000.vpu_service: vcodec, fault addr 0x04482010 status 6b',
    { type: 'fault', client: 'ff650000.vpu_service', iova: 0x4482010n },
  ],
  [
    'rk_iommu_irq',
    'rk_iommu ff3f0000.iommu: Page fault at 0x00000000fff01000 of type write',
    { type: 'fault', model: 'rockchip-iommu', iova: 0xfff01000n, write: true },
  ],
  [
    'rk_iommu_irq',
    'rk_iommu ff930300.iommu: Page fault at 0x0000000000001000 of type read\nrk_iommu ff930300.iommu: iova = 0x0000000000001000: dte_index: 0x000 pte_index: 0x001 page_offset: 0x000\nrk_iommu ff930300.iommu: mmu_dte_addr: 0x0000000000100000 dte@0x0000000000100000: 0x000000 valid: 0 pte@0x0000000000000000: 0x000000 valid: 0 page@0x0000000000000000 flags: 0x000',
    { type: 'fault', walkLevel: 0, write: false },
  ],
  [
    'rk_iommu_irq',
    'rk_iommu ff930300.iommu: BUS_ERROR occurred at 0x0000000000001000',
    { type: 'fault', kind: 'other', iova: 0x1000n },
  ],
  [
    '__clk_bulk_get',
    "rk_iommu ff930300.iommu: Failed to get clk 'aclk': -2",
    { type: 'driver', device: 'ff930300.iommu', why: expect.stringContaining('aclk') },
  ],
  [
    'rk_iommu_probe',
    "rk_iommu ff930300.iommu: can't get aclk",
    { type: 'driver', device: 'ff930300.iommu', why: expect.stringContaining('aclk') },
  ],
  [
    'rk_iommu_enable_stall',
    'rk_iommu ff930300.iommu: Enable stall request timed out, status: 0x00004b',
    { type: 'driver', device: 'ff930300.iommu', why: expect.stringContaining('registers') },
  ],
  [
    'rk_iommu_enable_stall',
    'rk_iommu ff930300.iommu: Disable paging request timed out, status: 0x000041',
    { type: 'driver', device: 'ff930300.iommu', why: expect.stringContaining('registers') },
  ],
  [
    'rk_iommu_force_reset',
    'rk_iommu ff930300.iommu: Error during raw reset. MMU_DTE_ADDR is not functioning',
    { type: 'driver', device: 'ff930300.iommu', why: expect.stringContaining('registers') },
  ],
  [
    'rk_iommu_force_reset',
    'rk_iommu ff930300.iommu: FORCE_RESET command timed out',
    { type: 'driver', device: 'ff930300.iommu', why: expect.stringContaining('reset') },
  ],
  [
    'rk_iommu_irq',
    'rk_iommu ff930300.iommu: unexpected int_status: 0x000008',
    { type: 'driver', device: 'ff930300.iommu', why: expect.stringContaining('does not know') },
  ],
  [
    'rk_iommu_irq',
    'rk_iommu ff930300.iommu: Page fault while iommu not attached to domain?',
    { type: 'driver', device: 'ff930300.iommu', why: expect.stringContaining('left running') },
  ],
  [
    'call_driver_probe',
    'rk_iommu ff930300.iommu: probe with driver rk_iommu failed with error -110',
    { type: 'driver', device: 'ff930300.iommu', why: expect.stringContaining('-110') },
  ],
  [
    'really_probe',
    'rk_iommu: probe of ff930300.iommu failed with error -2',
    { type: 'driver', device: 'ff930300.iommu', why: expect.stringContaining('ENOENT') },
  ],
  [
    'show_fault_information',
    'exynos-sysmmu 13e20000.sysmmu: 13e00000.scaler: [READ] PAGE FAULT occurred at 0x20000000',
    {
      type: 'fault',
      model: 'exynos-sysmmu',
      client: '13e00000.scaler',
      iova: 0x20000000n,
      write: false,
      kind: 'translation',
    },
  ],
  [
    'show_fault_information',
    'exynos-sysmmu 13e20000.sysmmu: 14450000.mixer: AW ACCESS PROTECTION FAULT occurred at 0x30000000',
    { type: 'fault', client: '14450000.mixer', write: true, kind: 'permission' },
  ],
  [
    'show_fault_information',
    'exynos-sysmmu 13e20000.sysmmu: 14450000.mixer: PAGE FAULT occurred at 0x30000000',
    { type: 'fault', write: null, kind: 'translation' },
  ],
  [
    'show_fault_information',
    'exynos-sysmmu 13e20000.sysmmu: 14450000.mixer: AR PTW FAULT occurred at 0x30001000',
    { type: 'fault', write: false, kind: 'translation' },
  ],
  [
    'show_fault_information',
    'From [14650000.sysmmu], SysMMU READ PAGE FAULT at 0x60000000 (page table @ 0x00000000a1b2c000)',
    { type: 'fault', iommu: '14650000.sysmmu', iova: 0x60000000n, write: false },
  ],
  [
    'show_fault_information',
    'From [DPU], SysMMU WRITE ACCESS PROTECTION FAULT at 0x9f000000 (page table @ 0x0000000081000000)',
    { type: 'fault', client: 'DPU', write: true, kind: 'permission' },
  ],
  [
    'exynos_sysmmu_irq',
    'exynos-sysmmu 13e20000.sysmmu: Unhandled interrupt bit 9',
    { type: 'driver', device: '13e20000.sysmmu', why: expect.stringContaining('9') },
  ],
  [
    'exynos_sysmmu_probe',
    'exynos-sysmmu 13e20000.sysmmu: Unabled to register handler of irq 40',
    { type: 'driver', device: '13e20000.sysmmu', why: expect.stringContaining('40') },
  ],
  [
    'exynos_sysmmu_probe',
    'exynos-sysmmu 13e20000.sysmmu: Failed to get device clock(s)!',
    { type: 'driver', device: '13e20000.sysmmu', why: expect.stringContaining('clock') },
  ],
  [
    'exynos_sysmmu_probe',
    'exynos-sysmmu 13e20000.sysmmu: Unable to set DMA mask: -5',
    { type: 'driver', device: '13e20000.sysmmu', why: expect.stringContaining('-5') },
  ],
  [
    'mtk_iommu_isr',
    'mtk-iommu 10205000.iommu: fault type=0x5 iova=0xfebfd000 pa=0x0 master=0x5000400(larb=1 port=2) layer=1 read',
    { type: 'fault', model: 'mtk-m4u', stream: 34, iova: 0xfebfd000n, write: false },
  ],
  [
    'mtk_iommu_isr',
    'mtk-iommu 10205000.iommu: fault type=0x5 iova=0xfebfd000 pa=0x0 master=0x5000400(larb=4 port=0) layer=1 write',
    { type: 'fault', stream: 128, write: true },
  ],
  [
    'mtk_iommu_isr',
    'mtk-iommu-v1 10205000.mmsys_iommu: fault type=0x2 iova=0x1000 pa=0x0 larb=1 port=3',
    { type: 'fault', stream: 14 },
  ],
  [
    'MTK_M4U_isr',
    '[M4U] fault: port=DISP_OVL0, mva=0x1f4a2000, pa=0x0, layer=1, wr=0, 0x0',
    { type: 'fault', client: 'DISP_OVL0', iova: 0x1f4a2000n, write: false },
  ],
  [
    'MTK_M4U_isr',
    'translation fault: port=CAM_IMGO, mva=0x9a000, pa=0x0',
    { type: 'fault', client: 'CAM_IMGO', iova: 0x9a000n },
  ],
  [
    'mtk_iommu_tlb_flush_range_sync',
    'mtk-iommu 10205000.iommu: Partial TLB flush timed out, falling back to full flush',
    { type: 'driver', device: '10205000.iommu', why: expect.stringContaining('invalidation') },
  ],
  [
    'mtk_iommu_probe_device',
    'mtk-iommu 10205000.iommu: Can only use one larb. Fail@larb1-2.',
    { type: 'driver', device: '10205000.iommu', why: expect.stringContaining('larb') },
  ],
  [
    'mtk_iommu_of_xlate',
    'mtk-iommu 10205000.iommu: invalid #iommu-cells(2) property for IOMMU',
    { type: 'driver', device: '10205000.iommu', why: expect.stringContaining('<1>') },
  ],
  [
    'mtk_iommu_mm_dts_parse',
    'mtk-iommu 10205000.iommu: mediatek,smi property is not right @larb3.',
    { type: 'driver', device: '10205000.iommu', why: expect.stringContaining('larb3') },
  ],
  [
    'mtk_iommu_probe',
    'mtk-iommu 10205000.iommu: mm dts parse fail',
    { type: 'driver', device: '10205000.iommu', why: expect.stringContaining('mediatek,larbs') },
  ],
  [
    'ipmmu_domain_irq',
    'ipmmu-vmsa e67b0000.iommu: Unhandled fault: status 0x00000002 iova 0x1000',
    { type: 'fault', model: 'ipmmu-vmsa', kind: 'permission', iova: 0x1000n },
  ],
  [
    'ipmmu_domain_irq',
    'ipmmu-vmsa e67b0000.iommu: Unhandled fault: status 0x00000001 iova 0xfff00000',
    { type: 'fault', kind: 'translation' },
  ],
  [
    'ipmmu_domain_irq',
    'ipmmu-vmsa e67b0000.iommu: Multiple TLB hits @0x2000',
    { type: 'fault', kind: 'other', iova: 0x2000n },
  ],
  [
    'ipmmu_tlb_sync',
    'ipmmu-vmsa e67b0000.iommu: TLB sync timed out -- MMU may be deadlocked',
    { type: 'driver', device: 'e67b0000.iommu', why: expect.stringContaining('invalidation') },
  ],
  [
    'ipmmu_attach_device',
    'ipmmu-vmsa e67b0000.iommu: Cannot attach to IPMMU',
    { type: 'driver', device: 'e67b0000.iommu', why: expect.stringContaining('attached') },
  ],
  ['ipmmu_domain_init_context', 'ipmmu-vmsa e67b0000.iommu: Using IPMMU context 1', null],
  [
    'msm_iommu_fault_handler',
    'Unexpected IOMMU page fault!\nbase = f0100000\nFault occurred in context 1.\nInteresting registers:\nFAR    = 00001000    PAR    = 00000000\nFSR    = 00000002 [TF ]\nFSYNR0 = 00000011    FSYNR1 = 00000000',
    { type: 'fault', model: 'msm-iommu', bank: 1, iova: 0x1000n, kind: 'translation' },
  ],
  [
    'insert_iommu_master',
    'msm_iommu 7500000.iommu: Stream ID 0x2 repeated; ignoring',
    { type: 'refusal', device: '7500000.iommu', why: expect.stringContaining('0x2') },
  ],
  [
    'msm_iommu_probe',
    'msm_iommu 7500000.iommu: could not get smmu_pclk',
    { type: 'driver', device: '7500000.iommu', why: expect.stringContaining('smmu_pclk') },
  ],
  [
    'iommu_fault_handler',
    'omap-iommu 4a066000.mmu: 4a066000.mmu: errs:0x00000002 da:0x60000000 pgd:0x12345678 *pgd:px00000000',
    { type: 'fault', model: 'omap-iommu', iova: 0x60000000n, decoded: ['translation fault'] },
  ],
  [
    'iommu_fault_handler',
    'omap-iommu 480bd400.mmu: isp: errs:0x00000008 da:0x40001000 pgd:0xcdef0000 *pgd:0x00000000 pte:0x0 *pte:0x0',
    { type: 'fault', decoded: ['table walk fault'] },
  ],
  [
    'omap_iommu_probe',
    'omap-iommu 4a066000.mmu: ti,syscon-mmuconfig property is missing',
    { type: 'driver', device: '4a066000.mmu', why: expect.stringContaining('mmuconfig') },
  ],
  [
    'sun50i_iommu_report_fault',
    'sun50i-iommu 30f0000.iommu: Page fault for 0x00000000ff400000 (master 1, dir rd)',
    { type: 'fault', model: 'sun50i-iommu', stream: 1, iova: 0xff400000n, write: false },
  ],
  [
    'sun50i_iommu_zap_iova',
    'sun50i-iommu 30f0000.iommu: TLB Flush timed out!',
    { type: 'driver', device: '30f0000.iommu', why: expect.stringContaining('invalidation') },
  ],
  [
    'sun50i_iommu_probe',
    "sun50i-iommu 30f0000.iommu: Couldn't get our reset line.",
    { type: 'driver', device: '30f0000.iommu', why: expect.stringContaining('reset line') },
  ],
  [
    'apple_dart_t8020_irq',
    'apple-dart 231304000.iommu: translation fault: status:0x80000004 stream:0 code:0x4 (NO PTE FOR IOVA) at 0x3fff0000',
    { type: 'fault', model: 'apple-dart', stream: 0, iova: 0x3fff0000n, kind: 'translation' },
  ],
  [
    'apple_dart_t8020_irq',
    'apple-dart 231304000.iommu: translation fault: status:0x80000010 stream:1 code:0x10 (WRITE FAULT) at 0x4000',
    { type: 'fault', stream: 1, write: true, kind: 'permission' },
  ],
  [
    'apple_dart_hw_stream_command',
    'apple-dart 231304000.iommu: busy bit did not clear after command 100000 for streams 1',
    { type: 'driver', device: '231304000.iommu', why: expect.stringContaining('invalidation') },
  ],
  [
    'apple_dart_hw_reset',
    'apple-dart 231304000.iommu: DART is locked down until reboot: 00000001',
    { type: 'driver', device: '231304000.iommu', why: expect.stringContaining('locked') },
  ],
  [
    'riscv_iommu_fault',
    'riscv,iommu 3010000.iommu: Fault 13 devid: 0x18 iotval: 80000000 iotval2: 0',
    { type: 'fault', model: 'riscv-iommu', stream: 24, iova: 0x80000000n, write: false },
  ],
  [
    'riscv_iommu_iodir_set_mode',
    'riscv,iommu 3010000.iommu: Hardware error: command execution timeout',
    { type: 'driver', device: '3010000.iommu', why: expect.stringContaining('command') },
  ],
  [
    'viommu_fault_handler',
    'virtio_iommu virtio0: page fault from EP 8 at 0xffffe000 [W]',
    { type: 'fault', model: 'virtio-iommu', stream: 8, write: true, iova: 0xffffe000n, kind: 'permission' },
  ],
  [
    'viommu_fault_handler',
    'virtio_iommu virtio0: domain fault from EP 24',
    { type: 'fault', stream: 24, iova: null, kind: 'blocked' },
  ],
  [
    'viommu_domain_finalise',
    'virtio_iommu virtio0: granule 0x10000 larger than system page size 0x1000',
    { type: 'driver', device: 'virtio0', why: expect.stringContaining('0x10000') },
  ],
  ['viommu_probe', 'virtio_iommu virtio0: input address: 64 bits', null],
  [
    'sprd_iommu_map',
    'sprd-iommu 63000000.iommu: (iova(0x100000) + size(1000)) are not in the range!',
    { type: 'driver', device: '63000000.iommu', why: expect.stringContaining('window') },
  ],
  [
    'sprd_iommu_probe',
    'sprd-iommu 63000000.iommu: IOMMU version(-22) is invalid.',
    { type: 'driver', device: '63000000.iommu', why: expect.stringContaining('version') },
  ],
  [
    'vsi_iommu_irq',
    'vsi-iommu fdca0000.iommu: unexpected int_status=00000003',
    { type: 'fault', model: 'vsi-iommu', kind: 'other' },
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
