/** `smmu-scope explain LOG [--dts FILE]`: faults, deferrals and groups of a kernel log, matched against a board. */

import {
  type DeferralExplanation,
  explainDeferral,
  explainFault,
  type FaultExplanation,
  nodeOfDevice,
} from '../bootlog/causes';
import { type GroupFact, type LogFact, type RefusalFact, readLog } from '../bootlog/lines';
import type { DtNode } from '../devicetree/model';
import { type IommuView, iommuView } from '../iommu/view';
import type { SimulationReport } from '../simulator/report';
import { simulate } from '../simulator/simulate';
import { positionAt } from '../source/file';
import { toPath } from '../workspace/files';
import { BOOT_VALUES } from './kernel-options';
import { parseArguments, UsageError } from './options';
import { readText, simulationInput } from './simulation-input';
import { readStandardInput } from './sources';

interface BoardFacts {
  readonly view: IommuView;
  readonly report: SimulationReport | null;
}

/** Where a node is written, `file:line:column`; null for generated nodes and blobs. */
function placeOfNode(node: DtNode): string | null {
  const span = node.definitions[0]?.nameSpan;
  if (span === undefined) return null;
  const { line, character } = positionAt(span.file, span.start);
  return `${toPath(span.file.uri) ?? span.file.uri}:${line + 1}:${character + 1}`;
}

const nodeJson = (node: DtNode): { path: string; source: string | null } => ({
  path: node.path,
  source: placeOfNode(node),
});

const nodeText = (node: DtNode): string => {
  const place = placeOfNode(node);
  return place === null ? node.path : `${node.path} (${place})`;
};

function faultJson(found: FaultExplanation): Record<string, unknown> {
  const { fact, place } = found;
  return {
    type: 'fault',
    line: fact.line,
    text: fact.text,
    model: fact.model,
    iommu: found.provider === null ? fact.iommu : found.provider.path,
    stream: fact.stream === null ? null : `0x${fact.stream.toString(16)}`,
    client: fact.client,
    iova: fact.iova === null ? null : `0x${fact.iova.toString(16)}`,
    write: fact.write,
    kind: fact.kind,
    decoded: fact.decoded,
    masters: found.masters.map(nodeJson),
    group: found.group,
    domain: found.domain,
    place:
      place === null
        ? null
        : {
            relation: place.relation,
            text: place.text,
            region: place.region,
            distance: place.distance === null ? null : `0x${place.distance.toString(16)}`,
          },
    causes: found.causes,
  };
}

function faultText(found: FaultExplanation): string[] {
  const { fact } = found;
  const stream = fact.stream === null ? (fact.client ?? '') : `stream 0x${fact.stream.toString(16)}`;
  const what = fact.kind === 'other' ? 'fault' : `${fact.kind.replaceAll('-', ' ')} fault`;
  const access = fact.write === null ? '' : fact.write ? ' on a write' : ' on a read';
  const where = fact.iova === null ? '' : ` at IOVA 0x${fact.iova.toString(16)}`;
  const lines = [
    `line ${fact.line}: ${fact.text}`,
    `  ${fact.model}: ${what}${access}${where}${stream === '' ? '' : `, ${stream}`}`,
  ];
  for (const text of fact.decoded) lines.push(`    ${text}`);
  if (found.provider !== null) lines.push(`  iommu:   ${nodeText(found.provider)}`);
  for (const node of found.masters) lines.push(`  master:  ${nodeText(node)}`);
  if (found.masters.length === 0) lines.push('  master:  none in the tree');
  if (found.group !== null) lines.push(`  group:   ${found.group}, domain ${found.domain ?? 'none'}`);
  if (found.place !== null) lines.push(`  address: ${found.place.text}`);
  found.causes.forEach((cause, index) => {
    lines.push(`  ${index === 0 ? 'likely:  ' : '         '}${index + 1}. ${cause}`);
  });
  return lines;
}

function deferralJson(found: DeferralExplanation): Record<string, unknown> {
  return {
    type: 'deferral',
    line: found.fact.line,
    text: found.fact.text,
    device: found.fact.device,
    node: found.node === null ? null : nodeJson(found.node),
    reason: found.fact.reason,
    supplier: found.supplier === null ? found.fact.supplier : nodeJson(found.supplier),
    causes: found.causes,
  };
}

