/** Runs recordings against the simulator and counts facts. */

import { TreeBuilder } from '../../../src/devicetree/build';
import type { DeviceTree } from '../../../src/devicetree/model';
import type { Client } from '../../../src/simulator/dma/clients/client';
import { chooseKernel } from '../../../src/simulator/kernel/choice';
import { kernelView } from '../../../src/simulator/kernel/view';
import { simulatorParts } from '../../../src/simulator/parts';
import { type Outcome, runSimulation } from '../../../src/simulator/probe/run';
import { sourceFile } from '../../../src/source/file';
import { baseOrders, buildOf } from './adapter/kernels';
import { scenarioOf } from './adapter/scenario';
import { notUnderstood } from './adapter/understood';
import { kinds } from './kinds/index';
import { hasRacingProbes } from './racing';
import type { Recording } from './recording';
import { Tally } from './tally';

const builder = new TreeBuilder();

/** The boot of a recording's tree, as its rig ran it. */
export function simulateRecording({ set, file, dts }: Recording): {
  readonly tree: DeviceTree;
  readonly outcome: Outcome;
  /** The DMA clients of that boot, for a report. */
  readonly client: Client;
} {
  const uri = `recording:/${file.name}/scenario.dts`;
  const source = sourceFile(uri, dts);
  const { tree } = builder.build(uri, { read: (u) => (u === uri ? source : null), readBytes: () => null });
  const scenario = scenarioOf(set, file, tree);
  const kernel = kernelView({
    version: chooseKernel({ scenario: scenario.kernel }).model,
    arch: scenario.arch ?? 'arm64',
    cmdline: scenario.cmdline,
    config: (symbol) => scenario.config.get(symbol) ?? null,
  });
  const parts = { ...simulatorParts(false), catalogue: null, orders: baseOrders };
  const outcome = runSimulation(tree, kernel, scenario, parts, true);
  return { tree, outcome, client: parts.client() };
}

/** Compares one recording; its facts are added to the tally. */
export function compareOne(recording: Recording, tally: Tally): void {
  const { set, file, problems = [] } = recording;
  tally.begin(`${set}/${file.name}`);
  tally.fact('readable', 'recording', [], problems);
  const { tree, outcome } = simulateRecording(recording);
  tally.fact('understood', 'input', [], notUnderstood(file, tree, buildOf(set, file).startsWith('arm32')));
  const racing = hasRacingProbes(file, outcome);
  const pathOf = (name: string): string => file.device_paths[name] ?? name;
  for (const kind of kinds)
    if (file.complete || kind.incomplete === true)
      guarded(kind.name, tally, () => kind.compare({ recording, file, tree, outcome, racing, pathOf }, tally));
}

/** An exception is a wrong fact of kind `no-throw`, and ends nothing but what threw. */
function guarded(what: string, tally: Tally, action: () => void): void {
  try {
    action();
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    tally.fact('no-throw', what, null, text.split('\n').slice(0, 4).join(' | '));
  }
}

/** Compares many. */
export function compareAll(recordings: readonly Recording[]): Tally {
  const tally = new Tally();
  for (const recording of recordings) guarded('simulation', tally, () => compareOne(recording, tally));
  return tally;
}
