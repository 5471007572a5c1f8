/** The mappings of a trace: dma:* events, or (6.1 has none) probes on the functions of dma-iommu with the iommu:map they lead to. */
export interface RecordedMapping {
  /** The page that the IOVA is in. */
  readonly page: bigint;
  readonly size: number;
  /** The size is known in whole pages only. */
  readonly pages: boolean;
}

/** How many of a device are kept. */
const KEPT = 10;
const PAGE = 0xfffn;

/** By device, the first mappings in the order of the calls. */
export function readTrace(text: string): Map<string, RecordedMapping[]> {
  const found = new Map<string, RecordedMapping[]>();
  const add = (device: string, iova: bigint, size: number, pages = false): { size: number } => {
    const list = found.get(device) ?? [];
    found.set(device, list);
    const mapping = { page: iova & ~PAGE, size, pages };
    if (list.length < KEPT) list.push(mapping);
    return mapping;
  };
  /** By task: a call whose mapping has not come yet. */
  const pending = new Map<string, { device: string; size: number | null }>();
  /** By task: a scattered request whose pieces are still coming; its size is known in pages only. */
  const scattered = new Map<string, { mapping: { size: number }; end: bigint }>();
  for (const line of text.split('\n')) {
    const event = /^\s*(\S+)\s+\[\d+\].*?: (dma_alloc|dma_map_(?:page|phys|sg)|alloc|map_page|map_sg|map): (.*)$/.exec(
      line,
    );
    if (event === null) continue;
    const [, task = '', kind = '', rest = ''] = event;
    if (kind === 'map') {
      const waiting = pending.get(task);
      const range = /iova=(0x[0-9a-f]+).* size=(\d+)/.exec(rest);
      if (range === null) continue;
      const iova = BigInt(range[1] ?? 0);
      const size = Number(range[2]);
      const open = scattered.get(task);
      if (waiting === undefined) {
        if (open?.end !== iova) continue;
        open.mapping.size += size;
        open.end += BigInt(size);
        continue;
      }
      pending.delete(task);
      scattered.delete(task);
      const mapping = add(waiting.device, iova, waiting.size ?? size, waiting.size === null);
      if (waiting.size === null) scattered.set(task, { mapping, end: iova + BigInt(size) });
    } else if (kind.startsWith('dma_')) {
      const device = /^\S+/.exec(rest)?.[0] ?? '';
      const iova = /dma_addrs?=\{?(?:0x)?([0-9a-f]+)/.exec(rest)?.[1];
      const sizes = /\bsizes?=\{?([^ }]+)/.exec(rest)?.[1] ?? '';
      if (iova === undefined) continue;
      add(
        device,
        BigInt(`0x${iova}`),
        sizes.split(',').reduce((sum, size) => sum + Number(size), 0),
      );
    } else {
      const device = /dev="([^"]+)"/.exec(rest)?.[1] ?? '';
      const size = /\bsize=(0x[0-9a-f]+)/.exec(rest)?.[1];
      pending.set(task, { device, size: size === undefined ? null : Number(size) });
    }
  }
  return found;
}
