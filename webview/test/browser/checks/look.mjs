// How every view looks: no text cut or overlapping, no violation that axe-core finds, nothing refused by the policy.
import assert from 'node:assert/strict';
import { bootLog } from '../boot-log.mjs';
import { geometryProblems } from '../geometry.mjs';
import { themes, widths } from '../page.mjs';

/**
 * Where axe-core looks too: at real boards of the kernel in every width, at others, which hold every kind of control, in one.
 * Its rules are slow on thousands of elements.
 */
const axeWidths = { crd: widths, rdb: widths };
for (const name of ['phone', 'server', 'hostile', 'empty', 'failed']) axeWidths[name] = [720];

/** Boards whose engine answers what the views ask. */
const withEngine = ['crd', 'rdb'];

export const viewsOf = (panel) => panel.page.locator('.tab').evaluateAll((tabs) => tabs.map((tab) => tab.dataset.view));

/** Parts of views that stand behind a choice: view, what is chosen, and how. */
const parts = [
  ['compare', 'strategies', (page) => page.locator('.segments button', { hasText: 'Two strategies' }).click()],
  [
    'iova',
    'against a strategy',
    async (page) => {
      const choice = page.locator('select[aria-label="Compare with"]');
      if ((await choice.locator('option[value="strategy S1"]').count()) > 0) await choice.selectOption('strategy S1');
    },
  ],
];

/** @param boards files of real boards by the reports' names: their engine answers what the panel asks */
export function lookChecks(harness, reports, boards, quick) {
  const checks = [];
  for (const [name, report] of Object.entries(reports)) {
    for (const theme of quick ? ['dark', 'light'] : themes) {
      for (const width of quick ? [400, 1600] : widths) {
        const withAxe = quick ? name in axeWidths : (axeWidths[name]?.includes(width) ?? false);
        checks.push([
          `look: ${name}, ${theme}, ${width}`,
          async () => {
            const board = withEngine.includes(name) ? (boards[name] ?? null) : null;
            const panel = await harness.open({ theme, width, board });
            const problems = [];
            const look = async (what) => {
              if (board !== null) await panel.answered();
              const found = await panel.page.evaluate(geometryProblems);
              if (withAxe) found.push(...(await panel.axeViolations()));
              problems.push(...found.map((problem) => `${what}: ${problem}`));
            };
            try {
              await panel.show(report);
              const [group] = report.groups;
              if (group !== undefined)
                await panel.send({ type: 'log', log: bootLog(group.devices[0], group.id), from: { text: 'a log' } });
              for (const view of await viewsOf(panel)) {
                await panel.tab(view);
                await look(view);
              }
              for (const [view, what, choose] of parts) {
                await panel.tab(view);
                await choose(panel.page);
                await panel.settle();
                await look(`${view}, ${what}`);
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
