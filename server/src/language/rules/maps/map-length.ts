import type { CellPart } from '../../../devicetree/model';
import { type IommuMap, MAP_ROW_CELLS, type MapRow } from '../../../iommu/map';
import { cellPartsOf } from '../../../iommu/specifiers';
import type { IommuView } from '../../../iommu/view';
import { count, nameOf } from '../../../iommu/words';
import { between, cellsSpan, type Finding, type Fix, propertySpan, type Rule } from '../rule';
import { readingOf } from './row-reading';

/** iommu-map rows that this kernel cannot read as they are meant. */
export const mapLength: Rule = {
  code: 'map-length',
  severity: 'error',
  title: 'Rows of iommu-map that this kernel cannot read',
  why: 'Up to Linux 7.1 a row is always RID base, IOMMU, stream ID base, length, whatever #iommu-cells says. From 7.2 on it has as many ID cells as the #iommu-cells of its IOMMU, and with two of them the length must be 1. Any other total is refused ("Bad iommu-map length"), and a shifted row names the wrong things: PCI functions run untranslated.',
  fix: 'Write what the kernel reads: <rid-base &smmu id-base length>, from 7.2 on <rid-base &smmu id mask 1> where #iommu-cells is 2.',
  kernel: 'drivers/of/base.c (of_map_id; of_check_bad_map since 7.2)',
  bad: '&pcie { iommu-map = <«0x0 &smmu 0x100»>; };',
  good: '&pcie { iommu-map = <0x0 &smmu 0x100 0x1>; };',
  *check({ view, kernel: model }) {
    const kernel = `Linux ${model}`;
    const reading = readingOf(model);
    for (const map of view.maps) {
      if (map.property.bytes.length === 0 || map.property.bytes.length % 4 !== 0) continue;
      if (map.end === null && map.written === reading) {
        if (reading === 'by-cells') yield* ranges(map);
        else yield* misshapen(view, map);
        continue;
      }
      if (map.end === null && map.sameForAll) {
        yield* misshapen(view, map);
        continue;
      }
      if (reading === 'by-cells' && map.byCells.oldRows) continue;
      if (map.end === null && map.written === 'by-cells') yield tooWide(map, kernel);
      else if (map.end === null && reading === 'by-cells') yield* tooNarrow(view, map, kernel);
      else yield* misshapen(view, map);
    }
  },
};

/** A range of IDs with two output cells: of_map_id() cannot know how they count up. */
function* ranges(map: IommuMap): Iterable<Finding> {
  for (const row of map.rows)
    if (row.length > 1 && row.args.length > 1)
      yield {
        span: cellsSpan(map.property, row.cell, row.width),
        message: `This row maps ${row.length} IDs to a specifier of ${row.args.length} cells: the kernel refuses it (-EINVAL). A row with a mask maps one ID.`,
      };
}

/** Rows with as many ID cells as #iommu-cells says, for a kernel that reads four cells. */
function tooWide(map: IommuMap, kernel: string): Finding {
  const row = map.rows.find((r) => r.width !== MAP_ROW_CELLS) ?? map.rows[0];
  const target = row?.provider ?? null;
  return {
    span: row === undefined ? propertySpan(map.property, map.node) : cellsSpan(map.property, row.cell, row.width),
    message: `This row has ${row?.width ?? 0} cells, one for each of #iommu-cells = <${row?.args.length ?? 0}> of ${target === null ? 'its IOMMU' : nameOf(target)}: that works from Linux 7.2 on. ${kernel} reads four (RID base, IOMMU, stream ID base, length), and refuses or misreads the property.`,
    fixes: () => withoutMask(map),
  };
}

/** Rows of four cells for an IOMMU with two, on a kernel that counts by #iommu-cells. */
function* tooNarrow(view: IommuView, map: IommuMap, kernel: string): Iterable<Finding> {
  const row = map.rows.find((r) => r.provider !== null && (view.provider(r.provider)?.cells ?? 1) !== 1);
  if (row?.provider == null) return;
  const cells = view.provider(row.provider)?.cells ?? 1;
  yield {
    span: cellsSpan(map.property, row.cell, row.width),
    message: `This row has four cells: that works up to Linux 7.1. ${nameOf(row.provider)} has #iommu-cells = <${cells}>, so ${kernel} reads ${3 + cells}, and refuses or misreads the property (rows of four are only taken when all name one IOMMU and have length 1).`,
    fixes: () => withMask(map, cells),
  };
}

/** Rows that are no rows for any kernel: told by the references as they are written. */
function* misshapen(view: IommuView, map: IommuMap): Iterable<Finding> {
  const parts = cellPartsOf(map.property);
  if (!parts.some((p) => p.reference !== undefined)) {
    if (map.end !== null)
      yield {
        span: propertySpan(map.property, map.node),
        message: `iommu-map of ${map.node.path} has ${count(map.property.bytes.length / 4, 'cell')}, no multiple of four: the kernel refuses it.`,
      };
    return;
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
    if (first === undefined || last === undefined) return;
    const target = written.find((p) => p.reference !== undefined)?.reference?.target;
    const cells = target == null ? null : (view.provider(target)?.cells ?? null);
    yield {
      span: between(first, last),
      message: `This row has ${count(written.length, 'cell')}; the kernel reads four (RID base, IOMMU, stream ID base, length)${
        cells === null || cells < 2
          ? ''
          : `, from Linux 7.2 on ${3 + cells} for ${target == null ? 'this IOMMU' : nameOf(target)}`
      }.`,
    };
    return;
  }
}

/** A map with as many ID cells as #iommu-cells says, with one: what follows the ID in each row must be zero masks. */
function withoutMask(map: IommuMap): Fix[] {
  return rewritten(map, 'Leave the mask out', (row, parts) => {
    const id = parts[row.cell + 2];
    const last = parts[row.cell + row.width - 2];
    if (id === undefined || last === undefined || id.span.file !== last.span.file) return null;
    if (!row.args.slice(1).every((cell) => cell === 0)) return null;
    return id === last ? [] : [{ span: { file: id.span.file, start: id.span.end, end: last.span.end }, text: '' }];
  });
}

/** A map of single functions in rows of four, with a mask of 0 behind each ID. */
function withMask(map: IommuMap, cells: number): Fix[] {
  if (cells !== 2) return [];
  return rewritten(map, 'Add a mask of 0x0 to each row', (row, parts) => {
    const id = parts[row.cell + 2];
    if (id === undefined || row.length !== 1) return null;
    return [{ span: { file: id.span.file, start: id.span.end, end: id.span.end }, text: ' 0x0' }];
  });
}

function rewritten(
  map: IommuMap,
  title: string,
  edit: (row: MapRow, parts: readonly CellPart[]) => Fix['edits'] | null,
): Fix[] {
  const parts = cellPartsOf(map.property);
  const edits = map.rows.map((row) => edit(row, parts));
  if (edits.some((found) => found === null)) return [];
  return [{ title, edits: edits.flatMap((found) => found ?? []), preferred: true }];
}

/** The cells of the row that starts at `at` as it is written: up to the cell before the next row's base. */
function rowAt(parts: readonly CellPart[], at: number): CellPart[] {
  const head = parts.findIndex((p, i) => i >= at && p.reference !== undefined);
  if (head < 0) return parts.slice(at);
  const next = parts.findIndex((p, i) => i > head && p.reference !== undefined);
  return parts.slice(at, next < 0 ? parts.length : Math.max(head + 1, next - 1));
}
