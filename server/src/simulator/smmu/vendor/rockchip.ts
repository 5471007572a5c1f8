/** Rockchip IOMMU (drivers/iommu/rockchip-iommu.c): one group an instance, 32-bit IOVAs, 4K to 4M pages. */
import type { DtNode } from '../../../devicetree/model';
import { interruptCount, isCompatible, registerRanges } from '../../../iommu/nodes';
import { EINVAL } from '../../contract/errno';
import type { ProbeProvider } from '../../contract/iommu-driver';
import { kernelState } from '../kernel-state';
import { rockchipTable } from '../tables/formats';
import { COMMON } from './defaults';
import { SingleIommu } from './single-iommu';

/** Whether the BSP's driver prints no fault: it requests no interrupt, or leaves it to the master's driver (rk_iommu_irq). */
function isSilent(node: DtNode): boolean {
  return ['rockchip,skip-mmu-read', 'rockchip,master-handle-irq'].some((name) => node.properties.has(name));
}

/** rk_iommu_probe(): all instances of a kernel must have the same table format. */
export const probeRockchip: ProbeProvider = (device, machine, kernel) => {
  const node = device.node;
  if (node === null || registerRanges(node).length === 0 || interruptCount(node) === 0) return { error: EINVAL };
  const version = isCompatible(node, 'rockchip,rk3568-iommu', 'rockchip,iommu-v2') ? 2 : 1;
  const first = kernelState(machine).static('rk_ops', () => version);
  if (first !== version) {
    machine.message('warn', device, 'Unsupported IOMMU ops');
    return { error: EINVAL };
  }
  const instance = new SingleIommu(device, node, machine, kernel, {
    ...COMMON,
    driver: 'rockchip-iommu',
    model: 'rockchip-iommu',
    sysfsName: device.name,
    pageSizes: 0x7ff000n,
    table: (state) => rockchipTable(version, state.tables),
    group: 'instance',
    // No cells; a second entry of `iommus` replaces the first one's instance.
    xlate: () => [],
    link: ['stateless', 'pm-runtime'],
    faultLines: ({ iova, write, domain }) => {
      if (isSilent(node)) return [];
      const address = (value: bigint, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`;
      const wide = kernel.arch === 'arm' && kernel.config('CONFIG_ARM_LPAE') !== 'y' ? 8 : 16;
      const part = (value: number): string => (value === 0 ? '000' : `0x${value.toString(16)}`);
      const directory = Number((iova >> 22n) & 0x3ffn);
      const pteIndex = Number((iova >> 12n) & 0x3ffn);
      const walk = domain.walk(iova);
      const dte = walk[0];
      const pte = walk[1];
      const entry = (value: bigint | undefined): string =>
        value === undefined || value === 0n ? '00000000' : `0x${value.toString(16).padStart(6, '0')}`;
      const dteAt = (dte?.table ?? 0n) + BigInt(directory * 4);
      const pteAt = pte === undefined ? 0n : pte.table + BigInt(pteIndex * 4);
      const valid = (value: bigint | undefined): number => Number((value ?? 0n) & 1n);
      // log_iova(): a page that is there (a permission fault) is shown with its flag bits 1 to 8.
      const mapped = domain.access(iova).leaf;
      const page = mapped === null ? 0n : mapped.phys + (iova - mapped.iova);
      const flags = mapped === null ? 0 : Number(mapped.descriptor & 0x1fen);
      return [
        `Page fault at ${address(iova, wide)} of type ${write ? 'write' : 'read'}`,
        `iova = ${address(iova, wide)}: dte_index: ${part(directory)} pte_index: ${part(pteIndex)} page_offset: ${part(Number(iova & 0xfffn))}`,
        `mmu_dte_addr: ${address(dte?.table ?? 0n, wide)} dte@${address(dteAt, wide)}: ${entry(dte?.descriptor)} valid: ${valid(dte?.descriptor)} pte@${address(pteAt, wide)}: ${entry(pte?.descriptor)} valid: ${valid(pte?.descriptor)} page@${address(page, wide)} flags: ${part(flags)}`,
      ];
    },
  });
  return { error: 0, instance };
};
