/** Hover on property names: the value decoded. */

import type { DtNode, DtProperty } from '../../devicetree/model';
import { cellsOf, isEnabled, u32 } from '../../devicetree/read';
import { cpuRegOf, dmaWindowsOf, rangesOf, regOf } from '../../iommu/addresses';
import { formatRid } from '../../iommu/map';
import { memoryRegionsOf, parseIommuAddresses } from '../../iommu/reserved';
import { formatMatched } from '../../iommu/streams';
import { hex, bytes as size } from '../../iommu/words';
import type { BoardSnapshot } from '../../workspace/board';
import { contextOf } from '../board-context';
import { code, nodeLink, placeLink, run, table } from '../markdown';
import { diagnose } from '../rules/findings';
import { withoutEntry } from '../rules/providers/consequence';
import { masterTable, pathLink } from './master';
import { hoverVendor } from './vendor';

type Describe = (snapshot: BoardSnapshot, node: DtNode, property: DtProperty) => string | null;

const DESCRIBE: Readonly<Record<string, Describe>> = {
  iommus: (snapshot, node, property) => {
    const master = snapshot.view.master(node);
    if (master === null) return null;
    const read = master.list.entries.length === 0 ? '' : masterTable(snapshot, master);
    const parts = [wrong(snapshot, property), read].filter((part) => part !== '');
    return `${parts.join('\n\n')}${outcome(snapshot, node)}`.trim();
  },
  'iommu-map': (snapshot, node) => mapTable(snapshot, node),
  'iommu-map-mask': (_, __, property) => {
    const mask = cellsOf(property)[0] ?? 0;
    return `Requester IDs are masked with ${code(hex(mask))} before ${code('iommu-map')} is searched${mask === 0 ? ': every function looks like 00:00.0' : ''}.`;
  },
  '#iommu-cells': (snapshot, node) => {
    const provider = snapshot.view.provider(node);
    if (provider === null) return null;
    const meaning =
      provider.binding?.cellNames
        .slice(0, provider.cells ?? 0)
        .map((c, i) => `${i + 1}. ${c.name}${c.kind === 'mask' ? ' (bits set are ignored)' : ''}`) ?? [];
    return `A specifier of this IOMMU has ${provider.cells} ${provider.cells === 1 ? 'cell' : 'cells'}${meaning.length > 0 ? `:\n\n${meaning.join('\n')}` : '.'}`;
  },
  'stream-match-mask': (snapshot, node, property) => {
    const mask = cellsOf(property)[0] ?? 0;
    const uses = snapshot.view.provider(node);
    return `Mask of specifiers with one cell: ${code(hex(mask))}, so stream 0 matches ${formatMatched(0, mask)}${uses === null ? '' : '.'}`;
  },
  'memory-region': (snapshot, node) => {
    const regions = memoryRegionsOf(snapshot.tree, node)?.regions ?? [];
    if (regions.length === 0) return null;
    return table(
      ['region', 'memory', 'IOVA promised'],
      regions.map((r) => [
        nodeLink(r.node),
        r.reg.map((x) => `${code(hex(x.address))} + ${size(x.size)}`).join(', ') || 'placed at boot',
        r.promised
          .map(
            (p) =>
              `${code(hex(p.iova))} + ${size(p.size)}${r.reg.some((x) => x.address === p.iova && x.size === p.size) ? ' (1:1)' : ''}`,
          )
          .join(', ') || '–',
      ]),
    );
  },
  'iommu-addresses': (snapshot, node) => {
    const entries = parseIommuAddresses(snapshot.tree, node)?.entries ?? [];
    return entries.length === 0
      ? null
      : table(
          ['device', 'IOVA', 'size'],
          entries.map((e) => [nodeLink(e.device), code(hex(e.iova)), size(e.size)]),
        );
  },
  reg: (_, node) => {
    const cpu = cpuRegOf(node);
    const own = regOf(node);
    if (own.length === 0) return null;
    return table(
      ['bus address', 'CPU address', 'size'],
      own
        .slice(0, 12)
        .map((r, i) => [
          code(hex(r.address)),
          cpu.length === own.length ? code(hex(cpu[i]?.address ?? 0n)) : '–',
          size(r.size),
        ]),
    );
  },
  ranges: (_, node) => rangesTable(node, 'ranges', 'CPU side'),
  'dma-ranges': (_, node) => rangesTable(node, 'dma-ranges', 'memory side'),
  'dma-coherent': () => 'DMA of this device sees the CPU caches: no cache maintenance is done for it.',
  status: (snapshot, node) =>
    contextOf(snapshot).device(node)?.status === undefined
      ? null
      : `In the simulated boot: ${contextOf(snapshot).device(node)?.status}`,
};

