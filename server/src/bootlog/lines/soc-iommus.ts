/** The IOMMUs of phone and board SoCs: Rockchip, Exynos (mainline and Samsung's own), MediaTek. */
import { big, type Family, known, refuses, type Shape, says } from './shape';

const rockchipShapes: readonly Shape[] = [
  {
    by: 'rga_iommu_intr_fault_handler',
    in: 'vendor (Rockchip 5.10-)',
    pattern: /\bIOMMU intr fault, IOVA\[(0x[0-9a-f]+)\], STATUS\[(0x[0-9a-f]+)\]/,
    whole: true,
    read: (m) => ({
      type: 'fault',
      model: 'rockchip-rga',
      client: 'rga',
      iova: big(m[1]),
      kind: 'translation',
      decoded: [`status ${m[2]}`],
    }),
  },
  {
    by: 'vcodec_sysmmu_fault_hdl',
    in: 'vendor (Rockchip 4.4)',
    pattern: /^vcodec, fault addr (0x[0-9a-f]+) status ([0-9a-f]+)/,
    read: (m, line) => ({
      type: 'fault',
      model: 'rockchip-iommu',
      iommu: null,
      client: line.device,
      iova: big(m[1]),
      kind: 'translation',
      decoded: [`status 0x${m[2]}`],
    }),
  },
  {
    by: 'rk_iommu_irq',
    in: '3.19-',
    pattern: /^Page fault at (0x[0-9a-f]+) of type (read|write)/,
    opens: 3,
    read: (m) => ({
      type: 'fault',
      model: 'rockchip-iommu',
      iova: big(m[1]),
      write: m[2] === 'write',
      kind: 'translation',
    }),
  },
  {
    by: 'log_iova',
    in: '3.19-',
    pattern: /^mmu_dte_addr: \S+ dte@\S+: (0x[0-9a-f]+|0) valid: (\d) pte@\S+: (?:0x[0-9a-f]+|0) valid: (\d)/,
    read: (m) => ({
      type: 'detail',
      decoded: [
        m[2] === '0'
          ? 'no second-level table covers the address: nothing near it was mapped'
          : m[3] === '0'
            ? 'the table is there, the page is not mapped'
            : 'the page is mapped: its flags do not allow the access',
      ],
      walkLevel: m[2] === '0' ? 0 : 1,
    }),
  },
  known('log_iova', '3.19-', /^iova = 0x[0-9a-f]+: dte_index/),
  {
    by: 'rk_iommu_irq',
    in: '3.19-',
    pattern: /^BUS_ERROR occurred at (0x[0-9a-f]+)/,
    read: (m) => ({
      type: 'fault',
      model: 'rockchip-iommu',
      iova: big(m[1]),
      kind: 'other',
      decoded: ['a bus error while it walked its tables: their address or the bus is wrong'],
    }),
  },
  says(
    'rk_iommu_irq',
    '3.19-',
    /^Page fault while iommu not attached to domain\?/,
    'a fault came while no domain was attached: the device was left running',
  ),
  says(
    'rk_iommu_enable_stall',
    '3.19-',
    /^(Enable|Disable) (stall|paging) request timed out/,
    'its registers do not answer ($1 $2): the clock or power domain of the IOMMU is off',
  ),
  says(
    'rk_iommu_force_reset',
    '3.19-',
    /^Error during raw reset\. MMU_DTE_ADDR is not functioning/,
    'its registers do not answer: the clock or power domain of the IOMMU is off',
  ),
  says(
    'rk_iommu_force_reset',
    '3.19-',
    /^FORCE_RESET command timed out/,
    'its registers do not answer a reset: the clock or power domain of the IOMMU is off',
  ),
  says(
    'rk_iommu_irq',
    '3.19-',
    /^unexpected int_status: /,
    'an interrupt of a cause that the driver does not know',
    'warning',
  ),
  says(
    'rk_iommu_probe',
    'vendor (Rockchip 4.4-)',
    /^can't get (\w+)/,
    'the clock "$1" is missing in the node: its masters wait for this IOMMU and then run without',
  ),
  says(
    '__clk_bulk_get',
    '4.17-',
    /^Failed to get clk '([^']+)': -2\b/,
    'the clock "$1" is missing in the node: its masters wait for this IOMMU and then run without',
  ),
  says('__clk_bulk_get', '4.17-', /^Failed to get clk '([^']+)': (-(?!517)\d+)/, 'the clock "$1" cannot be had ($2)'),
  says(
    'rk_iommu_domain_alloc',
    '4.4-',
    /^DMA (?:mapping error|map error)/,
    'no memory that the IOMMU can reach for its tables',
  ),
  says(
    'rk_iommu_map_iova',
    '3.19-',
    /iova: (\S+) already mapped to (\S+) cannot remap/,
    'IOVA $1 is mapped already',
    'warning',
  ),
];

