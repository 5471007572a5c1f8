/** Hover on nodes and compatibles: what the device is, who drives it, how its boot went. */

import type { DtNode } from '../../devicetree/model';
import { compatibles, isAvailable, isEnabled, stringOf } from '../../devicetree/read';
import { cpuRegOf } from '../../iommu/addresses';
import { vendorIommuOf, vendorPartOf } from '../../iommu/vendor';
import type { Provider } from '../../iommu/view';
import { hex, bytes as size } from '../../iommu/words';
import type { KernelCatalogue } from '../../simulator/kernel/catalogue';
import { positionAt } from '../../source/file';
import type { BoardSnapshot } from '../../workspace/board';
import { contextOf } from '../board-context';
import { code, link, nodeLink, placeLink } from '../markdown';
import { type KernelFiles, tableLine } from '../navigation/kernel-files';
import { nodeSpan } from '../rules/rule';
import { masterTable, pathLink } from './master';
import { vendorCompatibleText, vendorDriverText } from './vendor';

/** A node: labels, path, status, driver, IOMMU side, boot. Places in the kernel are links when its source is there. */
export function hoverNode(snapshot: BoardSnapshot, node: DtNode, kernel: KernelFiles | null = null): string {
  const context = contextOf(snapshot);
  const lines: string[] = [];
  const labels = node.labels.map((l) => code(`&${l.name}`)).join(' ');
  lines.push(`**${labels === '' ? code(node.path) : labels}** ${labels === '' ? '' : code(node.path)}`);
  const provider = snapshot.view.provider(node);
  if (provider !== null) lines.push(providerText(snapshot, provider, kernel), vendorDriverText(node) ?? '');
  const names = compatibles(node);
  if (names.length > 0) lines.push(`compatible ${names.map(code).join(', ')}`);
  const reg = cpuRegOf(node)[0];
  if (reg !== undefined && reg.size > 0n) lines.push(`at ${code(hex(reg.address))}, ${size(reg.size)}`);
  const part = vendorPartOf(node);
  if (part !== null) lines.push(`Vendor's hardware: ${part}`);
  lines.push(...statusLines(node));
  lines.push(...bootLines(snapshot, node, kernel));
  const master = snapshot.view.master(node);
  if (master !== null) lines.push(masterTable(snapshot, master));
  const map = snapshot.view.map(node);
  if (map !== null)
    lines.push(
      `PCI functions go through ${code('iommu-map')}: ${map.rows.length} ${map.rows.length === 1 ? 'row' : 'rows'}${map.mask === 0xffffffff ? '' : `, mask ${code(hex(map.mask))}`}`,
    );
  const chain = context.chain(node);
  if (chain !== null)
    lines.push(`Stays deferred: ${chain.path.map((p) => pathLink(snapshot, p)).join(' → ')}. ${chain.fix}`);
  if (node.definitions.length > 0)
    lines.push(
      `Written in ${node.definitions
        .slice(0, 8)
        .map((d) => placeLink(d.nameSpan))
        .join(', ')}`,
    );
  return lines.filter((l) => l !== '').join('\n\n');
}

/** What an IOMMU is; its driver only when the line of its boot (bootLines) names none. */
function providerText(snapshot: BoardSnapshot, provider: Provider, kernel: KernelFiles | null): string {
  const { binding, cells } = provider;
  const uses = snapshot.view.uses(provider);
  const live = new Set(uses.filter((u) => u.enabled).map((u) => u.node));
  const all = new Set(uses.map((u) => u.node));
  const told = isEnabled(provider.node) && (contextOf(snapshot).device(provider.node)?.driver ?? null) !== null;
  const head =
    binding === null
      ? (vendorText(provider.node) ?? 'An IOMMU that the catalogue does not know')
      : `**${binding.model}**, ${told ? '' : `driver ${code(binding.driver)} (${fileLink(binding.file, kernel)}), `}initcall ${binding.initcall}`;
  const cellText =
    cells === null
      ? '**no #iommu-cells**'
      : `${cells} ${cells === 1 ? 'cell' : 'cells'}${
          binding === null || binding.cellNames.length === 0 || cells === 0
            ? ''
            : ` (${binding.cellNames
                .slice(0, cells)
                .map((c) => c.name)
                .join(', ')})`
        }`;
  return `${head}; ${cellText}; ${live.size} enabled ${live.size === 1 ? 'master' : 'masters'} of ${all.size}`;
}

/** An IOMMU that only a vendor's kernel drives; null for any other. */
function vendorText(node: DtNode): string | null {
  const vendor = vendorIommuOf(node);
  return vendor === null ? null : `**${vendor.model}**: no mainline kernel drives it`;
}

function statusLines(node: DtNode): string[] {
  if (isEnabled(node)) return [];
  if (!isAvailable(node))
    return [`**disabled** (status = ${code(`"${stringOf(node.properties.get('status')) ?? ''}"`)})`];
  let at = node.parent;
  while (at !== null && isAvailable(at)) at = at.parent;
  return at === null ? [] : [`below ${nodeLink(at)}, which is **disabled**: no device is created`];
}

