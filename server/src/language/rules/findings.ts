/** All findings of a board: the front end's problems, the rules' and dtc's checks', with suppressions and severities applied. */
import { checkProblems, kernelChecks } from '../../devicetree/checks/run';
import type { DtcRules } from '../../devicetree/dtc';
import type { Problem } from '../../devicetree/model';
import { positionAt, type SourceFile, type Span } from '../../source/file';
import { syntaxFixes } from '../fixes/syntax-fixes';
import { rules } from './all';
import { pageOf } from './docs';
import { foldMissing, guessesOf, lacksNodes, UnknownPlaces } from './missing';
import type { Fix, RuleContext, Severity } from './rule';

/** One line of the Problems list. */
export interface Diagnosis {
  /** Null when nothing is written (a .dtb): the board file's start. */
  readonly span: Span | null;
  readonly severity: Severity;
  /** `smmu/…`, `dts/…`, `cpp/…`, or one of dtc's check names. */
  readonly code: string;
  /** The page of the rule as a path in the package (docs/rules/…), null for the front end's problems. */
  readonly docs: string | null;
  readonly message: string;
  readonly related: readonly { readonly span: Span; readonly message: string }[];
  readonly unnecessary: boolean;
  readonly deprecated: boolean;
  readonly fixes: (() => readonly Fix[]) | null;
}

/** A rule's code or a family (`smmu/*`) to a severity, or `off`. */
export type SeveritySettings = Readonly<Record<string, Severity | 'off'>>;

/** No more findings than this for one board: beyond, the list helps nobody. */
const MAX_FINDINGS = 2000;

/** dtc's checks of `iommus` are the rules' own. */
const OWN = /^iommus_/;

const chosen = new Map<ReadonlySet<string>, ReadonlySet<string>>();

/** The checks of the kernel's build that no rule has taken over. */
function dtcChecks(dtc: DtcRules | undefined): ReadonlySet<string> {
  const all = kernelChecks(dtc);
  let ours = chosen.get(all);
  if (ours === undefined) {
    ours = new Set([...all].filter((name) => !OWN.test(name)));
    chosen.set(all, ours);
  }
  return ours;
}

/** Codes that only a whole board can be judged by. */
const OF_BOARDS = new Set(['dts/missing-version', 'dts/reference-not-found']);

/** Whether a finding holds for a file that no board includes: only its own text can be judged. */
export function holdsAlone(code: string): boolean {
  return /^(cpp|dts)\//.test(code) && !OF_BOARDS.has(code);
}

/**
 * Runs every rule and adds the front end's problems. `unknown` are the places of constants that nobody knows (BuildResult.unknown):
 * what a rule makes of the values they stand in is left out.
 */
