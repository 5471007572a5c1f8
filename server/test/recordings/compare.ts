/** Runs recordings against the simulator and counts facts. */
import { TreeBuilder } from '../../src/devicetree/build';
import { kernelView } from '../../src/simulator/kernel/view';
import { simulatorParts } from '../../src/simulator/parts';
import { runSimulation } from '../../src/simulator/probe/run';
import { sourceFile } from '../../src/source/file';
import { baseOrders } from './adapter/kernels';
import { scenarioOf } from './adapter/scenario';
import { kinds } from './kinds/index';
import type { Recording } from './recording';
import { Tally } from './tally';

const builder = new TreeBuilder();

/** Compares one recording; its facts are added to the tally. */
export function compareOne(recording: Recording, tally: Tally): void {
  const { file } = recording;
  tally.begin(`${recording.set}/${file.name}`);
  const uri = `recording:/${file.name}/scenario.dts`;
  const source = sourceFile(uri, recording.dts);
  const { tree } = builder.build(uri, { read: (u) => (u === uri ? source : null), readBytes: () => null });
  const scenario = scenarioOf(recording.set, file, tree);
  const kernel = kernelView({
    version: scenario.kernel,
    arch: scenario.arch ?? 'arm64',
    cmdline: scenario.cmdline,
    config: (symbol) => scenario.config.get(symbol) ?? null,
  });
  const outcome = runSimulation(
    tree,
    kernel,
    scenario,
    { ...simulatorParts(false), catalogue: null, orders: baseOrders },
    true,
  );
  const pathOf = (name: string): string => file.device_paths[name] ?? name;
  for (const kind of kinds)
    if (file.complete || kind.incomplete === true) kind.compare({ recording, file, tree, outcome, pathOf }, tally);
}

/** Compares many; a recording whose simulation throws counts as one wrong fact of kind `no-throw`. */
export function compareAll(recordings: readonly Recording[]): Tally {
  const tally = new Tally();
  for (const recording of recordings) {
    tally.begin(recording.file.name);
    try {
      compareOne(recording, tally);
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      tally.fact('no-throw', 'simulation', null, text.split('\n').slice(0, 4).join(' | '));
    }
  }
  return tally;
}
