/** npm run bench:probe: how simulation time grows with the number of devices (chains of depth 50). */
import { performance } from 'node:perf_hooks';
import { parseScenario } from '../src/scenario/parse';
import { defaultScenario, type Scenario } from '../src/simulator/scenario';
import { simulate } from '../src/simulator/simulate';
import { chainTree } from '../test/helpers/scale-tree';

const scenario: Scenario = {
  ...defaultScenario,
  ...parseScenario('{ "catalogue": true, "drivers": [{ "name": "synthetic", "compatible": ["synthetic,device"] }] }')
    .scenario,
};

for (const forward of [false, true])
  for (const count of [1_000, 10_000, 100_000]) {
    const tree = chainTree(count, 50, forward);
    const start = performance.now();
    const report = simulate(tree, { board: 'synthetic', scenario });
    const ms = performance.now() - start;
    const bound = report.devices.filter((d) => d.status === 'bound').length;
    console.log(
      `${count} devices, suppliers ${forward ? 'after' : 'before'} consumers: ${ms.toFixed(0)} ms, ${bound} bound, ${((ms * 1000) / count).toFixed(1)} us a device`,
    );
  }
