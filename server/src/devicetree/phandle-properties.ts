/**
 * Which properties hold phandles, and where: what a blob's numbers need to become references again, and how long
 * values break into rows that a person can read.
 */
import type { DtNode } from './model';
import { cellAt, u32 } from './read';

/** `args`: phandle and as many cells as `cells` of the node named says (null: none). The others have their own shape. */
export type PhandleShape =
  | { readonly kind: 'args'; readonly cells: string | null }
  | { readonly kind: 'rid-map'; readonly cells: string }
  | { readonly kind: 'interrupt-map' }
  | { readonly kind: 'iommu-addresses' };

const args = (cells: string | null): PhandleShape => ({ kind: 'args', cells });
const BARE = args(null);

/**
 * By exact name. First the kernel's supplier bindings (drivers/of/property.c, of_supplier_bindings), then other
 * properties of the specifications and of common bindings.
 */
const BY_NAME: ReadonlyMap<string, PhandleShape> = new Map<string, PhandleShape>([
  ['clocks', args('#clock-cells')],
  ['interconnects', args('#interconnect-cells')],
  ['iommus', args('#iommu-cells')],
  ['iommu-map', { kind: 'rid-map', cells: '#iommu-cells' }],
  ['mboxes', args('#mbox-cells')],
  ['io-channels', args('#io-channel-cells')],
  ['io-backends', args('#io-backend-cells')],
  ['dmas', args('#dma-cells')],
  ['power-domains', args('#power-domain-cells')],
  ['hwlocks', args('#hwlock-cells')],
  ['extcon', BARE],
  ['nvmem-cells', args('#nvmem-cell-cells')],
  ['phys', args('#phy-cells')],
  ['wakeup-parent', BARE],
  ['remote-endpoint', BARE],
  ['pwms', args('#pwm-cells')],
  ['resets', args('#reset-cells')],
  ['leds', BARE],
  ['backlight', BARE],
  ['panel', BARE],
  ['msi-parent', args('#msi-cells')],
  ['pses', args('#pse-cells')],
  ['power-supplies', BARE],
  ['gpio', args('#gpio-cells')],
  ['gpios', args('#gpio-cells')],
  ['interrupts-extended', args('#interrupt-cells')],
  ['interrupt-map', { kind: 'interrupt-map' }],
  ['access-controllers', args('#access-controller-cells')],
  ['post-init-providers', BARE],
  ['interrupt-parent', BARE],
  ['msi-map', { kind: 'rid-map', cells: '#msi-cells' }],
  ['memory-region', BARE],
  ['iommu-addresses', { kind: 'iommu-addresses' }],
  ['mmu-masters', args('#stream-id-cells')],
  ['assigned-clocks', args('#clock-cells')],
  ['assigned-clock-parents', args('#clock-cells')],
  ['cooling-device', args('#cooling-cells')],
  ['thermal-sensors', args('#thermal-sensor-cells')],
  ['trip', BARE],
  ['sound-dai', args('#sound-dai-cells')],
  ['mux-controls', args('#mux-control-cells')],
  ['cpu', BARE],
  ['cpus', BARE],
  ['cpu-idle-states', BARE],
  ['domain-idle-states', BARE],
  ['next-level-cache', BARE],
  ['l2-cache', BARE],
  ['operating-points-v2', BARE],
  ['required-opps', BARE],
  ['affinity', BARE],
  ['interrupt-affinity', BARE],
  ['phy-handle', BARE],
  ['nvmem', BARE],
  ['mmc-pwrseq', BARE],
  ['dma-channels-parent', BARE],
  ['gpio-ranges', { kind: 'args', cells: '3' }],
]);

const NOT_PHANDLES = new Set(['post-power-supply', 'gpio-ranges-group-names']);

/** What a property's name says about phandles in its value; null when nothing is known. */
export function phandleShape(name: string): PhandleShape | null {
  const exact = BY_NAME.get(name);
  if (exact !== undefined) return exact;
  if (/^pinctrl-\d+$/.test(name)) return BARE;
  if (NOT_PHANDLES.has(name) || name.startsWith('#')) return null;
  if (/.-supply$/.test(name)) return BARE;
  // of_supplier_bindings, parse_gpios: `snps,nr-gpios` and the like hold a number
  if (/.-gpios?$/.test(name) && !name.endsWith(',nr-gpios')) return args('#gpio-cells');
  return null;
}

