/** What a driver's functions go on to do: every function and table that its structure leads to is read. */
import { type Population, PROVIDED_NODES, type ResourceKind } from '../simulator/kernel/drivers';
import {
  type CSource,
  closing,
  elements,
  expand,
  field,
  nested,
  splitArgs,
  stringLiteral,
  type Variable,
  words,
} from './csource';
import type { KernelObject } from './kbuild';
import { type Sources, variablesOf } from './sources';

interface Reach {
  readonly usesIommuApi: boolean;
  readonly iommuProvider: boolean;
  readonly populates: Population[];
  readonly gets: ResourceKind[];
  readonly providesBelow: boolean;
}

/** Getters that return -EPROBE_DEFER while the provider is missing. */
const GETTERS: readonly (readonly [RegExp, ResourceKind])[] = [
  [
    /\b(?:devm_|of_)*clk_(?:bulk_)?get(?:_all|_optional|_enabled|_prepared|_by_name|_with_rate)*\s*\(|\bdevm_get_clk_from_child\s*\(/,
    'clocks',
  ],
  [/\b(?:devm_|of_)*reset_control_(?:bulk_|array_)?get(?!_count)\w*\s*\(/, 'resets'],
  [/\b(?:devm_|of_)*phy_(?:optional_)?get(?:_by_\w+)?\s*\(|\b(?:devm_)?usb_get_phy\w*\s*\(/, 'phys'],
  [
    /\b(?:devm_|of_)*regulator_(?:bulk_)?get(?:_all|_optional|_exclusive|_const|_enable(?:_optional|_read_voltage)?)*\s*\(|\bmmc_regulator_get_supply\s*\(/,
    'supplies',
  ],
  [/\bplatform_get_irq\w*\s*\(|\b(?:of|fwnode)_irq_get\w*\s*\(/, 'interrupts'],
];

/** Calls that make devices of the children of a node, and the bus that they are on. */
const REGISTRARS: readonly (readonly [RegExp, string])[] = [
  [
    /\b(?:devm_)?i2c_add_(?:numbered_)?adapter\s*\(|\bi2c_mux_add_adapter\s*\(|\bi2c_bit_add_(?:numbered_)?bus\s*\(/,
    'i2c',
  ],
  [/\b(?:devm_)?spi_register_(?:controller|master)\s*\(|\bspi_bitbang_start\s*\(/, 'spi'],
  [/\b(?:devm_)?spmi_controller_add\s*\(/, 'spmi'],
  [/\b(?:devm_)?of_mdiobus_register\s*\(|\b__of_mdiobus_register\s*\(/, 'mdio_bus'],
  [/\b(?:devm_)?mipi_dsi_host_register\s*\(/, 'mipi-dsi'],
  [/\buart_add_one_port\s*\(|\bserial8250_register_8250_port\s*\(|\bserdev_controller_add\s*\(/, 'serial'],
  [/\bslim_register_controller\s*\(/, 'slimbus'],
  [/\bsdw_bus_master_add\s*\(/, 'soundwire'],
  [/\bi3c_master_register\s*\(/, 'i3c'],
  [/\b(?:devm_)?of_dp_aux_populate_bus\s*\(/, 'dp-aux'],
  [/\bof_register_apr_devices\s*\(/, 'aprbus'],
  [/\bfsi_master_register\s*\(/, 'fsi'],
  [/\b(?:devm_)?nvmem_register\s*\(/, 'nvmem-layout'],
  [/\bmmc_add_host\s*\(|\bsdhci_add_host\s*\(|\b__sdhci_add_host\s*\(|\bsdhci_pltfm_init_and_add_host\s*\(/, 'mmc'],
  [/\b(?:devm_)?gpiochip_add_data(?:_with_key)?\s*\(|\b(?:devm_)?gpiochip_add\s*\(/, 'gpio'],
  [
    /\bpci_host_probe\s*\(|\bpci_host_common_probe\s*\(|\bdw_pcie_host_init\s*\(|\bpci_scan_root_bus_bridge\s*\(/,
    'pci',
  ],
  [/\busb_add_hcd\s*\(/, 'usb'],
  [/\bscmi_device_create\s*\(|\bscmi_protocol_device_request\s*\(/, 'scmi_protocol'],
];

/** Calls that mark a node as initialized (fwnode_dev_initialized): whether below the driver's own node cannot be told. */
const PROVIDERS =
  /\b(?:of_clk_add_(?:hw_)?provider|of_genpd_add_provider_\w+|irq_domain_(?:add|create|instantiate)\w*)\s*\(/;

/** Children that a driver looks for itself, by node name and by compatible. */
const CHILDREN_NAMED =
  /\b(?:of_get_(?:available_)?child_by_name|of_find_node_by_name|(?:device|fwnode)_get_named_child_node)\s*\(\s*[^,;"]+,\s*"([^"]+)"/g;
const CHILDREN_LIKE =
  /\b(?:of_get_compatible_child\s*\(\s*[^,;"]+|of_device_is_compatible\s*\(\s*child\s*),\s*"([^"]+)"/g;

/** Names whose bodies are frameworks: reached, they would make every driver do everything. */
const FRAMEWORK =
  /^(?:dev_|pr_|devm_k|kfree|kzalloc|mutex_|spin_|of_|clk_|regulator_|platform_get_|pm_runtime_|iommu_|dma_|writel|readl)/;

const TERMINAL =
  /^(?:(?:devm_)?i2c_add_adapter|i2c_add_numbered_adapter|(?:devm_)?spi_register_controller|spmi_controller_add|mipi_dsi_host_register|uart_add_one_port|serial8250_register_8250_port|(?:devm_)?gpiochip_add_data_with_key|mfd_add_devices|devm_mfd_add_devices|usb_add_hcd|mmc_add_host|pci_host_probe|nvmem_register|devm_nvmem_register)$/;

/** Follows a driver structure through its file, and into functions of its module and folder that it calls. */
export function reachOf(sources: Sources, object: KernelObject, source: CSource, driver: Variable): Reach {
  const seen = new Set<string>();
  const texts: { source: CSource; text: string }[] = [];
  const cells = new Map<string, string>();
  const visit = (from: CSource, text: string, depth: number): void => {
    texts.push({ source: from, text });
    if (texts.length > 600) return;
    const variables = variablesOf(from);
    for (const { name, called } of words(text)) {
      const key = `${from.file}:${name}`;
      if (seen.has(key)) continue;
      const fn = from.functions.get(name);
      if (fn !== undefined) {
        seen.add(key);
        visit(from, fn.body, depth);
        continue;
      }
      const variable = variables.get(name);
      if (variable !== undefined) {
        seen.add(key);
        if (variable.type === 'mfd_cell')
          for (const [compatible, name] of cellsOf(sources, from, object, variable)) cells.set(compatible, name);
        visit(from, variable.body, depth);
        continue;
      }
      if (!called || depth >= 6 || FRAMEWORK.test(name) || TERMINAL.test(name)) continue;
      seen.add(key);
      const global = sources.globalFunction(object, name);
      if (global === null || seen.has(`${global.source.file}:${name}`)) continue;
      seen.add(`${global.source.file}:${name}`);
      visit(global.source, global.fn.body, depth + 1);
    }
  };
  visit(source, driver.body, 0);

  const populates: Population[] = [];
  const add = (
    bus: string,
    compatibles: readonly string[],
    below: string | null,
    names: readonly string[] = [],
  ): void => {
    if (!populates.some((p) => p.bus === bus && p.below === below)) populates.push({ bus, compatibles, below, names });
  };
  const gets = new Set<ResourceKind>();
  let usesIommuApi = false;
  let iommuProvider = false;
  for (const { text } of texts) {
    if (/\biommu_(?:paging_)?domain_alloc\w*\s*\(|\biommu_attach_(?:device|group)\s*\(/.test(text)) usesIommuApi = true;
    if (/\biommu_device_register\s*\(/.test(text)) iommuProvider = true;
    for (const [pattern, bus] of REGISTRARS) if (pattern.test(text)) add(bus, [], null);
    for (const call of text.matchAll(/\b(devm_)?of_platform_(default_)?populate\s*\(/g)) {
      const open = (call.index ?? 0) + call[0].length - 1;
      const args = splitArgs(text.slice(open + 1, closing(text, open) - 1));
      const table = call[1] !== undefined ? 'NULL' : call[2] !== undefined ? 'default' : (args[1] ?? 'NULL').trim();
      add(table === 'NULL' ? 'platform' : 'platform-buses', [], null);
    }
    if (/\bof_platform_device_create\s*\(|\bdevm_of_platform_device_create\s*\(/.test(text)) add('platform', [], null);
  }
  if (texts.some(({ text }) => /\b(?:devm_)?mfd_add_(?:hotplug_)?devices\s*\(/.test(text)) && cells.size > 0) {
    const sorted = [...cells].sort(([a], [b]) => (a < b ? -1 : 1));
    add(
      'mfd',
      sorted.map(([compatible]) => compatible),
      null,
      sorted.map(([, name]) => name),
    );
  }
  let providesBelow = false;
  const children = { names: new Set<string>(), like: new Set<string>() };
  for (const text of calledFrom(sources, object, source, driver)) {
    for (const match of text.matchAll(CHILDREN_NAMED)) children.names.add(match[1] ?? '');
    for (const match of text.matchAll(CHILDREN_LIKE)) children.like.add(match[1] ?? '');
    for (const [pattern, kind] of GETTERS) if (pattern.test(text)) gets.add(kind);
    if (PROVIDERS.test(text)) providesBelow = true;
    // The edges of a processor that is already running; those of others come when it is started (callbacks).
    if (/\bqcom_smd_register_edge\s*\(/.test(text)) add('rpmsg', [], 'smd-edge');
    if (/\bqcom_glink_rpm_register\s*\(/.test(text)) add('rpmsg', [], 'glink-edge');
  }
  // it registers providers for what stands below children that have devices, or could have (pruss_clk_init)
  if (providesBelow && children.names.size + children.like.size > 0)
    populates.push({
      bus: PROVIDED_NODES,
      compatibles: [...children.like].sort(),
      below: null,
      names: [...children.names].sort(),
    });
  return { usesIommuApi, iommuProvider, populates, gets: [...gets], providesBelow };
}

/**
 * Functions of frameworks that call back before they return: what is called in a driver's probe, the type of the operations that
 * it hands over, and their members. Of Linux 6.12: ufshcd_variant_hba_init (ufshcd_pltfrm_init, ufshcd_init), dw_mci_parse_dt and
 * dw_mci_probe (dw_mci_pltfm_register), dw_pcie_host_init (until 6.6 its member was called host_init).
 */
const CALLED_BACK: readonly (readonly [call: RegExp, type: string, members: readonly string[]])[] = [
  [/\bufshcd_pltfrm_init\s*\(/, 'ufs_hba_variant_ops', ['init']],
  [/\bdw_mci_pltfm_register\s*\(/, 'dw_mci_drv_data', ['parse_dt', 'init']],
  [/\bdw_pcie_host_init\s*\(/, 'dw_pcie_host_ops', ['init', 'host_init']],
];

/** The bodies of the probe function and of what it calls, not of what it hands out as callbacks, which run later but for CALLED_BACK. */
function calledFrom(sources: Sources, object: KernelObject, source: CSource, driver: Variable): string[] {
  const bodies: string[] = [];
  const seen = new Set<string>();
  const visit = (from: CSource, text: string, depth: number): void => {
    bodies.push(text);
    if (bodies.length > 300) return;
    for (const [call, type, members] of CALLED_BACK)
      if (call.test(text))
        for (const operations of from.variables.filter((variable) => variable.type === type))
          for (const member of members) follow(from, (field(operations.body, member) ?? '').trim(), depth);
    for (const { name, called } of words(text)) if (called) follow(from, name, depth);
  };
  const follow = (from: CSource, name: string, depth: number): void => {
    if (name === '' || FRAMEWORK.test(name) || TERMINAL.test(name)) return;
    const own = from.functions.get(name);
    const target =
      own !== undefined ? { source: from, fn: own } : depth < 6 ? sources.globalFunction(object, name) : null;
    if (target === null) return;
    const key = `${target.source.file}:${name}`;
    if (seen.has(key)) return;
    seen.add(key);
    visit(target.source, target.fn.body, target.source === from ? depth : depth + 1);
  };
  const probe = field(driver.body, 'probe') ?? field(driver.body, 'spidrv.probe') ?? '';
  const fn = source.functions.get(probe.trim()) ?? sources.globalFunction(object, probe.trim())?.fn;
  // platform_driver_probe() and platform_create_bundle() name the probe function apart from the structure.
  if (fn !== undefined) visit(source, fn.body, 0);
  else for (const other of source.functions.values()) if (/_probe$/.test(other.name)) visit(source, other.body, 0);
  return bodies;
}

/** The cells of an array of mfd_cell that name a compatible: `.of_compatible` and `.name` ('' where it cannot be read). */
function cellsOf(sources: Sources, source: CSource, object: KernelObject, variable: Variable): [string, string][] {
  const found: [string, string][] = [];
  const textOf = (text: string | null): string | null => {
    const value = (text ?? '').trim().replace(/^\((.*)\)$/, '$1');
    if (value === 'KBUILD_MODNAME') return object.modname;
    return stringLiteral(value) ?? stringLiteral(expand(value, (n) => sources.macro(source, n, false)));
  };
  for (const element of elements(variable.body)) {
    const expanded = expand(element.value, (n) => sources.macro(source, n, /MFD_CELL/.test(n)));
    for (const part of elements(expanded)) {
      const row = nested(part.value);
      const compatible = row === null ? null : textOf(field(row, 'of_compatible'));
      if (row !== null && compatible !== null) found.push([compatible, textOf(field(row, 'name')) ?? '']);
    }
  }
  return found;
}
