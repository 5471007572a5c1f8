import type { DtNode } from '../../../devicetree/model';
import { startsGroup, type WrittenEntry } from '../../../iommu/specifiers';
import type { IommuView, Master, Provider } from '../../../iommu/view';
import { count, nameOf } from '../../../iommu/words';
import { between, type Fix, propertySpan, type Rule } from '../rule';

/** A specifier with more or fewer cells than its provider takes. */
export const cellCount: Rule = {
  code: 'cell-count',
  severity: 'error',
  title: 'Wrong number of cells after an IOMMU',
  why: 'The kernel takes exactly #iommu-cells cells after each provider. One too few swallows the next provider, one too many is read as a phandle: the rest of the list is lost and the device runs untranslated or with the wrong stream.',
  fix: 'Write as many cells as #iommu-cells of the provider says.',
  kernel: 'drivers/of/base.c (of_parse_phandle_with_args)',
  bad: '&a { iommus = <«&smmu 0x480»>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; };',
  *check({ view }) {
    for (const master of view.masters) {
      if (readsAsWritten(master, view)) continue;
      for (const entry of master.written) {
        const provider = providerOf(entry, view);
        if (entry.head === null || provider === null || provider.cells === null) continue;
        const wanted = provider.cells;
        const found = entry.args.length;
        if (wanted === found) continue;
        // a <0> of its own is a hole, not a cell too many
        const surplus = entry.args[wanted];
        if (surplus !== undefined && surplus.value === 0n && startsGroup(surplus)) continue;
        const last = entry.args[found - 1] ?? entry.head;
        yield {
          span: between(entry.head, last),
          message: `${nameOf(provider.node)} takes ${count(wanted, 'cell')} (${cellNames(provider)}), but ${found === 0 ? 'none follows' : `${found} ${found === 1 ? 'follows' : 'follow'}`}: ${consequence(master.node, wanted, found)}`,
          related: [
            {
              span: propertySpan(provider.node.properties.get('#iommu-cells'), provider.node) ?? entry.head.span,
              message: `#iommu-cells = <${wanted}>`,
            },
          ],
          fixes: () => fixes(entry, wanted, provider),
        };
      }
    }
  },
};

/** Whether the kernel's reading succeeds and finds a provider exactly where one is written. */
function readsAsWritten(master: Master, view: IommuView): boolean {
  if (master.list.problem !== null) return false;
  const heads = new Set(master.list.entries.map((e) => e.cell * 4));
  return (
    master.written.every((e) => e.head === null || heads.has(e.head.offset)) &&
    master.list.entries.every((e) => e.node !== null && view.provider(e.node) !== null)
  );
}

function providerOf(entry: WrittenEntry, view: IommuView): Provider | null {
  const target = entry.head?.reference?.target;
  return target === undefined || target === null ? null : view.provider(target);
}

function cellNames(provider: Provider): string {
  const names = provider.binding?.cellNames.slice(0, provider.cells ?? 0).map((c) => c.name) ?? [];
  return names.length > 0 ? names.join(', ') : `#iommu-cells = <${provider.cells}>`;
}

function consequence(master: DtNode, wanted: number, found: number): string {
  return found < wanted
    ? `the kernel takes what comes next instead, and ${master.path} gets a wrong list or none.`
    : `the kernel reads the rest as a phandle, and ${master.path} gets a wrong list or none.`;
}

function fixes(entry: WrittenEntry, wanted: number, provider: Provider): Fix[] {
  const head = entry.head;
  if (head === null) return [];
  const last = entry.args[entry.args.length - 1] ?? head;
  const missing = wanted - entry.args.length;
  if (missing > 0) {
    const names = provider.binding?.cellNames.slice(entry.args.length, wanted).map((c) => c.name) ?? [];
    const text = ' 0x0'.repeat(missing);
    return [
      {
        title: `Add the missing ${names.length > 0 ? names.join(' and ') : 'cell'} (0x0)`,
        edits: [{ span: { file: last.span.file, start: last.span.end, end: last.span.end }, text }],
        preferred: true,
      },
    ];
  }
  const keep = wanted === 0 ? head : entry.args[wanted - 1];
  if (keep === undefined || keep.span.file !== last.span.file) return [];
  return [
    {
      title: `Remove ${count(-missing, 'cell')}`,
      edits: [{ span: { file: last.span.file, start: keep.span.end, end: last.span.end }, text: '' }],
      preferred: true,
    },
  ];
}
