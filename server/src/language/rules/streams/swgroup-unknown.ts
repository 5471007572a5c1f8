import { swgroupTableOf } from '../../../iommu/catalogue';
import { cellPartAt } from '../../../iommu/specifiers';
import { hex, nameOf } from '../../../iommu/words';
import { cellsSpan, type Rule } from '../rule';

/** A Tegra swgroup that the SoC's memory controller does not have. */
export const swgroupUnknown: Rule = {
  code: 'swgroup-unknown',
  severity: 'error',
  title: 'The memory controller has no such swgroup',
  why: 'The driver finds no register for the swgroup, writes nothing and says nothing: the device stays untranslated although it has a group and a domain. Numbers differ from SoC to SoC.',
  fix: "Use a TEGRA_SWGROUP_… macro of this SoC's header in dt-bindings/memory.",
  kernel: 'drivers/iommu/tegra-smmu.c (tegra_smmu_find_swgroup, tegra_smmu_enable), drivers/memory/tegra/*.c',
  bad: '&a { iommus = <&mc «0x7f»>; };',
  good: '&a { iommus = <&mc 1>; };',
  *check({ view }) {
    for (const master of view.masters)
      for (const entry of master.list.entries) {
        const table = entry.node === null ? null : swgroupTableOf(entry.node);
        const id = entry.args[0];
        if (entry.node === null || table === null || id === undefined || Object.values(table.swgroups).includes(id))
          continue;
        const macro = cellPartAt(master.property, entry.cell + 1)?.macros[0]?.name;
        yield {
          span: cellsSpan(master.property, entry.cell + 1),
          message: `${nameOf(entry.node)} has no swgroup ${hex(id)}${macro === undefined ? '' : ` (${macro})`}: nothing is switched on for ${master.node.path}, and it runs untranslated.`,
        };
      }
  },
};