/** The decoded property, what overrides it and what it overrides; null when there is nothing to say. */
export function hoverProperty(
  snapshot: BoardSnapshot,
  node: DtNode,
  property: DtProperty,
  inForce: boolean,
): string | null {
  const lines = [`**${code(property.name)}** of ${nodeLink(node)}`];
  const current = node.properties.get(property.name);
  if (inForce) lines.push((DESCRIBE[property.name] ?? hoverVendor)(snapshot, node, property) ?? '');
  else if (current !== undefined) lines.push(`Overridden in ${settingOf(current)}`);
  for (let at = property.overrode; at !== null; at = at.overrode)
    if (at.nameSpan !== null) lines.push(`Overrides ${settingOf(at)}`);
  const text = lines.filter((line) => line !== '');
  return text.length > 1 ? text.join('\n\n') : null;
}

/** Where a property is set, and how it is written there. */
function settingOf({ nameSpan, span }: DtProperty): string {
  const text = span === null ? '' : span.file.text.slice(span.start, span.end).replace(/\s+/g, ' ');
  return `${placeLink(nameSpan)}: ${code(text.length > 120 ? `${text.slice(0, 120)} …` : text)}`;
}

/** What the rules say against a statement; empty when they say nothing. */
function wrong(snapshot: BoardSnapshot, { span }: DtProperty): string {
  if (span === null) return '';
  return diagnose(contextOf(snapshot), snapshot.problems, snapshot.severity)
    .filter((d) => d.severity === 'error' || d.severity === 'warning')
    .filter((d) => d.span?.file === span.file && d.span.start >= span.start && d.span.end <= span.end)
    .map((d) => `**${d.severity === 'error' ? 'Wrong' : 'Doubtful'}**: ${d.message} (${d.code})`)
    .join('\n\n');
}

function outcome(snapshot: BoardSnapshot, node: DtNode): string {
  const { report } = snapshot;
  const entry = contextOf(snapshot).device(node);
  if (!isEnabled(node)) return `\n\nDisabled on ${snapshot.board.name}: never probed, in no group.`;
  if (report === null || entry === null) return '';
  const lines: string[] = [];
  if (entry.group !== null) {
    const group = report.groups.find((g) => g.id === entry.group);
    const others = group?.devices.filter((d) => d !== node.path) ?? [];
    lines.push(
      `Group ${entry.group}${others.length > 0 ? ` together with ${others.map((d) => pathLink(snapshot, d)).join(', ')}` : ', alone'}; domain ${code(entry.domain ?? 'none')}`,
    );
    const domain = report.domains.find((d) => d.group === entry.group);
    // the window for MSIs is nobody's buffer
    const regions = domain?.regions.filter((r) => r.owner === node.path && r.kind !== 'msi') ?? [];
    if (regions.length > 0)
      lines.push(
        `First IOVAs: ${regions
          .slice(0, 4)
          .map((r) => `${code(r.iova)} (${r.kind}, ${size(BigInt(r.size))})`)
          .join(', ')}`,
      );
  }
  if (entry.status === 'deferred')
    lines.push(`**Stays deferred**${entry.deferReason ? `: ${code(entry.deferReason)}` : ''}`);
  else if (!entry.translated && entry.untranslatedReason !== null)
    lines.push(`**${endWords(snapshot, node, entry.domain)}**: ${entry.untranslatedReason}`);
  return lines.length === 0 ? '' : `\n\n${lines.join('\n\n')}`;
}

/** What a master without translation does; a domain of type identity lets its DMA pass. */
function endWords(snapshot: BoardSnapshot, node: DtNode, domain: string | null): string {
  const iommus = domain === null ? (snapshot.view.master(node)?.read.flatMap((entry) => entry.node ?? []) ?? []) : [];
  const words = withoutEntry(contextOf(snapshot), iommus);
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

function mapTable(snapshot: BoardSnapshot, node: DtNode): string | null {
  const map = snapshot.view.map(node);
  if (map === null) return null;
  const rows = map.rows
    .slice(0, 24)
    .map((r) => [
      r.length === 0 ? 'none' : `${run(r.ridBase, r.length)} (${formatRid(r.ridBase)}${r.length > 1 ? ' …' : ''})`,
      r.provider === null ? '*unknown*' : nodeLink(r.provider),
      r.length === 0 ? 'none' : run(r.idBase, r.length),
    ]);
  const mask = u32(node, 'iommu-map-mask', 0xffffffff);
  return `${table(['requester IDs', 'IOMMU', 'stream IDs'], rows)}${mask === 0xffffffff ? '' : `\n\nmask ${code(hex(mask))}`}`;
}

function rangesTable(node: DtNode, name: 'ranges' | 'dma-ranges', side: string): string | null {
  const rows = rangesOf(node, name);
  if (rows === null) return null;
  if (rows.length === 0) return 'Addresses are the same on both sides.';
  const text = table(
    ['bus address', side, 'size'],
    rows.slice(0, 12).map((r) => [code(hex(r.child)), code(hex(r.parent)), size(r.size)]),
  );
  const windows = name === 'dma-ranges' ? dmaWindowsOf(node) : null;
  const limit =
    windows === null ? null : (windows.windows.map((w) => w.bus + w.size).sort((a, b) => (a < b ? 1 : -1))[0] ?? null);
  return limit === null || limit === 0n
    ? text
    : `${text}\n\nDevices here put out addresses up to ${code(hex(limit - 1n))}.`;
}
