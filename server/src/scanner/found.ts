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
export const PLAIN: Omit<FoundDriver, 'name' | 'bus' | 'of' | 'place' | 'object'> = {
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

export interface FoundDriver {
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
  readonly object: KernelObject;
}

export interface FoundEarly extends Omit<EarlyProvider, 'config'> {
  readonly object: KernelObject;
}

export interface Discovery {
  /** In link order. */
  readonly drivers: FoundDriver[];
  /** How many of them are linked before drivers/base, whose initcalls create the devices and end deferral. */
  readonly beforeCore: number;
  readonly early: FoundEarly[];
  /** Structures that no initcall was found for: counted as device level. */
  readonly unregistered: string[];
  /** Rows of match tables that could not be read. */
  readonly unread: string[];
}