function deferralText(found: DeferralExplanation): string[] {
  const lines = [`line ${found.fact.line}: ${found.fact.text}`];
  lines.push(`  deferred: ${found.node === null ? found.fact.device : nodeText(found.node)}`);
  if (found.supplier !== null) lines.push(`  waits for: ${nodeText(found.supplier)}`);
  found.causes.forEach((cause, index) => {
    lines.push(`  ${index === 0 ? 'likely:  ' : '         '}${index + 1}. ${cause}`);
  });
  return lines;
}

/** What the log says about a group, and what the simulation expects. */
function groupJson(fact: GroupFact, board: BoardFacts | null): Record<string, unknown> {
  const node = board === null ? null : nodeOfDevice(board.view, board.report, fact.device);
  const expected = board?.report?.devices.find((device) => device.name === fact.device || device.device === node?.path);
  return {
    type: 'group',
    line: fact.line,
    text: fact.text,
    device: fact.device,
    node: node === null ? null : nodeJson(node),
    group: fact.group,
    expected: expected === undefined ? null : expected.group,
  };
}

function groupText(fact: GroupFact, board: BoardFacts | null): string[] {
  const { node, expected } = groupJson(fact, board) as { node: { path: string } | null; expected: number | null };
  const differs = expected !== null && expected !== fact.group ? `, the simulation expects group ${expected}` : '';
  return [`line ${fact.line}: ${node?.path ?? fact.device} is in group ${fact.group}${differs}`];
}

function refusalJson(fact: RefusalFact, board: BoardFacts | null): Record<string, unknown> {
  const node = board === null ? null : nodeOfDevice(board.view, board.report, fact.device);
  const { line, text, device, why } = fact;
  return { type: 'refusal', line, text, device, node: node === null ? null : nodeJson(node), why };
}

function refusalText(fact: RefusalFact, board: BoardFacts | null): string[] {
  const node = board === null ? null : nodeOfDevice(board.view, board.report, fact.device);
  return [`line ${fact.line}: ${fact.text}`, `  ${node === null ? fact.device : nodeText(node)}: ${fact.why}`];
}

/** Without a board only what a line itself says can be shown. */
function bareFault(fact: LogFact & { type: 'fault' }): FaultExplanation {
  return { fact, provider: null, masters: [], group: null, domain: null, place: null, causes: [] };
}

function entryOf(fact: LogFact, board: BoardFacts | null): { json: Record<string, unknown>; text: string[] } {
  switch (fact.type) {
    case 'fault': {
      const found = board === null ? bareFault(fact) : explainFault(fact, board.view, board.report);
      const text = faultText(found);
      return {
        json: faultJson(found),
        text: board === null ? text.filter((line) => !/^ {2}master:/.test(line)) : text,
      };
    }
    case 'deferral': {
      const bare = { fact, node: null, supplier: null, causes: [] };
      const found = board === null ? bare : explainDeferral(fact, board.view, board.report);
      return { json: deferralJson(found), text: deferralText(found) };
    }
    case 'group':
      return { json: groupJson(fact, board), text: groupText(fact, board) };
    case 'refusal':
      return { json: refusalJson(fact, board), text: refusalText(fact, board) };
  }
}

/** Runs the sub-command. Exit status 0; 1 when the log shows faults or refusals; 2 when something cannot be read. */
export async function run(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, { values: ['--format', '--dts', ...BOOT_VALUES] });
  const format = options.value('--format') ?? 'text';
  if (format !== 'text' && format !== 'json') throw new UsageError(`unknown format ${format}: text or json`);
  const log = options.files[0];
  if (log === undefined || options.files.length > 1) throw new UsageError('explain needs one log');
  const dts = options.value('--dts');
  let board: BoardFacts | null = null;
  if (dts !== undefined) {
    const { tree, settings } = simulationInput(dts, options);
    board = { view: iommuView(tree), report: simulate(tree, settings) };
  }
  const facts = readLog(log === '-' ? readStandardInput() : readText(log));
  const entries = facts.map((fact) => entryOf(fact, board));
  if (format === 'json') {
    const document = { schema: 1, log, board: dts ?? null, entries: entries.map((entry) => entry.json) };
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  } else if (entries.length === 0) process.stdout.write('nothing about IOMMUs or deferred probes in this log\n');
  else process.stdout.write(`${entries.map((entry) => entry.text.join('\n')).join('\n\n')}\n`);
  return facts.some((fact) => fact.type === 'fault' || fact.type === 'refusal') ? 1 : 0;
}