/** Where a value's phandles are and where its rows start, as byte offsets in rising order. */
export interface PhandleLayout {
  readonly phandles: readonly number[];
  readonly rows: readonly number[];
}

/**
 * Reads the layout of a value whose name is known to hold phandles. Null unless the whole value fits: a phandle that
 * nobody has, a provider without cells property or a wrong length leave plain numbers. A 0 phandle is a hole.
 */
export function phandleLayout(
  node: DtNode,
  name: string,
  bytes: Uint8Array,
  phandles: ReadonlyMap<number, DtNode>,
): PhandleLayout | null {
  const shape = phandleShape(name);
  if (shape === null || bytes.length === 0 || bytes.length % 4 !== 0) return null;
  // a hog's lines belong to its parent and carry no phandle (drivers/of/property.c, parse_gpio_compat)
  if (name === 'gpios' && node.properties.has('gpio-hog')) return null;
  switch (shape.kind) {
    case 'args':
      return argsLayout(bytes, phandles, shape.cells);
    case 'rid-map':
      return ridMapLayout(bytes, phandles, shape.cells);
    case 'interrupt-map':
      return interruptMapLayout(node, bytes, phandles);
    case 'iommu-addresses': {
      const parent = node.parent;
      const width = parent === null ? 0 : u32(parent, '#address-cells', 2) + u32(parent, '#size-cells', 1);
      return fixedRows(bytes, phandles, 1 + width, 0);
    }
  }
}

function argsLayout(
  bytes: Uint8Array,
  phandles: ReadonlyMap<number, DtNode>,
  cells: string | null,
): PhandleLayout | null {
  const found: number[] = [];
  const rows: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    rows.push(at);
    const phandle = cellAt(bytes, at);
    if (phandle === 0) {
      at += 4;
      continue;
    }
    const target = phandles.get(phandle);
    if (target === undefined) return null;
    let count = 0;
    if (cells !== null && !cells.startsWith('#')) count = Number(cells);
    else if (cells !== null) {
      // nvmem cells and MSI parents may leave their cells property out (fallback 0)
      if (!target.properties.has(cells) && cells !== '#nvmem-cell-cells' && cells !== '#msi-cells') return null;
      count = u32(target, cells, 0);
    }
    found.push(at);
    if (count > (bytes.length - at) / 4 - 1) return null;
    at += 4 * (count + 1);
  }
  return found.length === 0 ? null : { phandles: found, rows };
}

/** Rows of (RID base, phandle, ID base, length); the ID base has one cell, or as many as the provider's cells say. */
function ridMapLayout(bytes: Uint8Array, phandles: ReadonlyMap<number, DtNode>, cells: string): PhandleLayout | null {
  const fixed = fixedRows(bytes, phandles, 4, 1);
  if (fixed !== null) return fixed;
  const found: number[] = [];
  const rows: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const target = phandles.get(cellAt(bytes, at + 4));
    if (target === undefined) return null;
    const width = 3 + u32(target, cells, 1);
    if (at + 4 * width > bytes.length) return null;
    rows.push(at);
    found.push(at + 4);
    at += 4 * width;
  }
  return { phandles: found, rows };
}

/** Rows of (child address, child interrupt, phandle, parent address, parent interrupt): Devicetree Specification 2.4.3. */
function interruptMapLayout(
  node: DtNode,
  bytes: Uint8Array,
  phandles: ReadonlyMap<number, DtNode>,
): PhandleLayout | null {
  const child = u32(node, '#address-cells', 2) + u32(node, '#interrupt-cells', 1);
  const found: number[] = [];
  const rows: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const target = phandles.get(cellAt(bytes, at + 4 * child));
    if (target === undefined) return null;
    const width = child + 1 + u32(target, '#address-cells', 0) + u32(target, '#interrupt-cells', 1);
    if (at + 4 * width > bytes.length) return null;
    rows.push(at);
    found.push(at + 4 * child);
    at += 4 * width;
  }
  return { phandles: found, rows };
}

function fixedRows(
  bytes: Uint8Array,
  phandles: ReadonlyMap<number, DtNode>,
  width: number,
  column: number,
): PhandleLayout | null {
  if (bytes.length % (4 * width) !== 0) return null;
  const found: number[] = [];
  const rows: number[] = [];
  for (let at = 0; at < bytes.length; at += 4 * width) {
    if (!phandles.has(cellAt(bytes, at + 4 * column))) return null;
    rows.push(at);
    found.push(at + 4 * column);
  }
  return { phandles: found, rows };
}
