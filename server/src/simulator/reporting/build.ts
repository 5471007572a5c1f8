/** Puts the report together from what happened. */

import type { Client } from '../dma/clients/client';
import type { KernelChosen } from '../kernel/choice';
import type { Device } from '../probe/devices/device';
import type { Outcome } from '../probe/run';
import type { ReportLink, ReportMessage, ReportStrategy, SimulationReport, StrategyId } from '../report';
import { reportChains } from './chains';
import { reportConsequences } from './consequences';
import { isReported, type ReportContext } from './context';
import { reportDevices } from './devices';
import { reportDma, reportDomains, reportFaults, reportGroups, reportProviders, reportRidMaps } from './sections';
import { powerPairs } from './strategies';
import { reportTimeline } from './timeline';

interface ReportInput {
  readonly board: string;
  readonly chosen: KernelChosen;
  /** Whose drivers these are, where they are not ours. */
  readonly drivers?: string;
  readonly cmdline: string;
  readonly strategy: StrategyId;
  readonly strategies: readonly ReportStrategy[];
  /** The module that would match a device, or null. */
  readonly moduleFor: (device: Device) => string | null;
  /** The configuration symbol of the driver that the kernel's source has for a device; null: it has none. */
  readonly symbolFor: (device: Device) => string | null;
}

function reportLinks({ outcome }: ReportContext): ReportLink[] {
  return [...outcome.machine.core.links].map((link) => ({
    consumer: link.consumer.ref,
    supplier: link.supplier.ref,
    property: link.property,
    state: link.flags.syncStateOnly ? 'sync-state-only' : link.status,
    cycle: link.flags.cycle,
  }));
}

function reportMessages({ outcome }: ReportContext, left: number): ReportMessage[] {
  const messages = outcome.machine.core.messages.map((m) => ({
    level: m.level,
    device: m.device?.ref ?? null,
    driver: m.driver,
    text: m.text,
  }));
  if (left > 0)
    messages.push({
      level: 'info',
      device: null,
      driver: null,
      text: `The timeline leaves out its last ${left} entries.`,
    });
  return messages;
}

export function buildReport(outcome: Outcome, client: Client, input: ReportInput): SimulationReport {
  const context: ReportContext = { outcome, client };
  const { machine, events } = outcome;
  const { core, kernel } = machine;
  const names = (devices: readonly Device[] | null): string[] => (devices ?? []).filter(isReported).map((d) => d.ref);
  const order = core.order.power();
  const timeline = reportTimeline(context);
  const consequences = reportConsequences(context);
  const pairs = powerPairs(outcome);
  const ridMaps = reportRidMaps(context);
  return {
    schema: 1,
    board: input.board,
    kernel: kernel.version,
    kernelChosen: input.chosen,
    ...(input.drivers === undefined ? {} : { drivers: input.drivers }),
    cmdline: input.cmdline,
    strategy: input.strategy,
    verified: kernel.model.verified,
    complete: outcome.complete,
    devices: reportDevices(context),
    timeline: timeline.entries,
    deferred: [...core.pending].map((d) => ({ device: d.ref, reason: (d.deferReason ?? '').trim() })),
    chains: reportChains(context, input.moduleFor, input.symbolFor),
    links: reportLinks(context),
    groups: reportGroups(context),
    providers: reportProviders(context),
    domains: reportDomains(context),
    dma: reportDma(context),
    ...(ridMaps.length === 0 ? {} : { ridMaps }),
    faults: reportFaults(context),
    ...(consequences.length === 0 ? {} : { consequences }),
    power: {
      suspend: names(events.suspended ?? [...order].reverse()),
      resume: names(events.resumed ?? order),
      ...(pairs.length === 0 ? {} : { pairs }),
    },
    strategies: input.strategies,
    messages: reportMessages(context, timeline.left + core.leftOut),
  };
}
