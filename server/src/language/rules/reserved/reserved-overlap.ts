import type { DtNode, DtProperty } from '../../../devicetree/model';
import { type PromisedIova, parseIommuAddresses } from '../../../iommu/reserved';
import { hex, nameOf } from '../../../iommu/words';
import { cellsSpan, type Rule } from '../rule';

/** Two promises to one device that overlap. */
export const reservedOverlap: Rule = {
  code: 'reserved-overlap',
  severity: 'warning',
  title: 'IOVA regions promised to one device overlap',
  why: 'One IOVA can lead to one place only. The kernel merges overlapping regions of one kind and keeps the first where kinds differ: one of the two is not what it says.',
  fix: 'Make the regions disjoint.',
  kernel: 'drivers/iommu/iommu.c (iommu_insert_resv_region, iommu_create_device_direct_mappings)',
  bad: '&fb { iommu-addresses = <&a 0x80000000 0x800000>; };\n&fb2 { iommu-addresses = <«&a» 0x80400000 0x800000>; };\n&a { iommus = <&smmu 0x480 0x0>; memory-region = <&fb>, <&fb2>; };',
  good: '&fb { iommu-addresses = <&a 0x80000000 0x800000>; };\n&a { iommus = <&smmu 0x480 0x0>; memory-region = <&fb>; };',
  *check({ tree, nodesWith }) {
    const byDevice = new Map<DtNode, { promise: PromisedIova; property: DtProperty }[]>();
    for (const node of nodesWith('iommu-addresses')) {
      const addresses = parseIommuAddresses(tree, node);
      for (const promise of addresses?.entries ?? []) {
        const list = byDevice.get(promise.device) ?? [];
        if (addresses !== null) list.push({ promise, property: addresses.property });
        byDevice.set(promise.device, list);
      }
    }
    for (const [device, list] of byDevice) {
      list.sort((a, b) => (a.promise.iova < b.promise.iova ? -1 : a.promise.iova > b.promise.iova ? 1 : 0));
      for (let i = 1; i < list.length; i++) {
        const a = list[i - 1];
        const b = list[i];
        if (a === undefined || b === undefined || b.promise.iova >= a.promise.iova + a.promise.size) continue;
        const other = cellsSpan(a.property, a.promise.cell);
        yield {
          span: cellsSpan(b.property, b.promise.cell),
          message: `IOVA ${hex(b.promise.iova)} of ${nameOf(device)} is promised twice: ${nameOf(a.property.node)} reaches up to ${hex(a.promise.iova + a.promise.size - 1n)}.`,
          related: other === null ? [] : [{ span: other, message: 'The other region' }],
        };
      }
    }
  },
};
