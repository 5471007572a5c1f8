// What a person does in VS Code, as functions: open, go to, type, hover, complete, run a command, look at the panel.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { addressOf, root, until } from '../scripts/vscode-run.mjs';

const { publisher, name: extensionName } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const extension = `${publisher}.${extensionName}`;

const plain = (text) => text.replaceAll('\u00a0', ' ').replaceAll('\u200b', '').trim();

export class Workbench {
  constructor(page, running, shots) {
    this.page = page;
    this.running = running;
    this.shots = shots;
    this.pageErrors = [];
    page.on('pageerror', (error) => this.pageErrors.push(error.message));
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) this.pageErrors.push(message.text());
    });
  }

  /** Loads the window with a file in the editor; null: as it comes. */
  async open(file) {
    if (file === null) {
      await this.page.goto(this.running.url, { waitUntil: 'domcontentloaded' });
      await this.page.locator('.monaco-workbench').waitFor();
      return;
    }
    await this.page.goto(addressOf(this.running, [file]), { waitUntil: 'domcontentloaded' });
    await this.page.locator('.monaco-workbench').waitFor();
    await this.editor(file).locator('.view-lines').waitFor();
    // An address that names files opens them and nothing else: reloaded, VS Code would not bring its editors back.
    await this.page.evaluate((url) => history.replaceState(null, '', url), this.running.url);
  }

  /** Reloads the window as its command does, which keeps what the window held; waits for the panel to be back. */
  async reload() {
    // together: a command that fails must not leave the other one to be rejected with nobody listening
    await Promise.all([this.page.waitForEvent('load'), this.command('Developer: Reload Window')]);
    await this.panel().locator('.view').waitFor();
    await this.page.mouse.move(3, 3);
  }

  /** Types a path into VS Code's own dialog for files, which is about to open, and accepts it. */
  async chooseFile(path) {
    const widget = this.page.locator('.quick-input-widget');
    const input = widget.locator('input[type="text"]');
    // the dialog writes where it starts once it has read that folder, over what was typed before
    await widget.locator('.quick-input-list .monaco-list-row').first().waitFor();
    await until('the path in the dialog', 20_000, async () => {
      await input.press('Control+A');
      await this.page.keyboard.insertText(path);
      await this.page.waitForTimeout(300);
      return (await input.inputValue()) === path;
    });
    await this.page.keyboard.press('Enter');
    await widget.waitFor({ state: 'hidden' });
  }

  /** The text editor that shows a file. */
  editor(file) {
    return this.page.locator(`.editor-instance[aria-label*="${basename(file)}"]`).first();
  }

  /** Shows another file of the workspace: its tab if there is one. */
  async openFile(file) {
    const tab = this.page.locator(`.tab[data-resource-name="${basename(file)}"]`).first();
    if (await tab.isVisible()) await tab.click();
    else await this.quickOpen(file);
    await this.editor(file).locator('.view-lines').waitFor();
  }

  /** Chooses a file by its name. */
  async quickOpen(file) {
    await this.page.keyboard.press('Control+P');
    const input = this.page.locator('.quick-input-widget input[type="text"]');
    await input.waitFor();
    await input.fill(basename(file));
    await this.page
      .locator('.quick-input-list .monaco-list-row', { hasText: basename(file) })
      .first()
      .click();
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  /** Runs a command from the palette by its whole title. */
  async command(title) {
    const widget = this.page.locator('.quick-input-widget');
    const input = widget.locator('input[type="text"]');
    const row = widget.locator('.quick-input-list .monaco-list-row', { hasText: title }).first();
    // a busy window or a closing dialog loses the key, and whatever takes the focus closes the palette: then all of it is done
    // again, from a palette that opens anew, as an open one does not take up commands that come later
    await until(`the command ${title} in the palette`, 60_000, async () => {
      if (await input.isVisible()) await this.page.keyboard.press('Escape');
      await input.waitFor({ state: 'hidden', timeout: 3_000 });
      await this.page.keyboard.press('F1');
      await input.waitFor({ timeout: 3_000 });
      if (!(await input.inputValue({ timeout: 3_000 })).startsWith('>')) return false;
      await input.fill(`>${title}`, { timeout: 3_000 });
      await row.waitFor({ timeout: 5_000 });
      await input.press('Enter', { timeout: 3_000 });
      return true;
    });
  }

  /** Focuses the editor of a file and puts the cursor at a line and column, from 1. */
  async goTo(file, { line, column }) {
    const tab = this.page.locator(`.tab[data-resource-name="${basename(file)}"]`).first();
    await tab.click();
    const input = this.page.locator('.quick-input-widget input[type="text"]');
    // The input closes when something else takes the focus in between: then it is asked for again.
    await until('the input for a line', 20_000, async () => {
      await this.page.keyboard.press('Control+G');
      try {
        await input.fill(`:${line},${column}`, { timeout: 3_000 });
        return true;
      } catch {
        return false;
      }
    });
    await this.page.keyboard.press('Enter');
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  /** The text of the hover at a place. */
  async hover(file, place, expected = /./, patience = 20_000) {
    // findings come before what the server says: the hover is read when it holds what is expected
    const hover = this.page.locator('.monaco-hover:visible').filter({ hasText: expected });
    return until(`a hover at ${place.line}:${place.column}`, patience, async () => {
      await this.page.keyboard.press('Escape');
      await this.goTo(file, place);
      await this.page.keyboard.press('Control+K');
      await this.page.keyboard.press('Control+I');
      await hover.first().waitFor({ timeout: 4_000 });
      // it may go in between
      const text = plain(await hover.first().innerText({ timeout: 2_000 }));
      return text !== '' && !/^Loading/.test(text) && text;
    });
  }

  /** The labels that completion offers at the cursor, best first. */
  async suggestions() {
    const rows = this.page.locator('.suggest-widget.visible .monaco-list-row');
    return until('the completion list', 20_000, async () => {
      await this.page.keyboard.press('Control+Space');
      await rows.first().waitFor({ timeout: 4_000 });
      const labels = await rows.evaluateAll((all) =>
        all
          .sort((a, b) => Number(a.dataset.index) - Number(b.dataset.index))
          .map((row) => row.querySelector('.label-name')?.textContent ?? row.getAttribute('aria-label')),
      );
      return labels.length > 0 && labels.map((label) => plain(label ?? ''));
    });
  }

  /** The rows of the Problems panel: their texts, with source and code. */
  async problems() {
    await this.command('Problems: Focus on Problems View');
    const rows = this.page.locator('.markers-panel .monaco-list-row');
    await rows.first().waitFor();
    return (await rows.allInnerTexts()).map(plain);
  }

  /** The document inside the SMMU Scope panel. */
  panel() {
    // not the walkthrough's, which shows pictures in one
    return this.page
      .frameLocator(`iframe.webview.ready[src*="extensionId=${extension}"]`)
      .frameLocator('iframe#active-frame');
  }

  /** Opens a tab of the panel by its view's id, also when it is in the menu behind “More”. */
  async openTab(id) {
    const tab = this.panel().locator(`#tab-${id}`);
    await tab.waitFor({ state: 'attached' });
    if (!(await tab.isVisible())) {
      await this.panel().locator('#tab-more').click();
      await this.panel().locator(`#menu-${id}`).click();
    } else await tab.click();
    await this.panel().locator(`.view[data-view="${id}"]`).waitFor();
  }

  /** Waits for the panel to show a report; returns the text of the view. */
  async panelText() {
    const view = this.panel().locator('.view');
    await view.waitFor();
    return until('text in the panel', 20_000, async () => plain(await view.innerText()));
  }

  /** Takes back every unsaved edit of a file. */
  async undoAll(file) {
    await this.goTo(file, { line: 1, column: 1 });
    await this.command('File: Revert File');
    await this.page
      .locator(`.tab[data-resource-name="${basename(file)}"]:not(.dirty)`)
      .first()
      .waitFor();
  }

  /** The text of a file as the editor holds it, saved first. */
  async saved(file) {
    await this.goTo(file, { line: 1, column: 1 });
    await this.page.keyboard.press('Control+S');
    await this.page
      .locator(`.tab[data-resource-name="${basename(file)}"]:not(.dirty)`)
      .first()
      .waitFor();
    return readFileSync(file, 'utf8');
  }

  /** Changes the colour theme and reloads the window, which brings the panel back; `body` is its class in that theme. */
  async theme(name, body) {
    this.running.configure({ 'workbench.colorTheme': name });
    await this.reload();
    await this.panel().locator(`body.${body}`).waitFor();
  }

  async shot(name) {
    await this.page.screenshot({ path: join(this.shots, `${name}.png`), animations: 'disabled' });
  }
}

/** Tab stops in the checks' editor: VS Code's Go to Line counts columns as they are seen. */
export const tabSize = 8;

/** Line and seen column (from 1) of a text in a file: of its first occurrence after `after`, moved by `move` characters. */
export function placeOf(file, text, { after = '', move = 0 } = {}) {
  const source = readFileSync(file, 'utf8');
  const from = source.indexOf(after);
  const offset = source.indexOf(text, from < 0 ? source.length : from + after.length);
  if (offset < 0) throw new Error(`${file} has no ${JSON.stringify(text)} after ${JSON.stringify(after)}`);
  const before = source.slice(0, offset + move).split('\n');
  let column = 0;
  for (const char of before.at(-1)) column = char === '\t' ? (Math.floor(column / tabSize) + 1) * tabSize : column + 1;
  return { line: before.length, column: column + 1 };
}
