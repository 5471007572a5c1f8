// How every view looks: no text cut or overlapping, no violation that axe-core finds, nothing refused by the policy.
import assert from 'node:assert/strict';
import { bootLog } from '../boot-log.mjs';
import { geometryProblems } from '../geometry.mjs';
import { themes, widths } from '../page.mjs';

/** Reports that axe-core looks at too: their views hold every kind of control. Its rules are slow on thousands of elements. */
const withAxe = ['phone', 'server', 'hostile', 'empty', 'failed'];

export const viewsOf = (panel) => panel.page.locator('.tab').evaluateAll((tabs) => tabs.map((tab) => tab.dataset.view));

export function lookChecks(harness, reports, quick) {
  const checks = [];
  for (const [name, report] of Object.entries(reports)) {
    for (const theme of quick ? ['dark', 'light'] : themes) {
      for (const width of quick ? [400, 1600] : widths) {
        checks.push([
          `look: ${name}, ${theme}, ${width}`,
          async () => {
            const panel = await harness.open({ theme, width });
            try {
              await panel.show(report);
              const [group] = report.groups;
              if (group !== undefined) await panel.send({ type: 'log', log: bootLog(group.devices[0], group.id) });
              const problems = [];
              for (const view of await viewsOf(panel)) {
                await panel.tab(view);
                const found = await panel.page.evaluate(geometryProblems);
                if (withAxe.includes(name) && (width === 720 || quick)) found.push(...(await panel.axeViolations()));
                problems.push(...found.map((problem) => `${view}: ${problem}`));
              }
              problems.push(...panel.errors, ...(await panel.refused()));
              assert.equal(await panel.page.evaluate(() => window.hacked), undefined);
              assert.deepEqual(problems, []);
            } finally {
              await panel.close();
            }
          },
        ]);
      }
    }
  }
  return checks;
}
