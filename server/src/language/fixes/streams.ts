/** Stream IDs and masks that meet nobody. */
import { cellPartAt } from '../../iommu/specifiers';
import { formatMatched, intersects } from '../../iommu/streams';
import type { IommuView, Provider, StreamUse } from '../../iommu/view';
import { hex, nameOf } from '../../iommu/words';
import type { Fix } from '../rules/rule';

/** Bits of a mask that an SMR has (SMR.MASK). */
const MASK_BITS = 16;
/** How far from an ID a free one is looked for. */
const REACH = 0x1000;

function others(view: IommuView, provider: Provider, use: StreamUse): StreamUse[] {
  return view.uses(provider).filter((other) => other.enabled && other.node !== use.node);
}

/** Whether a masked ID has no stream of another master: of map rows by their run of IDs. */
function isFree(id: number, mask: number, taken: readonly StreamUse[]): boolean {
  return !taken.some((other) =>
    other.from.kind === 'iommus'
      ? intersects(other, { id, mask })
      : other.id <= id + mask && (id & ~mask) < other.id + Math.max(1, other.count),
  );
}

/** Masks inside `mask` with which an ID meets nobody, the widest run of IDs first; none when the ID itself is taken. */
function freeMasks(id: number, mask: number, taken: readonly StreamUse[]): number[] {
  const found: number[] = [];
  // consecutive IDs are what people mean: the low bits of the mask, fewer and fewer
  for (let bits = MASK_BITS; bits >= 0; bits--) {
    const narrow = mask & (2 ** bits - 1);
    if (narrow === mask || found.includes(narrow)) continue;
    if (isFree(id, narrow, taken)) found.push(narrow);
  }
  // or all but one bit
  for (let bit = 0; bit < MASK_BITS; bit++) {
    const without = mask & ~(1 << bit);
    if (without !== mask && !found.includes(without) && isFree(id, without, taken)) found.push(without);
  }
  return found;
}

/**
 * Other masks for a use, with which it meets nobody. Which bits the hardware really ignores only its manual says: none is
 * preferred. `index` is the place of the mask among the cells of the specifier.
 */
export function maskFixes(view: IommuView, provider: Provider, use: StreamUse, index = 1): Fix[] {
  if (use.from.kind !== 'iommus') return [];
  const { master, entry } = use.from;
  const part = cellPartAt(master.property, entry.cell + 1 + index);
  if (part === null || entry.args[index] === undefined) return [];
  return freeMasks(use.id, use.mask, others(view, provider, use))
    .slice(0, 2)
    .map((mask) => ({
      title: `Give ${nameOf(use.node)} the mask ${hex(mask)}: ${formatMatched(use.id, mask)}, which nobody else has`,
      edits: [{ span: part.span, text: hex(mask) }],
    }));
}

/** The free stream ID nearest above a use's, else below; not preferred, as the hardware decides. */
export function idFixes(view: IommuView, provider: Provider, use: StreamUse): Fix[] {
  if (use.from.kind !== 'iommus') return [];
  const { master, entry } = use.from;
  const part = cellPartAt(master.property, entry.cell + 1);
  const taken = view.uses(provider).filter((other) => other.enabled && other !== use);
  const limit = 2 ** (provider.binding?.cellNames[0]?.bits ?? 32);
  if (part === null) return [];
  for (let step = 1; step < REACH; step++)
    for (const id of [use.id + step, use.id - step])
      if (id >= 0 && id < limit && isFree(id, use.mask, taken))
        return [
          {
            title: `Give ${nameOf(use.node)} the stream ID ${hex(id)}, the nearest that is free`,
            edits: [{ span: part.span, text: hex(id) }],
          },
        ];
  return [];
}