export function diagnose(
  context: RuleContext,
  written: readonly Problem[],
  settings: SeveritySettings,
  unknown: readonly Span[] = [],
): Diagnosis[] {
  const problems = foldMissing(written);
  const guessed = new UnknownPlaces(unknown);
  const isGuess = (place: Span | null, related: readonly { readonly span: Span }[] = []): boolean =>
    unknown.length > 0 && (guessed.covers(place) || related.some(({ span }) => guessed.covers(span)));
  const noNodes = lacksNodes(written);
  const found: Diagnosis[] = [];
  const unless = new Map<Diagnosis, Span>();
  const suppressions = new Suppressions();
  for (const rule of rules) {
    const code = `smmu/${rule.code}`;
    const set = settings[code] ?? settings['smmu/*'];
    if (set === 'off') continue;
    for (const finding of rule.check(context)) {
      if (found.length >= MAX_FINDINGS) break;
      if (isGuess(finding.span, finding.related) || (noNodes && rule.code === 'unknown-label')) continue;
      if (finding.span !== null && suppressions.covers(finding.span, rule.code)) continue;
      const diagnosis: Diagnosis = {
        span: finding.span,
        severity: set ?? finding.severity ?? rule.severity,
        code,
        docs: pageOf(rule.code),
        message: finding.message,
        related: finding.related ?? [],
        unnecessary: finding.unnecessary ?? false,
        deprecated: finding.deprecated ?? false,
        fixes: finding.fixes ?? null,
      };
      found.push(diagnosis);
      if (finding.unless != null) unless.set(diagnosis, finding.unless);
    }
  }
  const heavy = found.filter((d) => d.severity === 'error' || d.severity === 'warning');
  const told = (d: Diagnosis): boolean => {
    const place = unless.get(d);
    return (
      place !== undefined &&
      heavy.some((other) => [other, ...other.related].some(({ span }) => other !== d && overlaps(span, place)))
    );
  };
  const broken = problems.filter((p) => p.severity === 'error');
  const labels = found.filter((d) => d.code === 'smmu/unknown-label');
  // text that cannot be read is one mistake: what the rules make of its remains is no news
  const kept = found.filter(
    (d) => !told(d) && (d.code === 'smmu/unknown-label' || !broken.some((p) => sameLine(p.span, d.span))),
  );
  // dtc's checks where nobody has spoken yet: a rule says the same better, and broken text is no news here either
  const speaking = [...kept.map((d) => d.span), ...broken.map((p) => p.span)];
  const lacking = guessesOf(written);
  const checks = checkProblems(context.tree, {
    enabled: dtcChecks(context.tree.dtc),
    ...(lacking && { isGuess: lacking }),
  }).filter((p) => !speaking.some((span) => sameLine(p.span, span)) && !isGuess(p.span, p.related));
  for (const problem of [...problems, ...checks]) {
    const set = settings[problem.code];
    if (set === 'off' || labels.some((d) => overlaps(d.span, problem.span))) continue;
    if (suppressions.covers(problem.span, problem.code)) continue;
    kept.push({
      span: problem.span,
      severity: set ?? problem.severity,
      code: problem.code,
      docs: null,
      message: problem.message,
      related: problem.related ?? [],
      unnecessary: false,
      deprecated: false,
      fixes: syntaxFixes(problem),
    });
  }
  return kept;
}

function overlaps(a: Span | null, b: Span): boolean {
  return a !== null && a.file === b.file && a.start <= b.end && b.start <= a.end;
}

function sameLine(problem: Span, span: Span | null): boolean {
  if (span === null || span.file !== problem.file) return false;
  const line = positionAt(problem.file, problem.start).line;
  return positionAt(span.file, span.start).line <= line && line <= positionAt(span.file, span.end).line;
}

const IGNORE = /smmu-scope-ignore(-file)?[ \t]+(?:smmu\/)?([\w-]+|\*)/g;

/** The `smmu-scope-ignore` comments of the files met so far. */
class Suppressions {
  private readonly files = new Map<SourceFile, { lines: Map<number, Set<string>>; file: Set<string> }>();

  covers(span: Span, code: string): boolean {
    const { lines, file } = this.of(span.file);
    if (file.has(code) || file.has('*')) return true;
    if (lines.size === 0) return false;
    const line = positionAt(span.file, span.start).line;
    for (const at of [line, line - 1]) {
      const codes = lines.get(at);
      if (codes !== undefined && (codes.has(code) || codes.has('*'))) return true;
    }
    return false;
  }

  private of(file: SourceFile) {
    let found = this.files.get(file);
    if (found === undefined) {
      found = { lines: new Map<number, Set<string>>(), file: new Set<string>() };
      if (file.text.includes('smmu-scope-ignore'))
        for (const match of file.text.matchAll(IGNORE)) {
          const code = match[2] ?? '';
          if (match[1] !== undefined) found.file.add(code);
          else {
            const line = positionAt(file, match.index).line;
            const codes = found.lines.get(line) ?? new Set<string>();
            codes.add(code);
            found.lines.set(line, codes);
          }
        }
      this.files.set(file, found);
    }
    return found;
  }
}
