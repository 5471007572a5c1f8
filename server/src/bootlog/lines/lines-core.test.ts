/** Lines of every driver family, each from the format string of the kernel function that is named beside it. */
import { describe, expect, it } from 'vitest';
import { readLog } from '../read';

/** The function that prints it ('' for what no row knows), the text (more lines of a block behind \n), and what it says; null: nothing. */
const LINES: readonly (readonly [string, string, Readonly<Record<string, unknown>> | null])[] = [
  [
    'report_addr',
    'sdhci-iproc fe340000.emmc2: overflow 0x00000001a2480000+8192 of DMA mask ffffffff bus limit ffffffff',
    { type: 'driver', device: 'fe340000.emmc2', why: expect.stringContaining('beyond what the device reaches') },
  ],
  [
    'swiotlb_full',
    'DMA: Out of SW-IOMMU space for 8192 bytes at device 0000:02:00.0',
    { type: 'driver', device: '0000:02:00.0', why: expect.stringContaining('8192') },
  ],
  [
    'swiotlb_full',
    'dwc3 38200000.dwc3: DMA: Out of SW-IOMMU space for 8192 bytes',
    { type: 'driver', device: '38200000.dwc3', why: expect.stringContaining('8192') },
  ],
  [
    'iommu_group_add_device',
    'platform 8c0000.geniqup: Adding to iommu group 0',
    { type: 'group', device: '8c0000.geniqup', group: 0, removed: false },
  ],
  [
    'iommu_group_add_device',
    'pcieport 0000:00:01.0: Adding to iommu group 12',
    { type: 'group', device: '0000:00:01.0', group: 12, removed: false },
  ],
  [
    'iommu_group_add_device',
    'iommu: Adding device ff350000.video-codec to group 0',
    { type: 'group', device: 'ff350000.video-codec', group: 0, removed: false },
  ],
  [
    'iommu_group_add_device',
    'iommu: Removing device ff370000.vop from group 4',
    { type: 'group', device: 'ff370000.vop', group: 4, removed: true },
  ],
  [
    'iommu_group_remove_device',
    'dwc3 a600000.usb: Removing from iommu group 7',
    { type: 'group', device: 'a600000.usb', group: 7, removed: true },
  ],
  [
    'iommu:add_device_to_group',
    'swapper/0-1       [000] .....     0.512: add_device_to_group: IOMMU: groupID=3 device=a100000.client',
    { type: 'group', device: 'a100000.client', group: 3, removed: false },
  ],
  [
    'iommu:io_page_fault',
    'irq/33-arm-smmu-71 [001] d..1. 12.5: io_page_fault: IOMMU:arm-smmu a600000.usb iova=0x00001000 flags=0x0001',
    { type: 'fault', client: 'a600000.usb', iova: 0x1000n, write: true },
  ],
  [
    'of_dma_configure_id',
    'dwc3 a600000.usb: Adding to IOMMU failed: -22',
    { type: 'refusal', device: 'a600000.usb', why: expect.stringContaining('EINVAL') },
  ],
  ['of_dma_configure_id', 'oracle-client a102000.client: Adding to IOMMU failed: -19', null],
  [
    'iommu_group_add_device',
    'dwc3 a600000.usb: Failed to add to iommu group 3: -17',
    { type: 'refusal', device: 'a600000.usb', why: expect.stringContaining('group 3') },
  ],
  [
    'iommu_setup_dma_ops',
    'Failed to set up IOMMU for device 0006:58:00.0; retaining platform DMA ops',
    { type: 'driver', device: '0006:58:00.0', why: expect.stringContaining('physical addresses') },
  ],
  [
    '__iommu_probe_device',
    'msm_drm ae00000.display: late IOMMU probe at driver bind, something fishy here!',
    { type: 'driver', device: 'ae00000.display', why: expect.stringContaining('bound') },
  ],
  [
    '__iommu_device_set_domain',
    'nvme 0000:01:00.0: Firmware has requested this device have a 1:1 IOMMU mapping, rejecting configuring the device without a 1:1 mapping. Contact your platform vendor.',
    { type: 'refusal', device: '0000:01:00.0', why: expect.stringContaining('1:1') },
  ],
  [
    'iommu_map',
    'iommu: unaligned: iova 0x1001 pa 0x80001000 size 0x1000 min_pagesz 0x1000',
    { type: 'driver', device: '', why: expect.stringContaining('0x1001') },
  ],
  [
    'of_map_id',
    'OF: /pcie@10000000: no iommu-map translation for id 0xf0 on (null)',
    { type: 'driver', device: '/pcie@10000000', why: expect.stringContaining('0xf0') },
  ],
  [
    'of_map_id',
    'OF: /pcie@10000000: Invalid iommu-map translation - iommu-map-mask (0xff00) ignores id-base (0x1)',
    { type: 'driver', device: '/pcie@10000000', why: expect.stringContaining('never match') },
  ],
  [
    'of_map_id',
    'OF: /pcie@10000000: Error: Bad iommu-map length: 20',
    { type: 'driver', device: '/pcie@10000000', why: expect.stringContaining('20') },
  ],
  ['iommu_subsys_init', 'iommu: Default domain type: Translated', null],
  ['iommu_subsys_init', 'iommu: DMA domain TLB invalidation policy: strict mode', null],
  [
    'swiotlb_tbl_map_single',
    'sdhci 3440000.mmc: swiotlb buffer is full (sz: 524288 bytes), total 32768 (slots), used 120 (slots)',
    { type: 'driver', device: '3440000.mmc', why: expect.stringContaining('524288') },
  ],
  [
    'dma_direct_map_page',
    'xhci-hcd 3530000.usb: DMA addr 0x0000000880000000+4096 overflow (mask ffffffff, bus limit 0).',
    { type: 'driver', device: '3530000.usb', why: expect.stringContaining('ffffffff') },
  ],
  [
    'swiotlb_map',
    'mmc 1.mmc: swiotlb addr 0x0000000100000000+4096 overflow (mask ffffffff, bus limit 0).',
    { type: 'driver', device: '1.mmc', why: expect.stringContaining('bounce') },
  ],
  [
    'vfio_group_viable',
    'vfio 0000:01:00.0: group 12 is not viable',
    { type: 'refusal', device: '0000:01:00.0', why: expect.stringContaining('12') },
  ],
  ['swiotlb_print_info', 'software IO TLB: mapped [mem 0x000000005fe86000-0x000000005ff06000] (0MB)', null],
  [
    'deferred_probe_timeout_work_func',
    'platform a100000.client: deferred probe pending: platform: wait for supplier /soc/iommu@1',
    { type: 'deferral', device: 'a100000.client', form: 'pending', supplier: '/soc/iommu@1' },
  ],
  [
    'deferred_probe_timeout_work_func',
    'platform 1000.a: deferred probe pending: (reason unknown)',
    { type: 'deferral', device: '1000.a', form: 'pending', reason: '' },
  ],
  [
    'deferred_probe_timeout_work_func',
    'platform 1000.a: deferred probe pending: platform: supplier 2000.clk not ready',
    { type: 'deferral', device: '1000.a', form: 'pending', supplier: '2000.clk' },
  ],
  [
    'deferred_probe_timeout_work_func',
    'platform 1000.a: deferred probe pending',
    { type: 'deferral', device: '1000.a', form: 'pending' },
  ],
  [
    'driver_deferred_probe_check_state',
    'arm-smmu 3da0000.iommu: deferred probe timeout, ignoring dependency',
    { type: 'deferral', device: '3da0000.iommu', form: 'timeout' },
  ],
  [
    'driver_deferred_probe_check_state',
    'dwc3 a600000.usb: ignoring dependency for device, assuming no driver',
    { type: 'deferral', device: 'a600000.usb', form: 'timeout' },
  ],
  [
    'device_links_check_suppliers',
    'platform b000000.n0: error -517: supplier b001000.n1 not ready',
    { type: 'deferral', device: 'b000000.n0', form: 'asked', supplier: 'b001000.n1' },
  ],
  [
    'dev_err_probe',
    'dwc3-qcom a6f8800.usb: error -EPROBE_DEFER: failed to get interconnect path',
    { type: 'deferral', device: 'a6f8800.usb', form: 'asked', resource: 'interconnect path' },
  ],
  [
    'driver_probe_device',
    'platform ff370000.vop: Driver rockchip-vop requests probe deferral',
    { type: 'deferral', device: 'ff370000.vop', form: 'asked' },
  ],
  [
    '(any driver)',
    "exynos-hdmi 14530000.hdmi: Failed to get supply 'vdd': -517",
    { type: 'deferral', device: '14530000.hdmi', form: 'asked', resource: 'supply vdd' },
  ],
  [
    '(any driver)',
    'dw-mipi-dsi2 fde30000.dsi: [drm:dw_mipi_dsi2_bind] *ERROR* Failed to find panel or bridge: -517',
    { type: 'deferral', device: 'fde30000.dsi', form: 'asked', resource: 'panel or bridge' },
  ],
  [
    '(any driver)',
    'imx-sdma 302c0000.dma: failed to get clk ipg (-517)',
    { type: 'deferral', device: '302c0000.dma', form: 'asked', resource: 'clock' },
  ],
  [
    '(initcall_debug)',
    'probe of a100000.client returned 517 after 12 usecs',
    { type: 'deferral', device: 'a100000.client', form: 'asked' },
  ],
  [
    '(initcall_debug)',
    'probe of a100000.client with driver oracle-client returned -517 after 12 usecs',
    { type: 'deferral', device: 'a100000.client', form: 'asked' },
  ],
  [
    'devices_deferred',
    '3da0000.iommu\tplatform: wait for supplier /soc@0/clock-controller@3d90000',
    { type: 'deferral', device: '3da0000.iommu', form: 'pending', supplier: '/soc@0/clock-controller@3d90000' },
  ],
  [
    'driver_deferred_probe_check_state',
    'arm-smmu 3da0000.iommu: deferred probe timeout, ignoring dependency\narm-smmu 3da0000.iommu: probe with driver arm-smmu failed with error -110',
    { type: 'deferral', device: '3da0000.iommu', form: 'timeout' },
  ],
  [
    'call_driver_probe',
    'rk_iommu ff930300.iommu: probe with driver rk_iommu failed with error -22',
    { type: 'driver', device: 'ff930300.iommu', why: expect.stringContaining('EINVAL') },
  ],
  [
    'fw_devlink_dev_sync_state',
    'gpucc-sa8775p 3d90000.clock-controller: sync_state() pending due to 3da0000.iommu',
    { type: 'sync-state', device: '3d90000.clock-controller', consumer: '3da0000.iommu' },
  ],
  [
    'fw_devlink_dev_sync_state',
    'gcc-sa8775p 100000.clock-controller: Timed out. Forcing sync_state()',
    { type: 'sync-state', device: '100000.clock-controller', consumer: null },
  ],
  [
    '__fw_devlink_relax_cycles',
    '/soc@0/clock-controller@100000: Fixed dependency cycle(s) with /soc@0/iommu@15000000',
    { type: 'cycle', device: '/soc@0/clock-controller@100000', other: '/soc@0/iommu@15000000' },
  ],
  [
    'fw_devlink_create_devlink',
    'platform 1000.a: Failed to create device link (0x180) with 2000.b',
    { type: 'driver', device: '1000.a', why: expect.stringContaining('2000.b') },
  ],
  ['', 'arm-smmu 15000000.iommu: a sentence that nobody has printed yet', { type: 'unread', device: '15000000.iommu' }],
  ['', 'apple-dart 231304000.iommu: something new: 3', { type: 'unread', device: '231304000.iommu' }],
  ['', 'platform a100000.client: Added to deferred list', null],
  ['', "arm-smmu-v3 9050000.smmuv3: bus: 'platform': really_probe: bound device to driver arm-smmu-v3", null],
  ['', 'usb 1-1: new high-speed USB device number 2', null],
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
