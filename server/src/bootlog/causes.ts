/**
 * Why a fault happened: which master, which node and line, where the address lies among the regions that the simulation
 * knows, and what is likely wrong, most likely first.
 */

import type { DtNode } from '../devicetree/model';
import { isEnabled } from '../devicetree/read';
import { regOf } from '../iommu/addresses';
import type { IommuView, Master, Provider } from '../iommu/view';
import { hex } from '../iommu/words';
import type { ReportDomain, ReportRegion, SimulationReport } from '../simulator/report';
import { tegraSoc } from '../simulator/smmu/tegra/soc';
import type { DeferralFact, FaultFact } from './lines';

/** Where an address lies. Distances in bytes. */
export interface Place {
  readonly relation:
    | 'inside'
    | 'after'
    | 'before'
    | 'unmapped'
    | 'other-domain'
    | 'reserved'
    | 'beyond'
    | 'zero'
    | 'unknown';
  readonly text: string;
  readonly region: ReportRegion | null;
  readonly distance: bigint | null;
}

export interface FaultExplanation {
  readonly fact: FaultFact;
  readonly provider: DtNode | null;
  /** Masters that the stream can belong to. */
  readonly masters: readonly DtNode[];
  readonly group: number | null;
  readonly domain: string | null;
  readonly place: Place | null;
  readonly causes: readonly string[];
}

export interface DeferralExplanation {
  readonly fact: DeferralFact;
  readonly node: DtNode | null;
  readonly supplier: DtNode | null;
  readonly causes: readonly string[];
}

/** The node of a kernel device name: `5c000000.iommu` is `iommu@5c000000` (of_device_make_bus_id); null when none. */
export function nodeOfDevice(view: IommuView, report: SimulationReport | null, name: string): DtNode | null {
  const known = report?.devices.find((device) => device.name === name || device.device === name);
  if (known !== undefined) {
    const node = view.tree.nodes.find((candidate) => candidate.path === known.device);
    if (node !== undefined) return node;
  }
  if (name.startsWith('/')) return view.tree.nodes.find((candidate) => candidate.path === name) ?? null;
  const split = /^([0-9a-f]+)\.(.+)$/.exec(name);
  const wanted = split === null ? name : `${split[2]}@${split[1]}`;
  return view.tree.nodes.find((candidate) => candidate.name === wanted) ?? null;
}

function providerOf(fact: FaultFact, view: IommuView, report: SimulationReport | null): Provider | null {
  const node = fact.iommu === null ? null : nodeOfDevice(view, report, fact.iommu);
  const found = node === null ? null : view.provider(node);
  if (found !== null) return found;
  // A line that names no device we know: the only provider there is, if it is the only one.
  return view.providers.length === 1 ? (view.providers[0] ?? null) : null;
}

function swgroupsOf(provider: Provider, client: string | null): readonly number[] {
  const soc = tegraSoc(provider.node);
  if (soc === null || client === null) return [];
  return soc.clients.filter((entry) => entry.name === client).map((entry) => entry.swgroup);
}

/** The nodes whose transactions can carry a fault's stream. */
function mastersOf(
  fact: FaultFact,
  provider: Provider | null,
  view: IommuView,
  report: SimulationReport | null,
): DtNode[] {
  if (fact.client !== null) {
    const named = nodeOfDevice(view, report, fact.client);
    if (named !== null) return [named];
  }
  if (provider === null) return [];
  const ids =
    fact.model === 'tegra-smmu' ? swgroupsOf(provider, fact.client) : fact.stream === null ? [] : [fact.stream];
  const uses = view.uses(provider);
  const found = uses.filter((use) =>
    ids.some((id) => (use.count > 1 ? id >= use.id && id < use.id + use.count : ((id ^ use.id) & ~use.mask) === 0)),
  );
  if (ids.length === 0) {
    // No stream in the line: every enabled master of a one-stream IOMMU can be meant.
    return [...new Set(uses.filter((use) => use.enabled).map((use) => use.node))];
  }
  if (found.length > 0) return [...new Set(found.map((use) => use.node))];
  return mastersOfBank(fact, provider, view, report);
}

