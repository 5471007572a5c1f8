/**
 * `iommu-map`, `msi-map` and their masks: which requester ID becomes which specifier (drivers/of/base.c, of_map_id). Up to Linux 7.1 a
 * row has four cells whatever the target says; from 7.2 on it has as many output cells as the target's #iommu-cells.
 */
import type { DeviceTree, DtNode, DtProperty } from '../devicetree/model';
import { cellsOf, u32 } from '../devicetree/read';

/** How a kernel cuts a map into rows: always four cells (up to 7.1), or by the target's #cells (7.2 on). */
export type RowReading = 'four' | 'by-cells';

/** The cells of a row with one output cell: RID base, phandle, ID base, length. */
export const MAP_ROW_CELLS = 4;
/** MAX_PHANDLE_ARGS. */
const MAX_OUTPUT_CELLS = 16;

/** One row; `cell` is the index of its first cell in the property, `width` how many it has. Cells are unsigned 32-bit. */
export interface MapRow {
  readonly index: number;
  readonly cell: number;
  readonly width: number;
  readonly ridBase: number;
  readonly phandle: number;
  /** Null when no node has the phandle. */
  readonly provider: DtNode | null;
  /** The output specifier; its first cell counts up with the requester ID. */
  readonly args: readonly number[];
  /** The first of `args`; 0 for a target without cells. */
  readonly idBase: number;
  readonly length: number;
}

/** Why reading a map ends before its last cell. */
export interface MapEnd {
  /** `cut`: fewer cells are left than the row needs; `no-target`: no node has the phandle; `too-many`: over 16 output cells. */
  readonly kind: 'cut' | 'no-target' | 'too-many';
  /** The cell at which the row starts. */
  readonly cell: number;
  readonly ridBase: number | null;
  readonly provider: DtNode | null;
  /** Output cells that the target asks for. */
  readonly outputs: number;
}

export interface ReadRows {
  readonly rows: readonly MapRow[];
  /** Null when the rows end with the property. */
  readonly end: MapEnd | null;
  /**
   * Every row has one output cell and length 1 for one target that wants two: 7.2 and later take such a map as it was
   * meant, with a warning (of_check_bad_map).
   */
  readonly oldRows: boolean;
}

/** of_check_bad_map(): rows of four with one target, each of length 1. */
function isOldMap(cells: readonly number[]): boolean {
  if (cells.length % MAP_ROW_CELLS !== 0) return false;
  for (let at = 0; at < cells.length; at += MAP_ROW_CELLS)
    if (cells[at + 1] !== cells[1] || cells[at + 3] !== 1) return false;
  return true;
}

/** Cuts the cells of a map into rows as a kernel does; `cellsName` is the property that counts a target's cells. */
export function readRows(
  tree: DeviceTree,
  cells: readonly number[],
  reading: RowReading,
  cellsName: '#iommu-cells' | '#msi-cells' = '#iommu-cells',
): ReadRows {
  const rows: MapRow[] = [];
  let oldRows = false;
  for (let at = 0; at < cells.length; ) {
    const phandle = cells[at + 1];
    const ridBase = cells[at] ?? 0;
    if (phandle === undefined)
      return { rows, end: { kind: 'cut', cell: at, ridBase: null, provider: null, outputs: 1 }, oldRows };
    const provider = tree.phandles.get(phandle) ?? null;
    let outputs = 1;
    if (reading === 'by-cells') {
      if (provider === null) return { rows, end: { kind: 'no-target', cell: at, ridBase, provider, outputs }, oldRows };
      // A target without the property counts as one with a single cell (controllers older than it).
      outputs = oldRows ? 1 : u32(provider, cellsName, 1);
      if (outputs > MAX_OUTPUT_CELLS)
        return { rows, end: { kind: 'too-many', cell: at, ridBase, provider, outputs }, oldRows };
      if (at === 0 && outputs === 2 && isOldMap(cells)) {
        oldRows = true;
        outputs = 1;
      }
    }
    const width = 3 + outputs;
    if (cells.length - at < width) return { rows, end: { kind: 'cut', cell: at, ridBase, provider, outputs }, oldRows };
    const args = cells.slice(at + 2, at + 2 + outputs);
    rows.push({
      index: rows.length,
      cell: at,
      width,
      ridBase,
      phandle,
      provider,
      args,
      idBase: args[0] ?? 0,
      length: cells[at + width - 1] ?? 0,
    });
    at += width;
  }
  return { rows, end: null, oldRows };
}

