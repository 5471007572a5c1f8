/** The boot on paper against the one in the log: who shares a group with whom, who never appeared, order, deferrals left. */
import type { SimulationReport } from '../../simulator/report';
import type { LogReport } from '../collect';
import type { Board } from '../match/board';
import { nodeOfDevice } from '../match/nodes';
import { comparedFacts } from './boots';

export interface ComparedDevice {
  /** Node path, or the kernel's name of a device without a node in this tree. */
  readonly device: string;
  readonly line: number | null;
  /** Group numbers; null: in none. */
  readonly actual: number | null;
  readonly predicted: number | null;
  /** What the two say about it: numbers may be shifted as a whole. */
  readonly verdict: 'same' | 'shared-otherwise' | 'not-predicted' | 'not-in-log' | 'left' | 'unknown-device';
  readonly text: string;
}

export interface Comparison {
  readonly devices: readonly ComparedDevice[];
  /** Whether those who are in both joined their groups in the same order. */
  readonly sameOrder: boolean;
  readonly deferred: {
    readonly both: readonly string[];
    readonly onlyInLog: readonly string[];
    readonly onlyPredicted: readonly string[];
  };
  /** All as predicted. */
  readonly agrees: boolean;
}

interface Joined {
  readonly device: string;
  readonly known: boolean;
  readonly line: number;
  readonly group: number;
}

/** The groups at the end of the log: a device that left is in none. */
function groupsOf(log: LogReport, board: Board, report: SimulationReport): { joined: Joined[]; left: Joined[] } {
  const at = new Map<string, Joined>();
  const left = new Map<string, Joined>();
  const lines = comparedFacts(log)
    .filter((fact) => fact.type === 'group')
    .flatMap((fact) => (fact.type === 'group' ? [fact] : []))
    .sort((a, b) => a.lastLine - b.lastLine);
  for (const fact of lines) {
    const predicted = report.devices.find((device) => device.name === fact.device);
    const node = predicted === undefined ? nodeOfDevice(board.view, report, fact.device) : null;
    const device = predicted?.device ?? node?.path ?? fact.device;
    const entry = { device, known: predicted !== undefined || node !== null, line: fact.line, group: fact.group };
    if (fact.removed) {
      at.delete(device);
      left.set(device, entry);
    } else {
      at.set(device, entry);
      left.delete(device);
    }
  }
  return { joined: [...at.values()], left: [...left.values()] };
}

/** Compares the compared boot of a log with the one on paper; null when it has no group line and no deferral to compare. */
export function compareBoots(log: LogReport, board: Board): Comparison | null {
  const { report } = board;
  if (report === null) return null;
  const { joined, left } = groupsOf(log, board, report);
  const pending = comparedFacts(log).flatMap((fact) =>
    fact.type === 'deferral' && fact.form === 'pending' ? [fact] : [],
  );
  if (joined.length + left.length === 0 && pending.length === 0) return null;
  const actual = new Map(joined.map((entry) => [entry.device, entry]));
  const predicted = new Map<string, number>();
  for (const group of report.groups) for (const device of group.devices) predicted.set(device, group.id);
  const both = joined.filter((entry) => predicted.has(entry.device));
  const partners = (device: string, of: (other: string) => number | undefined): string =>
    both
      .filter((other) => other.device !== device && of(other.device) === of(device))
      .map((other) => other.device)
      .sort()
      .join(', ');
  const devices: ComparedDevice[] = [];
  for (const { device, line, group, known } of joined) {
    const expected = predicted.get(device) ?? null;
    if (expected === null && report.timeline.some((entry) => entry.event === 'group' && entry.device === device)) {
      // No domain could be made for it: iommu_probe_device() takes it out of its group again without a word.
      devices.push({
        device,
        line,
        actual: group,
        predicted: null,
        verdict: 'left',
        text: 'joined, and put out again for want of a domain, as predicted',
      });
      continue;
    }
    if (expected === null) {
      devices.push({
        device,
        line,
        actual: group,
        predicted: null,
        verdict: known ? 'not-predicted' : 'unknown-device',
        text: known ? 'no group predicted' : 'not in this tree',
      });
      continue;
    }
    const real = partners(device, (other) => actual.get(other)?.group);
    const paper = partners(device, (other) => predicted.get(other));
    const same = real === paper;
    devices.push({
      device,
      line,
      actual: group,
      predicted: expected,
      verdict: same ? 'same' : 'shared-otherwise',
      text: same
        ? group === expected
          ? 'as predicted'
          : 'as predicted, the number is shifted'
        : `shared with ${real === '' ? 'nobody' : real}, predicted ${paper === '' ? 'nobody' : paper}`,
    });
  }
  for (const { device, line, group } of left)
    devices.push({
      device,
      line,
      actual: group,
      predicted: predicted.get(device) ?? null,
      verdict: 'left',
      text: 'joined this group, and left it',
    });
  const gone = new Set(left.map((entry) => entry.device));
  // Only a log of the whole boot can tell that a device never appeared.
  if (joined.length > 0 && log.kernel.version !== null)
    for (const [device, group] of predicted)
      if (!actual.has(device) && !gone.has(device))
        devices.push({
          device,
          line: null,
          actual: null,
          predicted: group,
          verdict: 'not-in-log',
          text: 'predicted, and not in this log',
        });
  const byLog = [...both].sort((a, b) => a.line - b.line).map((entry) => predicted.get(entry.device) ?? 0);
  const firsts = [...new Set(byLog)];
  const sameOrder = firsts.every((id, i) => i === 0 || id > (firsts[i - 1] ?? -1));
  const inLog = new Set(pending.map((fact) => nodeOfDevice(board.view, report, fact.device)?.path ?? fact.device));
  const onPaper = new Set(report.deferred.map((entry) => entry.device));
  const anyPending = pending.length > 0;
  const deferred = {
    both: [...inLog].filter((device) => onPaper.has(device)),
    onlyInLog: [...inLog].filter((device) => !onPaper.has(device)),
    onlyPredicted: anyPending ? [...onPaper].filter((device) => !inLog.has(device)) : [],
  };
  return {
    devices,
    sameOrder,
    deferred,
    agrees:
      sameOrder &&
      devices.every(
        (entry) => entry.verdict === 'same' || entry.verdict === 'unknown-device' || entry.verdict === 'left',
      ) &&
      deferred.onlyInLog.length === 0 &&
      deferred.onlyPredicted.length === 0,
  };
}
