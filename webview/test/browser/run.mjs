// npm run test:panel: the panel in headless Chromium, on real and on hostile reports, in every theme and width.
//   node webview/test/browser/run.mjs [--only PART-OF-A-NAME] [--quick]
// --quick: two themes and two widths. Ends with `N passed, N failed`.
import { parseArgs } from 'node:util';
import { launchChromium } from '../../../client/e2e/browser.mjs';
import { behaviourChecks } from './checks/behaviour.mjs';
import { changesChecks } from './checks/changes.mjs';
import { lookChecks } from './checks/look.mjs';
import { viewChecks } from './checks/views.mjs';
import { Harness } from './page.mjs';
import { hostileReports, realBoards, realReports } from './reports.mjs';

/** Looks at a time: while one waits for its page, another one is reckoned. What a person does is tried alone. */
const looksAtATime = 2;

const { values: options } = parseArgs({ options: { only: { type: 'string' }, quick: { type: 'boolean' } } });
const started = Date.now();
const browser = await launchChromium(console.log);
const harness = await new Harness(browser).start();
const reports = { ...realReports(), ...hostileReports() };
const boards = realBoards();
let passed = 0;
let failed = 0;

/** Runs checks, so many at a time. */
async function run(checks, atATime) {
  const left = checks.filter(([title]) => !options.only || title.includes(options.only));
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [title, check] = next;
      const from = Date.now();
      try {
        await check();
        passed++;
        console.log(`ok      ${title} (${Date.now() - from} ms)`);
      } catch (error) {
        failed++;
        console.log(`FAILED  ${title}\n${error.stack ?? error}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
}

await run([...behaviourChecks(harness, reports, boards), ...viewChecks(harness, reports, boards)], 1);
await run(
  [...changesChecks(harness, reports, options.quick), ...lookChecks(harness, reports, boards, options.quick)],
  looksAtATime,
);
harness.stop();
await browser.close();
console.log(`${Math.round((Date.now() - started) / 1000)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