/** The masters whose streams the simulation points at the bank that faulted. */
function mastersOfBank(
  fact: FaultFact,
  provider: Provider,
  view: IommuView,
  report: SimulationReport | null,
): DtNode[] {
  const shown = report?.providers.find((entry) => entry.device === provider.node.path);
  if (fact.bank === null || shown === undefined) return [];
  const paths = shown.streamTable
    .filter((row) => row.bank === fact.bank)
    .flatMap((row) => (Array.isArray(row.masters) ? (row.masters as readonly string[]) : []));
  return view.tree.nodes.filter((node) => paths.includes(node.path));
}

interface Span {
  readonly region: ReportRegion;
  readonly start: bigint;
  readonly end: bigint;
}

/** Regions that are mapped: windows that are only kept free translate nothing. */
function spansOf(domain: ReportDomain): Span[] {
  return domain.regions
    .filter((region) => region.kind !== 'reserved' && region.kind !== 'msi')
    .map((region) => ({ region, start: BigInt(region.iova), end: BigInt(region.iova) + BigInt(region.size) - 1n }))
    .sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
}

/** How far from a region an address still counts as an overrun of it. */
const NEAR = 0x10000n;

function named(region: ReportRegion): string {
  const owner = region.owner === null ? '' : ` of ${region.owner}`;
  return `the ${region.kind} region ${region.iova}+${region.size}${owner}`;
}

/** Places an address among the regions of a report. */
export function placeOf(iova: bigint, domain: ReportDomain | null, report: SimulationReport): Place {
  const none = { region: null, distance: null } as const;
  if (domain === null)
    return { ...none, relation: 'unknown', text: 'the simulation has no translated domain for this master' };
  const group = report.groups.find((entry) => entry.id === domain.group);
  const end = BigInt(domain.aperture[1]);
  if (iova > end || iova < BigInt(domain.aperture[0]))
    return {
      ...none,
      relation: 'beyond',
      text: `outside the domain's aperture ${domain.aperture[0]}-${domain.aperture[1]}`,
    };
  const spans = spansOf(domain);
  const inside = spans.find((span) => iova >= span.start && iova <= span.end);
  if (inside !== undefined)
    return { relation: 'inside', region: inside.region, distance: 0n, text: `inside ${named(inside.region)}` };
  for (const [start, last, type] of group?.reservedRegions ?? [])
    if (iova >= BigInt(start) && iova <= BigInt(last))
      return { ...none, relation: 'reserved', text: `in the reserved region ${start}-${last} (${type})` };
  const below = spans.filter((span) => span.end < iova).at(-1);
  const above = spans.find((span) => span.start > iova);
  const past = below === undefined ? null : iova - below.end - 1n;
  const short = above === undefined ? null : above.start - iova;
  if (below !== undefined && past !== null && past <= NEAR && (short === null || past <= short))
    return {
      relation: 'after',
      region: below.region,
      distance: past,
      text: `${hex(past)} bytes past the end of ${named(below.region)}`,
    };
  if (above !== undefined && short !== null && short <= NEAR)
    return {
      relation: 'before',
      region: above.region,
      distance: short,
      text: `${hex(short)} bytes before ${named(above.region)}`,
    };
  for (const other of report.domains) {
    if (other === domain) continue;
    const hit = spansOf(other).find((span) => iova >= span.start && iova <= span.end);
    if (hit !== undefined)
      return {
        relation: 'other-domain',
        region: hit.region,
        distance: 0n,
        text: `mapped in domain ${other.id} of group ${other.group}: ${named(hit.region)}`,
      };
  }
  if (iova < 0x1000n) return { ...none, relation: 'zero', text: 'in page 0, which the DMA API never gives out' };
  const nearest = past === null ? above : short === null || past <= short ? below : above;
  if (nearest === undefined) return { ...none, relation: 'unmapped', text: 'nothing is mapped in this domain' };
  const distance = nearest === below ? past : short;
  const side = nearest === below ? 'after' : 'before';
  return {
    relation: 'unmapped',
    region: nearest.region,
    distance,
    text: `unmapped, ${hex(distance ?? 0n)} bytes ${side} the nearest: ${named(nearest.region)}`,
  };
}

