/** Inlay hints: what the cells of specifiers and map rows mean, masks as ranges, macros as numbers. */

import { type InlayHint, InlayHintKind } from 'vscode-languageserver';
import type { CellPart, DtProperty } from '../../devicetree/model';
import { formatMatched } from '../../iommu/streams';
import { maskOf } from '../../iommu/view';
import { hex } from '../../iommu/words';
import { positionAt, type SourceFile } from '../../source/file';
import type { BoardSnapshot } from '../../workspace/board';
import { propertyOf } from '../board-context';
import { type OutlineItem, outlineOf } from '../structure/outline';

/** No editor shows more at once. */
const MAX_HINTS = 2000;

/** The hints between two offsets of a document. */
export function inlayHints(snapshot: BoardSnapshot, file: SourceFile, from: number, to: number): InlayHint[] {
  const hints: InlayHint[] = [];
  const walk = (items: readonly OutlineItem[]) => {
    for (const item of items) {
      if (item.end < from || item.start > to) continue;
      if (item.kind === 'node') walk(item.items);
      else if (item.name === 'iommus' || item.name === 'iommu-map') {
        const found = propertyOf(snapshot, file, item);
        if (found?.inForce === true)
          hints.push(
            ...(item.name === 'iommus'
              ? ofSpecifiers(snapshot, file, found.property)
              : ofRows(snapshot, file, found.property)),
          );
      }
    }
  };
  walk(outlineOf(file).items);
  return hints.slice(0, MAX_HINTS);
}

function before(part: CellPart, file: SourceFile, label: string, tooltip?: string): InlayHint[] {
  if (part.span.file !== file) return [];
  return [
    {
      position: positionAt(file, part.span.start),
      label: `${label}:`,
      kind: InlayHintKind.Parameter,
      paddingRight: true,
      ...(tooltip === undefined ? {} : { tooltip }),
    },
  ];
}

function after(part: CellPart, file: SourceFile, label: string): InlayHint[] {
  if (part.span.file !== file) return [];
  return [{ position: positionAt(file, part.span.end), label, kind: InlayHintKind.Type, paddingLeft: true }];
}

function partsOf(property: DtProperty): Map<number, CellPart> {
  const parts = new Map<number, CellPart>();
  for (const part of property.parts) if (part.kind === 'cell') parts.set(part.offset / 4, part);
  return parts;
}

function ofSpecifiers(snapshot: BoardSnapshot, file: SourceFile, property: DtProperty): InlayHint[] {
  const master = snapshot.view.master(property.node);
  const parts = partsOf(property);
  const hints: InlayHint[] = [];
  for (const entry of master?.list.entries ?? []) {
    const provider = entry.node === null ? null : snapshot.view.provider(entry.node);
    const names = provider?.binding?.cellNames ?? [];
    entry.args.forEach((value, i) => {
      const part = parts.get(entry.cell + 1 + i);
      const meaning = names[i];
      if (part === undefined || meaning === undefined) return;
      hints.push(...before(part, file, short(meaning.kind, meaning.name)));
      if (part.macros.length > 0) hints.push(...after(part, file, `= ${hex(value)}`));
      else if (meaning.kind === 'm4u-port') hints.push(...after(part, file, `larb ${value >>> 5} port ${value & 31}`));
    });
    const last = parts.get(entry.cell + entry.args.length);
    const mask = provider === null ? 0 : maskOf(provider, entry.args);
    if (last !== undefined && entry.args.length > 0 && mask !== 0)
      hints.push(...after(last, file, `→ ${formatMatched((entry.args[0] ?? 0) & 0xffff, mask)}`));
  }
  return hints;
}

function short(kind: string, name: string): string {
  const names: Readonly<Record<string, string>> = {
    'stream-id': 'sid',
    'm4u-port': 'port',
    'context-bank': 'bank',
    'machine-id': 'mid',
    'micro-tlb': 'utlb',
    'master-number': 'master',
  };
  return names[kind] ?? name;
}

function ofRows(snapshot: BoardSnapshot, file: SourceFile, property: DtProperty): InlayHint[] {
  const map = snapshot.view.map(property.node);
  const parts = partsOf(property);
  const hints: InlayHint[] = [];
  for (const row of map?.rows ?? []) {
    const [rid, id, mask, length] = [0, 2, row.args.length > 1 ? 3 : -1, row.width - 1].map((i) =>
      parts.get(row.cell + i),
    );
    if (rid !== undefined) hints.push(...before(rid, file, 'rid'));
    if (id !== undefined) hints.push(...before(id, file, 'sid'));
    if (mask !== undefined) hints.push(...before(mask, file, 'mask'));
    if (length !== undefined) {
      hints.push(...before(length, file, 'count'));
      if (row.length > 1)
        hints.push(...after(length, file, `→ ${hex(row.idBase)}-${hex(row.idBase + row.length - 1)}`));
    }
  }
  return hints;
}
