// Review Changes in a git repository: an include is changed, and the master of another board that it changes is found.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../scripts/vscode-run.mjs';
import { placeOf } from './workbench.mjs';

/**
 * A tablet beside the phone, which takes the audio DSP as the include has it, in a repository with one commit.
 * @param {string} folder a copy of examples/ that may be changed
 */
function repository(folder) {
  const of = (name) => join(folder, 'mmu500', name);
  const phone = readFileSync(of('lab-m8-phone.dts'), 'utf8');
  const tablet = phone.replace(/&audio \{[^}]*\};\n/, '').replaceAll('phone', 'tablet');
  assert.notEqual(tablet.length, phone.length);
  writeFileSync(of('lab-m8-tablet.dts'), tablet);
  copyFileSync(of('lab-m8-phone.smmu.json'), of('lab-m8-tablet.smmu.json'));
  const git = (...args) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=e2e', '-c', 'user.email=e2e@localhost', ...args]);
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-q', '-m', 'Boards of the Lab M8');
}

/** @param {string} folder a copy of examples/ that may be changed */
export function reviewChecks(folder) {
  repository(folder);
  const soc = join(folder, 'mmu500/lab-m8.dtsi');
  const board = join(folder, 'mmu500/lab-m8-phone.dts');
  const lens = (vs) => vs.editor(soc).locator('.codelens-decoration');
  const rows = (vs) => vs.page.locator('.pane', { hasText: 'Review of Changes' }).locator('.monaco-list-row');
  const checks = [
    [
      'without changes nothing is said above an include, and a review says that no file differs',
      async (vs) => {
        await vs.openFile(soc);
        await review(vs);
        const said = vs.page.locator('.notification-list-item', { hasText: 'no file differs' });
        await said.waitFor();
        const text = await said.innerText();
        await vs.command('Notifications: Clear All Notifications');
        assert.doesNotMatch((await lens(vs).allInnerTexts()).join(), /reaches \d/);
        return text.split('\n')[0];
      },
    ],
    [
      'a lens above a changed include says how many boards it reaches and how many behave differently',
      async (vs) => {
        const line = placeOf(soc, 'iommus = <&apps_smmu M8_SID_AUDIO 0x0>;');
        await vs.goTo(soc, line);
        await vs.page.keyboard.press('Control+Shift+K');
        const text = await vs.saved(soc);
        assert.doesNotMatch(text, /M8_SID_AUDIO/);
        const found = await until('the lens', 60_000, async () =>
          (await lens(vs).allInnerTexts()).find((each) => /reaches \d/.test(each)),
        );
        assert.match(found, /reaches 3 boards, 1 behaves differently/);
        await vs.shot('review-lens');
        return found;
      },
    ],
    [
      'Review Changes shows what differs in the panel and as a list',
      async (vs) => {
        await vs.goTo(soc, { line: 1, column: 1 });
        await review(vs);
        const card = vs.panel().locator('.review-group').first();
        await card.waitFor();
        const text = await card.innerText();
        assert.match(text, /lab-m8-tablet\.dts/);
        assert.match(text, /dsp@17300000 loses translation/);
        const listed = await until('the list', 20_000, async () => {
          const all = await rows(vs).allInnerTexts();
          return all.some((row) => row.includes('loses translation')) && all;
        });
        await vs.shot('review');
        return listed.map((row) => row.replaceAll('\n', ' ')).join(' | ');
      },
    ],
    [
      'a row of the list lands on the changed master of another board',
      async (vs) => {
        await rows(vs).filter({ hasText: 'loses translation' }).first().click();
        await landed(vs, soc);
        await vs.shot('review-landed');
      },
    ],
    [
      'and so does its link in the panel',
      async (vs) => {
        await vs.openFile(board);
        await vs.page.locator('.statusbar-item', { hasText: 'lab-m8-phone' }).waitFor();
        await vs.panel().locator('.review-group .changes .device', { hasText: 'dsp@17300000' }).first().click();
        await landed(vs, soc);
      },
    ],
    [
      'a staged change is reviewed against the index, and a branch from where it parted',
      async (vs) => {
        const git = (...args) => execFileSync('git', ['-C', folder, ...args]);
        git('add', '-A');
        await review(vs, 'Index');
        await vs.panel().locator('.note', { hasText: 'HEAD → index' }).waitFor();
        git('-c', 'user.name=e2e', '-c', 'user.email=e2e@localhost', 'commit', '-q', '-m', 'Drop the streams');
        git('branch', 'before', 'HEAD~1');
        await review(vs, 'before');
        await vs.panel().locator('.note', { hasText: 'before → HEAD' }).waitFor();
        assert.match(await vs.panel().locator('.review-group').first().innerText(), /loses translation/);
      },
    ],
  ];
  return { file: board, checks };
}

/** Runs the command and chooses what is compared. */
async function review(vs, sides = 'Working tree') {
  await vs.command('SMMU Scope: Review Changes');
  const row = vs.page.locator('.quick-input-list .monaco-list-row', { hasText: sides }).first();
  await row.waitFor();
  await row.click();
  await vs.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
}

/** The include stands at the audio DSP, and is looked at through the tablet. */
async function landed(vs, soc) {
  await vs.page.locator('.statusbar-item', { hasText: 'lab-m8-tablet' }).waitFor();
  const at = placeOf(soc, 'dsp@17300000');
  await vs.page.locator('.statusbar-item', { hasText: `Ln ${at.line},` }).waitFor();
  assert.ok(await vs.editor(soc).isVisible());
}
