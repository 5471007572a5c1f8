/** Where things are written: definition, declaration and type definition. */
import type { DtNode, DtProperty } from '../../devicetree/model';
import { compatibles } from '../../devicetree/read';
import { rowWithCell } from '../../iommu/map';
import { entryWithArgument } from '../../iommu/specifiers';
import type { KernelCatalogue } from '../../simulator/kernel/catalogue';
import type { SourceFile, Span } from '../../source/file';
import type { BoardSnapshot } from '../../workspace/board';
import { nodeSpan } from '../rules/rule';
import { type KernelFiles, tableLine } from './kernel-files';
import { symbolAt, type TextSymbol } from './symbol-at';

/** A place to jump to. */
export interface Target {
  /** What is selected there. */
  readonly name: Span;
  /** The whole of it, for a preview. */
  readonly whole: Span;
}

export interface Definitions {
  /** What the cursor was on. */
  readonly symbol: TextSymbol;
  readonly targets: readonly Target[];
}

/**
 * The definition of what stands at an offset: labels and references give the node, macros their #define, includes the
 * file, a compatible the driver's table line and the binding, a property what it overrides.
 */
export function definition(
  snapshot: BoardSnapshot,
  file: SourceFile,
  offset: number,
  kernel: KernelFiles | null,
): Definitions | null {
  const symbol = symbolAt(snapshot, file, offset);
  return symbol && { symbol, targets: definitionsOf(snapshot, symbol, kernel) };
}

/** The first place where the node at an offset is written: the SoC's file rather than a board's `&label`. */
export function declaration(
  snapshot: BoardSnapshot,
  file: SourceFile,
  offset: number,
  kernel: KernelFiles | null,
): Definitions | null {
  const symbol = symbolAt(snapshot, file, offset);
  if (symbol === null) return null;
  if (symbol.kind === 'property') {
    let first = symbol.property;
    while (first.overrode !== null) first = first.overrode;
    const { nameSpan, span } = first;
    return { symbol, targets: nameSpan === null || span === null ? [] : [{ name: nameSpan, whole: span }] };
  }
  if ('node' in symbol && symbol.node !== null && symbol.kind !== 'compatible')
    return { symbol, targets: nodeTargets(symbol.node).slice(0, 1) };
  return { symbol, targets: definitionsOf(snapshot, symbol, kernel) };
}

/** What kind of thing it is: the driver's table line and the binding of a node's first compatible that has any. */
export function typeDefinition(
  snapshot: BoardSnapshot,
  file: SourceFile,
  offset: number,
  kernel: KernelFiles | null,
): Definitions | null {
  const symbol = symbolAt(snapshot, file, offset);
  if (symbol === null || kernel === null) return null;
  if (symbol.kind === 'compatible')
    return { symbol, targets: compatibleTargets(snapshot.drivers, symbol.compatible, kernel) };
  if (!('node' in symbol) || symbol.node === null) return null;
  for (const compatible of compatibles(symbol.node)) {
    const targets = compatibleTargets(snapshot.drivers, compatible, kernel);
    if (targets.length > 0) return { symbol, targets };
  }
  return null;
}

function definitionsOf(snapshot: BoardSnapshot, symbol: TextSymbol, kernel: KernelFiles | null): Target[] {
  switch (symbol.kind) {
    case 'label': {
      const label = symbol.node?.labels.find((l) => l.name === symbol.name);
      const whole =
        symbol.node === null ? null : wholeOf(symbol.node, label?.span?.file ?? null, label?.span?.start ?? 0);
      if (label?.span != null) return [{ name: label.span, whole: whole ?? label.span }];
      return symbol.node === null ? [] : nodeTargets(symbol.node).slice(0, 1);
    }
    case 'node':
      return nodeTargets(symbol.node);
    case 'macro':
      return snapshot.result.macros.flatMap((m) => {
        if (m.name !== symbol.name || m.file === null) return [];
        const name = { file: m.file, start: m.start, end: m.end };
        return [{ name, whole: name }];
      });
    case 'include': {
      const target = snapshot.file(symbol.target);
      const top = target && { file: target, start: 0, end: 0 };
      return top === null ? [] : [{ name: top, whole: top }];
    }
    case 'compatible':
      return kernel === null ? [] : compatibleTargets(snapshot.drivers, symbol.compatible, kernel);
    case 'property': {
      // what it overrides, or what overrides it
      const current = symbol.node.properties.get(symbol.property.name);
      const other = symbol.property.overrode ?? (current === symbol.property ? null : current);
      const { nameSpan, span } = other ?? symbol.property;
      return nameSpan === null || span === null ? [] : [{ name: nameSpan, whole: span }];
    }
    case 'cell': {
      // a number: the macro that made it, else the IOMMU that gives it its meaning
      const part = symbol.property.parts.find((p) => p.offset === symbol.offset);
      if (part?.kind !== 'cell') return [];
      const macros = part.macros.flatMap(({ definition: name }) => (name === null ? [] : [{ name, whole: name }]));
      if (macros.length > 0) return macros;
      const provider = providerOfCell(snapshot, symbol.node, symbol.property, symbol.offset / 4);
      return provider === null ? [] : nodeTargets(provider).slice(0, 1);
    }
  }
}

/** The IOMMU that a cell of `iommus` or `iommu-map` is for. */
function providerOfCell(snapshot: BoardSnapshot, node: DtNode, property: DtProperty, cell: number): DtNode | null {
  if (property.name === 'iommus') {
    const master = snapshot.view.master(node);
    return (master && entryWithArgument(master.list, cell)?.node) ?? null;
  }
  const map = property.name === 'iommu-map' ? snapshot.view.map(node) : null;
  return (map && rowWithCell(map, cell)?.provider) ?? null;
}

/** All places of a node: by name first, then each `&label { }`. */
function nodeTargets(node: DtNode): Target[] {
  const first = nodeSpan(node);
  const sorted = [...node.definitions].sort((a, b) => Number(b.nameSpan === first) - Number(a.nameSpan === first));
  return sorted.map(({ nameSpan, span }) => ({ name: nameSpan, whole: span }));
}

/** The definition of a node that stands right behind a label. */
function wholeOf(node: DtNode, file: SourceFile | null, start: number): Span | null {
  let best: Span | null = null;
  for (const { span } of node.definitions)
    if (span.file === file && span.start > start && (best === null || span.start < best.start)) best = span;
  return best;
}

function compatibleTargets(drivers: KernelCatalogue, compatible: string, kernel: KernelFiles): Target[] {
  const targets: Target[] = [];
  for (const { place } of drivers.driversForCompatible(compatible)) {
    const span = place === null ? null : tableLine(kernel, place, compatible);
    if (span === null) continue;
    if (!targets.some((t) => t.name.file === span.file && t.name.start === span.start))
      targets.push({ name: span, whole: span });
  }
  const binding = kernel.bindingOf(compatible);
  const text = binding === null ? null : kernel.read(binding);
  if (text !== null) {
    const at = Math.max(0, text.text.indexOf(compatible));
    const name = { file: text, start: at, end: text.text.startsWith(compatible, at) ? at + compatible.length : at };
    targets.push({ name, whole: name });
  }
  return targets;
}
