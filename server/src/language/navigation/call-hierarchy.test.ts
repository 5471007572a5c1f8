import { describe, expect, test } from 'vitest';
import { cursorBoard } from '../../../test/helpers/cursor';
import { consumersOf, deviceAt, hierarchyItem, suppliersOf } from './call-hierarchy';

describe('supplier chains', () => {
  test('the IOMMU of a master, and the masters of an IOMMU', () => {
    const { snapshot, file, offset } = cursorBoard('&$0a { iommus = <&smmu 0x480 0x3>; };');
    const device = deviceAt(snapshot, file, offset);
    expect(device?.path).toBe('/soc/dma@1000000');
    if (device === null) return;
    expect(hierarchyItem(snapshot, device)?.name).toBe('a: dma@1000000');
    const [smmu] = suppliersOf(snapshot, device);
    expect([smmu?.item.name, smmu?.spans.length]).toEqual(['smmu: iommu@15000000', 1]);
    if (smmu !== undefined)
      expect(consumersOf(snapshot, smmu.node).map((s) => s.item.name)).toEqual(['a: dma@1000000']);
  });
});
