/** What features share about a board state: the rules' context and the places of its nodes, made once. */
import type { DtNode, DtProperty } from '../devicetree/model';
import { driversFor } from '../simulator/kernel/catalogue';
import { NEWEST_KERNEL } from '../simulator/kernel/choice';
import type { SimulationReport } from '../simulator/report';
import type { SourceFile } from '../source/file';
import { PerObject } from '../source/per-object';
import type { BoardSnapshot } from '../workspace/board';
import { ruleContext } from './rules/context';
import type { RuleContext } from './rules/rule';
import type { OutlineNode, OutlineProperty } from './structure/outline';

const contexts = new PerObject<BoardSnapshot, RuleContext>();
const places = new PerObject<BoardSnapshot, Map<SourceFile, Map<number, DtNode>>>();

/** The rules' context of a board state, with its report. */
export function contextOf(snapshot: BoardSnapshot): RuleContext {
  let context = contexts.get(snapshot);
  if (context === undefined) {
    context = contextWith(snapshot, snapshot.report);
    contexts.set(snapshot, context);
  }
  return context;
}

/** The same without a boot: what the source alone shows. */
export function contextWithoutBoot({ tree, view, kernel }: BoardSnapshot): RuleContext {
  return ruleContext(tree, view, null, false, {
    main: null,
    macros: [],
    kernelKnown: false,
    drivers: null,
    kernel,
  });
}

/** The same with the report of another boot. */
export function contextWith(snapshot: BoardSnapshot, report: SimulationReport | null): RuleContext {
  return ruleContext(snapshot.tree, snapshot.view, report, snapshot.configGiven, {
    main: snapshot.file(snapshot.board.uri),
    macros: snapshot.result.macros,
    kernelKnown: snapshot.kernelKnown,
    kernel: report?.kernel ?? snapshot.kernel,
    drivers: driversFor(report?.kernel ?? NEWEST_KERNEL, snapshot.drivers),
  });
}

/** The tree's node that a written node (by name or by reference) adds to; null when the board does not take it. */
export function nodeOf(snapshot: BoardSnapshot, file: SourceFile, node: OutlineNode): DtNode | null {
  let byFile = places.get(snapshot);
  if (byFile === undefined) {
    byFile = new Map();
    for (const at of snapshot.tree.nodes)
      for (const { nameSpan } of at.definitions) {
        const starts = byFile.get(nameSpan.file);
        if (starts === undefined) byFile.set(nameSpan.file, new Map([[nameSpan.start, at]]));
        else starts.set(nameSpan.start, at);
      }
    places.set(snapshot, byFile);
  }
  return byFile.get(file)?.get(node.nameStart) ?? null;
}

/** The tree's property that a written statement gives: the one in force, or one that was overridden later. */
export function propertyOf(snapshot: BoardSnapshot, file: SourceFile, written: OutlineProperty): FoundProperty | null {
  return propertyIn(written.parent === null ? null : nodeOf(snapshot, file, written.parent), file, written);
}

export interface FoundProperty {
  readonly node: DtNode;
  readonly property: DtProperty;
  /** Whether no later statement overrides or deletes it. */
  readonly inForce: boolean;
}

/** The same, by somebody who knows the node already. */
export function propertyIn(node: DtNode | null, file: SourceFile, written: OutlineProperty): FoundProperty | null {
  if (node === null) return null;
  const current = node.properties.get(written.name);
  for (let at = current ?? null; at !== null; at = at.overrode)
    if (at.nameSpan?.file === file && at.nameSpan.start === written.nameStart)
      return { node, property: at, inForce: at === current };
  return null;
}

const macros = new PerObject<BoardSnapshot, ReadonlySet<string>>();

/** The names of the macros that stand at the end of the board's sources. */
export function macroNames(snapshot: BoardSnapshot): ReadonlySet<string> {
  let names = macros.get(snapshot);
  if (names === undefined) {
    names = new Set(snapshot.result.macros.map((macro) => macro.name));
    macros.set(snapshot, names);
  }
  return names;
}
