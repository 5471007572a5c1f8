import type { CellPart, DtNode } from '../../../devicetree/model';
import { compatibles } from '../../../devicetree/read';
import { cellMacrosOf, type SwgroupTable, swgroupTableOf } from '../../../iommu/catalogue';
import { cellPartAt } from '../../../iommu/specifiers';
import { hex, nameOf } from '../../../iommu/words';
import { distance } from '../../../source/closest';
import { insertInclude } from '../../fixes/edits';
import { cellsSpan, type Fix, type Rule, type RuleContext } from '../rule';

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
  *check(context) {
    for (const master of context.view.masters)
      for (const entry of master.read) {
        const table = entry.node === null ? null : swgroupTableOf(entry.node);
        const id = entry.args[0];
        const provider = entry.node;
        if (provider === null || table === null || id === undefined || Object.values(table.swgroups).includes(id))
          continue;
        const part = cellPartAt(master.property, entry.cell + 1);
        const macro = part?.macros[0]?.name;
        yield {
          span: cellsSpan(master.property, entry.cell + 1),
          message: `${nameOf(provider)} has no swgroup ${hex(id)}${macro === undefined ? '' : ` (${macro})`}: nothing is switched on for ${master.node.path}, and it runs untranslated.`,
          fixes: () => nearest(context, master.node, provider, { table, id, macro }, part),
        };
      }
  },
};

interface Unknown {
  readonly table: SwgroupTable;
  readonly id: number;
  readonly macro: string | undefined;
}

/** Swgroups offered. */
const OFFERED = 3;

/**
 * The swgroups nearest to an unknown one: those that the device's own names speak of, a macro's that is a slip away, the
 * next numbers. By a macro where the sources define one with the number, else by the binding header's, which is included
 * where such headers are; else as a number.
 */
function nearest(
  { macros }: RuleContext,
  master: DtNode,
  provider: DtNode,
  { table, id, macro }: Unknown,
  part: CellPart | null,
): Fix[] {
  if (part === null) return [];
  const words = [master.name, ...master.labels.map((l) => l.name), ...compatibles(master)]
    .join(' ')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  const bare = macro?.replace(/^.*SWGROUP_/, '');
  const score = (name: string, value: number): number => {
    if (bare !== undefined && distance(bare, name, 2) <= 2) return distance(bare, name, 2);
    const parts = name.toLowerCase().split('_');
    if (words.includes(parts.join(''))) return 3;
    if (words.includes(parts[0] ?? '')) return 4 + parts.length;
    return 100 + Math.abs(value - id);
  };
  const headers = macros.some((m) => m.file?.uri.includes('/dt-bindings/'));
  const header = headers ? cellMacrosOf(provider)?.header : undefined;
  return Object.entries(table.swgroups)
    .map(([name, value]) => ({ name, value, score: score(name, value) }))
    .sort((a, b) => a.score - b.score || a.value - b.value)
    .slice(0, OFFERED)
    .flatMap(({ name, value }, i) => {
      const known = macros.find((m) => m.literal === value && m.name.includes(`SWGROUP_${name}`));
      const macro = known?.name ?? `TEGRA_SWGROUP_${name}`;
      const text = known === undefined && header === undefined ? hex(value) : macro;
      const include = known !== undefined || header === undefined ? [] : [insertInclude(part.span.file, header)];
      return [
        {
          title: `Change to ${macro} (${hex(value)})`,
          edits: [...include, { span: part.span, text }],
          preferred: i === 0 && score(name, value) < 100,
        },
      ];
    });
}
