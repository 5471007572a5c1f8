/** The numbers in the panel's head. */
import type { SimulationReport } from '../../../server/src/simulator/report';

export interface Summary {
  readonly bound: number;
  readonly deferred: number;
  readonly failed: number;
  readonly noDriver: number;
  readonly groups: number;
  readonly untranslated: number;
  /** Regions that rest on a default workload. */
  readonly assumed: number;
  readonly warnings: number;
  readonly faults: number;
}

export function summarize(report: SimulationReport): Summary {
  const count = (status: string) => report.devices.filter((device) => device.status === status).length;
  return {
    bound: count('bound'),
    deferred: count('deferred'),
    failed: count('failed') + count('rejected'),
    noDriver: count('no-driver'),
    groups: report.groups.length,
    untranslated: report.devices.filter((device) => !device.translated && device.untranslatedReason !== null).length,
    assumed: report.domains.reduce(
      (sum, domain) => sum + domain.regions.filter((region) => region.assumption !== null).length,
      0,
    ),
    warnings: report.messages.filter((message) => message.level === 'warn' || message.level === 'err').length,
    faults: report.faults.length,
  };
}