/** The interrupts of a System MMU; names before 6.2 begin with AR (a read) or AW (a write). */
const exynosKind = (name: string): 'permission' | 'translation' | 'other' =>
  /PROTECTION|ACCESS/.test(name) ? 'permission' : /PAGE|PTW/.test(name) ? 'translation' : 'other';

const exynosShapes: readonly Shape[] = [
  {
    by: 'show_fault_information',
    in: '6.2-',
    pattern: /^(?:(\S+): )?\[(READ|WRITE)\] (.+?) FAULT occurred at (0x[0-9a-f]+|0)/,
    read: (m) => ({
      type: 'fault',
      model: 'exynos-sysmmu',
      client: m[1] ?? null,
      iova: big(m[4]),
      write: m[2] === 'WRITE',
      kind: exynosKind(m[3] ?? ''),
      decoded: [`${m[3]} fault`],
    }),
  },
  {
    by: 'show_fault_information',
    in: '3.10-6.1',
    pattern: /^(?:(\S+): )?((?:A[RW] )?[A-Z][A-Z -]*?) FAULT occurred at (0x[0-9a-f]+|0)(?: by ([^\s(]+))?/,
    read: (m) => ({
      type: 'fault',
      model: 'exynos-sysmmu',
      client: m[1] ?? null,
      // Up to 3.14: the System MMU that reports, in a line without a device.
      ...(m[4] === undefined ? {} : { iommu: m[4] }),
      iova: big(m[3]),
      write: /^AW/.test(m[2] ?? '') ? true : /^AR/.test(m[2] ?? '') ? false : null,
      kind: exynosKind(m[2] ?? ''),
      decoded: [`${m[2]} fault`],
    }),
  },
  {
    by: 'show_fault_information',
    in: 'vendor (Samsung, Pixel)',
    pattern: /From \[([^\]]+)\], SysMMU (READ|WRITE) ([A-Z ()/-]+?) at (0x[0-9a-f]+|0)/i,
    whole: true,
    opens: 12,
    read: (m) => {
      const named = m[1] ?? '';
      return {
        type: 'fault',
        model: 'exynos-sysmmu',
        // A port-name of the node, or the device.
        ...(/^[0-9a-f]+\./.test(named) ? { iommu: named } : {}),
        client: /^[0-9a-f]+\./.test(named) ? null : named,
        iova: big(m[4]),
        write: m[2] === 'WRITE',
        kind: exynosKind(m[3] ?? ''),
        decoded: [`${(m[3] ?? '').trim()}`],
      };
    },
  },
  {
    by: 'show_fault_information',
    in: 'vendor (Samsung, Pixel)',
    pattern: /AxID: (0x[0-9a-f]+|\d+), AxLEN: |STREAM ID: (0x[0-9a-f]+|\d+)/,
    whole: true,
    read: (m) => ({
      type: 'detail',
      decoded: [m[1] === undefined ? `stream ID ${m[2]} of the System MMU` : `AXI ID ${m[1]}`],
    }),
  },
  says(
    'show_fault_information',
    'vendor (Samsung, Pixel)',
    /System MMU has failed to access page table/,
    'the System MMU could not read its page table: its base is wrong, or memory is protected',
  ),
  says(
    'exynos_sysmmu_irq',
    '6.2-',
    /^Unhandled interrupt bit (\d+)/,
    'an interrupt of a cause that the driver does not know ($1)',
    'warning',
  ),
  says('exynos_sysmmu_irq', '3.10-', /Unrecoverable System MMU Fault!/, 'nobody handled the fault: the kernel stops'),
  says('exynos_sysmmu_probe', '3.10-', /^Unabled to register handler of irq (\d+)/, 'interrupt $1 cannot be requested'),
  says('exynos_sysmmu_probe', '3.10-', /^Failed to get device clock/, 'a clock is missing in the node'),
  says('exynos_sysmmu_probe', '3.10-', /^Unable to set DMA mask: (-?\d+)/, 'its DMA mask was refused ($1)'),
  known(
    'show_fault_information',
    '3.10-, vendor',
    /^(?:Page table base|\s*Lv[12] entry)|^-{20,}$|Page table base of driver/,
  ),
];

