/** Includes that are missing: one problem of a board, and what follows from it is no news. */
import type { CheckFinding } from '../../devicetree/checks/run';
import type { Problem } from '../../devicetree/model';
import type { SourceFile, Span } from '../../source/file';

const MISSING = /^(?:cpp|dts)\/include-not-found$/;
/** Not there, or there and not read. */
const LACKING = /^(?:cpp|dts)\/include-(?:not-found|refused)$/;
/** Names a message lists; the related places have them all. */
const MAX_NAMED = 6;

/** Whether a finding is about includes that are missing. */
export function isMissingInclude(code: string): boolean {
  return MISSING.test(code);
}

/** The problems with those of several missing includes as one, where the first of them stands. */
export function foldMissing(problems: readonly Problem[]): readonly Problem[] {
  const missing = problems.filter((problem) => MISSING.test(problem.code));
  const [first] = missing;
  if (first === undefined || missing.length === 1) return problems;
  const names = [...new Set(missing.map(nameOf))];
  if (names.length === 1) {
    // one file that several places want
    const related = missing.slice(1).map(({ span }) => ({ span, message: 'Included here too' }));
    return problems.flatMap((p) => (p === first ? [{ ...first, related }] : missing.includes(p) ? [] : [p]));
  }
  const more = names.length - MAX_NAMED;
  const listed = names.slice(0, MAX_NAMED).join(', ') + (more > 0 ? `, and ${more} more` : '');
  const message = `${names.length} files are not in the include folders: ${listed}. What they define is unknown here; name their folder, for example the include folder of the kernel, in smmuScope.includePaths (-I).`;
  const related = missing.slice(1).map((problem) => ({ span: problem.span, message: `Not found: ${nameOf(problem)}` }));
  return problems.flatMap((p) => (p === first ? [{ ...first, message, related }] : MISSING.test(p.code) ? [] : [p]));
}

function nameOf({ message }: Problem): string {
  return message.replace(/: (?:no such file|\/.* lies outside) .*$/, '');
}

/** Whether something that is not a header is missing: nodes and labels may be in it. */
export function lacksNodes(problems: readonly Problem[]): boolean {
  return problems.some((problem) => LACKING.test(problem.code) && !nameOf(problem).endsWith('.h'));
}

/** Checks that ask the node above for the size of addresses, or what kind of bus it is. */
const OF_PARENT = /^(?:avoid_default_addr_size|(?:reg|ranges|dma_ranges)_format|\w+_bus_\w+)$/;

/**
 * Which of dtc's checks rest on nodes that a missing include, or the board of an overlay that has none, would bring; null when
 * all nodes are there.
 */
export function guessesOf(problems: readonly Problem[]): ((finding: CheckFinding) => boolean) | null {
  const boardless = problems.some(({ code }) => code === 'dts/overlay-without-board');
  if (!boardless && !lacksNodes(problems)) return null;
  return ({ check, node, property }) => {
    if (boardless && /^\/fragment@\d+\//.test(node.path)) return true;
    if (property?.parts.some((part) => part.kind === 'cell' && part.reference?.target === null) === true) return true;
    return OF_PARENT.test(check) && node.parent !== null && !node.parent.properties.has('#address-cells');
  };
}

/** Tells of places whether an unknown constant stands in the same statement. */
export class UnknownPlaces {
  private readonly byFile = new Map<SourceFile, Span[]>();

  constructor(unknown: readonly Span[]) {
    for (const span of unknown) {
      const known = this.byFile.get(span.file);
      if (known === undefined) this.byFile.set(span.file, [span]);
      else known.push(span);
    }
    for (const spans of this.byFile.values()) spans.sort((a, b) => a.start - b.start);
  }

  /** Whether a place stands in a property's statement that holds an unknown constant: what is made of its value is a guess. */
  covers(place: Span | null): boolean {
    const spans = place === null ? undefined : this.byFile.get(place.file);
    if (place === null || spans === undefined) return false;
    const { text } = place.file;
    // the next constant behind the place's start, and the one before it
    let low = 0;
    for (let high = spans.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((spans[middle]?.end ?? 0) < place.start) low = middle + 1;
      else high = middle;
    }
    const next = spans[low];
    const before = spans[low - 1];
    const apart = (from: number, to: number): boolean => to - from > 100_000 || /[;{}]/.test(text.slice(from, to));
    return (
      (next !== undefined && (next.start <= place.end || !apart(place.end, next.start))) ||
      (before !== undefined && !apart(before.end, place.start))
    );
  }
}
