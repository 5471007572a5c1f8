/** Renesas IPMMU (drivers/iommu/ipmmu-vmsa.c): micro-TLBs of one instance share one group; 4K, 2M, 1G pages. */
import type { DtNode } from '../../../devicetree/model';
import { compatibles } from '../../../devicetree/read';
import { firstCompatible, interruptCount, registerRanges } from '../../../iommu/nodes';
import type { SimDevice } from '../../contract/device';
import { EINVAL, ENODEV, ENXIO, EPROBE_DEFER } from '../../contract/errno';
import type { ProbeProvider } from '../../contract/iommu-driver';
import { kernelState } from '../kernel-state';
import { LpaeTable } from '../tables/lpae';
import { COMMON } from './defaults';
import { SingleIommu } from './single-iommu';

/** SoCs whose masters must be on the list below (soc_needs_opt_in): R-Car Gen3 and Gen4, RZ/G2. */
const OPT_IN =
  /^renesas,(r8a774[abce]1|r8a774c0|r8a7795|r8a7796[01]?|r8a77961|r8a77965|r8a77970|r8a77980|r8a77990|r8a77995|r8a779[afgh]0)$/;
/** SoCs that never get translation (soc_denylist; r8a7795 ES2 cannot be told from a tree). */
const DENIED = /^renesas,(r8a774a1|r8a7796)$/;
const ALLOWED: ReadonlySet<string> = new Set(['ee100000.mmc', 'ee120000.mmc', 'ee140000.mmc', 'ee160000.mmc']);

interface Features {
  readonly leafNodes: boolean;
  readonly contexts: number;
}

function features(node: DtNode): Features {
  const names = compatibles(node);
  if (names.includes('renesas,rcar-gen4-ipmmu-vmsa') || names.includes('renesas,ipmmu-r8a779a0'))
    return { leafNodes: true, contexts: 16 };
  if (names.some((name) => /^renesas,ipmmu-r8a77[49]/.test(name) && name !== 'renesas,ipmmu-r8a7790'))
    return { leafNodes: true, contexts: 8 };
  return { leafNodes: false, contexts: 1 };
}

/** ipmmu_probe(): a leaf waits for a root; a root of Gen3 and later is no IOMMU itself. */
export const probeIpmmu: ProbeProvider = (device, machine, kernel) => {
  const node = device.node;
  if (node === null || registerRanges(node).length === 0) return { error: EINVAL };
  const feature = features(node);
  const roots = kernelState(machine).static('ipmmu roots', () => new Set<SimDevice>());
  const isRoot = !feature.leafNodes || !node.properties.has('renesas,ipmmu-main');
  if (!isRoot && roots.size === 0) return { error: EPROBE_DEFER };
  if (isRoot) {
    if (interruptCount(node) === 0) return { error: ENXIO };
    roots.add(device);
    if (feature.leafNodes && compatibles(node).some((name) => name.startsWith('renesas,')))
      machine.message('info', device, 'IPMMU context 0 is reserved');
  }
  const optIn = firstCompatible(node, (name) => OPT_IN.test(name)) !== null;
  const denied = firstCompatible(node, (name) => DENIED.test(name)) !== null;
  const instance = new SingleIommu(device, node, machine, kernel, {
    ...COMMON,
    driver: 'ipmmu-vmsa',
    model: 'ipmmu-vmsa',
    sysfsName: device.name,
    pageSizes: 0x1000n | 0x200000n | 0x40000000n,
    table: (state) => {
      return LpaeTable.known(
        {
          stage: 1,
          pageSizes: 0x40201000n,
          ias: 32,
          oas: 40,
          coherentWalk: false,
          ttbr1: false,
          cpuPageSize: kernel.pageSize,
          refusesParts: kernel.model.refusesPartialUnmap,
        },
        state.tables,
      );
    },
    tableAtAllocation: false,
    group: kernel.arch === 'arm' && kernel.config('CONFIG_IOMMU_DMA') !== 'y' ? 'device' : 'instance',
    contexts: feature.contexts - (feature.leafNodes ? 1 : 0),
    coherent: false,
    xlate: (master, cells) => {
      if (optIn && (denied || (master.pci === null && !ALLOWED.has(master.name)))) return ENODEV;
      return [cells[0] ?? 0];
    },
    rateLimit: 'ipmmu_domain_irq',
    handlerSilences: true,
    faultLines: ({ iova, fault }) => [
      `Unhandled fault: status 0x${(fault === 'translation' ? 1 : 2).toString(16).padStart(8, '0')} iova 0x${iova.toString(16)}`,
    ],
  });
  // A root with leaves below it serves them and is not registered: no master can name it.
  return isRoot && feature.leafNodes ? { error: 0 } : { error: 0, instance };
};
