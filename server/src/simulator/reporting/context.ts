/** What the parts of the report share: the outcome, and how things are named in it. */
import type { DtNode } from '../../devicetree/model';
import { positionAt } from '../../source/file';
import type { Client } from '../dma/clients/client';
import type { Device } from '../probe/devices/device';
import type { Outcome } from '../probe/run';
import type { SourceRef } from '../report';

export interface ReportContext {
  readonly outcome: Outcome;
  readonly client: Client;
}

/** Devices that a reader knows: those with a node of their own, and PCI functions. */
export function reported(outcome: Outcome): Device[] {
  return outcome.machine.core.devices.filter(isReported);
}

/** Whether the report tells of a device. */
export const isReported = (d: Device): boolean =>
  !d.dead && d.bus !== '' && ((d.node !== null && !d.sharesNode) || d.pci !== null);

export function sourceOf(node: DtNode | null): SourceRef | null {
  const span = node?.definitions[0]?.nameSpan;
  if (span === undefined) return null;
  const { line, character } = positionAt(span.file, span.start);
  return { uri: span.file.uri, line: line + 1, column: character + 1 };
}
