/** Messages that are printed rarely: each is found in a log, read by its row, and an error or a warning. */
import { describe, expect, it } from 'vitest';
import { NAMES, TEXTS } from '../capture/needles';
import { LineScanner } from '../capture/scan';
import { readLog } from '../read';

/** The function that the row names, and the text as its format string makes it. */
const LINES: readonly (readonly [by: string, text: string])[] = [
  ['nvidia_smmu_probe_finalize', 'arm-smmu-nvidia 5c000000.iommu: memory controller probe failed for name: 1'],
  ['qcom_smmu_tlb_sync_debug', 'arm-smmu-qcom-debug 5c000000.iommu: Failed to read TBU power status: 1'],
  ['qcom_smmu_tlb_sync_debug', 'arm-smmu-qcom-debug 5c000000.iommu: Failed to read TBU sync/inv ack status: 1'],
  ['qcom_smmu_tlb_sync_debug', 'arm-smmu-qcom-debug 5c000000.iommu: Failed to read TCU syn/inv progress: 1'],
  ['qcom_tbu_resume', 'name: halt_count is 0'],
  ['qcom_adreno_smmu_set_prr_bit', 'arm-smmu-qcom 5c000000.iommu: failed to get runtime PM: 1'],
  ['arm_smmu_device_probe', 'arm-smmu 5c000000.iommu: failed to allocate arm_smmu_device'],
  ['arm_smmu_device_probe', 'qcom-iommu 5c000000.iommu: failed to allocate pagetable ops'],
  ['qcom_iommu_probe_device', 'qcom-iommu 5c000000.iommu: Unable to create device link between name and name'],
  ['qcom_iommu_device_probe', 'qcom-iommu 5c000000.iommu: Failed to populate iommu contexts'],
  ['arm_smmu_make_sva_cd', 'arm-smmu-v3-sva 5c000000.iommu: SVA devices ignore permission overlays and GCS'],
  ['arm_smmu_master_prepare_ats', "arm-smmu-v3 5c000000.iommu: SMMU doesn't support ATS"],
  ['arm_smmu_master_prepare_ats', "arm-smmu-v3 5c000000.iommu: SMMU doesn't support ATS to be always on"],
  ['arm_smmu_setup_irqs', 'arm-smmu-v3 5c000000.iommu: failed to enable irqs'],
  ['tegra241_cmdqv_write_config', 'some-iommu 5c000000.iommu: VINTF0: failed to enable, STATUS=0x00012345'],
  [
    'tegra241_cmdqv_isr',
    'some-iommu 5c000000.iommu: unexpected error reported. vintf_map: 0000000000012345, vcmdq_map 00012345:00012345:00012345:00012345',
  ],
  ['tegra241_vcmdq_hw_deinit', 'some-iommu 5c000000.iommu: nameGERRORN=0x12345, GERROR=0x12345, CONS=0x12345'],
  ['tegra241_vcmdq_hw_deinit', 'some-iommu 5c000000.iommu: nameuncleared error detected, resetting'],
  ['tegra241_cmdqv_probe', 'some-iommu 5c000000.iommu: failed to init vintf0: 1'],
  ['tegra241_cmdqv_probe', 'some-iommu 5c000000.iommu: failed to ioremap'],
  ['tegra241_cmdqv_probe', 'some-iommu 5c000000.iommu: failed to request irq (1): 1'],
  ['tegra241_cmdqv_probe', 'some-iommu 5c000000.iommu: no memory resource found for CMDQV'],
  ['tegra241_cmdqv_probe', 'some-iommu 5c000000.iommu: no interrupt. errors will not be reported'],
  ['tegra241_cmdqv_probe', 'some-iommu 5c000000.iommu: no more available vintf'],
  ['__iommu_dma_map', 'dma-iommu 5c000000.iommu: Unsupported alignment constraint'],
  ['exynos_sysmmu_irq', 'exynos-iommu 5c000000.iommu: Unhandled interrupt bit 1'],
  ['exynos_sysmmu_probe', 'exynos-iommu 5c000000.iommu: Unable to register handler of irq 1'],
  ['exynos_sysmmu_probe', 'exynos-iommu 5c000000.iommu: Failed to get device clock(s)!'],
  ['lv1set_section', 'Trying mapping on 0x12345 mapped with 1MiB page'],
  ['lv1set_section', 'Trying mapping on 1MiB@0x12345 that is mapped'],
  ['exynos_iommu_map', 'exynos_iommu_map: Failed(1) to map 0x12345 bytes @ 0x12345'],
  ['exynos_iommu_unmap', 'exynos_iommu_unmap: Failed: size(0x12345) @ 0x12345 is smaller than page size 0x12345'],
  ['exynos_iommu_init', 'exynos_iommu_init: Failed to create kmem cache'],
  ['exynos_iommu_init', 'exynos_iommu_init: Failed to allocate zero level2 page table'],
  ['exynos_iommu_init', 'exynos_iommu_init: Failed to register driver'],
  ['iommu_report_device_fault', 'some-iommu 5c000000.iommu: iopf with pasid 1 aborted'],
  ['__arm_v7s_alloc_table', 'some-iommu 5c000000.iommu: Page table does not fit in PTE: 0x0000000012345000'],
  ['__arm_v7s_alloc_table', 'some-iommu 5c000000.iommu: Cannot accommodate DMA translation for IOMMU page tables'],
  ['__arm_v7s_unmap', 'Unmap of a partial large IOPTE is not allowed'],
  ['__iommu_debug_check_unmapped', 'iommu: Detected page leak!'],
  ['iova_cache_get', "IOVA: Couldn't register cpuhp handler: %pe"],
  ['arm_smmu_device_probe', 'ipmmu-vmsa 5c000000.iommu: cannot allocate device data'],
  ['arm_smmu_device_probe', 'msm-iommu 5c000000.iommu: Failed to allocate pgtable'],
  ['msm_iommu_attach_dev', 'msm-iommu 5c000000.iommu: domain already attached'],
  ['arm_smmu_device_probe', 'msm-iommu 5c000000.iommu: Failed to allocate iommu_master'],
  ['insert_iommu_master', 'msm-iommu 5c000000.iommu: Stream ID 0x12345 repeated; ignoring'],
  ['msm_iommu_probe', 'msm-iommu 5c000000.iommu: could not get ncb'],
  ['msm_iommu_probe', 'Invalid PAR value detected'],
  ['msm_iommu_probe', 'Request IRQ 1 failed with ret=1'],
  ['msm_iommu_probe', 'Could not add msm-smmu at 0x0000000012345000 to sysfs'],
  ['msm_iommu_probe', 'Could not register msm-smmu at 0x0000000012345000'],
  ['mtk_iommu_config', 'mtk-iommu 5c000000.iommu: name iommu(name) inframaster 0x12345 fail(1).'],
  ['load_iotlb_entry', 'omap-iommu 5c000000.iommu: name:	wrong alignment: 00012345'],
  ['load_iotlb_entry', 'omap-iommu 5c000000.iommu: name: preserve entries full'],
  ['iopte_alloc', 'omap-iommu 5c000000.iommu: DMA translation error for L2 table'],
  ['omap_iommu_runtime_resume', 'omap-iommu 5c000000.iommu: pwrdm_constraint failed to be reset, status = 1'],
  ['omap_iommu_runtime_resume', 'omap-iommu 5c000000.iommu: pwrdm_constraint failed to be set, status = 1'],
  ['omap_iommu_probe', 'omap_iommu_probe: only DT-based devices are supported'],
  ['omap_iommu_map', 'omap-iommu 5c000000.iommu: omap_iopgtable_store_entry failed: 1'],
  ['_omap_iommu_detach_dev', 'omap-iommu 5c000000.iommu: domain has no attached device'],
  ['_omap_iommu_detach_dev', 'omap-iommu 5c000000.iommu: invalid attached device'],
  ['exynos_iommu_init', 'omap_iommu_init: failed to register driver'],
  [
    'riscv_iommu_write_msi_msg',
    "iommu-platform 5c000000.iommu: uh oh, the IOMMU can't send MSIs to 0x12345, sending to 0x12345 instead",
  ],
  ['riscv_iommu_platform_probe', 'iommu-platform 5c000000.iommu: failed to find an MSI domain'],
  ['riscv_iommu_platform_probe', 'iommu-platform 5c000000.iommu: failed to allocate MSIs'],
  ['riscv_iommu_cmdq_process', 'iommu 5c000000.iommu: Queue #1 error; fault:1 timeout:1 illegal:1 fence_w_ip:1'],
  ['riscv_iommu_fltq_process', 'iommu 5c000000.iommu: Queue #1 error; memory fault:1 overflow:1'],
  ['riscv_iommu_probe_device', 'iommu 5c000000.iommu: already attached to IOMMU device directory'],
  ['sun50i_iommu_map', "sun50i-iommu 5c000000.iommu: Couldn't map L2 Page Table"],
  ['sun50i_iommu_map', 'sun50i-iommu 5c000000.iommu: attempt to map address beyond 4GB'],
  [
    'rk_iommu_map_iova',
    'sun50i-iommu 5c000000.iommu: iova 0x0000000012345000 already mapped to 0x0000000012345000 cannot remap to 0x0000000012345000 prot: 0x12345',
  ],
  ['sun50i_iommu_map', "sun50i-iommu 5c000000.iommu: Couldn't map L1 Page Table"],
  ['apple_dart_device_group', 'apple-dart 5c000000.iommu: Failed to merge DART IOMMU grups.'],
  ['arm_smmu_attach_dev', 'arm-smmu 5c000000.iommu: cannot attach to SMMU, is it on the same bus?'],
  [
    'arm_smmu_attach_dev',
    'arm-smmu 5c000000.iommu: cannot attach to SMMU name whilst already attached to domain on SMMU name',
  ],
  [
    'arm_smmu_attach_dev',
    'qcom-iommu 5c000000.iommu: cannot attach to IOMMU name while already attached to domain on IOMMU name',
  ],
  ['arm_smmu_master_disable_sva', 'arm-smmu-v3-sva 5c000000.iommu: cannot disable SVA, device is bound'],
  ['__arm_smmu_cmdq_issue_cmd', 'arm-smmu-v3 5c000000.iommu: ignoring unknown CMDQ opcode 0x12345'],
  ['arm_smmu_device_probe', 'arm-smmu-v3 5c000000.iommu: failed to allocate context descriptor table'],
  ['arm_smmu_device_probe', 'arm-smmu-v3 5c000000.iommu: failed to allocate context descriptor'],
  ['arm_smmu_attach_dev', 'arm-smmu-v3 5c000000.iommu: cannot attach - SVA enabled'],
  ['arm_smmu_attach_dev', 'arm-smmu-v3 5c000000.iommu: cannot attach to SMMU name (upstream of name)'],
  ['arm_smmu_attach_dev', 'arm-smmu-v3 5c000000.iommu: cannot attach to incompatible domain (1 SSID bits != 1)'],
  ['arm_smmu_attach_dev', 'arm-smmu-v3 5c000000.iommu: cannot attach to stall-name domain'],
  ['exynos_sysmmu_probe', 'exynos-iommu 5c000000.iommu: Unabled to register handler of irq 1'],
  ['default_alloc', 'Failed to alloc ioasid from 1 to 1'],
  ['default_alloc', 'Default allocator active with outstanding IOASID'],
  ['default_alloc', 'IOASID allocator already registered'],
  ['default_alloc', 'No custom IOASID allocators active!'],
  ['default_alloc', 'Failed ASID allocation 1'],
  ['default_alloc', 'Failed to alloc ioasid from 1'],
  ['default_alloc', 'Trying to free unknown IOASID 1'],
  ['iommu_page_response', 'iommu 5c000000.iommu: no pending PRQ, drop response'],
  ['__iommu_attach_group', 'iommu driver failed to attach the default/blocking domain'],
  ['__iommu_attach_group', 'iommu driver failed to attach a compatible domain'],
  ['iommu_change_dev_def_domain', 'iommu 5c000000.iommu: Group not assigned to default domain'],
  ['iommu_change_dev_def_domain', 'iommu 5c000000.iommu: Cannot change default domain: Group has more than one device'],
  ['iommu_change_dev_def_domain', 'iommu 5c000000.iommu: Cannot change default domain: Device has been changed'],
  ['iommu_change_dev_def_domain', 'iommu 5c000000.iommu: Device cannot be in name domain'],
  ['iommu_change_dev_def_domain', 'iommu: Cannot change default domain: Group has more than one device'],
  ['iommu_change_dev_def_domain', 'iommu: Device is still bound to driver'],
  ['__iommu_attach_group', 'iommu driver failed to attach the default domain'],
  ['iova_cache_get', "Couldn't register cpuhp handler"],
  ['iova_cache_get', "Couldn't create iova cache"],
  ['ipmmu_attach_device', "ipmmu-vmsa 5c000000.iommu: Can't attach IPMMU name to domain on IPMMU name"],
  [
    'mtk_iommu_get_iova_region_id',
    'mtk-iommu 5c000000.iommu: Can NOT find the iommu domain id(0x0000000012345000 0x12345).',
  ],
  ['sprd_iommu_map', "There's already a device attached to this domain."],
  ['__gart_iommu_map', 'some-iommu 5c000000.iommu: Page entry is in-use'],
  ['__gart_iommu_map', 'some-iommu 5c000000.iommu: Page entry is invalid'],
  ['tegra_gart_probe', 'some-iommu 5c000000.iommu: Memory aperture resource unavailable'],
  ['viommu_attach_dev', 'virtio-iommu 5c000000.iommu: cannot attach to foreign vIOMMU'],
  ['tegra241_cmdqv_probe', 'some-iommu 5c000000.iommu: failed to get memory resource: 1'],
  ['tegra241_cmdqv_probe', 'some-iommu 5c000000.iommu: failed to get memory resource entry'],
  [
    '__iommu_domain_alloc_dev',
    "Multiple IOMMU drivers present for bus name, which the public IOMMU API can't fully support yet. You will still need to disable one or more for this to work, sorry!",
  ],
];

describe('rare lines', () => {
  const scanner = new LineScanner(NAMES, TEXTS);
  it.each(LINES)('%s: %s', (by, text) => {
    expect(scanner.matches(text)).toBe(true);
    const { facts } = readLog(`[    1.000000] ${text}`);
    expect(facts).toMatchObject([{ type: 'driver', printedBy: by }]);
    expect(facts[0]?.type === 'driver' && /\$\d/.test(facts[0].why)).toBe(false);
  });
});

describe('lines of others', () => {
  it.each([
    'dwc3 a600000.usb: failed to get runtime PM: -13',
    'sdhci 8804000.mmc: failed to ioremap',
    'serial 1000.uart: failed to request irq (5): -22',
    'foo: failed to register driver',
    'spi 2000.spi: failed to enable irqs',
  ])('%s is none of an IOMMU', (text) => {
    const devices = ['a600000.usb', '8804000.mmc', '1000.uart', '2000.spi'];
    expect(readLog(`[    1.000000] ${text}`, { devices }).facts.filter(({ type }) => type === 'driver')).toEqual([]);
  });
});
