/**
 * What drivers of masters print when their IOMMU tells them of a fault (iommu_set_fault_handler()), and faults of MMUs that
 * are a device's own and no IOMMU of the tree.
 */
import { big, type Family, num, type Shape, says } from './shape';

/** IOMMU_FAULT_WRITE (include/linux/iommu.h). */
const written = (flags: string | undefined): boolean => ((num(flags) ?? 0) & 1) !== 0;

const ADRENO = { type: 'fault', model: 'adreno-gpu', iommu: null } as const;
const OWN_MMU = "the GPU's own MMU, which is no IOMMU of the tree:";

const shapes: readonly Shape[] = [
  {
    by: 'rproc_iommu_fault',
    in: '3.4-',
    pattern: /\biommu fault: da (0x[0-9a-f]+|0) flags (0x[0-9a-f]+|0)/,
    whole: true,
    read: (m, line) => {
      const omap = line.driver === 'omap-iommu';
      return {
        type: 'fault',
        // The device is the IOMMU's where its driver gives one to report_iommu_fault(); Arm's gives none.
        model: omap ? 'omap-iommu' : 'remoteproc',
        iommu: line.device?.includes('*') === true ? null : line.device,
        iova: big(m[1]),
        // omap-iommu always gives flags of 0: they say nothing.
        write: omap ? null : written(m[2]),
        kind: 'translation',
        decoded: ['told to the remote processor, which is taken for crashed'],
      };
    },
  },
  {
    by: 'adreno_fault_handler',
    in: '5.14-',
    pattern:
      /\*\*\* gpu fault: ttbr0=([0-9a-f]+) iova=([0-9a-f]+) dir=(READ|WRITE) type=(TRANSLATION|PERMISSION|EXTERNAL|UNKNOWN) source=(.+?) \(/,
    whole: true,
    read: (m) => ({
      ...ADRENO,
      iova: big(m[2]),
      write: m[3] === 'WRITE',
      kind: m[4] === 'TRANSLATION' ? 'translation' : m[4] === 'PERMISSION' ? 'permission' : 'other',
      decoded: [`block of the GPU: ${m[5]}`, `page table (TTBR0) 0x${m[1]}`],
    }),
  },
  {
    by: 'adreno_fault_handler',
    in: '4.12-',
    pattern: /\*\*\* gpu fault: iova=(?:0x)?([0-9a-f]+),? flags=(\d+)/,
    whole: true,
    read: (m) => ({ ...ADRENO, iova: big(m[1]), write: written(m[2]), kind: 'translation' }),
  },
  {
    by: 'msm_gpu_fault_handler',
    in: '3.13-',
    pattern: /\*\*\* fault: iova=\s*(?:0x)?([0-9a-f]+), flags=(\d+)/,
    whole: true,
    // The display's domain had the same handler up to 6.17.
    read: (m) => ({
      type: 'fault',
      model: 'msm-drm',
      iommu: null,
      iova: big(m[1]),
      write: written(m[2]),
      kind: 'translation',
    }),
  },
  says('dump_mmu_fault', '4.6- (etnaviv)', /^MMU (\d) fault \(([^)]+)\) addr (0x[0-9a-f]+)/, `${OWN_MMU} $2 at $3`),
  says('dump_mmu_fault', '4.6- (etnaviv)', /^MMU fault status (0x[0-9a-f]+)/, `${OWN_MMU} a fault, status $1`),
  says(
    'lima_mmu_irq_handler',
    '5.2-',
    /^(\S+) page fault at (0x[0-9a-f]+) from bus id \d+ of type (read|write)/,
    `${OWN_MMU} nothing is mapped at $2 ($3, $1)`,
  ),
  says(
    'panfrost_mmu_irq_handler_thread',
    '5.2-',
    /^Unhandled Page fault in AS(\d+) at VA (0x[0-9a-f]+)/i,
    `${OWN_MMU} a fault at $2 in address space $1`,
  ),
];

export const clients: Family = {
  name: 'clients',
  anchor: /iommu fault|\*\*\* |MMU (?:\d )?fault|[Pp]age fault/,
  shapes,
};
