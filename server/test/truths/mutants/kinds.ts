/** The mistakes people make, as changes of a real board's text. Each kind names the rule that must speak. */

import type { CellPart, DtNode } from '../../../src/devicetree/model';
import { isEnabled } from '../../../src/devicetree/read';
import { swgroupTableOf } from '../../../src/iommu/catalogue';
import { cellPartAt } from '../../../src/iommu/specifiers';
import { intersects } from '../../../src/iommu/streams';
import type { Master, Provider } from '../../../src/iommu/view';
import { hex } from '../../../src/iommu/words';
import type { BoardSnapshot } from '../../../src/workspace/board';

/** One change: replaces a range of a file, or (without a range) adds to the end of the board file. */
export interface Mutation {
  readonly uri: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface Kind {
  readonly name: string;
  /** Any of these codes must appear. */
  readonly expect: readonly string[];
  /** Only the simulated boot can show it. */
  readonly boot?: boolean;
  /** All places of a board where this mistake can be made. */
  mutations(snapshot: BoardSnapshot): Mutation[];
}

const replace = (part: CellPart, text: string): Mutation => ({
  uri: part.span.file.uri,
  start: part.span.start,
  end: part.span.end,
  text,
});

/** At the end of the board file: `&label { ... };`, or by path. */
function add(snapshot: BoardSnapshot, node: DtNode, body: string): Mutation {
  const file = snapshot.file(snapshot.board.uri);
  const end = file?.text.length ?? 0;
  const label = node.labels[0];
  return {
    uri: snapshot.board.uri,
    start: end,
    end,
    text: `\n${label === undefined ? `&{${node.path}}` : `&${label.name}`} { ${body} };\n`,
  };
}

interface Entry {
  readonly master: Master;
  readonly provider: Provider;
  readonly head: CellPart;
  readonly args: readonly CellPart[];
  readonly values: readonly number[];
}

/** Entries of enabled masters on enabled IOMMUs that are written plainly: every cell at a place of its own. */
function entries(snapshot: BoardSnapshot, wanted: (entry: Entry) => boolean = () => true): Entry[] {
  const found: Entry[] = [];
  for (const master of snapshot.view.masters) {
    if (!master.enabled) continue;
    for (const entry of master.list.entries) {
      const provider = entry.node === null ? null : snapshot.view.provider(entry.node);
      const head = cellPartAt(master.property, entry.cell);
      if (provider === null || !provider.enabled || head?.reference === undefined || head.macros.length > 0) continue;
      const args = entry.args.map((_, i) => cellPartAt(master.property, entry.cell + 1 + i));
      if (args.some((a) => a === null)) continue;
      const item: Entry = { master, provider, head, args: args as CellPart[], values: entry.args };
      if (wanted(item)) found.push(item);
    }
  }
  return found;
}

const smr = (e: Entry) => e.provider.binding?.streamSharing === 'smr';
const plain = (part: CellPart | undefined): part is CellPart => part !== undefined && part.macros.length === 0;

function providers(snapshot: BoardSnapshot, wanted: (p: Provider) => boolean): Provider[] {
  return snapshot.view.providers.filter((p) => p.enabled && wanted(p) && snapshot.view.uses(p).some((u) => u.enabled));
}

export const kinds: readonly Kind[] = [
  {
    name: 'wrong label',
    expect: ['smmu/unknown-label'],
    mutations: (s) => entries(s).map((e) => replace(e.head, `&${e.head.reference?.text}_x`)),
  },
  {
    name: 'dropped cell',
    expect: ['smmu/cell-count'],
    mutations: (s) =>
      entries(s, (e) => plain(e.args.at(-1))).flatMap((e) => {
        const last = e.args.at(-1);
        return last === undefined ? [] : [replace(last, '')];
      }),
  },
  {
    name: 'one cell too many',
    expect: ['smmu/cell-count'],
    mutations: (s) =>
      entries(s, (e) => (e.args.at(-1) ?? e.head).macros.length === 0).map((e) => {
        const last = e.args.at(-1) ?? e.head;
        return { uri: last.span.file.uri, start: last.span.end, end: last.span.end, text: ' 0x3' };
      }),
  },
  {
    name: 'a neighbour instead of the IOMMU',
    expect: ['smmu/not-a-provider'],
    mutations: (s) => {
      const other = s.tree.nodes.find(
        (n) => n.labels.length > 0 && n.properties.has('#clock-cells') && s.view.provider(n) === null,
      );
      return other === undefined ? [] : entries(s).map((e) => replace(e.head, `&${other.labels[0]?.name}`));
    },
  },
  {
    name: 'number before the IOMMU',
    expect: ['smmu/broken-list', 'smmu/cell-count'],
    mutations: (s) =>
      entries(s, (e) => e.args.length > 0 && e.head.offset === 0).map((e) => replace(e.head, '0x7ffffff0')),
  },
  {
    name: 'the stream of another master',
    expect: ['smmu/stream-twice', 'smmu/group-shared', 'smmu/stream-overlap'],
    mutations: (s) =>
      entries(
        s,
        (e) => (smr(e) || e.provider.binding?.streamSharing === 'exclusive') && e.args.every((a) => plain(a)),
      ).flatMap((e) => {
        const other = s.view
          .uses(e.provider)
          .find(
            (u) =>
              u.enabled &&
              u.from.kind === 'iommus' &&
              u.node !== e.master.node &&
              u.id !== (e.values[0] ?? 0) &&
              !intersects(u, { id: e.values[0] ?? 0, mask: e.values[1] ?? 0 }),
          );
        const id = e.args[0];
        return other === undefined || id === undefined ? [] : [replace(id, hex(other.id))];
      }),
  },
  {
    name: 'overlapping mask',
    expect: ['smmu/stream-overlap', 'smmu/redundant-specifier'],
    mutations: (s) =>
      entries(s, (e) => smr(e) && e.args.length === 2 && plain(e.args[1])).flatMap((e) => {
        const [id = 0, mask = 0] = e.values;
        const other = s.view
          .uses(e.provider)
          .find(
            (u) => u.enabled && u.from.kind === 'iommus' && u.node !== e.master.node && !intersects(u, { id, mask }),
          );
        const part = e.args[1];
        return other === undefined || part === undefined ? [] : [replace(part, hex((mask | (id ^ other.id)) & 0x7fff))];
      }),
  },
  {
    name: 'a mask of all ones',
    expect: ['smmu/mask-matches-all'],
    mutations: (s) =>
      entries(
        s,
        (e) =>
          smr(e) &&
          e.args.length === 2 &&
          plain(e.args[1]) &&
          s.view.uses(e.provider).some((u) => u.node !== e.master.node),
      ).flatMap((e) => (e.args[1] === undefined ? [] : [replace(e.args[1], '0x7fff')])),
  },
  {
    name: 'an ID that cannot be',
    expect: ['smmu/id-out-of-range', 'smmu/context-bank-unknown', 'smmu/larb-unknown', 'smmu/swgroup-unknown'],
    mutations: (s) =>
      entries(s, (e) => plain(e.args[0]) && (e.provider.binding?.cellNames[0]?.bits ?? 32) < 32).flatMap((e) =>
        e.args[0] === undefined ? [] : [replace(e.args[0], '0x12345')],
      ),
  },
  {
    name: 'wrong swgroup',
    expect: ['smmu/swgroup-unknown'],
    mutations: (s) =>
      entries(s, (e) => swgroupTableOf(e.provider.node) !== null).flatMap((e) =>
        e.args[0] === undefined ? [] : [replace(e.args[0], '0x5d')],
      ),
  },
  {
    name: 'wrong larb',
    expect: ['smmu/larb-unknown', 'smmu/larb-mixed'],
    mutations: (s) =>
      entries(
        s,
        (e) => e.provider.binding?.id === 'mtk_iommu' && e.provider.node.properties.has('mediatek,larbs'),
      ).flatMap((e) => (e.args[0] === undefined ? [] : [replace(e.args[0], '0x3e1')])),
  },
  {
    name: 'unknown context bank',
    expect: ['smmu/context-bank-unknown'],
    mutations: (s) =>
      entries(s, (e) => e.provider.binding?.id === 'qcom_iommu').flatMap((e) =>
        e.args[0] === undefined ? [] : [replace(e.args[0], '77')],
      ),
  },
  {
    name: 'disabled IOMMU',
    expect: ['smmu/provider-disabled'],
    mutations: (s) => providers(s, () => true).map((p) => add(s, p.node, 'status = "disabled";')),
  },
  {
    name: 'misspelt iommus',
    expect: ['smmu/misspelt-property'],
    mutations: (s) =>
      s.view.masters.flatMap(({ enabled, property: { nameSpan } }) =>
        !enabled || nameSpan === null
          ? []
          : ['iommu', 'iomus', 'iommsu'].map((text) => ({
              uri: nameSpan.file.uri,
              start: nameSpan.start,
              end: nameSpan.end,
              text,
            })),
      ),
  },
  {
    name: 'no #iommu-cells',
    expect: ['smmu/missing-iommu-cells', 'smmu/not-a-provider'],
    mutations: (s) =>
      providers(s, (p) => s.view.uses(p).some((u) => u.from.kind === 'iommus')).map((p) =>
        add(s, p.node, '/delete-property/ #iommu-cells;'),
      ),
  },
  {
    name: 'another #iommu-cells',
    expect: ['smmu/cell-count', 'smmu/iommu-cells-value'],
    mutations: (s) =>
      providers(s, (p) => p.cells !== null && s.view.uses(p).some((u) => u.enabled && u.from.kind === 'iommus')).map(
        (p) => add(s, p.node, `#iommu-cells = <${(p.cells ?? 0) + 1}>;`),
      ),
  },
  {
    name: 'no generic compatible',
    expect: ['smmu/provider-compatible'],
    mutations: (s) =>
      providers(s, (p) => (p.binding?.requires.length ?? 0) > 0).map((p) =>
        add(s, p.node, `compatible = "${p.binding?.compatibles[0]}";`),
      ),
  },
  {
    name: 'required property lost',
    expect: ['smmu/required-property'],
    mutations: (s) =>
      providers(s, (p) => (p.binding?.requiredProperties.length ?? 0) > 0).map((p) =>
        add(s, p.node, `/delete-property/ ${p.binding?.requiredProperties[0]};`),
      ),
  },
  {
    name: 'second IOMMU of the same kind',
    expect: ['smmu/several-providers'],
    mutations: (s) =>
      entries(
        s,
        (e) => smr(e) && e.head.offset > 0 && (e.master.list.entries[0]?.node ?? null) === e.provider.node,
      ).flatMap((e) => {
        const other = s.view.providers.find(
          (p) =>
            p !== e.provider &&
            p.binding?.driver === e.provider.binding?.driver &&
            p.cells === e.provider.cells &&
            p.node.labels.length > 0,
        );
        return other === undefined ? [] : [replace(e.head, `&${other.node.labels[0]?.name}`)];
      }),
  },
  {
    name: 'IOMMU of another driver',
    expect: ['smmu/mixed-drivers'],
    mutations: (s) =>
      entries(s, (e) => e.head.offset > 0 && (e.master.list.entries[0]?.node ?? null) === e.provider.node).flatMap(
        (e) => {
          const other = s.view.providers.find(
            (p) =>
              p.binding !== null &&
              p.binding.driver !== e.provider.binding?.driver &&
              p.cells === e.provider.cells &&
              p.node.labels.length > 0,
          );
          return other === undefined ? [] : [replace(e.head, `&${other.node.labels[0]?.name}`)];
        },
      ),
  },
  {
    name: 'the same specifier twice',
    expect: ['smmu/duplicate-specifier'],
    mutations: (s) =>
      entries(
        s,
        (e) =>
          (e.args.at(-1) ?? e.head).macros.length === 0 && e.head.span.file === (e.args.at(-1) ?? e.head).span.file,
      ).map((e) => {
        const last = e.args.at(-1) ?? e.head;
        const text = e.head.span.file.text.slice(e.head.span.start, last.span.end);
        return { uri: last.span.file.uri, start: last.span.end, end: last.span.end, text: ` ${text}` };
      }),
  },
  {
    name: 'iommu-map: a cell lost',
    expect: ['smmu/map-length'],
    mutations: (s) => mapCells(s, 3).map((part) => replace(part, '')),
  },
  {
    name: 'iommu-map: length too great',
    expect: ['smmu/map-rid-range', 'smmu/map-id-range'],
    mutations: (s) => mapCells(s, 3).map((part) => replace(part, '0x20000')),
  },
  {
    name: 'iommu-map: rows overlap',
    expect: ['smmu/map-overlap', 'smmu/map-mask'],
    mutations: (s) =>
      s.view.maps.flatMap((map) => {
        const second = map.rows[1];
        const first = map.rows[0];
        const part = second === undefined ? null : cellPartAt(map.property, second.cell);
        return part === null ||
          first === undefined ||
          !isEnabled(map.node) ||
          first.length === 0 ||
          second?.length === 0
          ? []
          : [replace(part, hex(first.ridBase))];
      }),
  },
  {
    name: 'iommu-map: base outside the mask',
    expect: ['smmu/map-mask'],
    mutations: (s) => mapCells(s, 0, (mask) => mask !== 0xffffffff).map((part) => replace(part, '0x1ff')),
  },
  {
    name: 'iommu-map: wrong label',
    expect: ['smmu/unknown-label'],
    mutations: (s) => mapCells(s, 1).map((part) => replace(part, `&${part.reference?.text}_x`)),
  },
  {
    name: 'memory-region outside reserved-memory',
    expect: ['smmu/memory-region-target'],
    mutations: (s) => {
      const other = s.tree.nodes.find((n) => n.labels.length > 0 && n.properties.has('#interrupt-cells'));
      return other === undefined
        ? []
        : s.view.masters
            .filter((m) => m.enabled)
            .slice(0, 6)
            .map((m) => add(s, m.node, `memory-region = <&${other.labels[0]?.name}>;`));
    },
  },
  {
    name: 'coherent and not',
    expect: ['smmu/coherence-conflict'],
    mutations: (s) =>
      s.view.masters
        .filter((m) => m.enabled)
        .slice(0, 6)
        .map((m) => add(s, m.node, 'dma-coherent; dma-noncoherent;')),
  },
  {
    name: 'iommus as a string',
    expect: ['smmu/not-cells'],
    mutations: (s) =>
      s.view.masters
        .filter((m) => m.enabled)
        .slice(0, 6)
        .map((m) => add(s, m.node, 'iommus = "smmu";')),
  },
  {
    name: 'removed supplier driver',
    boot: true,
    // Of a power domain the end of waiting is the end of the probe (__genpd_dev_pm_attach: -ETIMEDOUT).
    expect: ['smmu/supplier-no-driver', 'smmu/deferred', 'smmu/late-probe', 'smmu/provider-fails'],
    mutations: (s) => waitedFor(s).map((node) => add(s, node, 'compatible = "vendor,no-such-driver";')),
  },
  {
    name: 'cyclic supplier',
    boot: true,
    expect: ['smmu/relaxed-cycle', 'smmu/supplier-cycle', 'smmu/deferred', 'smmu/late-probe'],
    mutations: (s) =>
      providers(s, () => true).flatMap((p) => {
        const supplier = p.node.labels.length > 0 ? waitedFor(s, p)[0] : undefined;
        return supplier === undefined ? [] : [add(s, supplier, `clocks = <&${p.node.labels[0]?.name}>;`)];
      }),
  },
];

/** Devices that an IOMMU with masters names as its clock or power domain: the first of each. */
function waitedFor(s: BoardSnapshot, of?: Provider): DtNode[] {
  const found = new Set<DtNode>();
  for (const provider of providers(s, (p) => of === undefined || p === of)) {
    // an IOMMU whose own driver is not in the configuration waits for nobody
    if (s.report?.devices.find((d) => d.device === provider.node.path)?.status !== 'bound') continue;
    for (const name of ['clocks', 'power-domains']) {
      const target = provider.node.properties
        .get(name)
        ?.parts.find((p) => p.kind === 'cell' && p.reference !== undefined);
      if (
        target?.kind === 'cell' &&
        target.reference?.target != null &&
        target.reference.target.properties.has('compatible') &&
        // a clock set up early by a declare table is no device: nobody waits for it
        s.report?.devices.find((d) => d.device === target.reference?.target?.path)?.status === 'bound'
      )
        found.add(target.reference.target);
    }
  }
  return [...found];
}

function mapCells(s: BoardSnapshot, column: number, wanted: (mask: number) => boolean = () => true): CellPart[] {
  return s.view.maps.flatMap((map) =>
    !isEnabled(map.node) || !wanted(map.mask)
      ? []
      : map.rows.flatMap((row) => {
          const part = cellPartAt(map.property, row.cell + column);
          return part === null || part.macros.length > 0 ? [] : [part];
        }),
  );
}
