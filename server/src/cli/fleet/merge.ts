/** `smmu-scope merge`: one document of those that shards wrote. */
import { mergeReports, type ReviewReport } from '../../review/report';
import type { CheckDocument } from '../check';
import { parseArguments, UsageError } from '../options';
import { output } from '../output';
import { readText } from '../simulation-input';
import { formatted } from './review';

interface Sarif {
  readonly version: string;
  readonly runs: readonly { readonly results?: readonly { readonly properties?: { readonly board?: string } }[] }[];
}

type Document = Partial<CheckDocument> & Partial<ReviewReport> & Partial<Sarif>;

function read(path: string): Document {
  try {
    const document = JSON.parse(readText(path)) as Document | null;
    if (typeof document === 'object' && document !== null) return document;
  } catch (error) {
    if (error instanceof UsageError) throw error;
  }
  throw new UsageError(`${path} is no JSON document`);
}

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function merged(documents: readonly Document[]): unknown {
  if (documents.every((d) => d.tool === 'smmu-scope review' && Array.isArray(d.groups))) {
    const report = mergeReports(documents as ReviewReport[]);
    if (report === null) throw new UsageError('these are not the shards of one review');
    return report;
  }
  if (documents.every((d) => d.version === '2.1.0' && Array.isArray(d.runs))) {
    const [first] = documents;
    const results = documents.flatMap((d) => d.runs?.flatMap((run) => run.results ?? []) ?? []);
    const board = (result: (typeof results)[number]) => result.properties?.board ?? '';
    const run = { ...first?.runs?.[0], results: results.sort((a, b) => byName(board(a), board(b))) };
    return { ...first, runs: [run] };
  }
  if (documents.every((d) => d.schema === 1 && Array.isArray(d.findings)))
    return {
      schema: 1,
      files: documents.reduce((sum, d) => sum + (d.files ?? 0), 0),
      findings: documents.flatMap((d) => d.findings ?? []).sort((a, b) => byName(a.board, b.board)),
    } satisfies CheckDocument;
  throw new UsageError('merge takes documents of one kind: of check or review, JSON or SARIF');
}

/** Runs the sub-command: 0; 2 when the documents do not belong together. Boards are in the order of their names. */
export async function run(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, { values: ['-o', '--format'], bare: true });
  const format = options.value('--format') ?? 'json';
  if (options.files.length === 0) throw new UsageError('merge needs a file');
  const document = merged(options.files.map(read));
  if (format !== 'json' && (document as Partial<ReviewReport>).tool !== 'smmu-scope review')
    throw new UsageError('--format is for documents of review');
  output(
    options.value('-o'),
    format === 'json' ? `${JSON.stringify(document, null, 1)}\n` : formatted(document as ReviewReport, format),
  );
  return 0;
}
