// The comparison's second half: what changes of the repository do. Real words and hostile ones, in every theme and width.
import assert from 'node:assert/strict';
import { geometryProblems } from '../geometry.mjs';
import { themes, widths } from '../page.mjs';

const place = (line) => ({ file: 'arch/arm64/boot/dts/soc.dtsi', line, column: 2 });
const finding = {
  ...{ board: 'b.dts', file: 'arch/soc.dtsi', line: 7, column: 1, endLine: 7, endColumn: 9 },
  ...{ severity: 'error', code: 'smmu/cell-count', rule: null, related: [] },
  message: '&smmu takes 2 cells: <img src=x onerror="window.hacked=1">',
};
const boards = Array.from({ length: 214 }, (_, i) => `arch/arm64/boot/dts/vendor/a-board-with-a-long-name-${i}.dts`);
const changes = [
  { kind: 'new-finding', devices: [], text: 'new error', places: [], finding },
  {
    kind: 'translation',
    devices: ['/soc@0/usb@1', '/soc@0/mmc@2', '/soc@0/a@3', '/soc@0/b@4', '/soc@0/c@5', '/soc@0/d@6'],
    text: 'loses translation and runs untranslated: <b>the property iommus has a cell too few</b>',
    places: [place(10), place(20), null, null, null, null],
  },
  { kind: 'conflict', devices: [], text: `streams meet: /soc@0/${'x'.repeat(90)} and /soc@0/b overlap`, places: [] },
];
/** The panel's own board is the last of the larger group. */
const review = {
  own: boards.at(-1),
  report: {
    ...{ schema: 1, tool: 'smmu-scope review', base: 'HEAD', head: 'working tree', changed: 1, left: 2 },
    ...{
      reached: 220,
      different: 215,
      booted: ['7.3 (the tree)'],
      failed: [{ board: 'x.dts', message: 'git cat-file does not answer' }],
    },
    groups: [
      { boards: ['arch/other.dts'], kernels: ['6.1', '7.3'], changes: changes.slice(1) },
      { boards, kernels: [''], changes },
    ],
  },
};

export function changesChecks(harness, reports, quick) {
  const shown = async (options) => {
    const panel = await harness.open(options);
    await panel.show(reports.phone, { view: 'compare' });
    await panel.send({ type: 'review', review, fresh: true });
    await panel.page.locator('.review-group').first().waitFor();
    await panel.settle();
    return panel;
  };
  const looks = (quick ? ['dark', 'light'] : themes).flatMap((theme) =>
    (quick ? [400, 1600] : widths).map((width) => [
      `changes: look, ${theme}, ${width}`,
      async () => {
        const panel = await shown({ theme, width });
        try {
          const problems = await panel.page.evaluate(geometryProblems);
          problems.push(...(await panel.axeViolations()), ...panel.errors, ...(await panel.refused()));
          assert.deepEqual(problems, []);
          assert.equal(await panel.page.evaluate(() => window.hacked), undefined);
        } finally {
          await panel.close();
        }
      },
    ]),
  );
  return [
    ...looks,
    [
      'changes: this board first, each device leads to its place on it, the rest of the boards on demand',
      async () => {
        const panel = await shown({});
        try {
          const { page } = panel;
          const card = page.locator('.review-group').first();
          assert.match(await card.locator('h2').innerText(), /This board and 213 more/);
          await card.locator('.device', { hasText: 'mmc@2' }).click();
          const { target } = await panel.answer('review-place', null).then((ask) => ask);
          assert.deepEqual(target, { board: review.own, file: 'arch/arm64/boot/dts/soc.dtsi', line: 20, column: 2 });
          assert.ok(!(await card.innerText()).includes('a-board-with-a-long-name-200'));
          await card.locator('.device', { hasText: 'and 208 more' }).click();
          assert.ok((await card.innerText()).includes('a-board-with-a-long-name-200'));
          assert.match(await page.locator('.review-group').nth(1).innerText(), /Linux 6\.1\s+Linux 7\.3/);
        } finally {
          await panel.close();
        }
      },
    ],
    [
      'changes: before anything was reviewed a button starts it, and a refusal is shown',
      async () => {
        const panel = await harness.open();
        try {
          await panel.show(reports.phone, { view: 'compare' });
          await panel.page.locator('.segments button', { hasText: 'Changes' }).click();
          await panel.page.locator('vscode-button', { hasText: 'Review Changes' }).click();
          const [{ id }] = (await panel.posted('ask')).filter(({ ask }) => ask.kind === 'review');
          await panel.send({ type: 'refusal', id, message: 'not a git repository' });
          await panel.page.locator('[role="alert"]', { hasText: 'not a git repository' }).waitFor();
        } finally {
          await panel.close();
        }
      },
    ],
  ];
}
