// The same on a board of the Linux kernel. Nothing is written to the tree: edits stay in the editor.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { until } from '../scripts/vscode-run.mjs';
import { placeOf } from './workbench.mjs';

/** @param {string} linux a Linux 6.12 source tree */
export function kernelChecks(linux) {
  const folder = join(linux, 'arch/arm64/boot/dts/qcom');
  const file = join(folder, 'sm8550.dtsi');
  const board = join(folder, 'sm8550-qrd.dts');
  const checks = [
    [
      'an include finds a board, without configuration',
      async (vs) => {
        const item = vs.page.locator('.statusbar-item', { hasText: 'sm8550' }).first();
        await item.waitFor();
        return item.innerText();
      },
    ],
    [
      'hover on iommus',
      async (vs) => {
        const text = await vs.hover(file, placeOf(file, 'iommus = <&apps_smmu', { move: 2 }));
        assert.match(text, /apps_smmu|iommu@15000000/);
        await vs.shot('kernel-hover');
        return text.split('\n').slice(0, 3).join(' | ');
      },
    ],
    [
      'completion offers the IOMMUs first',
      async (vs) => {
        await vs.openFile(board);
        await vs.goTo(board, placeOf(board, 'status = "okay"', { after: '&usb_1 {' }));
        await vs.page.keyboard.type('iommus = <&');
        const labels = await vs.suggestions();
        assert.match(labels[0], /smmu/);
        await vs.shot('kernel-completion');
        await vs.page.keyboard.press('Escape');
        return labels.slice(0, 4).join(', ');
      },
    ],
    [
      'a wrong label is marked with its code',
      async (vs) => {
        await vs.page.keyboard.type('no_such_smmu 0x40 0x0>;');
        await vs.page.keyboard.press('Escape');
        await vs.editor(board).locator('.squiggly-error').first().waitFor();
        const row = await until('the problem', 30_000, async () =>
          (await vs.problems()).find((problem) => problem.includes('smmu/unknown-label')),
        );
        await vs.shot('kernel-problem');
        await vs.command('View: Toggle Problems');
        await vs.undoAll(board);
        return row.replaceAll('\n', ' | ');
      },
    ],
    [
      'its boot is simulated and its maps are drawn',
      async (vs) => {
        await vs.goTo(board, { line: 1, column: 1 });
        await vs.command('SMMU Scope: Show IOVA Maps');
        await vs.panel().locator('.domain canvas.map').first().waitFor();
        const text = await vs.panelText();
        await vs.shot('kernel-iova');
        assert.match(text, /group \d+/);
        await vs.openTab('groups');
        await vs.panel().locator('.view[data-view="groups"] .card').first().waitFor();
        const groups = await vs.panelText();
        await vs.shot('kernel-groups');
        assert.match(groups, /iommu@15000000/);
        return text.split('\n').slice(0, 6).join(' | ');
      },
    ],
  ];
  return { folder, file, checks };
}
