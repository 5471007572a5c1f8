/** `smmu-scope translate FILE --master M | --stream P:ID --iova A [--write]`: one access, step by step. */

import { type Place, placeOf } from '../bootlog/explain/place';
import type { DeviceTree, DtNode } from '../devicetree/model';
import { hex } from '../iommu/words';
import type { AccessOutcome } from '../simulator/contract/hardware-domain';
import type { IommuInstance } from '../simulator/contract/iommu-driver';
import type { Machine } from '../simulator/probe/machine';
import type { ReportProvider, SimulationReport } from '../simulator/report';
import { simulateMachine } from '../simulator/simulate';
import { positionAt } from '../source/file';
import { toPath } from '../workspace/files';
import { BOOT_VALUES } from './kernel-options';
import { parseArguments, UsageError } from './options';
import { simulationInput } from './simulation-input';

function numberOf(text: string | undefined, name: string): bigint {
  if (text === undefined || !/^(0x[0-9a-f]+|\d+)$/i.test(text)) throw new UsageError(`${name} needs an address or ID`);
  return BigInt(text);
}

/** A node by path, label or unit name. */
function nodeNamed(tree: DeviceTree, name: string): DtNode {
  const bare = name.replace(/^&/, '');
  const node =
    tree.labels.get(bare) ??
    tree.nodes.find((candidate) => candidate.path === bare) ??
    tree.nodes.find((candidate) => candidate.name === bare);
  if (node === undefined) throw new UsageError(`no node ${name}: give a path or a label`);
  return node;
}

function sourceOf(node: DtNode): string {
  const span = node.definitions[0]?.nameSpan;
  if (span === undefined) return '';
  const { line, character } = positionAt(span.file, span.start);
  return ` (${toPath(span.file.uri) ?? span.file.uri}:${line + 1}:${character + 1})`;
}

interface Request {
  readonly master: DtNode | null;
  readonly instance: IommuInstance | null;
  readonly stream: number | null;
  /** Why nothing is translated; null when an access can be made. */
  readonly reason: string | null;
}

function byMaster(machine: Machine, report: SimulationReport, master: DtNode): Request {
  const none = { master, instance: null, stream: null } as const;
  const device = machine.deviceOf(master);
  if (device === null) return { ...none, reason: 'no device is made for this node' };
  const instance = machine.providers.find((candidate) => candidate.streamsOf(device).length > 0);
  const stream = instance?.streamsOf(device)[0];
  if (instance === undefined || stream === undefined) {
    const found = report.devices.find((entry) => entry.device === master.path);
    return { ...none, reason: found?.untranslatedReason ?? 'it is behind no IOMMU' };
  }
  return { master, instance, stream, reason: null };
}

function byStream(machine: Machine, tree: DeviceTree, text: string): Request {
  const colon = text.lastIndexOf(':');
  if (colon < 0) throw new UsageError('--stream is PROVIDER:ID');
  const node = nodeNamed(tree, text.slice(0, colon));
  const stream = Number(numberOf(text.slice(colon + 1), '--stream'));
  const instance = machine.providers.find((candidate) => candidate.node === node) ?? null;
  const reason = instance === null ? `${node.path} has not probed: no IOMMU is registered there` : null;
  return { master: null, instance, stream, reason };
}

/** The rows of a report that decide about a stream. */
function rowsOf(provider: ReportProvider, stream: number): Readonly<Record<string, unknown>>[] {
  return provider.streamTable.filter((row) => {
    if (typeof row.stream === 'string') return Number(row.stream) === stream;
    if (typeof row.swgroup === 'number') return row.swgroup === stream;
    if (typeof row.id === 'string') return ((stream ^ Number(row.id)) & ~Number(row.mask ?? 0) & 0xffff) === 0;
    return Array.isArray(row.ids) && row.ids.some((id) => Number(id) === stream);
  });
}

interface Answer {
  readonly request: Request;
  readonly outcome: AccessOutcome | null;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly place: Place | null;
  readonly group: number | null;
}

function answer(tree: DeviceTree, report: SimulationReport, request: Request, iova: bigint, write: boolean): Answer {
  const { instance, stream } = request;
  if (instance === null || stream === null) return { request, outcome: null, rows: [], place: null, group: null };
  const provider = instance.report();
  const outcome = instance.access(stream, iova, write);
  const rows = rowsOf(provider, stream);
  const masters = rows.flatMap((row) => (Array.isArray(row.masters) ? (row.masters as string[]) : []));
  const paths = request.master === null ? masters : [request.master.path];
  const group = report.devices.find((device) => paths.includes(device.device) && device.group !== null)?.group ?? null;
  const domain = report.domains.find((entry) => group !== null && entry.group === group) ?? null;
  const place = outcome.result === 'untranslated' || domain === null ? null : placeOf(iova, domain, report);
  const known = tree.nodes.find((node) => node.path === paths[0]) ?? null;
  return { request: { ...request, master: request.master ?? known }, outcome, rows, place, group };
}

const RESULT: Readonly<Record<AccessOutcome['result'], string>> = {
  translated: 'translated',
  untranslated: 'passes untranslated',
  fault: 'fault',
  aborted: 'aborted without a report',
};

function textOf({ request, outcome, rows, place, group }: Answer, iova: bigint, write: boolean): string {
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

function jsonOf({ request, outcome, rows, place, group }: Answer, iova: bigint, write: boolean): unknown {
  return {
    schema: 1,
    iova: hex(iova),
    write,
    master: request.master?.path ?? null,
    provider: request.instance?.node.path ?? null,
    stream: request.stream === null ? null : hex(request.stream),
    group,
    entries: rows,
    walk: (outcome?.walk ?? []).map((step) => ({
      ...step,
      table: hex(step.table),
      descriptor: hex(step.descriptor),
    })),
    region: place === null ? null : { relation: place.relation, text: place.text },
    result: outcome?.result ?? 'untranslated',
    reason: request.reason,
    phys: outcome === null ? hex(iova) : outcome.phys === null ? null : hex(outcome.phys),
    stale: outcome?.stale ?? false,
    fault: outcome?.fault ?? null,
    messages: outcome?.lines ?? [],
    stalled: outcome?.stalled ?? null,
    panics: outcome?.panics ?? null,
  };
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
  const iova = numberOf(options.value('--iova'), '--iova');
  const write = options.flag('--write');
  const { tree, settings } = simulationInput(file, options);
  const node = master === undefined ? null : nodeNamed(tree, master);
  const { report, machine } = simulateMachine(tree, settings);
  const request = node === null ? byStream(machine, tree, stream ?? '') : byMaster(machine, report, node);
  const found = answer(tree, report, request, iova, write);
  process.stdout.write(
    format === 'json' ? `${JSON.stringify(jsonOf(found, iova, write), null, 2)}\n` : textOf(found, iova, write),
  );
  return found.outcome?.result === 'fault' || found.outcome?.result === 'aborted' ? 1 : 0;
}
