/** What a tree itself says of its masters' DMA, whether or not a driver binds: streams, coherence, windows, promised IOVAs. */
import { dmaWindowsOf } from '../iommu/addresses';
import { isDmaCoherent } from '../iommu/nodes';
import { parseIommuAddresses } from '../iommu/reserved';
import type { IommuView, StreamUse } from '../iommu/view';
import { bytes, hex } from '../iommu/words';

/** What is said of one master, in words; an empty list is said too. */
export interface Declared {
  /** `0x436 on /soc@0/iommu@15000000`, with the mask after a slash. */
  readonly streams: readonly string[];
  readonly coherent: boolean;
  /** The windows of its bus through which it sees memory; empty: its own mask alone limits it. */
  readonly windows: readonly string[];
  /** IOVAs that reserved memory promises it. */
  readonly promised: readonly string[];
}

/** A declaration by which a device's two states differ: the kind, and the text after the device's name. */
interface Difference {
  readonly kind: 'streams' | 'dma';
  readonly text: string;
}

/**
 * A stream of `iommus`: its ID, with the mask after a slash when it has one. What further cells of an unknown IOMMU mean nobody
 * knows: they stand there as they would for a mask, so that the same cells read the same when a compatible comes to be known.
 */
export function streamName({ id, mask, provider, from }: StreamUse): string {
  const more = provider.binding !== null || from.kind !== 'iommus' ? [mask] : from.entry.args.slice(1);
  return [id, ...(more.some((cell) => cell !== 0) ? more : [])].map(hex).join('/');
}

function streamText(use: StreamUse): string {
  const { id, count, provider, from } = use;
  const on = ` on ${provider.node.path}`;
  if (from.kind === 'iommus') return `${streamName(use)}${on}`;
  const row = from.map.rows[from.row];
  const rid =
    row === undefined ? '' : ` for RID ${hex(row.ridBase)}${count > 1 ? `-${hex(row.ridBase + count - 1)}` : ''}`;
  return `${hex(id)}${count > 1 ? `-${hex(id + count - 1)}` : ''}${on}${rid}`;
}

const regionText = (start: bigint, size: bigint): string => `${bytes(size)} at ${hex(start)}`;

/** The declarations of every enabled master and of every enabled node with an `iommu-map`, by path. */
export function declaredBy(view: IommuView): Record<string, Declared> {
  const streams = new Map<string, string[]>();
  const nodes = new Map(view.masters.filter(({ enabled }) => enabled).map(({ node }) => [node.path, node]));
  for (const provider of view.providers)
    for (const use of view.uses(provider)) {
      if (!use.enabled) continue;
      const { node } = use;
      nodes.set(node.path, node);
      const list = streams.get(node.path);
      if (list === undefined) streams.set(node.path, [streamText(use)]);
      else list.push(streamText(use));
    }
  const promised = new Map<string, string[]>();
  for (const region of view.tree.root.children.get('reserved-memory')?.children.values() ?? [])
    for (const { device, iova, size } of parseIommuAddresses(view.tree, region)?.entries ?? []) {
      const list = promised.get(device.path);
      if (list === undefined) promised.set(device.path, [regionText(iova, size)]);
      else list.push(regionText(iova, size));
    }
  const found: Record<string, Declared> = {};
  for (const [path, node] of nodes)
    found[path] = {
      streams: streams.get(path) ?? [],
      coherent: isDmaCoherent(node),
      windows: (dmaWindowsOf(node.parent)?.windows ?? []).map(({ bus, size }) => regionText(bus, size)),
      promised: promised.get(path) ?? [],
    };
  return found;
}

/** Streams with their IOMMU once, where it is the same for all; `others` decide with them. */
function onceOn(
  streams: readonly string[],
  others: readonly string[],
): { readonly names: string; readonly on: string } {
  const places = new Set([...streams, ...others].map((stream) => stream.slice(stream.indexOf(' on '))));
  const [place = ''] = places;
  if (places.size !== 1) return { names: listed(streams), on: '' };
  return { names: listed(streams.map((stream) => stream.slice(0, -place.length))), on: place };
}

const listed = (items: readonly string[]): string =>
  items.length > 6 ? `${items.slice(0, 6).join(', ')} and ${items.length - 6} more` : items.join(', ');

/** What differs in what is declared for one device. */
export function declaredDifferences(a: Declared, b: Declared): Difference[] {
  const found: Difference[] = [];
  const fresh = b.streams.filter((stream) => !a.streams.includes(stream));
  const gone = a.streams.filter((stream) => !b.streams.includes(stream));
  const word = (items: readonly string[]): string => (items.length === 1 ? 'stream' : 'streams');
  if (fresh.length > 0 && gone.length > 0) {
    const [is, was] = [onceOn(fresh, gone), onceOn(gone, fresh)];
    found.push({ kind: 'streams', text: `has ${word(fresh)} ${is.names}${is.on}, before ${was.names}` });
  } else if (fresh.length > 0)
    found.push({
      kind: 'streams',
      text: `gets ${word(fresh)} ${listed(fresh)}${a.streams.length === 0 ? '' : ' as well'}`,
    });
  else if (gone.length > 0) found.push({ kind: 'streams', text: `no longer has ${word(gone)} ${listed(gone)}` });
  else if (a.streams.join() !== b.streams.join())
    found.push({ kind: 'streams', text: `has the same streams in another order: ${listed(b.streams)}` });
  if (a.coherent !== b.coherent)
    found.push({ kind: 'dma', text: b.coherent ? 'is dma-coherent now' : 'is no longer dma-coherent' });
  if (a.windows.join() !== b.windows.join()) {
    const words = (windows: readonly string[]): string => (windows.length === 0 ? 'no dma-ranges' : listed(windows));
    found.push({ kind: 'dma', text: `has the DMA window ${words(b.windows)}, before ${words(a.windows)}` });
  }
  if (a.promised.join() !== b.promised.join()) {
    const words = (promised: readonly string[]): string => (promised.length === 0 ? 'none' : listed(promised));
    found.push({ kind: 'dma', text: `is promised the IOVAs ${words(b.promised)}, before ${words(a.promised)}` });
  }
  return found;
}