function memoryHolds(view: IommuView, address: bigint): boolean {
  for (const node of view.tree.root.children.values())
    if (node.name.startsWith('memory'))
      for (const range of regOf(node))
        if (address >= range.address && address < range.address + range.size) return true;
  return false;
}

function reservedMemory(view: IommuView, address: bigint): DtNode | null {
  const parent = view.tree.root.children.get('reserved-memory');
  for (const node of parent?.children.values() ?? [])
    for (const range of regOf(node)) if (address >= range.address && address < range.address + range.size) return node;
  return null;
}

function streamCauses(
  fact: FaultFact,
  provider: Provider | null,
  masters: readonly DtNode[],
  view: IommuView,
): string[] {
  const causes: string[] = [];
  const stream = fact.stream === null ? 'this stream' : `stream ${hex(fact.stream)}`;
  if (masters.length === 0) {
    causes.push(
      `no \`iommus\` or \`iommu-map\` names ${stream} on this IOMMU: the node of the device that uses it lacks the entry, or its cell is wrong`,
    );
    if (provider !== null && fact.stream !== null) {
      const wanted = fact.stream;
      const near = view
        .uses(provider)
        .map((use) => ({ use, distance: Math.abs(use.id - wanted) }))
        .sort((a, b) => a.distance - b.distance)[0];
      if (near !== undefined)
        causes.push(
          `the nearest ID in the tree is ${hex(near.use.id)} of ${near.use.node.path}: compare its cell and mask with the SoC's list`,
        );
    }
    causes.push(
      'firmware or a boot loader left the device running (a display, an audio DSP) before its driver took over',
    );
  } else {
    for (const node of masters) {
      if (!isEnabled(node))
        causes.push(`${node.path} uses ${stream} but is disabled: firmware left the device running`);
      else
        causes.push(
          `${node.path} names ${stream}, but was not attached when it accessed memory: no driver bound to it, its probe failed or deferred, or the IOMMU refused it (stream match conflict, no free entry or context bank)`,
        );
    }
    causes.push('the access came before the driver probed: the device was left running by firmware');
  }
  return causes;
}

function translationCauses(
  fact: FaultFact,
  place: Place | null,
  view: IommuView,
  report: SimulationReport | null,
  masters: readonly DtNode[],
): string[] {
  const causes: string[] = [];
  const iova = fact.iova ?? 0n;
  const action = fact.write === true ? 'writes' : fact.write === false ? 'reads' : 'accesses';
  switch (place?.relation) {
    case 'after':
      causes.push(
        `the device ${action} past the end of a buffer: its length, stride or descriptor count is larger than what was mapped`,
      );
      break;
    case 'before':
      causes.push('the device starts before a buffer: a wrong offset, or a prefetch into the page below');
      break;
    case 'other-domain':
      causes.push(
        "the address belongs to another master: the stream ID in `iommus` is exchanged with that master's, or a shared buffer was mapped for one of them only",
      );
      break;
    case 'beyond':
      causes.push(
        'the address has more bits than the domain: a physical address or garbage was programmed, or the DMA mask of the driver is too wide',
      );
      break;
    case 'reserved':
      causes.push(
        'the address lies in a region kept free for MSIs, PCI windows or firmware: it was not given out by the DMA API',
      );
      break;
    case 'zero':
      causes.push('a descriptor or register holds 0: a buffer address that was never written');
      break;
    case 'inside':
      causes.push(
        'the region was unmapped before the device finished (use after free); the simulation shows it still mapped',
      );
      break;
    case 'unmapped':
      causes.push(
        'no buffer is near: firmware left the device running on a buffer of its own (a boot logo), or a descriptor holds a stale or byte-swapped address',
      );
      break;
    default:
      break;
  }
  const carveout = reservedMemory(view, iova);
  const placed = place !== null && ['inside', 'after', 'before', 'other-domain'].includes(place.relation);
  if (carveout !== null && !placed)
    causes.unshift(
      `${hex(iova)} is a physical address inside ${carveout.path}: firmware's buffer is used without a mapping; give it \`iommu-addresses\` and name it in the master's \`memory-region\``,
    );
  else if (memoryHolds(view, iova) && !placed)
    causes.unshift(
      `${hex(iova)} is the address of RAM: a physical address was given to the device instead of the one from the DMA API`,
    );
  for (const node of masters) {
    const device = report?.devices.find((entry) => entry.device === node.path);
    if (device !== undefined && device.domain === 'identity')
      causes.push(
        `${node.path} is expected to run untranslated (identity): if it faults, its type was changed or another driver attached a domain`,
      );
  }
  if (place?.relation !== 'inside')
    causes.push('the buffer was unmapped while the device still used it (use after free)');
  return causes;
}

