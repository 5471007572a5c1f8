/** Signature help on specifiers and map rows: which cell is being written. */
import type { SignatureHelp } from 'vscode-languageserver';
import { formatMatched } from '../../iommu/streams';
import type { SourceFile } from '../../source/file';
import type { BoardSnapshot } from '../../workspace/board';
import { cursorAt } from '../structure/cursor';

interface Parameter {
  readonly label: string;
  readonly documentation: string;
}

const ROW: readonly Parameter[] = [
  { label: 'rid-base', documentation: 'The first requester ID (bus << 8 | device << 3 | function).' },
  { label: '&iommu', documentation: 'The IOMMU the requests go to.' },
  { label: 'id-base', documentation: 'The stream ID of the first requester ID.' },
  { label: 'length', documentation: 'How many requester IDs this row holds.' },
];

/** The signature at an offset; null outside `iommus` and `iommu-map`. */
export function signatureHelp(snapshot: BoardSnapshot, file: SourceFile, offset: number): SignatureHelp | null {
  const cursor = cursorAt(file, offset);
  if (cursor.place !== 'cells' || cursor.property === null) return null;
  if (cursor.property.name === 'iommu-map') return help('iommu-map row', ROW, cursor.cell % 4, '');
  if (cursor.property.name !== 'iommus') return null;
  // the blank before a reference belongs to the specifier before it
  for (let i = cursor.touching ? cursor.cell : cursor.cell - 1; i >= 0; i--) {
    const cell = cursor.cells[i];
    if (cell?.kind !== 'reference') continue;
    if (file.text.slice(cell.end, offset).includes('>')) return null;
    const node = snapshot.tree.labels.get(cell.text.slice(1));
    const provider = node === undefined ? null : snapshot.view.provider(node);
    if (provider === null) return null;
    const meanings = provider.binding?.cellNames ?? [];
    const parameters: Parameter[] = [{ label: cell.text, documentation: provider.binding?.model ?? 'IOMMU' }];
    for (let c = 0; c < (provider.cells ?? 0); c++) {
      const meaning = meanings[c];
      const id = Number(cursor.cells[i + 1]?.text);
      const mask = Number(cursor.cells[i + 2]?.text);
      parameters.push({
        label: (meaning?.name ?? `cell ${c + 1}`).replace(/ /g, '-'),
        documentation:
          meaning?.kind === 'mask'
            ? `Bits set are ignored when matching.${Number.isNaN(id) || Number.isNaN(mask) ? '' : ` Now: ${formatMatched(id & 0xffff, mask & 0xffff)}.`}`
            : `The ${meaning?.name ?? 'cell'} of this device on ${cell.text}.`,
      });
    }
    return help('', parameters, cursor.cell - i, provider.binding?.model ?? '');
  }
  return null;
}

function help(name: string, parameters: readonly Parameter[], active: number, documentation: string): SignatureHelp {
  const label = `<${parameters.map((p) => p.label).join(' ')}>`;
  let at = 1;
  return {
    signatures: [
      {
        label: name === '' ? label : `${name}: ${label}`,
        ...(documentation === '' ? {} : { documentation }),
        parameters: parameters.map((p) => {
          const offset = name === '' ? 0 : name.length + 2;
          const range: [number, number] = [offset + at, offset + at + p.label.length];
          at += p.label.length + 1;
          return { label: range, documentation: p.documentation };
        }),
      },
    ],
    activeSignature: 0,
    activeParameter: Math.min(Math.max(active, 0), parameters.length - 1),
  };
}
