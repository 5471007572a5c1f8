/** One access, step by step: which stream, which entry of the IOMMU's tables, the walk, and what comes of it. */
import { type Place, placeOf } from '../bootlog/explain/place';
import type { DeviceTree, DtNode } from '../devicetree/model';
import { bindingOf } from '../iommu/catalogue';
import { hex } from '../iommu/words';
import type { AccessOutcome } from '../simulator/contract/hardware-domain';
import type { IommuInstance } from '../simulator/contract/iommu-driver';
import type { Machine } from '../simulator/probe/machine';
import type { ReportProvider, SimulationReport } from '../simulator/report';

/** What is wrong with what was asked, in words for people. */
export class TranslationError extends Error {}

/** A number as people write it, `0x` or decimal, of at most `bits` bits; a TranslationError for what is none or is wider. */
export function numberOf(text: string | undefined, name: string, bits = 64): bigint {
  if (text === undefined || !/^(0x[0-9a-f]+|\d+)$/i.test(text))
    throw new TranslationError(`${name} needs an address or ID`);
  // So many digits are too wide whatever they are: nothing is made of a text of any length.
  const digits = text.replace(/^(?:0x)?0*/i, '');
  const value = digits.length > 64 ? null : BigInt(text);
  if (value === null || value >> BigInt(bits) !== 0n)
    throw new TranslationError(`${name}: ${text.slice(0, 40)} is wider than the ${bits} bits that are possible there`);
  return value;
}

/** Bits of a stream ID: 16 for SMMUv1 and v2 (SMR.ID), else those of a cell. */
function streamBits(node: DtNode): number {
  return bindingOf(node)?.driver === 'arm-smmu' ? 16 : 32;
}

/** A node by path, label or unit name. */
export function nodeNamed(tree: DeviceTree, name: string): DtNode {
  const bare = name.replace(/^&/, '');
  const node =
    tree.labels.get(bare) ??
    tree.nodes.find((candidate) => candidate.path === bare) ??
    tree.nodes.find((candidate) => candidate.name === bare);
  if (node === undefined) throw new TranslationError(`no node ${name}: give a path or a label`);
  return node;
}

interface Requester {
  readonly master: DtNode | null;
  readonly instance: IommuInstance | null;
  readonly stream: number | null;
  /** Why nothing is translated; null when an access can be made. */
  readonly reason: string | null;
}

function byMaster(machine: Machine, report: SimulationReport, master: DtNode): Requester {
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

function byStream(machine: Machine, tree: DeviceTree, text: string): Requester {
  const colon = text.lastIndexOf(':');
  if (colon < 0) throw new TranslationError('--stream is PROVIDER:ID');
  const node = nodeNamed(tree, text.slice(0, colon));
  const stream = Number(numberOf(text.slice(colon + 1), '--stream', streamBits(node)));
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

/** The access as the engine holds it. */
export interface Translated {
  readonly request: Requester;
  readonly iova: bigint;
  readonly write: boolean;
  readonly outcome: AccessOutcome | null;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly place: Place | null;
  readonly group: number | null;
}

export interface Access {
  /** Who accesses: a node by path or label, or `PROVIDER:ID`. */
  readonly by: { readonly master: string } | { readonly stream: string };
  readonly iova: bigint;
  readonly write: boolean;
}

/** Makes one access on a booted machine. Throws a TranslationError for what is not there to ask. */
export function translate(
  tree: DeviceTree,
  { report, machine }: { readonly report: SimulationReport; readonly machine: Machine },
  { by, iova, write }: Access,
): Translated {
  const request =
    'master' in by ? byMaster(machine, report, nodeNamed(tree, by.master)) : byStream(machine, tree, by.stream);
  const { instance, stream } = request;
  if (instance === null || stream === null)
    return { request, iova, write, outcome: null, rows: [], place: null, group: null };
  const provider = instance.report();
  const outcome = instance.access(stream, iova, write);
  const rows = rowsOf(provider, stream);
  const masters = rows.flatMap((row) => (Array.isArray(row.masters) ? (row.masters as string[]) : []));
  const paths = request.master === null ? masters : [request.master.path];
  const group = report.devices.find((device) => paths.includes(device.device) && device.group !== null)?.group ?? null;
  const domain = report.domains.find((entry) => group !== null && entry.group === group) ?? null;
  const place = outcome.result === 'untranslated' || domain === null ? null : placeOf(iova, domain, report);
  const known = tree.nodes.find((node) => node.path === paths[0]) ?? null;
  return { request: { ...request, master: request.master ?? known }, iova, write, outcome, rows, place, group };
}

/** The access as JSON: what `translate --format json` prints and the panel draws. */
export function translationJson({ request, iova, write, outcome, rows, place, group }: Translated) {
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
