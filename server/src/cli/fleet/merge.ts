/** `smmu-scope merge`: one document of those that shards wrote. */
import { mergeReports, type ReviewReport } from '../../review/report';
import {
  boardsOf,
  type CheckDocument,
  isCheckDocument,
  isReviewReport,
  isSarif,
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

function merged(documents: readonly Document[]): Document {
  const [first] = documents;
  if (documents.every(isReviewReport)) {
    const report = mergeReports(documents);
    if (report === null) throw new UsageError('these are not the shards of one review');
    return report;
  }
  if (documents.every(isSarif)) {
    const results = documents.flatMap((d) => d.runs.flatMap((run) => run.results ?? []));
    const board = (result: (typeof results)[number]) => result.properties?.board ?? '';
    const run = { ...documents[0]?.runs[0], results: results.sort((a, b) => byName(board(a), board(b))) };
    return { ...(first as SarifDocument), runs: [run] };
  }
  if (documents.every(isCheckDocument))
    return {
      schema: 1,
      files: documents.reduce((sum, d) => sum + d.files, 0),
      findings: documents.flatMap((d) => d.findings).sort((a, b) => byName(a.board, b.board)),
    };
  throw new UsageError('merge takes documents of one kind: of check or review, JSON or SARIF');
}

/** Runs the sub-command: 0; 2 when the documents do not belong together. Boards are in the order of their names. */
export async function run(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, { values: ['-o', '--format'], bare: true });
  const format = options.value('--format') ?? 'json';
  if (options.files.length === 0) throw new UsageError('merge needs a file');
  const documents = options.files.map(read);
  refuseTwice(options.files, documents);
  const document = merged(documents);
  let text = `${JSON.stringify(document, null, 1)}\n`;
  if (format !== 'json') {
    if (!isReviewReport(document)) throw new UsageError('--format is for documents of review');
    text = formatted(document, format);
  }
  output(options.value('-o'), text);
  return 0;
}
