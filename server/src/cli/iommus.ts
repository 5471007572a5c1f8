/** `smmu-scope iommus`: providers, masters and maps as the tree states them. */

import type { DtProperty } from '../devicetree/model';
import { compatibles } from '../devicetree/read';
import { statusOf } from '../iommu/view';
import { hex } from '../iommu/words';
import type { BoardSnapshot } from '../workspace/board';
import { whyUnreadable } from '../workspace/regular-file';
import { openBoards } from './boards';
import { parseArguments, UsageError } from './options';
import { problemText } from './report';

/** One board's document (docs: formats, `iommus`). */
function documentOf(name: string, { view }: BoardSnapshot) {
  return {
    board: name,
    providers: view.providers
      .filter((provider) => provider.cells !== null)
      .map((provider) => ({
        path: provider.node.path,
        compatible: compatibles(provider.node),
        cells: provider.cells,
        status: statusOf(provider.node),
      })),
    masters: view.masters.map((master) => ({
      path: master.node.path,
      compatible: compatibles(master.node),
      status: statusOf(master.node),
      specifiers: master.list.entries.map((entry) => ({
        provider: entry.node?.path ?? null,
        cells: cellsOf(entry.args, entry.unknown ?? []),
        ...(entry.index >= master.read.length && { read: false }),
      })),
    })),
    maps: view.maps.map((map) => ({
      path: map.node.path,
      mask: map.mask,
      rows: map.rows.map((row) => ({
        ridBase: row.ridBase,
        provider: row.provider?.path ?? null,
        idBase: row.idBase,
        cells: cellsOf(row.args, unknownIn(map.property, row.cell)),
        length: row.length,
      })),
    })),
  };
}

/** Null: a constant that nothing here defines. */
const cellsOf = (cells: readonly number[], unknown: readonly number[]): (number | null)[] =>
  cells.map((cell, i) => (unknown.includes(i) ? null : cell));

/** The unknown ones among the mapped cells of a row, which stand behind its ID and its phandle. */
const unknownIn = ({ unknown = [] }: DtProperty, cell: number): number[] =>
  unknown.map((offset) => offset / 4 - cell - 2);

const shown = (cell: number | null): string => (cell === null ? 'unknown' : hex(cell));

type IommusDocument = ReturnType<typeof documentOf>;

/** Runs the sub-command. Exit status 0; 1 when a file has errors; 2 when one cannot be read. */
export async function run(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, { values: ['--format'] });
  const format = options.value('--format') ?? 'text';
  if (!['text', 'json', 'jsonl'].includes(format))
    throw new UsageError(`unknown format ${format}: text, json or jsonl`);
  if (options.files.length === 0) throw new UsageError('iommus needs a file');
  let status = 0;
  const documents: IommusDocument[] = [];
  for (const { name, snapshot } of openBoards(options, false).boards()) {
    if (snapshot === null) {
      process.stderr.write(`smmu-scope: cannot read ${name}${whyUnreadable(name)}\n`);
      status = 2;
      continue;
    }
    const errors = snapshot.problems.filter((p) => p.severity === 'error');
    for (const problem of errors) process.stderr.write(`${problemText(problem)}\n`);
    if (errors.length > 0) status = Math.max(status, 1);
    const document = documentOf(name, snapshot);
    if (format === 'json') documents.push(document);
    else process.stdout.write(format === 'jsonl' ? `${JSON.stringify(document)}\n` : text(document));
  }
  if (format === 'json') {
    const all = options.files.length === 1 && documents[0] !== undefined ? documents[0] : documents;
    process.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
  }
  return status;
}

function text(document: IommusDocument): string {
  const lines = [document.board];
  for (const p of document.providers)
    lines.push(`  IOMMU  ${p.path}  ${p.compatible.join(', ')}  #iommu-cells = <${p.cells}>  ${p.status}`);
  for (const m of document.masters)
    lines.push(
      `  master ${m.path}  ${m.specifiers.map((s) => `<${[s.provider ?? '?', ...s.cells.map(shown)].join(' ')}>${s.read === false ? ' (not read)' : ''}`).join(' ')}  ${m.status}`,
    );
  for (const map of document.maps) {
    lines.push(`  map    ${map.path}  mask ${hex(map.mask)}`);
    for (const row of map.rows)
      lines.push(
        `           RID ${hex(row.ridBase)} -> ${row.provider ?? '?'} ${row.cells.map(shown).join(' ')}, ${row.length} IDs`,
      );
  }
  return `${lines.join('\n')}\n`;
}
