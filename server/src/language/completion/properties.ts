/** Completion of property names of our subject, each with a value to fill in. */
import { type CompletionItem, CompletionItemKind } from 'vscode-languageserver';
import type { DtNode } from '../../devicetree/model';
import { isPciBus } from '../../iommu/addresses';
import { type VendorProperty, vendorOf, vendorProperties, writtenIommuOf } from '../../iommu/vendor';
import { vendorName } from '../../iommu/vendor-words';
import type { IommuView, Provider } from '../../iommu/view';
import type { CompletionContext } from './context';

/** The properties that fit the node and that it does not have in this place yet. */
export function propertyItems(context: CompletionContext): CompletionItem[] {
  const { cursor, node, snapshot } = context;
  const here = new Set(
    cursor.node?.items.flatMap((i) => (i.kind === 'property' && i !== cursor.property ? [i.name] : [])) ?? [],
  );
  const provider = likeliest(snapshot.view, node);
  const label = provider?.node.labels[0]?.name;
  const reserved = node?.parent?.name === 'reserved-memory';
  const isProvider = node !== null && snapshot.view.provider(node) !== null;
  const pci = node !== null && isPciBus(node);
  const items: CompletionItem[] = [];
  const add = (name: string, value: string | null, detail: string, fits: boolean) => {
    if (here.has(name)) return;
    items.push(
      context.item(name, {
        kind: CompletionItemKind.Property,
        text: value === null ? `${name};` : `${name} = ${value};`,
        snippet: value !== null,
        detail,
        rank: (fits ? 0 : 100) + items.length,
      }),
    );
  };
  const cells = Array.from({ length: provider?.cells ?? 1 }, (_, i) => ` \${${i + 2}:0x0}`).join('');
  add(
    'iommus',
    `<\${1:&${label ?? 'iommu'}}${cells}>`,
    'the IOMMU and stream IDs of this device',
    !reserved && !pci && !isProvider,
  );
  add(
    'iommu-map',
    `<\${1:0x0} \${2:&${label ?? 'iommu'}} \${3:0x0} \${4:0x10000}>`,
    'requester IDs to stream IDs',
    pci,
  );
  add('iommu-map-mask', `<${place(1, '0xffff')}>`, 'bits of a requester ID that iommu-map looks at', pci);
  add('memory-region', `<&${place(1, 'region')}>`, 'reserved memory of this device', !reserved && !isProvider);
  add(
    'iommu-addresses',
    `<&${place(1, 'device')} ${place(2, '0x0')} ${place(3, '0x0')}>`,
    'IOVAs of this region promised to a device',
    reserved,
  );
  add('#iommu-cells', `<${place(1, '1')}>`, 'cells of a specifier of this IOMMU', isProvider);
  add('stream-match-mask', `<${place(1, '0x7f80')}>`, 'mask of specifiers with one cell', isProvider);
  add('#global-interrupts', `<${place(1, '1')}>`, 'interrupts of the SMMU that are not for a context bank', isProvider);
  add('dma-coherent', null, 'DMA sees the CPU caches', !reserved);
  add(
    'dma-ranges',
    `<${place(1, '0x0')} ${place(2, '0x0')} ${place(3, '0x80000000')}>`,
    'what devices on this bus see of memory',
    false,
  );
  const iommu = isProvider && node !== null ? node : (provider?.node ?? null);
  const vendor = iommu === null ? null : (vendorOf(iommu) ?? writtenIommuOf(iommu));
  // where mainline drives it too, and nothing says that the vendor's kernel boots, they come last
  const sure = iommu !== null && vendorOf(iommu) !== null;
  if (vendor !== null && !reserved)
    for (const property of vendorProperties)
      if (property.vendor === vendor.vendor)
        add(
          property.name,
          valueText(property),
          sure ? property.says : `${vendorName(property.vendor)}'s kernels only: ${property.says}`,
          sure && (property.provider ?? false) === isProvider,
        );
  const fresh =
    node !== null && node.properties.size === 0 && node.parent !== null && cursor.node?.name.startsWith('&') === false;
  add('compatible', `"${place(1, 'vendor,device')}"`, 'what the device is: drivers are matched by it', fresh);
  add('status', `"${place(1, '|okay,disabled|')}"`, 'whether the device is used', !reserved);
  return items;
}

/** What is filled in for a vendor's property; null for one without a value. */
function valueText({ value, words }: VendorProperty): string | null {
  switch (value) {
    case 'flag':
      return null;
    case 'string':
    case 'strings':
      return `"${place(1, `|${Object.keys(words ?? {}).join(',')}|`)}"`;
    case 'phandle':
    case 'phandles':
      return `<&${place(1, 'node')}>`;
    case 'phandle-pairs':
      return `<&${place(1, 'node')} ${place(2, '0x0')} ${place(3, '0x0')}>`;
    case 'u64-pairs':
      return `<${[1, 2, 3, 4].map((n) => place(n, '0x0')).join(' ')}>`;
    default:
      return value === 'cell' ? `<${place(1, '0x0')}>` : `<${place(1, '0x0')} ${place(2, '0x0')}>`;
  }
}

/** A place of a snippet: `${1:text}`, or a choice when the text stands between bars. */
function place(n: number, text: string): string {
  return text.startsWith('|') ? `\${${n}${text}}` : `\${${n}:${text}}`;
}

/** The IOMMU that most siblings use, else the enabled one with most masters. */
function likeliest(view: IommuView, node: DtNode | null): Provider | null {
  let best: Provider | null = null;
  let most = -1;
  for (const provider of view.providers) {
    if (!provider.enabled || provider.node.labels.length === 0 || provider.node === node) continue;
    const uses = view.uses(provider);
    const score = uses.length + 1000 * uses.filter((u) => u.node.parent === node?.parent).length;
    if (score > most) {
      best = provider;
      most = score;
    }
  }
  return best;
}
