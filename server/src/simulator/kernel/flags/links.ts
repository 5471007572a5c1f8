/** fw_devlink: which properties make device links, and what is said about cycles. */
import type { RulesOf } from './rule';

/** Differences of of_supplier_bindings[] from 6.12. */
export interface SupplierBindings {
  /** Property names that make no link in this kernel. */
  readonly without: readonly string[];
  /** Exact names linked here but not in 6.12, with the property that counts their cells (null: none). */
  readonly added: readonly { readonly name: string; readonly cells: string | null }[];
  /** pinctrl-0 up to this number; null: any name that goes on with a digit. */
  readonly lastPinctrl: number | null;
  /** remote-endpoint: who is the consumer; `none`: not linked. */
  readonly remoteEndpoint: 'none' | 'compatible-node' | 'port-parent';
  /** nvmem-cells: whether the provider's `#nvmem-cell-cells` is honoured. */
  readonly nvmemCells: boolean;
  /** A list stops at a provider that lacks the property which counts its cells; else it counts as having none. */
  readonly cellsNeeded: boolean;
}

export interface LinkFlags {
  /**
   * How fw_devlink makes links. `devices`: from what a device's node and all nodes below it name, as the device is added,
   * and again for all that still lack a supplier as each further device is added; every property counts. While the boot
   * makes the tree's devices it is put off, and with it their probes. `nodes`: links between nodes first, each node read
   * once; cycles are looked for.
   */
  readonly fwDevlinkBetween: 'devices' | 'nodes';
  /** Default of fw_devlink=; `absent`: the kernel has none. */
  readonly fwDevlink: 'absent' | 'permissive' | 'on' | 'rpm';
  /** The console's node probes without waiting for its suppliers' drivers (FWNODE_FLAG_BEST_EFFORT). */
  readonly fwDevlinkBestEffort: boolean;
  /** Which properties make supplier links. */
  readonly supplierBindings: SupplierBindings;
  /** `consumer`: "Fixing up cyclic dependency with X" on the consumer; `node`: "X: Fixed dependency cycle(s) with Y". */
  readonly cycleMessage: 'none' | 'consumer' | 'node';
  /** When that is said: each time a link is found to close a cycle, or once for every link of the cycle, as it is marked. */
  readonly cycleSaid: 'closing-link' | 'each-link-once';
  /** "sync_state() pending due to": whether and how loud. */
  readonly syncStatePending: 'none' | 'warn' | 'info';
  /** fw_devlink.sync_state= exists. */
  readonly syncStateParam: boolean;
  /** "wait for supplier": by the node's name, or by its path. */
  readonly supplierText: 'name' | 'path';
}

/** of_supplier_bindings[] of 6.12: the table that the others are told by. */
export const WHOLE_BINDINGS: SupplierBindings = {
  without: [],
  added: [],
  lastPinctrl: 8,
  remoteEndpoint: 'port-parent',
  nvmemCells: true,
  cellsNeeded: false,
};

