import { cellsOf, isEnabled } from '../../../devicetree/read';
import { isPciBus } from '../../../iommu/addresses';
import type { IommuMap } from '../../../iommu/map';
import { cellPartAt } from '../../../iommu/specifiers';
import type { IommuView } from '../../../iommu/view';
import { hex } from '../../../iommu/words';
import { HAS_ITS_DMA_BLOCKED } from '../../../simulator/words';
import { withoutEntry } from '../providers/consequence';
import { cellsSpan, type Fix, propertySpan, type Rule } from '../rule';

/** Requester IDs of one bus. */
const BUS = 0x100;

/** Buses of bus-range that no row of the map reaches. */
export const mapHole: Rule = {
  code: 'map-hole',
  severity: 'hint',
  title: 'Functions that iommu-map does not reach',
  why: 'A function whose requester ID is in no row gets no group. What an SMMU has no entry for its driver blocks by default (arm-smmu from Linux 5.2 on, arm-smmu-v3); behind another IOMMU its DMA goes to physical addresses, silently.',
  fix: 'Extend the map to every bus of bus-range, unless those buses stay empty.',
  kernel: 'drivers/of/base.c (of_map_id: "no iommu-map translation for id")',
  bad: '&pcie { bus-range = <0x0 0xff>; «iommu-map» = <0x0 &smmu 0x100 0x100>; };',
  good: '&pcie { bus-range = <0x0 0xff>; iommu-map = <0x0 &smmu 0x100 0x10000>; };',
  *check(context) {
    const { view } = context;
    for (const map of view.maps) {
      const range = cellsOf(map.node.properties.get('bus-range'));
      if (!isEnabled(map.node) || !isPciBus(map.node) || range.length < 2 || map.end !== null) continue;
      const first = (range[0] ?? 0) << 8;
      const last = ((range[1] ?? 0) << 8) | 0xff;
      const rows = [...map.rows].sort((a, b) => a.ridBase - b.ridBase);
      if (map.mask !== 0xffffffff || rows.some((r) => r.length === 0)) continue;
      let next = first;
      for (const row of rows) if (row.ridBase <= next) next = Math.max(next, row.ridBase + row.length);
      if (next > last) continue;
      const row = rows.find((r) => r.ridBase > next);
      const property = map.node.properties.get('bus-range');
      const bus = propertySpan(property, map.node);
      const iommus = new Set(rows.flatMap((r) => r.provider ?? []));
      const blocked = withoutEntry(context, [...iommus]) === HAS_ITS_DMA_BLOCKED;
      yield {
        // rows of whole buses that end early are a hole; single functions are listed on purpose
        ...(rows.some((r) => r.length >= BUS) ? { severity: 'information' as const } : {}),
        span:
          map.rows.length === 1 && (map.rows[0]?.length ?? 0) < BUS && row !== undefined
            ? cellsSpan(map.property, 0, map.rows[0]?.width)
            : propertySpan(map.property, map.node),
        message: `RIDs ${hex(next)}-${hex(row === undefined ? last : row.ridBase - 1)} are in no row (bus-range ends at ${hex(last)}): ${blocked ? 'the DMA of functions there is blocked' : 'functions there run untranslated'}.`,
        related: bus === null ? [] : [{ span: bus, message: 'The buses of this host' }],
        fixes: () => extend(view, map, next, row === undefined ? last : row.ridBase - 1),
      };
    }
  },
};

/** The row before a hole made longer by it, when nobody has the stream IDs that it gets. */
function extend(view: IommuView, map: IommuMap, from: number, to: number): Fix[] {
  const row = map.rows.find((r) => r.ridBase + r.length === from && r.length >= BUS);
  const provider = row?.provider == null ? null : view.provider(row.provider);
  if (row === undefined || provider === null) return [];
  const part = cellPartAt(map.property, row.cell + row.width - 1);
  const ids = { first: row.idBase + row.length, last: row.idBase + to - row.ridBase };
  const bits = provider.binding?.cellNames[0]?.bits ?? 32;
  const taken = view
    .uses(provider)
    .some((use) => use.id <= ids.last && ids.first < (use.id & ~use.mask) + use.mask + Math.max(1, use.count));
  if (part === null || ids.last >= 2 ** bits || taken) return [];
  return [
    {
      title: `Extend the row to RID ${hex(to)} (stream IDs to ${hex(ids.last)})`,
      edits: [{ span: part.span, text: hex(to + 1 - row.ridBase) }],
      preferred: true,
    },
  ];
}
