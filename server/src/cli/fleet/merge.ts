/** `smmu-scope merge`: one document of those that shards wrote. */
import { mergeReports, type Origin, type ReviewReport } from '../../review/report';
import {
  boardsOf,
  type CheckDocument,
  isCheckDocument,
  isReviewReport,
  isSarif,
  originOfDocument,
  type SarifDocument,
} from '../../review/shards';
import { resolved } from '../../workspace/real-disk';
import { parseArguments, UsageError } from '../options';
import { output } from '../output';
import { readText } from '../simulation-input';
import { formatted } from './review';

type Document = CheckDocument | ReviewReport | SarifDocument;

/** The document in a file. Throws a UsageError for what is none. */
function read(path: string): Document {
  let document: unknown;
  try {
    document = JSON.parse(readText(path));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path} is no JSON document (${error instanceof Error ? error.message : String(error)})`);
  }
  if (isReviewReport(document) || isSarif(document) || isCheckDocument(document)) return document;
  throw new UsageError(`${path} is no output of check or review (--format json or sarif), or was changed`);
}

/** Missing shards that are named before the rest is counted. */
const NAMED = 20;

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A board belongs to one shard: a usage error where two documents have the same one. */
function refuseTwice(names: readonly string[], documents: readonly Document[]): void {
  const files = new Map<string, string>();
  const boards = new Map<string, string>();
  for (const [i, document] of documents.entries()) {
    const name = names[i] ?? '';
    const file = name === '-' ? name : realName(name);
    if (files.has(file)) throw new UsageError(`${name} is given twice`);
    files.set(file, name);
    for (const board of boardsOf(document)) {
      const other = boards.get(board);
      if (other !== undefined)
        throw new UsageError(`${other} and ${name} both have ${board}: they are no shards of one run, or the same one`);
      boards.set(board, name);
    }
  }
}

function realName(name: string): string {
  try {
    return resolved(name);
  } catch {
    return name;
  }
}

/** The states that documents are of must be the same ones: a branch moves between two jobs. */
function refuseOtherStates(names: readonly string[], origins: readonly Origin[]): void {
  for (const [key, what] of [
    ['baseCommit', 'the earlier side is commit'],
    ['headCommit', 'the later side is commit'],
    ['reachedInAll', 'the number of boards reached is'],
  ] as const) {
    const having = origins.flatMap((origin, i) => (origin[key] === undefined ? [] : [{ is: origin[key], i }]));
    const [first] = having;
    const other = having.find(({ is }) => is !== first?.is);
    if (first !== undefined && other !== undefined)
      throw new UsageError(
        `these are of different states: ${what} ${first.is} in ${names[first.i]}, ${other.is} in ${names[other.i]}`,
      );
  }
}

/** Which shards the documents are together, and those that lack. A usage error where they are not of one division. */
function shardsOf(names: readonly string[], origins: readonly Origin[]): { shard?: string; missing: string[] } {
  const [first] = origins;
  const total = first?.shard?.split('/')[1];
  const files = new Map<string, string>();
  for (const [i, { shard }] of origins.entries()) {
    const [indexes = '', of] = shard?.split('/') ?? [];
    if (of !== total) {
      const words = [first?.shard, shard].map((is) => (is === undefined ? 'no shard' : `shard ${is}`));
      throw new UsageError(`${names[0]} is ${words[0]}, ${names[i]} is ${words[1]}: they are not of one run`);
    }
    if (of === undefined) continue;
    for (const index of indexes.split(',')) {
      const other = files.get(index);
      if (other !== undefined) throw new UsageError(`${other} and ${names[i]} both are shard ${index}/${of}`);
      files.set(index, names[i] ?? '');
    }
  }
  if (total === undefined) return { missing: [] };
  const all = Array.from({ length: Number(total) }, (_, i) => String(i + 1));
  const missing = all.filter((index) => !files.has(index));
  const there = all.filter((index) => files.has(index));
  return missing.length === 0 ? { missing } : { shard: `${there.join()}/${total}`, missing };
}

function merged(documents: readonly Document[], origin: Origin): Document {
  const [first] = documents;
  if (documents.every(isReviewReport)) {
    const report = mergeReports(documents, origin);
    if (report === null) throw new UsageError('these are not the shards of one review');
    return report;
  }
  if (documents.every(isSarif)) {
    const results = documents.flatMap((d) => d.runs.flatMap((run) => run.results ?? []));
    const board = (result: (typeof results)[number]) => result.properties?.board ?? '';
    const { properties: _, ...rest } = documents[0]?.runs[0] ?? {};
    const properties = Object.keys(origin).length === 0 ? {} : { properties: origin };
    const run = { ...rest, ...properties, results: results.sort((a, b) => byName(board(a), board(b))) };
    return { ...(first as SarifDocument), runs: [run] };
  }
  if (documents.every(isCheckDocument))
    return {
      schema: 1,
      files: documents.reduce((sum, d) => sum + d.files, 0),
      ...origin,
      findings: documents.flatMap((d) => d.findings).sort((a, b) => byName(a.board, b.board)),
    };
  throw new UsageError('merge takes documents of one kind: of check or review, JSON or SARIF');
}

/** Runs the sub-command: 0; 2 when the documents do not belong together, or shards are missing. Boards are in the order of their names. */
export async function run(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, { values: ['-o', '--format'], flags: ['--partial'], bare: true });
  const format = options.value('--format') ?? 'json';
  if (options.files.length === 0) throw new UsageError('merge needs a file');
  const documents = options.files.map(read);
  refuseTwice(options.files, documents);
  const origins = documents.map(originOfDocument);
  refuseOtherStates(options.files, origins);
  const { shard, missing } = shardsOf(options.files, origins);
  const of = (key: 'baseCommit' | 'headCommit') => origins.find((origin) => origin[key] !== undefined)?.[key];
  const [baseCommit, headCommit, reachedInAll] = [of('baseCommit'), of('headCommit'), origins[0]?.reachedInAll];
  const document = merged(documents, {
    ...(shard === undefined ? {} : { shard, ...(reachedInAll === undefined ? {} : { reachedInAll }) }),
    ...(baseCommit === undefined ? {} : { baseCommit }),
    ...(headCommit === undefined ? {} : { headCommit }),
  });
  let text = `${JSON.stringify(document, null, 1)}\n`;
  if (format !== 'json') {
    if (!isReviewReport(document)) throw new UsageError('--format is for documents of review');
    text = formatted(document, format);
  }
  output(options.value('-o'), text);
  if (missing.length === 0 || options.flag('--partial')) return 0;
  const total = shard?.split('/')[1];
  const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : '';
  const named = missing.slice(0, NAMED).map((index) => `${index}/${total}`);
  const names = `${named.join(', ')}${more}`;
  process.stderr.write(
    `smmu-scope: ${missing.length === 1 ? 'shard' : 'shards'} ${names} missing, so this is not the whole (--partial says that it is meant)\n`,
  );
  return 2;
}
