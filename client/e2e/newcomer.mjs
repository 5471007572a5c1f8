// A newcomer: nothing is open, the extension has just been installed, and README's "Five minutes" is all that is known. What is
// typed and clicked is read out of README; a step that is reworded there is done as it then says, or fails.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, until } from '../scripts/vscode-run.mjs';
import { placeOf } from './workbench.mjs';

const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The one thing that a pattern finds in a text of README. */
function word(text, pattern, what) {
  const found = pattern.exec(text)?.[1];
  assert.ok(found, `README names ${what} in: ${text}`);
  return found;
}

/** The numbered steps of a section. */
function steps(title) {
  const section = readme.split(/^## /m).find((part) => part.startsWith(`${title}\n`));
  assert.ok(section, `README has a section ${title}`);
  return section
    .split(/^\d+\. /m)
    .slice(1)
    .map((step) => step.trimEnd());
}

const bold = (text) => [...text.matchAll(/\*\*([^*]+)\*\*/g)].map(([, words]) => words);
const command = (text) => word(text, /`(SMMU Scope: [^`]+)`/, 'a command');

export function newcomerChecks() {
  const [examples, mistake, simulate, explain, keep, ...more] = steps('Five minutes');
  assert.deepEqual(more, []);
  const name = word(examples, /`(\S+\.dts)`/, 'a board');
  /** Set when the copy of the examples is open. */
  let folder = '';
  const board = () => join(folder, name);

  const checks = [
    [
      'the walkthrough opens the examples, and the board is there',
      async (vs) => {
        const [walkthrough] = bold(examples);
        await vs.command('Help: Welcome');
        const page = vs.page.locator('.gettingStartedContainer');
        const card = page.locator('button', { hasText: walkthrough }).first();
        const moreCards = page.locator('button', { hasText: /^More/ }).first();
        await until('the walkthrough on the welcome page', 20_000, async () => {
          if (await card.isVisible()) return true;
          if (await moreCards.isVisible()) await moreCards.click();
          return false;
        });
        await card.click();
        await vs.shot('newcomer-walkthrough');
        const [, opens] = bold(examples);
        assert.equal(command(examples), `SMMU Scope: ${opens}`);
        const button = page.locator('.monaco-button', { hasText: opens }).first();
        await button.waitFor();
        await button.click();
        folder = await until('the copy of the examples', 40_000, () =>
          new URL(vs.page.url()).searchParams.get('folder'),
        );
        const parts = name.split('/');
        const row = (part) => vs.page.locator('.explorer-folders-view .monaco-list-row', { hasText: part }).first();
        for (const part of parts.slice(0, -1)) {
          await row(part).waitFor();
          await row(part).click();
        }
        // VS Code brings the walkthrough back into the window, in the place of a file that is only looked at
        await vs.page.locator('.gettingStartedContainer').waitFor({ timeout: 15_000 });
        const pinned = vs.page.locator(`.tab[data-resource-name="${parts.at(-1)}"]:not(.preview)`).first();
        await until('the board in an editor', 40_000, async () => {
          await row(parts.at(-1)).dblclick({ timeout: 3_000 });
          await pinned.waitFor({ timeout: 3_000 });
          await vs.editor(board()).locator('.view-lines').waitFor({ timeout: 3_000 });
          return true;
        });
        return folder.replace(/^.*\/(?=examples)/, '');
      },
    ],
    [
      'the mistake is listed, and its fix makes it go',
      async (vs) => {
        const code = word(mistake, /`(smmu\/[\w-]+)`/, 'a code');
        const label = word(mistake, /`(&\w+)`/, 'a node');
        const [fix] = bold(mistake);
        const wrong = () =>
          vs.page.locator('.markers-panel .monaco-list-row', { hasText: code }).filter({ hasText: /takes/ });
        await vs.problems();
        await wrong().first().waitFor();
        await vs.goTo(board(), placeOf(board(), '&', { after: `${label} {`, move: 1 }));
        const offer = vs.page.locator('.action-widget .monaco-list-row.action', { hasText: fix }).first();
        // the menu of an editor that has just opened may come before what the server offers
        await until(`the fix ${fix}`, 30_000, async () => {
          await vs.page.keyboard.press('Escape');
          await vs.page.keyboard.press('Control+.');
          await offer.waitFor({ timeout: 4_000 });
          return true;
        });
        await vs.shot('newcomer-fix');
        await offer.click();
        await wrong().first().waitFor({ state: 'detached' });
        return fix;
      },
    ],
    [
      'the boot is simulated, and a chain says why a device does not come up',
      async (vs) => {
        const [tab] = bold(simulate);
        const [, device, cause] = [...simulate.matchAll(/`([^`]+)`/g)].map(([, words]) => words);
        await vs.command(command(simulate));
        const panelTab = vs.page.locator('.tab', { hasText: 'SMMU Scope:' }).first();
        await panelTab.waitFor();
        // the walkthrough may come back on top of it
        await until(`the tab ${tab}`, 30_000, async () => {
          await panelTab.click({ timeout: 3_000 });
          await vs.panel().locator('[role="tab"]', { hasText: tab }).first().click({ timeout: 3_000 });
          return true;
        });
        const chain = vs.panel().locator('.card.chain', { hasText: device });
        await chain.waitFor();
        const text = await chain.innerText();
        assert.ok(text.includes(cause), text);
        await vs.shot('newcomer-chain');
        return `${device}: ${cause}`;
      },
    ],
    [
      'a line of a log is explained',
      async (vs) => {
        const line = word(explain, /\n\n {4,}(\S.*)/, 'a line of a log');
        const [source] = bold(explain);
        const master = word(explain, /: `([\w@]+)`/, 'who it was');
        await vs.page.evaluate((text) => navigator.clipboard.writeText(text), line);
        await vs.command(command(explain));
        await vs.page.locator('.quick-input-list .monaco-list-row', { hasText: source }).first().click();
        const card = vs.panel().locator('.log-entry').first();
        await card.waitFor();
        const text = await card.innerText();
        assert.ok(text.includes(master), text);
        await vs.shot('newcomer-log');
        return text.split('\n').slice(0, 2).join(' | ');
      },
    ],
    [
      'the report is saved as a page',
      async (vs) => {
        const [button, item] = bold(keep);
        const page = word(keep, /`(\S+\.html)`/, 'a page');
        await vs.panel().locator(`button[title="${button}"]`).click();
        await vs.panel().locator('[role="menuitem"]', { hasText: item }).click();
        const input = vs.page.locator('.quick-input-widget input[type="text"]');
        await input.waitFor();
        await until('the name of the page', 10_000, async () => (await input.inputValue()).endsWith(page));
        await vs.page.keyboard.press('Enter');
        const file = join(folder, name, '..', page);
        const html = await until('the page', 20_000, () => readFileSync(file, 'utf8'));
        assert.match(html, /^<!doctype html>/i);
        assert.ok(html.includes('usb@a600000'));
        return `${html.length} characters`;
      },
    ],
  ];
  return { folder: null, file: null, checks };
}
