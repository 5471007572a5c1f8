import { cellsOf, isEnabled } from '../../../devicetree/read';
import { isPciBus } from '../../../iommu/addresses';
import type { RowReading } from '../../../iommu/map';
import type { IommuView, Master } from '../../../iommu/view';
import { hex, referenceTo } from '../../../iommu/words';
import { insertAfter } from '../../fixes/edits';
import { type Fix, propertySpan, type Rule } from '../rule';
import { readingOf } from './row-reading';

/** A PCI host with `iommus` and no `iommu-map`. */
export const pciIommus: Rule = {
  code: 'pci-iommus',
  severity: 'warning',
  title: 'A PCI host with iommus but without iommu-map',
  why: 'iommus describes the host bridge as a platform device. The functions behind it are looked up in iommu-map only: they get no group and no translation.',
  fix: 'Add iommu-map for the functions; the quick fix maps every requester ID of bus-range, from the ID of iommus on.',
  kernel: 'drivers/iommu/of_iommu.c (of_iommu_configure: dev_is_pci)',
  bad: '&pcie { «iommus» = <&smmu 0x100 0x0>; };',
  good: '&pcie { iommu-map = <0x0 &smmu 0x100 0x10000>; };',
  *check({ view, kernel }) {
    for (const master of view.masters) {
      if (!isPciBus(master.node) || view.map(master.node) !== null || !isEnabled(master.node)) continue;
      yield {
        span: propertySpan(master.property, master.node),
        message: `${master.node.path} is a PCI host: iommus speaks for the bridge only, its functions need iommu-map.`,
        fixes: () => createMap(master, view, readingOf(kernel)),
      };
    }
  },
};

/** One row from the bridge's own ID on: as many as its mask matches, else every requester ID of its buses that is free. */
function createMap(master: Master, view: IommuView, reading: RowReading): Fix[] {
  const entry = master.read[0];
  const provider = entry?.node == null ? null : view.provider(entry.node);
  const id = entry?.args[0];
  if (provider === null || id === undefined || provider.binding === null) return [];
  const mask = provider.binding.streamSharing === 'smr' ? (entry?.args[1] ?? 0) : 0;
  const base = (id & ~mask) >>> 0;
  const [firstBus = 0, lastBus = 255] = cellsOf(master.node.properties.get('bus-range'));
  const rids = (lastBus - firstBus + 1) * 256;
  // mask bits from bit 0 on without a hole are a run of IDs
  const run = (mask & (mask + 1)) === 0 && mask !== 0 ? mask + 1 : rids;
  const next = view
    .uses(provider)
    .filter((use) => use.node !== master.node && use.id >= base)
    .reduce(
      (lowest, use) => Math.min(lowest, (use.id & ~use.mask) >>> 0),
      provider.binding.streamSharing === 'smr' ? 2 ** 16 : 2 ** 32,
    );
  // where rows are cut by #iommu-cells, one with a mask maps a single ID
  const outputs = reading === 'by-cells' ? (provider.cells ?? 1) : 1;
  const length = outputs > 1 ? 1 : Math.min(run, rids, next - base);
  if (length <= 0) return [];
  return insertAfter(
    master.property,
    `iommu-map = <${hex(firstBus * 256)} ${referenceTo(provider.node)} ${hex(base)} ${'0x0 '.repeat(outputs - 1)}${hex(length)}>;`,
    `Create iommu-map for ${length === 1 ? 'one function' : `${length} requester IDs`}`,
  );
}
