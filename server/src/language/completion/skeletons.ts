/** Completion where nothing stands yet: an empty file, a fresh node, its compatible. */
import { type CompletionItem, CompletionItemKind } from 'vscode-languageserver';
import { stringsOf } from '../../devicetree/read';
import { type Binding, bindings } from '../../iommu/catalogue';
import { positionAt } from '../../source/file';
import { outlineOf } from '../structure/outline';
import type { CompletionContext, ItemParts } from './context';

/** An item over everything of a keyword that is typed before the cursor (`/dts`): a word ends at a slash. */
function keyword(context: CompletionContext, label: string, more: ItemParts): CompletionItem {
  const { file, offset } = context.cursor;
  const typed = /\/?[\w-]*$/.exec(file.text.slice(Math.max(0, offset - 40), offset))?.[0] ?? '';
  const made = context.item(label, more);
  const range = { start: positionAt(file, offset - typed.length), end: positionAt(file, offset) };
  return { ...made, textEdit: { range, newText: more.text ?? label } };
}

const BOARD = `/dts-v1/;

/ {
	model = "\${1:Board}";
	compatible = "\${2:vendor,board}";
	#address-cells = <2>;
	#size-cells = <2>;

	$0
};
`;
const OVERLAY = `/dts-v1/;
/plugin/;

&\${1:label} {
	$0
};
`;

/** At the top of a file: the version where it is missing, whole boards and overlays where nothing is, the root node. */
export function topItems(context: CompletionContext): CompletionItem[] {
  const { file, offset } = context.cursor;
  const outline = outlineOf(file);
  const include = /\.(dtsi|h)$/.test(file.uri);
  const code = file.text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '');
  const items: CompletionItem[] = [];
  const add = (label: string, text: string, detail: string, filter?: string) =>
    items.push(
      keyword(context, label, {
        kind: CompletionItemKind.Snippet,
        text,
        detail,
        rank: items.length,
        snippet: text.includes('$'),
        ...(filter === undefined ? {} : { filter }),
      }),
    );
  const typed = /\/?[\w-]*$/.exec(file.text.slice(0, offset))?.[0].length ?? 0;
  const first = outline.items.every((item) => item.start >= offset - typed);
  if (!include && first && !/\/dts-v1\//.test(code)) {
    add('/dts-v1/;', '/dts-v1/;\n', 'the version: the first statement of every source that dtc is given');
    if (outline.nodes.length === 0 && outline.includes.length === 0) {
      add('board', BOARD, 'a board: version, root node', '/dts-v1/ board');
      add('overlay', OVERLAY, 'an overlay: what is put on a board', '/dts-v1/ /plugin/ overlay');
    }
  } else if (
    !include &&
    first &&
    /\/dts-v1\//.test(code) &&
    !/\/plugin\//.test(code) &&
    /\.(dtso|overlay)$/.test(file.uri)
  )
    add('/plugin/;', '/plugin/;\n', 'this source is an overlay');
  if (!outline.nodes.some((node) => node.name === '/') && !/\/plugin\//.test(code))
    add('/ { … };', '/ {\n\t$0\n};\n', 'the root node', '/');
  return items;
}

/** IOMMUs that a new board may have: not those that another node must be the parent of. */
const NEW: readonly Binding[] = bindings.filter((binding) => binding.requires.length === 0);

/** `compatible = "|`: those of the IOMMU bindings. */
export function compatibleItems(context: CompletionContext): CompletionItem[] {
  const { node } = context;
  const has = new Set(node === null ? [] : stringsOf(node.properties.get('compatible')));
  return bindings
    .flatMap((binding) => binding.compatibles.map((compatible) => ({ binding, compatible })))
    .filter(({ compatible }) => !has.has(compatible))
    .map(({ binding, compatible }, rank) =>
      context.item(compatible, {
        kind: CompletionItemKind.Value,
        note: binding.model,
        detail: `${binding.config}, #iommu-cells = <${cellsText(binding)}>`,
        rank,
      }),
    );
}

function cellsText({ cells: [least, most] }: Binding): string {
  return least === most ? String(least) : `${least}> to <${most}`;
}

/** What a required property is most likely given. */
const VALUES: Readonly<Record<string, string>> = { '#global-interrupts': '<1>' };

function skeletonOf(binding: Binding, compatible: string): string {
  // SMMUv2 and MMU-500 with the mask in the specifier, as every board of the last years
  const cells = binding.streamSharing === 'smr' ? binding.cells[1] : binding.cells[0];
  const required = binding.requiredProperties.filter((name) => name !== '#iommu-cells' && name !== 'reg');
  const interrupts = binding.streamSharing === 'smr' ? [`interrupts = <\${4:0 65 4>, <0 66 4}>;`] : [];
  return [
    `\${1:smmu}: iommu@\${2:15000000} {`,
    `\tcompatible = "${compatible}";`,
    `\treg = <\${3:0x15000000 0x80000}>;`,
    ...required.map((name) => `\t${name} = ${VALUES[name] ?? '<0>'};`),
    `\t#iommu-cells = <${cells}>;`,
    ...interrupts.map((line) => `\t${line}`),
    '\t$0',
    '};',
  ].join('\n');
}

/** In a node with addresses: whole IOMMUs, one a kind. */
export function iommuNodeItems(context: CompletionContext): CompletionItem[] {
  const { node, cursor } = context;
  if (node === null || cursor.node === null || node.parent?.name === 'reserved-memory') return [];
  const bus = node.parent === null || stringsOf(node.properties.get('compatible')).includes('simple-bus');
  if (!bus) return [];
  return NEW.map((binding, rank) => {
    const compatible = binding.compatibles.find((name) => name === 'arm,mmu-500') ?? binding.compatibles[0] ?? '';
    return context.item(`iommu: ${binding.model}`, {
      kind: CompletionItemKind.Snippet,
      text: skeletonOf(binding, compatible),
      snippet: true,
      detail: `a node with compatible = "${compatible}"`,
      filter: `iommu smmu ${compatible}`,
      rank: 5000 + rank,
    });
  });
}
