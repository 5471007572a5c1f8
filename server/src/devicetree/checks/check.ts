/**
 * What a check is. The checks are dtc's own (checks.c of dtc 1.7.0 to 1.8.1, with its names as codes), so that people recognise
 * them and can look them up; the order in which they run and what each needs to have passed is part of their meaning.
 */
import type { DtcRules } from '../dtc';
import type { DeviceTree, DtNode, DtProperty } from '../model';
import { cellAt } from '../read';

/** What stands on a node's bus, as far as the checks tell buses apart. */
export type Bus = 'pci' | 'simple' | 'i2c' | 'spi' | 'graph-port' | 'graph-ports';

/** The state of one run. */
export interface CheckRun {
  readonly tree: DeviceTree;
  /** The dtc whose checks these are. */
  readonly dtc: DtcRules;
  /** False for a blob: which cells were written as references is not known. */
  readonly fromSource: boolean;
  readonly buses: Map<DtNode, Bus>;
  /** #address-cells and #size-cells of a node, null when it has none. */
  addressCells(node: DtNode): number | null;
  sizeCells(node: DtNode): number | null;
  /** The check finds fault with a node, or with a property of it. */
  fail(node: DtNode, property: DtProperty | null | undefined, message: string): void;
}

interface CheckBase {
  /** dtc's name. */
  readonly name: string;
  readonly severity: 'error' | 'warning';
  /** Names of checks that must find nothing before this one runs. */
  readonly needs?: readonly string[];
  /** Part of no set unless asked for: dtc's CHECK. */
  readonly optional?: true;
}

/** A check that looks at every node, or at every property of one name or of those names that a function picks. */
export type Check = CheckBase &
  (
    | { readonly node: (run: CheckRun, node: DtNode) => void }
    | {
        readonly property: string | ((name: string) => boolean);
        readonly check: (run: CheckRun, property: DtProperty) => void;
      }
  );

/** dtc's defaults when a node does not say (Devicetree Specification 2.3.5). */
export const addressCellsOr2 = (run: CheckRun, node: DtNode): number => run.addressCells(node) ?? 2;
export const sizeCellsOr1 = (run: CheckRun, node: DtNode): number => run.sizeCells(node) ?? 1;

/** The part of a node's name before and behind the first `@`; '' without unit address. */
export function baseName(node: DtNode): string {
  const at = node.name.indexOf('@');
  return at < 0 ? node.name : node.name.slice(0, at);
}

export function unitAddress(node: DtNode): string {
  const at = node.name.indexOf('@');
  return at < 0 ? '' : node.name.slice(at + 1);
}

/** The first string of a value, as C sees it. */
export function cString(property: DtProperty | undefined): string | null {
  if (property === undefined || property.bytes.length === 0) return null;
  const end = property.bytes.indexOf(0);
  let text = '';
  for (const byte of end < 0 ? property.bytes : property.bytes.subarray(0, end)) text += String.fromCharCode(byte);
  return text;
}

/** A value of exactly one cell; 0 for anything else (another check complains). */
export function oneCell(property: DtProperty | undefined): number {
  return property !== undefined && property.bytes.length === 4 ? cellAt(property.bytes, 0) : 0;
}

/** Neither 0 nor -1. */
export const isPhandle = (value: number): boolean => value !== 0 && value !== 0xffffffff;

/** Whether a number of bytes is so many whole entries; entries of no bytes fit an empty value only. */
export const isMultiple = (bytes: number, entry: number): boolean => (entry === 0 ? bytes === 0 : bytes % entry === 0);

/** Whether a node has children, or had some that were deleted: dtc does not take those out of its lists. */
export const hasChildren = (node: DtNode): boolean => node.children.size > 0 || node.deletedChildren === true;
