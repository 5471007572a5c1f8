/** An explanation as plain data for an editor: entries in words, with links to the sources. */
import type { DtNode } from '../../devicetree/model';
import { hex } from '../../iommu/words';
import type { KernelFacts } from '../facts';
import type { Board } from '../match/board';
import type { Cause } from './cause';
import type { Comparison } from './compare';
import { type Entry, type Explanation, isFinding } from './explain';
import type { KernelChoice } from './kernel';
import { bootHeading, bootOf, bootsText, causesOf, factOf, kernelText, repeatsOf, saidOf } from './render';

/** A node that an entry is about; `Place` is where it is written (the statement of `property` when that is not null). */
export interface LogLink<Place> {
  readonly role: 'master' | 'iommu' | 'device' | 'supplier' | 'consumer' | 'other';
  /** Node path. */
  readonly device: string;
  readonly property: string | null;
  readonly place: Place | null;
}

/** Where a fault lies. Addresses as `"0x…"`. */
export interface LogAddress {
  readonly iova: string;
  /** The lowest and the highest address of the faults that are folded here. */
  readonly range: readonly [string, string];
  /** What the boot on paper has there; null without a board. */
  readonly text: string | null;
  /** The master on whose map it is, with its group in the boot on paper; null when it is not known. */
  readonly device: string | null;
  readonly group: number | null;
}

export interface LogEntry<Place> {
  readonly type: Entry['type'];
  /** Line numbers in the log, from 1. */
  readonly line: number;
  readonly lastLine: number;
  readonly count: number;
  /** How often, in words; null for a line that came once. */
  readonly repeats: string | null;
  /** The kernel's text of the first line, and the function that prints it (empty when no row knows it). */
  readonly text: string;
  readonly printedBy: string;
  readonly headline: string;
  readonly details: readonly string[];
  /** Something wrong, or left unread. */
  readonly finding: boolean;
  readonly links: readonly LogLink<Place>[];
  readonly address: LogAddress | null;
  /** Likeliest first. */
  readonly causes: readonly Cause[];
}

export interface LogResult<Place> {
  /** What the log says of its kernel, and which model stands for it. */
  readonly kernel: readonly string[];
  readonly entries: readonly LogEntry<Place>[];
  /** Predicted against actual; null when there is nothing to compare. */
  readonly comparison: Comparison | null;
  readonly found: boolean;
}

/** How a master names its IOMMU: what its fault leads to. */
function specifierProperty(node: DtNode): string | null {
  return ['iommus', 'iommu-map', 'mmu-masters'].find((name) => node.properties.has(name)) ?? null;
}

function nodesOf(entry: Entry): readonly (readonly [LogLink<never>['role'], DtNode | null, string | null])[] {
  switch (entry.type) {
    case 'fault':
      return [
        ...entry.found.masters.map((node) => ['master', node, specifierProperty(node)] as const),
        ['iommu', entry.found.provider, null],
      ];
    case 'deferral':
      return [
        ['device', entry.found.node, entry.found.property],
        ['supplier', entry.found.supplier, null],
      ];
    case 'sync-state':
      return [
        ['device', entry.node, null],
        ['consumer', entry.consumer, null],
      ];
    case 'cycle':
      return [
        ['device', entry.node, null],
        ['other', entry.other, null],
      ];
    default:
      return [
        ['device', entry.node, entry.type === 'refusal' && entry.node !== null ? specifierProperty(entry.node) : null],
      ];
  }
}

function addressOf(entry: Entry, board: Board | null): LogAddress | null {
  if (entry.type !== 'fault') return null;
  const { fact, masters, place } = entry.found;
  if (fact.iova === null || fact.range === null) return null;
  const master = masters
    .map((node) => board?.report?.devices.find((device) => device.device === node.path && device.group !== null))
    .find((device) => device !== undefined);
  return {
    iova: hex(fact.iova),
    range: [hex(fact.range[0]), hex(fact.range[1])],
    text: place?.text ?? null,
    device: master?.device ?? masters[0]?.path ?? null,
    group: master?.group ?? null,
  };
}

/** Makes the data of an explanation; `place` says where a node or one of its properties is written. */
export function logResult<Place>(
  explanation: Explanation,
  facts: KernelFacts,
  choice: KernelChoice | null,
  board: Board | null,
  place: (node: DtNode, property: string | null) => Place | null,
): LogResult<Place> {
  return {
    kernel: [...kernelText(facts, choice), ...bootsText(explanation)],
    entries: explanation.entries.map((entry) => {
      const { line, lastLine, count, text, printedBy } = factOf(entry);
      const { headline, details } = saidOf(entry, (node) => node.path);
      const index = bootOf(explanation, entry);
      const heading = bootHeading(explanation, index, board !== null);
      return {
        type: entry.type,
        line,
        lastLine,
        count,
        repeats: repeatsOf(factOf(entry)),
        text,
        printedBy,
        headline,
        details: heading === null ? details : [...details, heading],
        finding: isFinding(entry),
        links: nodesOf(entry).flatMap(([role, node, property]) =>
          node === null ? [] : [{ role, device: node.path, property, place: place(node, property) }],
        ),
        address: addressOf(entry, explanation.boots[index]?.board ?? null),
        causes: causesOf(entry),
      };
    }),
    comparison: explanation.comparison,
    found: explanation.found,
  };
}
