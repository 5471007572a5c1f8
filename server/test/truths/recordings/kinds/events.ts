/**
 * The driver core's own steps, as its debug messages tell them: links made, relaxed and dropped, deferrals and retries,
 * set-up of the IOMMU, groups joined. Each kind is a list in order.
 */
import type { DtNode } from '../../../../src/devicetree/model';
import type { TraceEntry } from '../../../../src/simulator/probe/core';
import { Device } from '../../../../src/simulator/probe/devices/device';
import { isFirst, releaseOf } from '../adapter/kernels';
import type { RecordedEvent } from '../recording';
import type { FactKind } from './kind';

interface Step {
  /** The recording's name, and the simulator's. */
  readonly recorded: string;
  readonly traced: string;
  readonly detail: (entry: TraceEntry) => string | null;
  /** Entries that the kernel does not print. */
  readonly silent?: (entry: TraceEntry) => boolean;
  /** Steps of a device that waits. */
  readonly putsOff?: boolean;
}

const supplier = ({ detail }: TraceEntry): string => (detail.supplier as { readonly name: string }).name;
const driver = ({ detail }: TraceEntry): string => String(detail.driver);
const nothing = (): null => null;
const deferred = -517;

const steps: readonly Step[] = [
  { recorded: 'link', traced: 'link', detail: supplier },
  { recorded: 'link-sync-state-only', traced: 'link-sync-state-only', detail: supplier },
  { recorded: 'link-drop', traced: 'link-drop', detail: supplier },
  { recorded: 'link-relax', traced: 'link-relax', detail: supplier },
  {
    recorded: 'not-linking',
    traced: 'not-linking',
    detail: ({ detail }) => (detail.supplier as DtNode).path,
  },
  { recorded: 'probe-start', traced: 'probe-start', detail: driver },
  { recorded: 'probe-ok', traced: 'bound', detail: nothing },
  { recorded: 'driver-requests-defer', traced: 'driver-requests-defer', detail: nothing },
  { recorded: 'defer', traced: 'defer', detail: nothing, putsOff: true },
  { recorded: 'retry', traced: 'retry', detail: nothing, putsOff: true },
  {
    recorded: 'iommu-configure',
    traced: 'iommu-configure',
    detail: ({ detail }) => String(detail.result),
    silent: ({ detail }) => detail.result === 0 || detail.result === deferred || detail.quiet === true,
  },
  // The rig's masks: what direct DMA cannot live with is refused.
  {
    recorded: 'set-mask',
    traced: 'set-mask',
    detail: ({ detail }) => `bits=${detail.bits} ret=${detail.result}`,
    // Its edu driver does not say what it asks for.
    silent: ({ device }) => device instanceof Device && device.boundTo === 'oracle-edu',
  },
  // Attaches of the rig's own IOMMU.
  {
    recorded: 'oiommu-attach',
    traced: 'attach',
    detail: ({ device, detail }) => `dev=${device?.name} domain=${detail.domain}`,
    silent: ({ detail }) => detail.driver !== 'software-iommu',
  },
  { recorded: 'group-add', traced: 'group-add', detail: ({ detail }) => String(detail.group) },
];

/** The 3.19 rig's names, and what it does not log or logs in other words (the results are in `api` and `groups`). */
const IN_FIRST: Readonly<Record<string, string>> = { 'group-add': 'oiommu-group-add' };
const NOT_IN_FIRST = new Set(['set-mask', 'oiommu-attach', 'iommu-configure']);

export const events: FactKind = {
  name: 'events',
  incomplete: true,
  compare({ file, outcome, racing }, tally) {
    const { log } = outcome.machine.core;
    const first = isFirst(releaseOf(file));
    // What 3.19 said before its console driver came up is not in its log.
    const from = first ? log.findIndex((e) => e.event === 'bound' && e.device?.driverName === 'uart-pl011') : 0;
    const names = new Map(Object.entries(file.device_paths).map(([name, path]) => [path, name]));
    const nameOf = ({ name, device }: RecordedEvent): string | null =>
      (name ?? names.get(device ?? '') ?? device)?.replace(/^pci:/, '') ?? null;
    for (const step of steps) {
      const row = (event: RecordedEvent): unknown[] => [
        nameOf(event),
        step.detail === nothing ? null : (/ group=(\d+) /.exec(event.detail ?? '')?.[1] ?? event.detail ?? null),
      ];
      if (first && NOT_IN_FIRST.has(step.recorded)) continue;
      const kind = first ? (IN_FIRST[step.recorded] ?? step.recorded) : step.recorded;
      const recorded = file.events
        .filter((event) => event.kind === kind && !/^coherent-/.test(event.detail ?? ''))
        .map(row);
      const predicted = log
        .slice(from)
        .filter((entry) => entry.event === step.traced && step.silent?.(entry) !== true)
        .map((entry) => [entry.device?.name, step.detail(entry)]);
      if (racing) {
        // Who comes first decides whether a device is put off at all.
        const [put, foreseen] = [recorded, predicted].map((list) => new Set(list.map(([name]) => name)));
        const timely = (entry: unknown): boolean => {
          const [name] = entry as unknown[];
          return step.putsOff === true && put?.has(name) !== foreseen?.has(name);
        };
        tally.raced('events', step.recorded, recorded, predicted, timely);
      } else tally.list('events', step.recorded, recorded, predicted);
    }
  },
};
