/** Documents that others may have written or cut: whether they are what shards of `check` and `review` write. */
import type { CheckFinding } from './finding';
import { type Origin, originOf, type ReviewReport } from './report';

/** A check as JSON: what `check --format json` prints, `--baseline` and `merge` read. */
export interface CheckDocument {
  readonly schema: 1;
  readonly files: number;
  readonly shard?: string;
  readonly findings: readonly CheckFinding[];
}

/** What `--format sarif` prints, as far as merging looks at it. */
export interface SarifDocument {
  readonly version: '2.1.0';
  readonly runs: readonly {
    readonly properties?: Origin;
    readonly results?: readonly { readonly properties?: { readonly board?: string } }[];
  }[];
}

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isList = <T>(value: unknown, is: (item: unknown) => item is T): value is readonly T[] =>
  Array.isArray(value) && value.every(is);
const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

/** The shards of a document: `2/4`, `1,3/4`. */
const SHARD = /^[1-9]\d{0,5}(?:,[1-9]\d{0,5})*\/[1-9]\d{0,5}$/;
function isShard(value: unknown): boolean {
  if (!isText(value) || !SHARD.test(value)) return false;
  const [indexes = '', total] = value.split('/');
  return indexes.split(',').every((index) => Number(index) <= Number(total));
}
const isOrigin = ({ shard, reachedInAll, baseCommit, headCommit }: Fields): boolean =>
  (shard === undefined || isShard(shard)) &&
  (reachedInAll === undefined || isCount(reachedInAll)) &&
  [baseCommit, headCommit].every((oid) => oid === undefined || isText(oid));

const SEVERITIES: readonly unknown[] = ['error', 'warning', 'information', 'hint'];

const isRelated = (value: unknown): value is Fields =>
  isObject(value) && isText(value.file) && isText(value.message) && isCount(value.line) && isCount(value.column);

function isFinding(value: unknown): value is CheckFinding {
  return (
    isObject(value) &&
    [value.board, value.file, value.code, value.message].every(isText) &&
    [value.line, value.column, value.endLine, value.endColumn].every(isCount) &&
    SEVERITIES.includes(value.severity) &&
    (value.rule === null || isText(value.rule)) &&
    isList(value.related, isRelated)
  );
}

export const isCheckDocument = (value: unknown): value is CheckDocument =>
  isObject(value) && value.schema === 1 && isCount(value.files) && isOrigin(value) && isList(value.findings, isFinding);

const isResult = (value: unknown): value is Fields =>
  isObject(value) && (value.properties === undefined || isObject(value.properties));
const isRun = (value: unknown): value is Fields =>
  isObject(value) &&
  (value.results === undefined || isList(value.results, isResult)) &&
  (value.properties === undefined || (isObject(value.properties) && isOrigin(value.properties)));

export const isSarif = (value: unknown): value is SarifDocument & Fields =>
  isObject(value) && value.version === '2.1.0' && isList(value.runs, isRun);

const isChange = (value: unknown): value is Fields =>
  isObject(value) &&
  isText(value.kind) &&
  isText(value.text) &&
  isList(value.devices, isText) &&
  Array.isArray(value.places) &&
  (value.finding === undefined || value.finding === null || isFinding(value.finding));
const isGroup = (value: unknown): value is Fields =>
  isObject(value) && isList(value.boards, isText) && isList(value.kernels, isText) && isList(value.changes, isChange);
const isFailure = (value: unknown): value is Fields => isObject(value) && isText(value.board) && isText(value.message);

export const isReviewReport = (value: unknown): value is ReviewReport =>
  isObject(value) &&
  value.schema === 1 &&
  value.tool === 'smmu-scope review' &&
  isText(value.base) &&
  isText(value.head) &&
  isOrigin(value) &&
  [value.changed, value.reached, value.left].every(isCount) &&
  isList(value.booted, isText) &&
  isList(value.groups, isGroup) &&
  isList(value.failed, isFailure) &&
  (value.broken === undefined || isList(value.broken, isFinding));

/** What a document is of. */
export const originOfDocument = (document: CheckDocument | ReviewReport | SarifDocument): Origin =>
  originOf('runs' in document ? (document.runs[0]?.properties ?? {}) : document);

/** The boards that a document says something of. */
export function boardsOf(document: CheckDocument | ReviewReport | SarifDocument): ReadonlySet<string> {
  if ('findings' in document) return new Set(document.findings.map(({ board }) => board));
  if ('groups' in document)
    return new Set([...document.groups.flatMap(({ boards }) => boards), ...document.failed.map(({ board }) => board)]);
  return new Set(
    document.runs.flatMap((run) => (run.results ?? []).flatMap(({ properties }) => properties?.board ?? [])),
  );
}
