import type { CellPart } from '../../../devicetree/model';
import { MAP_ROW_CELLS } from '../../../iommu/map';
import { cellPartsOf } from '../../../iommu/specifiers';
import { nameOf } from '../../../iommu/words';
import { between, type Fix, propertySpan, type Rule } from '../rule';

/** iommu-map rows that are not RID base, IOMMU, stream ID base, length. */
export const mapLength: Rule = {
  code: 'map-length',
  severity: 'error',
  title: 'iommu-map is not made of rows of four cells',
  why: 'Up to Linux 7.1 a row is always RID base, IOMMU, stream ID base, length, whatever #iommu-cells says. Any other total is refused ("Bad iommu-map length"), and a shifted row names the wrong things: PCI functions run untranslated.',
  fix: 'Write four cells a row: <rid-base &smmu id-base length>.',
  kernel: 'drivers/of/base.c (of_map_id)',
  bad: '&pcie { iommu-map = <«0x0 &smmu 0x100»>; };',
  good: '&pcie { iommu-map = <0x0 &smmu 0x100 0x10000>; };',
  *check({ view }) {
    for (const map of view.maps) {
      if (map.property.bytes.length === 0) continue;
      const parts = cellPartsOf(map.property);
      if (!parts.some((p) => p.reference !== undefined)) {
        if (map.extraCells !== 0)
          yield {
            span: propertySpan(map.property, map.node),
            message: `iommu-map of ${map.node.path} has ${map.property.bytes.length / 4} cells, no multiple of four: the kernel refuses it.`,
          };
        continue;
      }
      for (let at = 0; at < parts.length; at += MAP_ROW_CELLS) {
        const row = parts.slice(at, at + MAP_ROW_CELLS);
        const written = rowAt(parts, at);
        if (
          row.length === MAP_ROW_CELLS &&
          row.every((p, i) => (p.reference !== undefined) === (i === 1)) &&
          written.length % MAP_ROW_CELLS === 0
        )
          continue;
        const first = written[0];
        const last = written[written.length - 1];
        if (first === undefined || last === undefined) break;
        const target = written.find((p) => p.reference !== undefined)?.reference?.target;
        const cells = target == null ? null : (view.provider(target)?.cells ?? null);
        yield {
          span: between(first, last),
          message: `This row has ${written.length} cells; the kernel reads four (RID base, IOMMU, stream ID base, length)${
            cells !== null && cells > 1 && written.length === MAP_ROW_CELLS - 1 + cells
              ? `. ${target == null ? '' : nameOf(target)} has #iommu-cells = <${cells}>, but up to Linux 7.1 a row carries one ID cell all the same`
              : ''
          }.`,
          fixes: () => withoutMask(written, cells),
        };
        break;
      }
    }
  },
};

/** A row written with as many ID cells as #iommu-cells says, with one: what follows the ID in it must be zero masks. */
function withoutMask(written: readonly CellPart[], cells: number | null): Fix[] {
  if (cells === null || cells < 2 || written.length !== MAP_ROW_CELLS - 1 + cells) return [];
  const id = written[2];
  const last = written[1 + cells];
  if (id === undefined || last === undefined || id.span.file !== last.span.file) return [];
  if (!written.slice(3, 2 + cells).every((part) => part.value === 0n)) return [];
  return [
    {
      title: 'Leave the mask out',
      edits: [{ span: { file: id.span.file, start: id.span.end, end: last.span.end }, text: '' }],
      preferred: true,
    },
  ];
}

/** The cells of the row that starts at `at` as it is written: up to the cell before the next row's base. */
function rowAt(parts: readonly CellPart[], at: number): CellPart[] {
  const head = parts.findIndex((p, i) => i >= at && p.reference !== undefined);
  if (head < 0) return parts.slice(at);
  const next = parts.findIndex((p, i) => i > head && p.reference !== undefined);
  return parts.slice(at, next < 0 ? parts.length : Math.max(head + 1, next - 1));
}