const mediatekShapes: readonly Shape[] = [
  {
    by: 'mtk_iommu_isr',
    in: '4.6-, vendor (5.4-)',
    pattern: /fault type=(0x[0-9a-f]+) iova=(0x[0-9a-f]+) pa=(0x[0-9a-f]+|0)(.*)/,
    read: (m, line) => {
      const rest = m[4] ?? '';
      const place = /larb=(-?\d+) port=(-?\d+)/.exec(rest);
      const access = /\b(read|write)\b/.exec(rest)?.[1];
      const master = /master=(0x[0-9a-f]+)/.exec(rest)?.[1];
      const larb = Number(place?.[1] ?? -1);
      const port = Number(place?.[2] ?? -1);
      const first = /-v1$/.test(line.driver ?? '') || (master === undefined && !/layer=/.test(rest));
      return {
        type: 'fault',
        model: 'mtk-m4u',
        // The first generation counts its ports through (mt2701-larb-port.h), the others have 32 a larb.
        stream: place === null || larb < 0 ? null : first ? ([0, 11, 21, 44][larb] ?? 0) + port : (larb << 5) | port,
        client: place === null ? (master ?? null) : `larb ${larb} port ${port}`,
        // Without 34-bit IOVAs the low bits are those of the register, not of the address.
        iova: (big(m[2]) ?? 0n) & ~0xfffn,
        write: access === undefined ? null : access === 'write',
        kind: 'translation',
        decoded: [`fault type ${m[1]}`],
      };
    },
  },
  {
    by: 'MTK_M4U_isr',
    in: 'vendor (MediaTek 3.10-4.14)',
    pattern:
      /(?:translation )?fault:\s*(?:port=([\w-]+), )?(?:fault_)?mva=(0x[0-9a-f]+)(?:, pa=0x[0-9a-f]+)?(?:, layer=\d+, wr=(\d))?/,
    whole: true,
    read: (m) => ({
      type: 'fault',
      model: 'mtk-m4u',
      client: m[1] ?? null,
      iova: big(m[2]),
      write: m[3] === undefined ? null : m[3] === '1',
      kind: 'translation',
    }),
  },
  says(
    'mtk_iommu_tlb_flush_range_sync',
    '4.6-',
    /^Partial TLB flush timed out/,
    'an invalidation did not end: its clock or power domain was off',
    'warning',
  ),
  says(
    'mtk_iommu_get_iova_region_id',
    '5.12-',
    /^Can NOT find the region for larb\(([^)]+)\)/,
    'no address region is set for larb $1',
  ),
  says(
    'mtk_iommu_probe_device',
    '4.6-',
    /^(?:Can only use one larb\. Fail@)(\S+)/,
    'the ports of its iommus lie in more than one larb ($1): the driver takes one',
  ),
  says(
    'mtk_iommu_of_xlate',
    '4.6-',
    /^invalid #iommu-cells\((\d+)\)/,
    'the driver wants #iommu-cells = <1>, the node has $1',
  ),
  says(
    'mtk_iommu_mm_dts_parse',
    '4.6-',
    /mediatek,smi property is not right @(\S+?)\./,
    'mediatek,smi of $1 names no SMI common',
  ),
  says(
    'mtk_iommu_probe',
    '4.6-',
    /mm dts parse fail/,
    'mediatek,larbs or the SMI common in the node could not be used',
  ),
  says('mtk_iommu_probe_device', '5.10-', /^Unable to link (\S+)/, 'no device link to $1 could be made'),
  says(
    'mtk_iommu_probe',
    '4.6-',
    /^(?:banknr \d|Failed to set dma_mask|Failed to alloc io pgtable|pm get fail|Failed @ IRQ|Failed to enable)/,
    'the IOMMU did not come up as it should',
  ),
  refuses(
    'mtk_iommu_config',
    '5.12-',
    /^PCI dev can only have one port/,
    'a PCI device with more than one port: the driver takes one',
  ),
];

export const rockchip: Family = {
  name: 'rockchip',
  anchor: /rk_iommu|rockchip|\.iommu|_mmu|iova|IOVA\[|vcodec, fault/,
  shapes: rockchipShapes,
};
export const exynos: Family = {
  name: 'exynos',
  anchor: /sysmmu|SysMMU|System MMU|FAULT occurred|AxID|STREAM ID/,
  shapes: exynosShapes,
};
export const mediatek: Family = {
  name: 'mediatek',
  anchor: /mtk|m4u|M4U|larb|mva=|fault type=|\.iommu/,
  shapes: mediatekShapes,
};
