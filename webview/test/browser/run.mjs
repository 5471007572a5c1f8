// npm run test:panel: the panel in headless Chromium, on real and on hostile reports, in every theme and width.
//   node webview/test/browser/run.mjs [--only PART-OF-A-NAME] [--quick]
// --quick: two themes and two widths. Ends with `N passed, N failed`.
import { parseArgs } from 'node:util';
import { launchChromium } from '../../../client/e2e/browser.mjs';
import { behaviourChecks } from './checks/behaviour.mjs';
import { changesChecks } from './checks/changes.mjs';
import { lookChecks } from './checks/look.mjs';
import { Harness } from './page.mjs';
import { hostileReports, realBoards, realReports } from './reports.mjs';

const { values: options } = parseArgs({ options: { only: { type: 'string' }, quick: { type: 'boolean' } } });
const browser = await launchChromium(console.log);
const harness = await new Harness(browser).start();
const reports = { ...realReports(), ...hostileReports() };
let passed = 0;
let failed = 0;
for (const [title, check] of [
  ...behaviourChecks(harness, reports, realBoards()),
  ...changesChecks(harness, reports, options.quick),
  ...lookChecks(harness, reports, options.quick),
]) {
  if (options.only && !title.includes(options.only)) continue;
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
harness.stop();
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
