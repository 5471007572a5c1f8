/** What the scanner finds in a kernel tree, before it is packed. */

import type { PciMatch } from '../simulator/kernel/catalogue/pci-ids';
import type {
  EarlyProvider,
  InitcallLevel,
  KernelPlace,
  OfMatch,
  Population,
  ResourceKind,
} from '../simulator/kernel/drivers';
import type { KernelObject } from './kbuild';

/** A driver of which nothing special is known. */
export const PLAIN: Omit<ReadDriver, 'name' | 'bus' | 'of' | 'place'> = {
  ids: [],
  amba: [],
  pci: [],
  level: 'device',
  managesDma: false,
  usesIommuApi: false,
  iommuProvider: false,
  probeOnce: false,
  asynchronous: false,
  noUnbind: false,
  populates: [],
  gets: [],
  providesBelow: false,
  syncState: false,
};

/** The kinds of driver structures that can bind to a node, and where their generic part stands. */
export const DRIVER_TYPES: Readonly<Record<string, { bus: string; generic: string }>> = {
  platform_driver: { bus: 'platform', generic: 'driver.' },
  amba_driver: { bus: 'amba', generic: 'drv.' },
  pci_driver: { bus: 'pci', generic: '' },
  i2c_driver: { bus: 'i2c', generic: 'driver.' },
  // up to 6.14: an I2C driver that a DRM driver asks for
  drm_i2c_encoder_driver: { bus: 'i2c', generic: 'i2c_driver.driver.' },
  i3c_driver: { bus: 'i3c', generic: 'driver.' },
  spi_driver: { bus: 'spi', generic: 'driver.' },
  spi_mem_driver: { bus: 'spi', generic: 'spidrv.driver.' },
  spmi_driver: { bus: 'spmi', generic: 'driver.' },
  mdio_driver: { bus: 'mdio_bus', generic: 'mdiodrv.driver.' },
  mipi_dsi_driver: { bus: 'mipi-dsi', generic: 'driver.' },
  serdev_device_driver: { bus: 'serial', generic: 'driver.' },
  slim_driver: { bus: 'slimbus', generic: 'driver.' },
  sdw_driver: { bus: 'soundwire', generic: 'driver.' },
  rpmsg_driver: { bus: 'rpmsg', generic: 'drv.' },
  apr_driver: { bus: 'aprbus', generic: 'driver.' },
  scmi_driver: { bus: 'scmi_protocol', generic: '' },
  virtio_driver: { bus: 'virtio', generic: 'driver.' },
  dp_aux_ep_driver: { bus: 'dp-aux', generic: 'driver.' },
  nvmem_layout_driver: { bus: 'nvmem-layout', generic: 'driver.' },
  fsl_mc_driver: { bus: 'fsl-mc', generic: 'driver.' },
  fsi_driver: { bus: 'fsi', generic: 'drv.' },
  sdio_driver: { bus: 'sdio', generic: '' },
  usb_driver: { bus: 'usb', generic: '' },
};

/** A driver as one object's source says it. */
export interface ReadDriver {
  readonly name: string;
  readonly bus: string;
  readonly of: OfMatch[];
  readonly ids: string[];
  readonly amba: { id: number; mask: number }[];
  readonly pci: PciMatch[];
  readonly level: InitcallLevel;
  readonly managesDma: boolean;
  readonly usesIommuApi: boolean;
  readonly iommuProvider: boolean;
  readonly probeOnce: boolean;
  readonly asynchronous: boolean;
  readonly noUnbind: boolean;
  readonly populates: Population[];
  readonly gets: ResourceKind[];
  readonly syncState: boolean;
  readonly providesBelow: boolean;
  readonly place: KernelPlace;
}

export interface FoundDriver extends ReadDriver {
  readonly object: KernelObject;
}

export type ReadEarly = Omit<EarlyProvider, 'config'>;

export interface FoundEarly extends ReadEarly {
  readonly object: KernelObject;
}

/** A driver structure that an initcall registers: by its file and its name there. */
export interface Registration {
  readonly file: string;
  readonly variable: string;
  readonly level: InitcallLevel;
  readonly probeOnce: boolean;
}

/** What one object of the kernel says. Plain data: it is kept on disk. */
export interface ObjectFindings {
  /** In the order of the text: what its initcalls register, and drivers that macros make. */
  readonly ordered: readonly (Registration | ReadDriver)[];
  readonly early: readonly ReadEarly[];
  readonly declaredIommus: readonly string[];
  /** The driver structures of its file, by name; `lonely`: one that counts though no initcall names it. */
  readonly structures: readonly { readonly variable: string; readonly driver: ReadDriver; readonly lonely: boolean }[];
  readonly unread: readonly string[];
}

export interface Discovery {
  /** In link order. */
  readonly drivers: FoundDriver[];
  /** How many of them are linked before drivers/base, whose initcalls create the devices and end deferral. */
  readonly beforeCore: number;
  readonly early: FoundEarly[];
  /** What IOMMU_OF_DECLARE names, in link order. */
  readonly declaredIommus: { readonly compatible: string; readonly object: KernelObject }[];
  /** Structures that no initcall was found for: counted as device level. */
  readonly unregistered: string[];
  /** Rows of match tables that could not be read. */
  readonly unread: string[];
}
