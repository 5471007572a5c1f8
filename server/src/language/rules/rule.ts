/** What a rule is. One rule a file; `all.ts` lists them. */
import type { CellPart, DeviceTree, DtNode, DtProperty } from '../../devicetree/model';
import type { DmaWindows } from '../../iommu/addresses';
import type { MemoryRegions } from '../../iommu/reserved';
import { spanOfEntry } from '../../iommu/specifiers';
import type { IommuView } from '../../iommu/view';
import type { KernelCatalogue } from '../../simulator/kernel/catalogue';
import type { ReportChain, ReportDevice, SimulationReport } from '../../simulator/report';
import type { SourceFile, Span } from '../../source/file';
import type { Macro } from '../../source/macro';

export type Severity = 'error' | 'warning' | 'information' | 'hint';

/** A change of text. */
export interface Edit {
  readonly span: Span;
  readonly text: string;
}

/** One way to repair a finding. */
export interface Fix {
  readonly title: string;
  readonly edits: readonly Edit[];
  /** The one a person most likely wants; also what fix-all applies. */
  readonly preferred?: boolean;
}

export interface Finding {
  /** Where; null only when nothing was written (a .dtb): then the board file's start. */
  readonly span: Span | null;
  readonly message: string;
  /** Another severity than the rule's, for this finding. */
  readonly severity?: Severity;
  readonly related?: readonly { readonly span: Span; readonly message: string }[];
  /** Text that does nothing: drawn faded. */
  readonly unnecessary?: boolean;
  readonly deprecated?: boolean;
  /** Left out when a finding of warning or error severity stands in this span, or points there: it says why already. */
  readonly unless?: Span | null;
  /** Made only when somebody asks. */
  readonly fixes?: () => readonly Fix[];
}

/** What a rule may look at: one immutable state of a board. */
export interface RuleContext {
  readonly tree: DeviceTree;
  readonly view: IommuView;
  /** The boot on paper; null when it could not be simulated. */
  readonly report: SimulationReport | null;
  /** The board's own file, in which what concerns this board alone is written; null when nobody says. */
  readonly main: SourceFile | null;
  /** The macros at the end of the board's sources. */
  readonly macros: readonly Macro[];
  /** Whether the kernel's configuration was stated; else the architecture's default is assumed. */
  readonly configGiven: boolean;
  /** Whether it is known that the kernel whose drivers are used boots this board: they are of the board's own tree. */
  readonly kernelKnown: boolean;
  /** The kernel model that boots the board, on paper or not. */
  readonly kernel: string;
  /** The drivers of the kernel that boots on paper. */
  readonly drivers: KernelCatalogue;
  /** The report's entry for a node, or null. */
  device(node: DtNode): ReportDevice | null;
  /** The report's chain that starts at a node, or null. */
  chain(node: DtNode): ReportChain | null;
  node(path: string): DtNode | null;
  /** The nodes that have a property of our subject (PROPERTIES of context.ts), in tree order. */
  nodesWith(name: string): readonly DtNode[];
  /** Properties whose names are one slip away from one of ours, with the name meant. */
  misspelt(): readonly { readonly property: DtProperty; readonly meant: string }[];
  /** `memory-region` of a device, read once. */
  memoryRegions(node: DtNode): MemoryRegions | null;
  /** The DMA windows of the devices on a bus. */
  windows(bus: DtNode | null): DmaWindows | null;
  /** #address-cells and #size-cells that hold for the children of a bus. */
  busCells(bus: DtNode | null): { readonly address: number; readonly size: number };
}

/**
 * A rule: what it is called, how much it matters, what it says and why. `bad` and `good` are true examples: added to
 * the example board (examples.ts) the first must give this finding exactly between « and », the second must not.
 */
export interface Rule {
  /** Without the `smmu/`. */
  readonly code: string;
  readonly severity: Severity;
  /** One line: what is wrong. */
  readonly title: string;
  /** What happens on the machine, in a few sentences. */
  readonly why: string;
  readonly fix: string;
  /** Where the kernel decides it. */
  readonly kernel: string;
  readonly bad: string;
  readonly good: string;
  check(context: RuleContext): Iterable<Finding>;
}

/** Where a node is written first by name (else anywhere), for a finding about the node as a whole. */
export function nodeSpan(node: DtNode): Span | null {
  return (node.definitions.find((d) => d.reference === null) ?? node.definitions[0])?.nameSpan ?? null;
}

/** The name of a property where it was set last, else its node. */
export function propertySpan(property: DtProperty | undefined, node: DtNode): Span | null {
  return property?.nameSpan ?? nodeSpan(node);
}

/** `count` cells from index `cell` of a property. */
export function cellsSpan(property: DtProperty, cell: number, count = 1): Span | null {
  return spanOfEntry(property, cell, count) ?? property.nameSpan;
}

/** A related-information entry that points at a node; none for nodes that are not written. */
export function see(node: DtNode, message: string): { span: Span; message: string }[] {
  const span = nodeSpan(node);
  return span === null ? [] : [{ span, message }];
}

/** The text from one part to another, when both stand in one file. */
export function between(first: CellPart, last: CellPart): Span {
  return first.span.file === last.span.file && last.span.end >= first.span.start
    ? { file: first.span.file, start: first.span.start, end: last.span.end }
    : first.span;
}
