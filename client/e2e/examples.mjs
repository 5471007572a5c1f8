// The checks on examples/: what the README promises, done as its reader would do it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, until } from '../scripts/vscode-run.mjs';
import { panelChecks } from './panel.mjs';
import { beginIommus, showMaps } from './steps.mjs';
import { placeOf } from './workbench.mjs';

const themes = [
  ['dark', 'Default Dark Modern', 'vscode-dark'],
  ['light', 'Default Light Modern', 'vscode-light'],
  ['high-contrast', 'Default High Contrast', 'vscode-high-contrast'],
  ['high-contrast-light', 'Default High Contrast Light', 'vscode-high-contrast-light'],
];

const tabs = [
  'devices',
  'iova',
  'chains',
  'timeline',
  'groups',
  'streams',
  'translate',
  'power',
  'strategies',
  'messages',
  'setup',
];

/** @param {string} folder a copy of examples/ that may be changed */
export function exampleChecks(folder) {
  const board = join(folder, 'mmu500/lab-m8-phone.dts');
  const soc = join(folder, 'mmu500/lab-m8.dtsi');
  const streams = join(folder, 'mmu500/include/lab-m8-streams.h');
  const overlay = join(folder, 'mmu500/lab-m8-scanner.dtso');
  const blob = join(folder, 'smmuv3/lab-s3-server.dtb');
  const source = join(folder, 'smmuv3/lab-s3-server.dts');
  execFileSync(process.execPath, [join(root, 'dist/cli.js'), 'compile', source, '-o', blob]);
  const checks = [
    [
      'the grammar colours the board',
      async (vs) => {
        const classes = () =>
          vs
            .editor(board)
            .locator('.view-line span[class*="mtk"]')
            .evaluateAll((spans) => new Set(spans.map((span) => span.className)).size);
        await until('token colours', 30_000, async () => (await classes()) >= 6);
      },
    ],
    [
      'the status bar names the board',
      async (vs) => {
        const item = vs.page.locator('.statusbar-item', { hasText: 'lab-m8-phone' });
        await item.waitFor();
        return item.innerText();
      },
    ],
    [
      'hover on a cell says what it means',
      async (vs) => {
        const text = await vs.hover(board, placeOf(board, 'M8_SID_VIDEO', { move: 3 }));
        assert.match(text, /0x1080/);
        await vs.shot('hover');
        return text.split('\n').slice(0, 3).join(' | ');
      },
    ],
    [
      'hover on iommus decodes the property',
      async (vs) => {
        const text = await vs.hover(board, placeOf(board, 'iommus', { after: '&video', move: 2 }));
        assert.match(text, /iommu@15000000|apps_smmu/);
        return text.split('\n').slice(0, 3).join(' | ');
      },
    ],
    [
      'mistakes are marked, each with its code',
      async (vs) => {
        await vs.editor(board).locator('.squiggly-error, .squiggly-warning').first().waitFor();
        const problems = await until('the problems', 30_000, async () => {
          const rows = await vs.problems();
          return rows.some((row) => row.includes('smmu/cell-count')) && rows;
        });
        for (const code of [
          'smmu/cell-count',
          'smmu/stream-overlap',
          'smmu/provider-disabled',
          'smmu/boot-framebuffer',
        ]) {
          assert.ok(
            problems.some((row) => row.includes(code)),
            `${code} among\n${problems.join('\n')}`,
          );
        }
        await vs.shot('problems');
        await vs.command('View: Toggle Problems');
        return problems.length;
      },
    ],
    [
      'completion offers the IOMMUs first, and one is accepted',
      async (vs) => {
        const labels = await beginIommus(vs, board, 'completion');
        await vs.page.keyboard.type('apps');
        await vs.suggestions();
        await vs.page.keyboard.press('Enter');
        const line = await until('the accepted label', 10_000, async () => {
          const lines = await vs.editor(board).locator('.view-line').allInnerTexts();
          return lines.find((each) => /&apps_smmu/.test(each) && !/M8_SID/.test(each));
        });
        await vs.undoAll(board);
        return `${labels.slice(0, 4).join(', ')} … → ${line.trim()}`;
      },
    ],
    [
      'the boot is simulated from the palette',
      async (vs) => {
        await vs.command('SMMU Scope: Simulate Boot');
        const text = await vs.panelText();
        assert.match(text, /usb@a600000/);
        await vs.shot('timeline');
      },
    ],
    [
      'the IOVA maps show the display',
      async (vs) => {
        await vs.goTo(board, placeOf(board, '&apps_smmu', { after: '&video' }));
        const text = await showMaps(vs, 'overview');
        return text.split('\n').slice(0, 8).join(' | ');
      },
    ],
    [
      'the defer chains lead from USB to the regulator, and a click to the source',
      async (vs) => {
        await vs.goTo(board, { line: 1, column: 1 });
        await vs.command('SMMU Scope: Show Defer Chains');
        const chain = vs.panel().locator('.card.chain', { hasText: 'usb@a600000' });
        await chain.waitFor();
        const text = await chain.innerText();
        assert.match(text, /vdda-supply/);
        await vs.shot('chains');
        await vs.panel().locator('.node', { hasText: 'usb@a600000' }).click();
        const { line } = placeOf(soc, 'usb: usb@a600000');
        await vs.page.locator('.statusbar-item', { hasText: `Ln ${line},` }).waitFor();
        return text.split('\n').slice(0, 3).join(' | ');
      },
    ],
    [
      'a fault of a boot log lands on its master, its address on the map',
      async (vs) => {
        await vs.goTo(board, { line: 1, column: 1 });
        await vs.command('SMMU Scope: Explain Boot Log…');
        await vs.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Paste into the panel' }).click();
        const log = vs.panel().locator('.view[data-view="log"]');
        await log.waitFor();
        const fault = 'Unhandled context fault: fsr=0x402, iova=0xfffe1000, fsynr=0x11, cbfrsynra=0x1080, cb=1';
        if (!(await log.locator('textarea').isVisible()))
          await log.locator('summary', { hasText: 'Another log' }).click();
        await log.locator('textarea').fill(`[   12.345678] arm-smmu 15000000.iommu: ${fault}`);
        await log.locator('vscode-button', { hasText: 'Explain' }).click();
        const card = log.locator('.log-entry', { hasText: '0xfffe1000' });
        await card.waitFor();
        const { line } = placeOf(board, 'iommus', { after: '&video' });
        await vs.page.locator('.statusbar-item', { hasText: `Ln ${line},` }).waitFor();
        await vs.shot('log');
        const text = await card.innerText();
        assert.match(text, /translation fault on a write at IOVA 0xfffe1000, stream 0x1080/);
        assert.match(text, /because: /);
        await card.locator('button.device', { hasText: '0xfffe1000' }).click();
        await vs.panel().locator('.view[data-view="iova"] .where', { hasText: '0xfffe1000' }).first().waitFor();
        await vs.shot('log-address');
        return text.split('\n').slice(0, 3).join(' | ');
      },
    ],
    [
      'the panel follows an edit',
      async (vs) => {
        await vs.openTab('chains');
        const chain = vs.panel().locator('.card.chain', { hasText: 'usb@a600000' });
        await chain.waitFor();
        const before = readFileSync(board, 'utf8');
        writeFileSync(board, before.replace('\tvdda-supply = <&vdd_usb>;\n', ''));
        await chain.waitFor({ state: 'detached' });
        writeFileSync(board, before);
        await chain.waitFor();
      },
    ],
    [
      'a quick fix repairs the camera',
      async (vs) => {
        await vs.goTo(board, placeOf(board, '&apps_smmu', { after: '&camera', move: 3 }));
        await vs.page.keyboard.press('Control+.');
        const menu = vs.page.locator('.action-widget .monaco-list-row.action', { hasNotText: /Disable|Ignore/ });
        await menu.first().waitFor();
        const offers = await menu.allInnerTexts();
        await vs.shot('quick-fix');
        await vs.page.keyboard.press('Enter');
        await vs
          .editor(board)
          .locator('.view-line', { hasText: /M8_SID_CAMERA.*0x0/ })
          .first()
          .waitFor();
        const fixed = /&apps_smmu M8_SID_CAMERA 0x0>/.exec(await vs.saved(board))?.[0];
        assert.ok(fixed, 'the repaired line is in the file');
        return `${offers.map((offer) => offer.trim()).join(' / ')} → ${fixed}`;
      },
    ],
    [
      'enabling an IOMMU changes the board, not the include',
      async (vs) => {
        const before = readFileSync(soc, 'utf8');
        await vs.goTo(board, placeOf(board, '&gpu', { move: 2 }));
        await vs.page.keyboard.press('Control+.');
        const menu = vs.page.locator('.action-widget .monaco-list-row.action');
        await menu.filter({ hasText: 'Enable &gpu_smmu in lab-m8-phone.dts' }).first().waitFor();
        const offers = (await menu.allInnerTexts()).map((offer) => offer.trim());
        assert.ok(
          offers.some((offer) => /Enable &gpu_smmu in lab-m8\.dtsi, for every board/.test(offer)),
          offers.join(' / '),
        );
        await vs.page.keyboard.press('Enter');
        const text = await until('the board', 10_000, async () => {
          const saved = await vs.saved(board);
          return saved.includes('&gpu_smmu {') && saved;
        });
        assert.match(text, /&gpu_smmu \{\n\tstatus = "okay";\n\};/);
        assert.equal(readFileSync(soc, 'utf8'), before);
        return offers.join(' / ');
      },
    ],
    [
      'ignoring a finding asks for its reason',
      async (vs) => {
        await vs.goTo(board, placeOf(board, '&apps_smmu', { after: '&audio', move: 3 }));
        await vs.page.keyboard.press('Control+.');
        const ignore = vs.page.locator('.action-widget .monaco-list-row.action', {
          hasText: 'Ignore smmu/stream-overlap',
        });
        await ignore.first().waitFor();
        await ignore.first().click();
        const input = vs.page.locator('.quick-input-widget input[type="text"]');
        await input.waitFor();
        await vs.page.keyboard.press('Enter');
        // nothing is written without one
        await vs.page.locator('.quick-input-widget', { hasText: 'Say why.' }).waitFor();
        await input.fill('the boot loader splits them');
        await vs.page.keyboard.press('Enter');
        const line = '// smmu-scope-ignore stream-overlap the boot loader splits them';
        await until('the comment', 10_000, async () => (await vs.saved(board)).includes(line));
        await vs.undoAll(board);
        return line;
      },
    ],
    [
      'a label is renamed in both of its files',
      async (vs) => {
        await vs.goTo(board, placeOf(board, '&apps_smmu', { after: '&video', move: 3 }));
        await vs.page.keyboard.press('F2');
        const input = vs.page.locator('.monaco-editor.rename-box input');
        await input.waitFor();
        await input.fill('main_smmu');
        await vs.page.keyboard.press('Enter');
        await vs.page.locator('.monaco-editor.rename-box').waitFor({ state: 'hidden' });
        await vs.command('File: Save All');
        await until('the new name in both files', 15_000, () => {
          const [inBoard, inSoc] = [readFileSync(board, 'utf8'), readFileSync(soc, 'utf8')];
          return /&main_smmu/.test(inBoard) && /main_smmu: iommu/.test(inSoc) && !/apps_smmu/.test(inBoard + inSoc);
        });
      },
    ],
    [
      'a code lens opens the panel there',
      async (vs) => {
        await vs.openFile(soc);
        await vs.goTo(soc, placeOf(soc, 'display@ae00000'));
        const lens = vs.editor(soc).locator('.codelens-decoration a', { hasText: 'group 1' }).first();
        await lens.waitFor();
        await vs.shot('code-lens');
        const text = await lens.innerText();
        await lens.click();
        await vs.panel().locator('.pointed').first().waitFor();
        return text;
      },
    ],
    [
      'a person finds a stream, a translation and a suspend pair in the panel alone',
      async (vs) => {
        await vs.openTab('streams');
        const row = vs.panel().locator('.view tr', { hasText: 'display@ae00000' }).first();
        await row.waitFor();
        const stream = (await row.innerText()).replaceAll(/\s+/g, ' ');
        await row.locator('button', { hasText: 'translate' }).click();
        await vs.panel().locator('.walk-step').last().waitFor();
        const walk = await vs.panel().locator('.walk-result h2').innerText();
        assert.match(walk, /Translated to 0x/);
        await vs.openTab('power');
        const pair = vs.panel().locator('.view tr', { hasText: 'iommu@15000000' }).first();
        await pair.waitFor();
        const order = (await pair.innerText()).replaceAll(/\s+/g, ' ');
        assert.match(order, /master behind iommu@15000000 (safe|too late)/);
        return `${stream} | ${walk} | ${order}`;
      },
    ],
    [
      'a region leads to its property, and the source never covers the panel',
      async (vs) => {
        await vs.openTab('iova');
        const card = vs.panel().locator('.domain', { hasText: 'display@ae00000' });
        await card.locator('canvas.map').focus();
        // down goes to the first region that has an owner (the MSI window has none), Enter to its source
        for (let i = 0; i < 2; i++) await card.locator('canvas.map').press('ArrowDown');
        await card.locator('canvas.map').press('Enter');
        const { line } = placeOf(soc, 'iommus = <', { after: 'display@ae00000' });
        await vs.page.locator('.statusbar-item', { hasText: `Ln ${line},` }).waitFor();
        await vs.panel().locator('.view').waitFor();
        return `line ${line}`;
      },
    ],
    ...panelChecks({ board, soc, folder }),
    [
      'the side bar lists the IOMMUs with their masters',
      async (vs) => {
        await vs.command('View: Show SMMU Scope');
        const rows = vs.page.locator('.pane-body .monaco-list-row');
        await rows.filter({ hasText: 'iommu@15000000' }).first().waitFor();
        await vs.shot('side-bar');
        const text = (await rows.allInnerTexts()).join(', ').replaceAll('\n', ' ');
        await vs.command('View: Show Explorer');
        return text;
      },
    ],
    ...themes.map(([name, theme, body]) => [
      `the panel follows the theme: ${name}`,
      async (vs) => {
        await vs.theme(theme, body);
        // after a reload the panel has the focus, and no text editor is active
        await vs.page.locator('.statusbar-item', { hasText: 'lab-m8-phone' }).waitFor();
        for (const tab of tabs) {
          await vs.openTab(tab);
          assert.notEqual(await vs.panelText(), '');
          await vs.shot(`${tab}-${name}`);
        }
      },
    ]),
    [
      'the merged tree opens beside the source, at the same node',
      async (vs) => {
        await vs.openFile(board);
        await vs.goTo(board, placeOf(board, '&video', { move: 3 }));
        await vs.command('SMMU Scope: Show Merged Devicetree');
        const merged = vs.editor('lab-m8-phone.merged.dts');
        const line = merged.locator('.view-line', { hasText: 'codec@aa00000' }).first();
        await line.waitFor();
        await vs.shot('merged');
        return line.innerText();
      },
    ],
    [
      'an overlay is looked at on its base board',
      async (vs) => {
        await vs.quickOpen(overlay);
        // the rename above reached it too
        const text = await vs.hover(overlay, placeOf(overlay, 'main_smmu', { move: 2 }), /iommu@15000000/);
        assert.match(text, /iommu@15000000/);
        await vs.shot('overlay');
        const item = vs.page.locator('.statusbar-item', { hasText: 'lab-m8-scanner on lab-m8-phone' });
        await item.waitFor();
        return item.innerText();
      },
    ],
    [
      'a header that changes on disk counts',
      async (vs) => {
        writeFileSync(streams, readFileSync(streams, 'utf8').replace('0x1088', '0x2088'));
        await vs.quickOpen(board);
        return until('the new stream ID', 30_000, async () => {
          const text = await vs.hover(board, placeOf(board, 'M8_SID_AUDIO', { move: 2 }));
          return text.includes('0x2088') && text.split('\n')[0];
        });
      },
    ],
    // Last: it may open on top of the panel, which the other checks look at.
    [
      'a blob opens as source',
      async (vs) => {
        await vs.quickOpen(blob);
        const editor = vs.editor(`${blob}.dts`);
        await editor.locator('.view-line', { hasText: 'dts-v1' }).first().waitFor();
        await vs.shot('blob');
        const lines = (await editor.locator('.view-line').allInnerTexts()).length;
        return `${lines} lines on the first screen`;
      },
    ],
    [
      'the walkthrough leads to a copy of the examples',
      async (vs) => {
        await vs.command('Welcome: Open Walkthrough...');
        const input = vs.page.locator('.quick-input-widget input[type="text"]');
        await input.waitFor();
        await input.fill('SMMU Scope');
        await vs.page.keyboard.press('Enter');
        const step = vs.page.locator('.getting-started-step', { hasText: 'Open the examples' }).first();
        await step.waitFor();
        await vs.shot('walkthrough');
        const steps = await vs.page.locator('.getting-started-step .step-title').allInnerTexts();
        await vs.command('SMMU Scope: Open the Examples');
        const [window] = await Promise.all([
          vs.page
            .context()
            .waitForEvent('page', { timeout: 20_000 })
            .catch(() => vs.page),
        ]);
        await until('the copy', 30_000, async () => /examples-1/.test(decodeURIComponent(window.url())));
        return steps.join(' / ');
      },
    ],
  ];
  return { file: board, checks };
}