/** How the boot went for a device: driver with its source, probe position, group, domain. */
function bootLines(snapshot: BoardSnapshot, node: DtNode, kernel: KernelFiles | null): string[] {
  const entry = contextOf(snapshot).device(node);
  if (entry === null || !isEnabled(node)) return [];
  const source = entry.driver === null ? null : sourceOf(snapshot.drivers, node, entry.driver, kernel);
  const driver = entry.driver === null ? '' : `driver ${code(entry.driver)}${source === null ? '' : ` (${source})`}, `;
  switch (entry.status) {
    case 'bound': {
      const tries = entry.attempts > 1 ? `, after ${entry.attempts} attempts` : '';
      const group =
        entry.group === null ? '' : `, group ${entry.group}${entry.domain === null ? '' : ` (${entry.domain})`}`;
      return [`${driver}${entry.boundAt === null ? 'bound' : `bound as number ${entry.boundAt + 1}`}${tries}${group}`];
    }
    case 'deferred':
      return [`${driver}**stays deferred**${entry.deferReason ? ` (${code(entry.deferReason)})` : ''}`];
    case 'no-driver':
      return [withoutDriver(snapshot, node)];
    case 'failed':
    case 'rejected':
      return [`${driver}probe ends with ${entry.error ?? 'an error'}`];
    default:
      return [];
  }
}

/** Where the driver of a device stands; null when the catalogue does not tell. */
function sourceOf(drivers: KernelCatalogue, node: DtNode, driver: string, kernel: KernelFiles | null): string | null {
  for (const compatible of compatibles(node))
    for (const { name, place } of drivers.driversForCompatible(compatible))
      if (name === driver && place !== null) return kernelLink(place, compatible, kernel);
  return null;
}

function kernelLink(
  place: { readonly file: string; readonly line: number },
  compatible: string,
  kernel: KernelFiles | null,
): string {
  const span = kernel === null ? null : tableLine(kernel, place, compatible);
  const line = span === null ? place.line : positionAt(span.file, span.start).line + 1;
  return link(`${place.file}:${line}`, span);
}

function fileLink(path: string, kernel: KernelFiles | null): string {
  const file = kernel?.read(path) ?? null;
  return link(path, file && { file, start: 0, end: 0 });
}

/** Which driver would match, and what the configuration says of it. */
function withoutDriver(snapshot: BoardSnapshot, node: DtNode): string {
  for (const compatible of compatibles(node))
    for (const { name, config } of snapshot.drivers.driversForCompatible(compatible))
      if (config !== null && snapshot.config(config) === null)
        return `**no driver**: ${code(name)} is not built, ${configText(snapshot, config)}`;
  return '**no driver** of this kernel matches';
}

/** A configuration symbol with its value, and whether that was stated or is the architecture's default. */
function configText(snapshot: BoardSnapshot, config: string): string {
  const value = snapshot.config(config);
  if (value === undefined) return code(config);
  const text = value === null ? `${code(config)} is not set` : code(`${config}=${value}`);
  return `${text}${snapshot.configGiven ? '' : ' by default (no .config given)'}`;
}

/** A string of `compatible`: the drivers that match it, and whether it is the one this node binds by. */
export function hoverCompatible(
  snapshot: BoardSnapshot,
  node: DtNode,
  compatible: string,
  kernel: KernelFiles | null = null,
): string {
  const lines = [`**${code(compatible)}** of ${link(code(node.path), nodeSpan(node))}`];
  const binding = snapshot.view.provider(node)?.binding;
  const drivers = snapshot.drivers.driversForCompatible(compatible);
  for (const { name, bus, config, place } of drivers.slice(0, 4))
    lines.push(
      `driver ${code(name)} on the ${bus} bus${place === null ? '' : ` (${kernelLink(place, compatible, kernel)})`}${config === null ? '' : `, ${configText(snapshot, config)}`}`,
    );
  if (binding?.compatibles.includes(compatible)) {
    lines.push(
      `${binding.model}: driver ${code(binding.driver)} (${fileLink(binding.file, kernel)}), ${configText(snapshot, binding.config)}, initcall ${binding.initcall}`,
    );
    if (binding.requires.length > 0)
      lines.push(
        binding.requires.includes(compatible)
          ? 'The driver matches this one.'
          : `Selects quirks only: the driver matches ${binding.requires.map(code).join(' or ')}.`,
      );
  } else if (drivers.length === 0) lines.push(`No driver of Linux ${snapshot.drivers.kernel} names this compatible.`);
  lines.push(vendorCompatibleText(node, compatible) ?? '');
  lines.push(...bootLines(snapshot, node, kernel));
  const same = snapshot.tree.nodes.filter(
    (n) => n !== node && n.properties.has('compatible') && compatibles(n).includes(compatible),
  ).length;
  if (same > 0) lines.push(`${same} other ${same === 1 ? 'node has' : 'nodes have'} it`);
  return lines.filter((line) => line !== '').join('\n\n');
}
