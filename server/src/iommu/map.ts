/** `iommu-map` and `iommu-map-mask`: which requester ID becomes which stream ID (drivers/of/base.c, of_map_id). */
import type { DeviceTree, DtNode, DtProperty } from '../devicetree/model';
import { cellsOf, u32 } from '../devicetree/read';

/** A row is always four cells up to Linux 7.1, whatever #iommu-cells says: RID base, phandle, stream ID base, length. */
export const MAP_ROW_CELLS = 4;

/** One row; `cell` is the index of its first cell in the property. IDs are unsigned 32-bit. */
export interface MapRow {
  readonly index: number;
  readonly cell: number;
  readonly ridBase: number;
  readonly phandle: number;
  /** Null when no node has the phandle. */
  readonly provider: DtNode | null;
  readonly idBase: number;
  readonly length: number;
}

export interface IommuMap {
  readonly node: DtNode;
  readonly property: DtProperty;
  /** `iommu-map-mask`, all ones by default. */
  readonly mask: number;
  readonly rows: readonly MapRow[];
  /** Cells beyond the last whole row (the kernel refuses the property then with -EINVAL). */
  readonly extraCells: number;
}

/** The map of a node, or null without `iommu-map`. */
export function parseMap(tree: DeviceTree, node: DtNode): IommuMap | null {
  const property = node.properties.get('iommu-map');
  if (property === undefined) return null;
  const cells = cellsOf(property);
  const rows: MapRow[] = [];
  for (let at = 0; at + MAP_ROW_CELLS <= cells.length; at += MAP_ROW_CELLS) {
    const phandle = cells[at + 1] ?? 0;
    rows.push({
      index: rows.length,
      cell: at,
      ridBase: cells[at] ?? 0,
      phandle,
      provider: tree.phandles.get(phandle) ?? null,
      idBase: cells[at + 2] ?? 0,
      length: cells[at + 3] ?? 0,
    });
  }
  return {
    node,
    property,
    mask: u32(node, 'iommu-map-mask', 0xffffffff),
    rows,
    extraCells: cells.length % MAP_ROW_CELLS,
  };
}

/** The row that a cell (by its index in the property) belongs to. */
export function rowWithCell({ rows }: IommuMap, cell: number): MapRow | undefined {
  return rows.find((row) => cell >= row.cell && cell < row.cell + MAP_ROW_CELLS);
}

/** `00:01.0` for a requester ID. */
export function formatRid(rid: number): string {
  const hex = (value: number) => value.toString(16).padStart(2, '0');
  return `${hex((rid >> 8) & 0xff)}:${hex((rid >> 3) & 0x1f)}.${rid & 7}`;
}
