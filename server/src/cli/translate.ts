/** `smmu-scope translate FILE --master M | --stream P:ID --iova A [--write]`: one access, step by step. */

import type { DtNode } from '../devicetree/model';
import { hex } from '../iommu/words';
import type { AccessOutcome } from '../simulator/contract/hardware-domain';
import { simulateMachine } from '../simulator/simulate';
import { positionAt } from '../source/file';
import { toPath } from '../workspace/files';
import { numberOf, type Translated, TranslationError, translate, translationJson } from '../workspace/translate';
import { BOOT_VALUES } from './kernel-options';
import { parseArguments, UsageError } from './options';
import { simulationInput } from './simulation-input';

function sourceOf(node: DtNode): string {
  const span = node.definitions[0]?.nameSpan;
  if (span === undefined) return '';
  const { line, character } = positionAt(span.file, span.start);
  return ` (${toPath(span.file.uri) ?? span.file.uri}:${line + 1}:${character + 1})`;
}

const RESULT: Readonly<Record<AccessOutcome['result'], string>> = {
  translated: 'translated',
  untranslated: 'passes untranslated',
  fault: 'fault',
  aborted: 'aborted without a report',
};

function textOf({ request, iova, write, outcome, rows, place, group }: Translated): string {
  const lines = [`${write ? 'write' : 'read'} of IOVA ${hex(iova)}`];
  if (request.master !== null) lines.push(`master   ${request.master.path}${sourceOf(request.master)}`);
  if (request.instance !== null) {
    lines.push(`iommu    ${request.instance.node.path}${sourceOf(request.instance.node)}`);
    lines.push(`stream   ${hex(request.stream ?? 0)}`);
  }
  if (outcome === null) return `${[...lines, `result   passes untranslated: ${request.reason}`].join('\n')}\n`;
  for (const row of rows) {
    const cells = Object.entries(row)
      .filter(([name, value]) => name !== 'masters' && value !== null)
      .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(' ') : String(value)}`);
    lines.push(`entry    ${cells.join(', ')}`);
  }
  if (rows.length === 0) lines.push('entry    none matches');
  if (group !== null) lines.push(`group    ${group}`);
  for (const step of outcome.walk)
    lines.push(
      `level ${step.level}  table ${hex(step.table)} [${hex(step.index)}] = ${hex(step.descriptor)}  ${step.meaning}: ${step.text}`,
    );
  if (place !== null) lines.push(`region   ${place.text}`);
  const target = outcome.phys === null ? '' : ` to ${hex(outcome.phys)}`;
  const why = outcome.fault === null ? '' : ` (${outcome.fault.replaceAll('-', ' ')})`;
  lines.push(`result   ${RESULT[outcome.result]}${why}${target}${outcome.stale ? ', by a stale TLB entry' : ''}`);
  if (outcome.stalled !== undefined) lines.push('         held by the SMMU until the driver resumes it with an abort');
  for (const line of outcome.lines) lines.push(`  kernel: ${line}`);
  if (outcome.panics !== undefined) lines.push(`  kernel: Kernel panic - not syncing: ${outcome.panics}`);
  return `${lines.join('\n')}\n`;
}

/** Runs the sub-command. Exit status 0 when the access goes through, 1 when it faults or is aborted. */
export async function run(args: readonly string[]): Promise<number> {
  const values = [...BOOT_VALUES, '--master', '--stream', '--iova', '--format'];
  const options = parseArguments(args, { values, flags: ['--write'] });
  const [file, ...more] = options.files;
  if (file === undefined || more.length > 0) throw new UsageError('translate needs one file');
  const format = options.value('--format') ?? 'text';
  if (format !== 'text' && format !== 'json') throw new UsageError(`unknown format ${format}: text or json`);
  const [master, stream] = [options.value('--master'), options.value('--stream')];
  if ((master === undefined) === (stream === undefined)) throw new UsageError('give --master or --stream');
  const iova = usage(() => numberOf(options.value('--iova'), '--iova'));
  const write = options.flag('--write');
  const { tree, settings } = await simulationInput(file, options);
  const by = master === undefined ? { stream: stream ?? '' } : { master };
  const found = usage(() => translate(tree, simulateMachine(tree, settings), { by, iova, write }));
  process.stdout.write(format === 'json' ? `${JSON.stringify(translationJson(found), null, 2)}\n` : textOf(found));
  return found.outcome?.result === 'fault' || found.outcome?.result === 'aborted' ? 1 : 0;
}

/** What is wrong with the question is wrong with the command line. */
function usage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof TranslationError) throw new UsageError(error.message);
    throw error;
  }
}