/** Whether a row holds a masked ID. Up to 7.1 the end of a row is computed in 32 bits. */
export function rowHolds(row: MapRow, masked: number, reading: RowReading): boolean {
  if (masked < row.ridBase) return false;
  return reading === 'four' ? masked < (row.ridBase + row.length) >>> 0 : (masked - row.ridBase) >>> 0 < row.length;
}

/**
 * The interrupt controller that `msi-map` of a node names for a requester ID (of_map_msi_id, drivers/of/base.c): null: a map
 * without a row for it, or that cannot be read there; undefined: no map.
 */
export function msiControllerOf(
  tree: DeviceTree,
  node: DtNode,
  id: number,
  reading: RowReading,
): DtNode | null | undefined {
  const map = node.properties.get('msi-map');
  if (map === undefined) return undefined;
  const masked = (id & u32(node, 'msi-map-mask', 0xffffffff)) >>> 0;
  const { rows } = readRows(tree, cellsOf(map), reading, '#msi-cells');
  return rows.find((row) => rowHolds(row, masked, reading))?.provider ?? null;
}

export interface IommuMap {
  readonly node: DtNode;
  readonly property: DtProperty;
  /** `iommu-map-mask`, all ones by default. */
  readonly mask: number;
  /** How the rows are written, and read here. */
  readonly written: RowReading;
  readonly rows: readonly MapRow[];
  /** Where the rows as they are written break off; null when they do not. */
  readonly end: MapEnd | null;
  /** Whether the other kernels read the same rows. */
  readonly sameForAll: boolean;
  /** As kernels from 7.2 on read the map. */
  readonly byCells: ReadRows;
}

/** Whether rows make sense: all of them name a node that can be a target, to the last cell. */
const isWhole = ({ rows, end }: ReadRows): boolean =>
  end === null && rows.every((row) => row.provider?.properties.has('#iommu-cells') === true);

/**
 * The map of a node, or null without `iommu-map`. The rows are those that its author meant: with as many ID cells as the
 * targets ask for when only that reads to the end, else of four cells.
 */
export function parseMap(tree: DeviceTree, node: DtNode): IommuMap | null {
  const property = node.properties.get('iommu-map');
  if (property === undefined) return null;
  const cells = cellsOf(property);
  const four = readRows(tree, cells, 'four');
  const byCells = readRows(tree, cells, 'by-cells');
  const sameForAll =
    four.end === null &&
    byCells.end === null &&
    four.rows.length === byCells.rows.length &&
    byCells.rows.every((row) => row.width === MAP_ROW_CELLS);
  const written: RowReading = !sameForAll && isWhole(byCells) && !isWhole(four) ? 'by-cells' : 'four';
  const chosen = written === 'four' ? four : byCells;
  return {
    node,
    property,
    mask: u32(node, 'iommu-map-mask', 0xffffffff),
    written,
    rows: chosen.rows,
    end: chosen.end,
    sameForAll,
    byCells,
  };
}

/** The row that a cell (by its index in the property) belongs to. */
export function rowWithCell({ rows }: IommuMap, cell: number): MapRow | undefined {
  return rows.find((row) => cell >= row.cell && cell < row.cell + row.width);
}

/** `00:01.0` for a requester ID. */
export function formatRid(rid: number): string {
  const hex = (value: number) => value.toString(16).padStart(2, '0');
  return `${hex((rid >> 8) & 0xff)}:${hex((rid >> 3) & 0x1f)}.${rid & 7}`;
}
