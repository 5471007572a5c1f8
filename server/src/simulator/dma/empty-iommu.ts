/**
 * An IOMMU driver that has taken the bus and has no hardware (3.19: rk_iommu_init on a board without Rockchip's IOMMU):
 * domains can be allocated, and a device "attached", which changes nothing about its accesses.
 */
import type { DtNode } from '../../devicetree/model';
import type { SimDevice } from '../contract/device';
import { EINVAL, ENODEV, type Errno } from '../contract/errno';
import type { HardwareDomain } from '../contract/hardware-domain';
import type { IommuInstance } from '../contract/iommu-driver';
import type { ReportProvider } from '../report';
import { SortedMappings } from './sorted-mappings';

const PAGE_SIZES = 0x007ff000n;

function emptyDomain(): HardwareDomain {
  const mappings = new SortedMappings();
  return {
    kind: 'paging',
    pageSizes: PAGE_SIZES,
    aperture: { start: 0n, end: 0xffffffffn, force: true },
    faultHandler: null,
    attach: () => 0,
    map: (iova, phys, size, prot) =>
      [iova, phys, size].some((v) => v % 4096n !== 0n) ? EINVAL : mappings.map(iova, phys, size, prot),
    unmap: (iova, size) => mappings.unmap(iova, size),
    flushTlb: () => undefined,
    translate: (iova) => mappings.translate(iova),
    walk: () => [],
    free: () => undefined,
  };
}

export class EmptyIommu implements IommuInstance {
  readonly device: SimDevice;
  readonly buses = ['platform'];
  readonly ofOperations = false;
  readonly attachesAny = true;
  readonly anonymous = true;
  readonly identity = null;
  readonly blocked = null;
  readonly firmwareRegions = false;
  readonly deferredFlush = false;

  constructor(
    readonly driver: string,
    readonly node: DtNode,
  ) {
    this.device = {
      node: null,
      ref: driver,
      name: driver,
      bus: '',
      parent: null,
      pci: null,
      driverName: null,
      driverManagesDma: false,
    };
  }

  readonly xlate = (): Errno => ENODEV;

  probeDevice(): Errno {
    return ENODEV;
  }

  releaseDevice(): void {}

  deviceGroup(): Errno {
    return ENODEV;
  }

  defaultDomainType(): null {
    return null;
  }

  allocatePaging(): HardwareDomain {
    return emptyDomain();
  }

  reservedRegions(): readonly [] {
    return [];
  }

  cacheCoherent(): boolean {
    return false;
  }

  streamsOf(): readonly number[] {
    return [];
  }

  access(stream: number, iova: bigint, write: boolean): ReturnType<IommuInstance['access']> {
    return { stream, iova, write, lines: [], walk: [], stale: false, result: 'untranslated', phys: iova, fault: null };
  }

  report(): ReportProvider {
    return { device: this.driver, model: this.driver, streamTable: [], contextBanks: [], registers: {} };
  }
}