/** Explains one fault. `report` may be null: then only what the tree says. */
export function explainFault(fact: FaultFact, view: IommuView, report: SimulationReport | null): FaultExplanation {
  const provider = providerOf(fact, view, report);
  const masters = mastersOf(fact, provider, view, report);
  const devices = report?.devices.filter((device) => masters.some((node) => node.path === device.device)) ?? [];
  const group = devices.find((device) => device.group !== null)?.group ?? null;
  const domain = report?.domains.find((entry) => group !== null && entry.group === group) ?? null;
  const place = fact.iova === null || report === null ? null : placeOf(fact.iova, domain, report);
  let causes: string[];
  if (fact.kind === 'unknown-stream' || fact.kind === 'blocked' || fact.kind === 'bad-stream-id')
    causes = streamCauses(fact, provider, masters, view);
  else if (fact.kind === 'permission')
    causes = [
      fact.write === true
        ? 'the device writes to a buffer that was mapped for reading (DMA_TO_DEVICE): the direction of the mapping is wrong'
        : 'the device reads a buffer that was mapped for writing (DMA_FROM_DEVICE): the direction of the mapping is wrong',
      'the device uses an address of an earlier mapping that now belongs to another buffer',
    ];
  else causes = translationCauses(fact, place, view, report, masters);
  return {
    fact,
    provider: provider?.node ?? null,
    masters,
    group,
    domain: devices.find((device) => device.domain !== null)?.domain ?? null,
    place,
    causes,
  };
}

/** Explains one deferral: what it waits for, and what that in turn lacks. */
export function explainDeferral(
  fact: DeferralFact,
  view: IommuView,
  report: SimulationReport | null,
): DeferralExplanation {
  const node = nodeOfDevice(view, report, fact.device);
  const supplier = fact.supplier === null ? null : nodeOfDevice(view, report, fact.supplier);
  const causes: string[] = [];
  const chain = report?.chains.find((entry) => entry.device === (node?.path ?? fact.device));
  const master: Master | null = node === null ? null : view.master(node);
  if (chain !== undefined) causes.push(`${chain.path.join(' -> ')}: ${chain.fix}`);
  if (supplier !== null && !isEnabled(supplier)) causes.push(`${supplier.path} is disabled`);
  else if (supplier !== null)
    causes.push(
      `${supplier.path} has not probed: no driver for it is built in or loaded, or its own suppliers are missing`,
    );
  if (supplier === null && fact.supplier !== null)
    causes.push(`${fact.supplier} is not in this tree: the log is of another board, or an overlay is missing`);
  if (fact.reason === '' && master !== null) {
    for (const entry of master.list.entries)
      if (entry.node !== null)
        causes.push(
          `it waits for its IOMMU ${entry.node.path}, which is not registered (a wait without a reason text)`,
        );
  }
  if (causes.length === 0)
    causes.push('its driver asked to be tried again: a resource that it gets by itself is missing');
  return { fact, node, supplier, causes };
}
