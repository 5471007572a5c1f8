/** The report's domains whose devices have no group: 3.19 attaches one by one, and an early IOMMU may make no groups. */
import { expect, it } from 'vitest';
import { rig } from '../../../test/helpers/rig';
import { declaredEarly, iommu, master } from '../../../test/kernels/boards';
import { domainOwner } from '../words';

it('name the device instead', () => {
  const { report } = rig(iommu('', 'oracle,iommu-early') + master(0), {
    ...declaredEarly({ groups: 'none' }),
    kernel: '3.19',
  });
  expect(report.domains.map(({ group, device }) => [group, device])).toEqual([[null, '/soc/client@a100000']]);
  expect(report.domains.map(domainOwner)).toEqual(['/soc/client@a100000 (no group)']);
});

it('a group stands for its devices', () => {
  const { report } = rig(iommu() + master(0));
  expect(report.domains.map(({ group, device }) => [group, device])).toEqual([[0, null]]);
  expect(report.domains.map(domainOwner)).toEqual(['group 0']);
});
