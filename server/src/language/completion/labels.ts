/** Completion of references: IOMMUs first where an IOMMU belongs, memory regions, labels of any kind. */

import { type CompletionItem, CompletionItemKind } from 'vscode-languageserver';
import type { DtNode } from '../../devicetree/model';
import { compatibles, isEnabled } from '../../devicetree/read';
import { cpuRegOf } from '../../iommu/addresses';
import { capacityNumber, capacityOf } from '../../iommu/capacity';
import type { Provider } from '../../iommu/view';
import { hex, bytes as size } from '../../iommu/words';
import type { CompletionContext } from './context';

/** The IOMMUs of the board that have a label, the likeliest first: on the same bus, enabled, used by most. */
export function likelyProviders({ snapshot, node }: CompletionContext): Provider[] {
  const uses = new Map(snapshot.view.providers.map((p) => [p, snapshot.view.uses(p)]));
  const likely = (p: Provider): number => {
    const list = uses.get(p) ?? [];
    // siblings of the node being written speak loudest
    const near = list.filter((u) => u.node.parent === node?.parent && u.node !== node).length;
    return (
      (p.enabled ? 10_000 : 0) +
      (p.node.parent === node?.parent ? 2_000 : 0) +
      Math.min(near, 500) +
      Math.min(list.length, 999) / 1000
    );
  };
  return snapshot.view.providers
    .filter((p) => p.node !== node && p.node.labels.length > 0)
    .sort((a, b) => likely(b) - likely(a) || a.node.index - b.node.index);
}

/** The same as items: with the cells as places; `wholeGroup`: in angle brackets, `inMap`: without cells. */
export function providerItems(context: CompletionContext, wholeGroup: boolean, inMap = false): CompletionItem[] {
  return likelyProviders(context).flatMap((provider, rank) =>
    provider.node.labels.slice(0, 1).map(({ name }) => {
      const cells = provider.cells ?? 0;
      const names = provider.binding?.cellNames ?? [];
      const places = Array.from(
        { length: inMap ? 0 : cells },
        (_, i) =>
          ` \${${i + 1}:${names[i]?.kind === 'mask' ? '0x0' : (names[i]?.name ?? 'id').replace(/[^\w ]/g, '')}}`,
      ).join('');
      const text = `&${name}${places}`;
      return context.item(`&${name}`, {
        kind: CompletionItemKind.Module,
        text: wholeGroup ? `<${text}>` : text,
        snippet: places !== '',
        note: provider.binding?.model ?? compatibles(provider.node)[0] ?? '',
        detail: `${free(provider, context.snapshot.view.uses(provider).length)}${provider.enabled ? '' : ', disabled'}, ${cells} ${cells === 1 ? 'cell' : 'cells'}`,
        rank,
        preselect: rank === 0,
        discouraged: !provider.enabled,
        about: provider.node,
      });
    }),
  );
}

function free(provider: Provider, used: number): string {
  if (provider.binding?.streamSharing === 'smr') {
    const total = capacityNumber(capacityOf(provider.node), 'streamMatchRegisters');
    return `${used} stream ${used === 1 ? 'ID' : 'IDs'} used, up to ${Math.max(0, total - used)} matches free`;
  }
  return provider.cells === 0 ? (used === 0 ? 'free' : `used by ${used}`) : `${used} ${used === 1 ? 'ID' : 'IDs'} used`;
}

/** Children of /reserved-memory. */
export function regionItems(context: CompletionContext, wholeGroup: boolean): CompletionItem[] {
  const { snapshot } = context;
  const regions = snapshot.tree.root.children.get('reserved-memory')?.children.values() ?? [];
  return [...regions].flatMap((region, rank) => {
    const label = region.labels[0];
    if (label === undefined) return [];
    const reg = cpuRegOf(region)[0];
    return [
      context.item(`&${label.name}`, {
        kind: CompletionItemKind.Reference,
        text: wholeGroup ? `<&${label.name}>` : `&${label.name}`,
        note: region.name,
        detail: reg === undefined ? 'placed at boot' : `${hex(reg.address)}, ${size(reg.size)}`,
        rank,
        about: region,
      }),
    ];
  });
}

/** A property to the provider property that its targets must have. */
const CELLS: readonly (readonly [RegExp, string])[] = [
  [/^clocks$|^assigned-clocks$|^assigned-clock-parents$/, '#clock-cells'],
  [/^power-domains$/, '#power-domain-cells'],
  [/^resets$/, '#reset-cells'],
  [/^phys$/, '#phy-cells'],
  [/^dmas$/, '#dma-cells'],
  [/^mboxes$/, '#mbox-cells'],
  [/^interconnects$/, '#interconnect-cells'],
  [/^interrupt-parent$|^interrupts-extended$/, '#interrupt-cells'],
  [/-?gpios?$/, '#gpio-cells'],
  [/^io-channels$/, '#io-channel-cells'],
  [/^hwlocks$/, '#hwlock-cells'],
  [/^thermal-sensors$/, '#thermal-sensor-cells'],
  [/^pwms$/, '#pwm-cells'],
];

/** Labels for a reference in any property: those that the property can use first. `property` null: a node reference. */
export function labelItems(context: CompletionContext, property: string | null): CompletionItem[] {
  const cells = property === null ? null : (CELLS.find(([pattern]) => pattern.test(property))?.[1] ?? null);
  const supply = property?.endsWith('-supply') === true;
  const fits = (node: DtNode) =>
    (cells !== null && node.properties.has(cells)) ||
    (supply && /regulator|ldo|buck|smps|vreg/.test(node.path)) ||
    (property !== null && /^pinctrl-\d/.test(property) && /pin/.test(node.path));
  const items: CompletionItem[] = [];
  for (const [name, node] of context.snapshot.tree.labels) {
    const good = fits(node);
    if (cells !== null && !good) continue;
    const enabled = isEnabled(node);
    items.push(
      context.item(`&${name}`, {
        kind: CompletionItemKind.Reference,
        note: compatibles(node)[0] ?? node.name,
        rank: (good ? 0 : 20_000) + (enabled ? 0 : 10_000) + Math.min(node.index, 9_999),
        about: node,
      }),
    );
  }
  return items;
}
