/**
 * What is a race in a recording. From 7.0 on, arm and arm64 have no kernel that leaves a thread the CPU until it sleeps
 * (kernel/Kconfig.preempt): the deferred-probe worker and the IOVA depot's worker run in the middle of initcalls and of
 * probes. A boot then shows one of several right orders. Its facts are compared exactly when it took the predicted one,
 * else as what no order changes: who was probed by what and with which result, who is in which list.
 */
import type { Snapshot } from '../../../src/simulator/probe/events';
import type { Outcome } from '../../../src/simulator/probe/run';
import { releaseOf } from './adapter/kernels';
import type { RecordedDump, RecordingFile } from './recording';

/** A kernel whose workers interrupt what runs. */
export function isPreemptible(file: RecordingFile): boolean {
  return releaseOf(file) >= 7000;
}

/**
 * Whether the deferred-probe worker had something to do while initcalls (late drivers, asynchronous probes) or /init ran.
 * Retries inside deferred_probe_initcall itself are waited for, unless a driver that probes asynchronously joins in.
 */
export function hasRacingProbes(file: RecordingFile, outcome: Outcome): boolean {
  if (!isPreemptible(file)) return false;
  const { log } = outcome.machine.core;
  const asynchronous = new Set(
    outcome.machine.scenario.drivers.filter((d) => d.model.asynchronous).map((d) => d.model.name),
  );
  const end = log.findIndex((entry) => entry.event === 'timeout');
  const boot = end < 0 ? log : log.slice(0, end);
  return boot.some(
    (entry) =>
      (entry.event === 'retry' && entry.phase !== 'deferred') ||
      (entry.event === 'attempt' && asynchronous.has(String(entry.detail.driver)) && entry.phase === 'deferred'),
  );
}

/**
 * Devices whose probe was yet to come at a dump on one side only: in a race that one is late, and how it ends is what its
 * last attempt says (kind `attempts`).
 */
export function lateDevices(racing: boolean, dump: RecordedDump, snapshot: Snapshot): (name: string) => boolean {
  if (!racing) return () => false;
  const recorded = new Set(dump.deferred.map((d) => d.device));
  const predicted = new Set(snapshot.deferred.map((d) => d.device.name));
  return (name) => recorded.has(name) !== predicted.has(name);
}
