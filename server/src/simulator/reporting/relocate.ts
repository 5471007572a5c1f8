/** A report for a tree that says the same as the one it was made of, written elsewhere. */
import type { DeviceTree } from '../../devicetree/model';
import { nodeAt } from '../../devicetree/read';
import type { ReportDevice, SimulationReport, SourceRef } from '../report';
import { sourceOf } from './context';

/**
 * The report with the places of `to`, for a report of `from`, a tree that says the same (sameTree). What did not move is
 * shared with the given report.
 */
export function relocateReport(report: SimulationReport, from: DeviceTree, to: DeviceTree): SimulationReport {
  if (from === to) return report;
  let moved = false;
  const devices = report.devices.map((row): ReportDevice => {
    if (row.source === null) return row;
    const source = placeIn(row, row.source, from, to);
    if (same(row.source, source)) return row;
    moved = true;
    return { ...row, source };
  });
  return moved ? { ...report, devices } : report;
}

function placeIn(row: ReportDevice, was: SourceRef, from: DeviceTree, to: DeviceTree): SourceRef | null {
  const node = nodeAt(to, row.device);
  if (node !== null) return sourceOf(node);
  // a device that shares another one's node goes by its own name: its node is the one that stood there
  const old = from.nodes.find((n) => same(was, sourceOf(n)));
  return old === undefined ? null : sourceOf(to.nodes[old.index] ?? null);
}

function same(a: SourceRef, b: SourceRef | null): boolean {
  return b !== null && a.line === b.line && a.column === b.column && a.uri === b.uri;
}
