// npm run test:web: the extension where there is no Node: a web worker beside the workbench, a board in a virtual file system.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installVsCode } from '../scripts/vscode-install.mjs';
import { exitOnSignals, quietSettings, root, until } from '../scripts/vscode-run.mjs';
import { runWebHost } from '../scripts/web-host.mjs';
import { launchChromium } from './browser.mjs';
import { Checks } from './checks.mjs';
import { beginIommus, showMaps } from './steps.mjs';
import { placeOf, tabSize, Workbench } from './workbench.mjs';

exitOnSignals();
const { values: options } = parseArgs({ options: { only: { type: 'string' } } });
const out = join(root, '.e2e');
mkdirSync(out, { recursive: true });

/** @param {string} folder a copy of examples/ */
function webChecks(folder) {
  const board = join(folder, 'mmu500/lab-m8-phone.dts');
  const soc = join(folder, 'mmu500/lab-m8.dtsi');
  const blob = join(folder, 'smmuv3/lab-s3-server.dtb');
  const source = join(folder, 'smmuv3/lab-s3-server.dts');
  execFileSync(process.execPath, [join(root, 'dist/cli.js'), 'compile', source, '-o', blob]);
  const checks = [
    [
      'extensions run in a web worker, and no server is there',
      async ({ page }) => {
        const frames = await until('the host of extensions', 30_000, () => {
          const urls = page.frames().map((frame) => frame.url());
          return urls.some((url) => url.includes('webWorkerExtensionHostIframe')) && urls;
        });
        assert.equal(await page.locator('.statusbar-item', { hasText: 'Disconnected' }).count(), 0);
        return `${frames.length} frames`;
      },
    ],
    [
      'the status bar names the board',
      async ({ page }) => {
        const item = page.locator('.statusbar-item', { hasText: 'lab-m8-phone' });
        await item.waitFor();
        return item.innerText();
      },
    ],
    [
      'hover on a cell knows a macro of an include',
      async (vs) => {
        const text = await vs.hover(board, placeOf(board, 'M8_SID_VIDEO', { move: 3 }), /0x1080/);
        await vs.shot('web-hover');
        return text.split('\n').slice(0, 3).join(' | ');
      },
    ],
    [
      'mistakes are marked, each with its code',
      async (vs) => {
        const wanted = ['cell-count', 'stream-overlap', 'provider-disabled', 'boot-framebuffer', 'supplier-no-driver'];
        const problems = await until('the problems', 30_000, async () => {
          const rows = await vs.problems();
          return wanted.every((code) => rows.some((row) => row.includes(`smmu/${code}`))) && rows;
        });
        // what is included was found: nothing is said to be missing
        assert.ok(!problems.some((row) => /include/i.test(row)), problems.join('\n'));
        await vs.shot('web-problems');
        await vs.command('View: Toggle Problems');
        return problems.length;
      },
    ],
    [
      'completion offers the IOMMUs first',
      async (vs) => {
        const labels = await beginIommus(vs, board, 'web-completion');
        await vs.undoAll(board);
        return labels.slice(0, 4).join(', ');
      },
    ],
    [
      'a quick fix repairs the camera',
      async (vs) => {
        await vs.goTo(board, placeOf(board, '&apps_smmu', { after: '&camera', move: 3 }));
        await vs.page.keyboard.press('Control+.');
        await vs.page.locator('.action-widget .monaco-list-row.action').first().waitFor();
        await vs.page.keyboard.press('Enter');
        const line = vs
          .editor(board)
          .locator('.view-line', { hasText: /M8_SID_CAMERA.*0x0/ })
          .first();
        await line.waitFor();
        return line.innerText();
      },
    ],
    [
      'the panel shows the boot, its maps, and leads to the source',
      async (vs) => {
        const text = await showMaps(vs, 'web-panel');
        await vs.openTab('chains');
        await vs.panel().locator('.node', { hasText: 'usb@a600000' }).click();
        const { line } = placeOf(soc, 'usb: usb@a600000');
        await vs.page.locator('.statusbar-item', { hasText: `Ln ${line},` }).waitFor();
        return text.split('\n').slice(0, 4).join(' | ');
      },
    ],
    [
      'a boot log is explained',
      async (vs) => {
        await vs.openTab('log');
        const log = vs.panel().locator('.view[data-view="log"]');
        const fault = 'Unhandled context fault: fsr=0x402, iova=0xfffe1000, fsynr=0x11, cbfrsynra=0x1080, cb=1';
        await log.locator('textarea').fill(`[   12.345678] arm-smmu 15000000.iommu: ${fault}`);
        await log.locator('vscode-button', { hasText: 'Explain' }).click();
        const card = log.locator('.log-entry', { hasText: '0xfffe1000' });
        await card.waitFor();
        return (await card.innerText()).split('\n').slice(0, 2).join(' | ');
      },
    ],
    [
      'an include finds a board, without configuration',
      async (vs) => {
        await vs.quickOpen(soc);
        const text = await vs.hover(soc, placeOf(soc, 'iommus', { after: 'display@ae00000', move: 2 }), /Group/);
        return text.split('\n').slice(0, 2).join(' | ');
      },
    ],
    [
      'what needs a disk says so',
      async (vs) => {
        await vs.command('SMMU Scope: Review Changes');
        const message = vs.page.locator('.notification-toast', { hasText: 'Reviewing changes runs git' });
        await message.first().waitFor();
        return message.first().innerText();
      },
    ],
    // last: it loads the window anew
    [
      'a blob opens as source',
      async (vs) => {
        // by the address: the search for names of this file system knows no blobs
        await vs.open(blob);
        await vs.editor(`${blob}.dts`).locator('.view-line', { hasText: 'dts-v1' }).first().waitFor();
      },
    ],
  ];
  return { file: board, checks };
}

const run = new Checks(options.only);
const vscode = installVsCode(run.say);
execFileSync(process.execPath, [join(root, 'esbuild.mjs')], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
const browser = await launchChromium(run.say);
const copy = mkdtempSync(join(tmpdir(), 'sms-web-'));
try {
  cpSync(join(root, 'examples'), copy, { recursive: true });
  const { file, checks } = webChecks(copy);
  const settings = {
    ...quietSettings,
    'workbench.colorTheme': 'Default Dark Modern',
    'editor.tabSize': tabSize,
    'editor.detectIndentation': false,
    'editor.stickyScroll.enabled': false,
  };
  run.say(`web: serving VS Code ${vscode.version}`);
  const running = await runWebHost(vscode, { folder: copy, extension: root, settings, say: run.say });
  const page = await browser.newPage({ viewport: { width: 1500, height: 950 } });
  page.setDefaultTimeout(40_000);
  const workbench = new Workbench(page, running, out);
  try {
    await run.suite('web', workbench, file, checks);
  } finally {
    await page.close();
    await running.stop();
  }
} finally {
  await browser.close();
  rmSync(copy, { recursive: true, force: true });
}
run.end(out);