export const LINKS_RULES: RulesOf<LinkFlags> = {
  fwDevlinkBetween: {
    what: 'fw_devlink links devices as they are added, by every property it knows, and puts the probes of early drivers off until the whole tree has devices (5.8 to 5.10); or it first links nodes (5.11 on).',
    source:
      'fw_devlink_link_device, fw_devlink_pause, fw_devlink_resume, of_link_to_phandle, of_platform_default_populate_init; fw_devlink_parse_fwtree',
    since: { '3.19': 'devices', '5.15': 'nodes' },
    recorded: ['6.1', '6.12', '7.3'],
  },
  fwDevlink: {
    what: 'Default of fw_devlink.',
    source: 'fw_devlink_flags in drivers/base/core.c',
    since: { '3.19': 'absent', '5.10': 'permissive', '5.15': 'on', '6.12': 'rpm' },
    recorded: ['6.1', '6.12', '7.3'],
  },
  fwDevlinkBestEffort: {
    what: 'The console does not wait for suppliers whose drivers have not come (6.1 on).',
    source: 'of_alias_scan, FWNODE_FLAG_BEST_EFFORT, device_links_check_suppliers',
    since: { '3.19': false, '6.1': true },
    recorded: ['6.12'],
  },
  supplierBindings: {
    what: 'Which properties make supplier links.',
    source: 'of_supplier_bindings in drivers/of/property.c',
    since: {
      '3.19': {
        without: [],
        added: [],
        lastPinctrl: -1,
        remoteEndpoint: 'none',
        nvmemCells: false,
        cellsNeeded: false,
      },
      '5.10': {
        without: [
          'interrupts',
          'interrupt-map',
          'gpio',
          'gpios',
          'pwms',
          'resets',
          'leds',
          'backlight',
          'panel',
          'msi-parent',
          'access-controllers',
          'io-backends',
          'pses',
          'power-supplies',
          'post-init-providers',
        ],
        added: [
          { name: 'interrupt-parent', cells: null },
          { name: 'interrupts-extended', cells: '#interrupt-cells' },
        ],
        lastPinctrl: 8,
        remoteEndpoint: 'none',
        nvmemCells: false,
        cellsNeeded: true,
      },
      '5.15': {
        without: [
          'interrupt-map',
          'msi-parent',
          'access-controllers',
          'io-backends',
          'pses',
          'power-supplies',
          'post-init-providers',
          'panel',
          'io-channels',
        ],
        added: [
          { name: 'io-channel', cells: '#io-channel-cells' },
          { name: 'interrupt-parent', cells: null },
        ],
        lastPinctrl: 8,
        remoteEndpoint: 'compatible-node',
        nvmemCells: false,
        cellsNeeded: true,
      },
      '6.1': {
        without: [
          'interrupt-map',
          'msi-parent',
          'access-controllers',
          'io-backends',
          'pses',
          'power-supplies',
          'post-init-providers',
        ],
        added: [{ name: 'interrupt-parent', cells: null }],
        lastPinctrl: 8,
        remoteEndpoint: 'compatible-node',
        nvmemCells: false,
        cellsNeeded: true,
      },
      '6.6': {
        without: [
          'interrupt-map',
          'msi-parent',
          'access-controllers',
          'io-backends',
          'pses',
          'power-supplies',
          'post-init-providers',
        ],
        added: [{ name: 'interrupt-parent', cells: null }],
        lastPinctrl: 8,
        remoteEndpoint: 'port-parent',
        nvmemCells: true,
        cellsNeeded: false,
      },
      '6.12': WHOLE_BINDINGS,
      '7.3': {
        without: [],
        added: [{ name: 'mmc-pwrseq', cells: null }],
        lastPinctrl: null,
        remoteEndpoint: 'port-parent',
        nvmemCells: true,
        cellsNeeded: false,
      },
    },
    recorded: ['6.1', '6.12', '7.3'],
  },
  cycleMessage: {
    what: 'The text for a dependency cycle.',
    source: 'fw_devlink_relax_cycle, __fw_devlink_relax_cycles',
    since: { '3.19': 'none', '5.15': 'consumer', '6.1': 'node' },
    recorded: ['6.1', '6.12', '7.3'],
  },
  cycleSaid: {
    what: 'A cycle is told for the link that closes it, each time, or once for every link that is part of it, when that is marked (7.3).',
    source: 'fw_devlink_create_devlink; __fwnode_link_cycle',
    since: { '3.19': 'closing-link', '7.3': 'each-link-once' },
    recorded: ['6.1', '6.12', '7.3'],
  },
  syncStatePending: {
    what: 'The line "sync_state() pending due to": absent, a warning (6.2 on), information (6.18).',
    source: 'fw_devlink_dev_sync_state',
    since: { '3.19': 'none', '6.6': 'warn', '6.18': 'info' },
    recorded: ['6.1', '6.12', '7.3'],
  },
  syncStateParam: {
    what: 'The parameter fw_devlink.sync_state (6.4 on).',
    source: 'fw_devlink_sync_state_setup',
    since: { '3.19': false, '6.6': true },
    recorded: ['6.1', '6.12'],
  },
  supplierText: {
    what: 'The reason "wait for supplier" names the node, or gives its path.',
    source: 'device_links_check_suppliers',
    since: { '3.19': 'name', '6.12': 'path' },
    recorded: ['6.1', '6.12', '7.3'],
  },
};
