import type { DtProperty } from '../../../devicetree/model';
import type { PhandleEntry } from '../../../iommu/specifiers';
import { formatMatched, intersects } from '../../../iommu/streams';
import type { IommuView, Master, Provider } from '../../../iommu/view';
import { count, hex, referenceTo } from '../../../iommu/words';
import { rewriteList } from '../../fixes/edits';
import { cellsSpan, type Fix, type Rule } from '../rule';

/** Specifiers that one ID and mask would say in one stream-mapping entry. */
export const mergeableSpecifiers: Rule = {
  code: 'mergeable-specifiers',
  severity: 'hint',
  title: 'Specifiers that one mask can say',
  why: 'Each entry of the list takes one entry of the stream-mapping table, of which an SMMU has few. IDs that differ only in bits of which every combination is there match exactly the same streams as one ID with those bits in its mask.',
  fix: 'Merge them into one ID and mask; the quick fix writes it.',
  kernel: 'drivers/iommu/arm/arm-smmu/arm-smmu.c (arm_smmu_master_alloc_smes: one SMR for each ID and mask)',
  bad: '&a { iommus = <«&smmu 0x480 0x0»>, <&smmu 0x481 0x0>, <&smmu 0x482 0x0>, <&smmu 0x483 0x0>; };',
  good: '&a { iommus = <&smmu 0x480 0x3>, <&smmu 0x485 0x0>; };',
  *check({ view }) {
    for (const master of view.masters) {
      if (!master.enabled || master.list.problem !== null || master.read.length > MAX_ENTRIES) continue;
      for (const block of blocksOf(master, view)) {
        const first = block.entries[0];
        if (first === undefined) continue;
        yield {
          span: cellsSpan(master.property, first.cell, 1 + first.args.length),
          message: `${count(block.entries.length, 'specifier')} of this list match ${formatMatched(block.id, block.mask)} together: ${hex(block.id)} with the mask ${hex(block.mask)} says the same in one stream-mapping entry.`,
          related: block.entries.slice(1).flatMap((e) => {
            const span = cellsSpan(master.property, e.cell, 1 + e.args.length);
            return span === null ? [] : [{ span, message: 'One of them' }];
          }),
          fixes: () => merge(master.property, block),
        };
      }
    }
  },
};

/** Longer lists are no list that a person wrote. */
const MAX_ENTRIES = 128;

interface Block {
  readonly provider: Provider;
  readonly id: number;
  readonly mask: number;
  readonly entries: readonly PhandleEntry[];
}

/** The largest sets of entries that one ID and mask matches exactly, found by joining pairs that differ in one bit. */
function blocksOf(master: Master, view: IommuView): Block[] {
  let blocks: Block[] = [];
  for (const entry of master.read) {
    const provider = entry.node === null ? null : view.provider(entry.node);
    const id = entry.args[0];
    const mask = entry.args[1];
    if (provider?.binding?.streamSharing !== 'smr' || id === undefined || mask === undefined || (id & mask) !== 0)
      continue;
    blocks.push({ provider, id, mask, entries: [entry] });
  }
  for (let joined = true; joined; ) {
    joined = false;
    const next: Block[] = [];
    const taken = new Set<Block>();
    for (const [i, a] of blocks.entries()) {
      if (taken.has(a)) continue;
      const b = blocks.find(
        (o, k) => k > i && !taken.has(o) && o.provider === a.provider && o.mask === a.mask && oneBit(o.id ^ a.id),
      );
      if (b === undefined) {
        next.push(a);
        continue;
      }
      taken.add(b);
      joined = true;
      const bit = a.id ^ b.id;
      next.push({
        provider: a.provider,
        id: (a.id & ~bit) >>> 0,
        mask: (a.mask | bit) >>> 0,
        entries: [...a.entries, ...b.entries].sort((x, y) => x.cell - y.cell),
      });
    }
    blocks = next;
  }
  return blocks.filter((block) => block.entries.length > 1 && alone(block, master, view));
}

function oneBit(n: number): boolean {
  return n !== 0 && (n & (n - 1)) === 0;
}

/** Whether no other master has one of the streams: a wider match would then meet a narrower one. */
function alone(block: Block, master: Master, view: IommuView): boolean {
  return !view
    .uses(block.provider)
    .some((use) => (use.from.kind !== 'iommus' || use.from.master !== master) && intersects(use, block));
}

function merge(property: DtProperty, block: Block): Fix[] {
  const merged = new Set(block.entries.map((e) => e.cell));
  const first = Math.min(...merged);
  const text = `${referenceTo(block.provider.node)} ${hex(block.id)} ${hex(block.mask)}`;
  return rewriteList(
    property,
    (cell) => (cell === first ? text : merged.has(cell) ? null : undefined),
    `Merge into ${hex(block.id)} with the mask ${hex(block.mask)}`,
  );
}
