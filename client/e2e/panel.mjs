// The checks of the panel as a person meets it in VS Code: what comes back, what goes out, what its controls set.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { until } from '../scripts/vscode-run.mjs';
import { placeOf } from './workbench.mjs';

const display = 'display@ae00000';

/** The card of the display's map. */
const displayCard = (vs) => vs.panel().locator('.domain', { hasText: display });
/** What the canvas shows, as text: equal pixels, equal text. */
const pixels = (card) => card.locator('canvas.map').evaluate((canvas) => canvas.toDataURL());

/** The status bar's item, once it holds a text. */
async function status(vs, text) {
  const item = vs.page.locator('.statusbar-item', { hasText: text }).first();
  await item.waitFor();
  return (await item.innerText()).trim();
}

/** Does something with the view that is shown, from the menu of its head. */
async function fromMenu(vs, text) {
  await vs.panel().locator('button[aria-label="Copy or save this view"]').click();
  await vs.panel().locator('[role="menuitem"]', { hasText: text }).click();
}

/** Saves from the panel to a file; its bytes. */
async function saved(vs, text, file) {
  rmSync(file, { force: true });
  await fromMenu(vs, text);
  await vs.chooseFile(file);
  return until(`${file}`, 20_000, () => existsSync(file) && readFileSync(file).length > 0 && readFileSync(file));
}

/** Sets the panel up with everything that is kept, in the IOVA maps; says what it then is. */
async function setUp(vs) {
  await vs.openTab('iova');
  const card = displayCard(vs);
  await card.locator('canvas.map').waitFor();
  const whole = await pixels(card);
  for (let i = 0; i < 2; i++) await card.locator('button[aria-label="Zoom in"]').click();
  await card.locator('canvas.map').press('ArrowRight');
  await vs.panel().locator('input[placeholder^="Filter by device or type"]').fill('a');
  await card.locator('summary', { hasText: 'regions' }).click();
  // the pointer leaves the map: what it hovers would be drawn too
  await vs.page.mouse.move(3, 3);
  await vs
    .panel()
    .locator('body')
    .evaluate(() => scrollTo(0, 140));
  await until('the zoomed map', 10_000, async () => (await pixels(card)) !== whole);
  await vs.page.waitForTimeout(500);
  return panelState(vs);
}

/** Everything of the view that a person has set, to be compared. */
async function panelState(vs) {
  const card = displayCard(vs);
  await card.locator('canvas.map').waitFor();
  await vs.page.waitForTimeout(500);
  return {
    view: await vs.panel().locator('.view').getAttribute('data-view'),
    filter: await vs.panel().locator('input[placeholder^="Filter by device or type"]').inputValue(),
    listOpen: await card
      .locator('details')
      .last()
      .evaluate((part) => part.open),
    scroll: await vs
      .panel()
      .locator('body')
      .evaluate(() => scrollY),
    map: await pixels(card),
  };
}

/** @param paths files of the copied examples: the phone's board and its include, their folder */
export function panelChecks({ board, soc, folder }) {
  const tablet = join(folder, 'mmu500/lab-m8-tablet.dts');
  const settings = join(folder, '.vscode/settings.json');
  const setting = (key) => until(`a setting ${key}`, 10_000, () => readFileSync(settings, 'utf8').includes(key));
  return [
    [
      'a cell is edited, and the map changes',
      async (vs) => {
        const before = readFileSync(board, 'utf8');
        const iova = '\t\t\tiommu-addresses = <&display 0x9c000000 0x2300000>;\n';
        writeFileSync(board, before.replace('\t\t\tno-map;\n', `${iova}\t\t\tno-map;\n`));
        await vs.openTab('iova');
        await vs.panel().locator('input[placeholder^="Filter by device or type"]').fill('');
        const card = displayCard(vs);
        const row = (text) => card.locator('tr', { hasText: text }).first().waitFor();
        await row('0x9c000000');
        await vs.goTo(board, placeOf(board, '0x9c000000', { after: 'iommu-addresses = <', move: 3 }));
        await vs.page.keyboard.press('Delete');
        await vs.page.keyboard.type('d');
        await row('0x9d000000');
        await vs.panel().locator('select[aria-label="Compare with"]').selectOption('before');
        const changes = card.locator('summary', { hasText: 'moved' });
        await changes.waitFor();
        await vs.shot('edit-cell');
        const text = await changes.innerText();
        await vs.panel().locator('select[aria-label="Compare with"]').selectOption('');
        await vs.undoAll(board);
        writeFileSync(board, before);
        await card.locator('tr', { hasText: '0x9d000000' }).first().waitFor({ state: 'detached' });
        assert.match(text, /1 new, 0 moved, 1 gone/);
        return text;
      },
    ],
    [
      'a click on a region of the map lands on its property',
      async (vs) => {
        await vs.goTo(board, { line: 1, column: 1 });
        await vs.openTab('iova');
        const canvas = displayCard(vs).locator('canvas.map');
        await canvas.scrollIntoViewIfNeeded();
        const box = await canvas.boundingBox();
        const tip = vs.panel().locator('.tooltip', { hasText: 'Coherent allocation' });
        await until('a region under the pointer', 30_000, async () => {
          for (let x = box.x + 12; x < box.x + box.width; x += 10) {
            await vs.page.mouse.move(x, box.y + box.height / 2);
            if (await tip.isVisible()) return true;
          }
          return false;
        });
        await vs.page.mouse.down();
        await vs.page.mouse.up();
        const { line } = placeOf(soc, 'iommus = <', { after: display });
        await vs.page.locator('.statusbar-item', { hasText: `Ln ${line},` }).waitFor();
        return `line ${line}`;
      },
    ],
    [
      'a panel that was hidden is as it was',
      async (vs) => {
        // for the board's own file: a panel that was opened for an include would go to the board that is chosen for that
        await vs.goTo(board, { line: 1, column: 1 });
        await vs.command('SMMU Scope: Show IOVA Maps');
        await vs.panel().locator('h1', { hasText: 'lab-m8-phone' }).waitFor();
        const before = await setUp(vs);
        // another board for the same include, chosen as a person does: its panel covers the phone's
        const text = readFileSync(board, 'utf8').replaceAll('phone', 'tablet');
        writeFileSync(tablet, text.replace('&camera {', '&camera {\n\t// the tablet has none\n'));
        await vs.openFile(soc);
        await vs.goTo(soc, { line: 1, column: 1 });
        const choice = vs.page.locator('.quick-input-list .monaco-list-row', { hasText: 'lab-m8-tablet' });
        await until('the tablet among the boards', 30_000, async () => {
          await vs.command('SMMU Scope: Select Board');
          return choice
            .first()
            .click({ timeout: 3_000 })
            .then(() => true)
            .catch(() => vs.page.keyboard.press('Escape'));
        });
        await status(vs, 'lab-m8-tablet');
        await vs.command('SMMU Scope: Show IOVA Maps');
        await vs.panel().locator('h1', { hasText: 'lab-m8-tablet' }).waitFor();
        await vs.page.locator('.tab', { hasText: 'SMMU Scope: lab-m8-phone' }).click();
        await vs.panel().locator('h1', { hasText: 'lab-m8-phone' }).waitFor();
        assert.deepEqual(await panelState(vs), before);
        const named = await status(vs, 'lab-m8-phone');
        return `${named} | filter “${before.filter}”, scrolled ${before.scroll}`;
      },
    ],
    [
      'the window reloads and everything comes back',
      async (vs) => {
        const before = await panelState(vs);
        assert.ok(before.scroll > 0 && before.filter !== '', 'there is something to come back');
        await vs.reload();
        await vs.panel().locator('h1', { hasText: 'lab-m8-phone' }).waitFor();
        assert.deepEqual(await panelState(vs), before);
        // the panel has the focus, no text editor has: the board stands in the status bar all the same
        await status(vs, 'lab-m8-phone');
        // the board that was chosen for the include, in its own panel and for its editor
        await vs.page.locator('.tab', { hasText: 'SMMU Scope: lab-m8-tablet' }).click();
        await vs.panel().locator('h1', { hasText: 'lab-m8-tablet' }).waitFor();
        const chosen = await status(vs, 'lab-m8-tablet');
        await vs.shot('reload');
        await vs.page.locator('.tab', { hasText: 'SMMU Scope: lab-m8-tablet' }).click({ button: 'middle' });
        await vs.panel().locator('h1', { hasText: 'lab-m8-phone' }).waitFor();
        await vs.openFile(soc);
        await status(vs, 'lab-m8-tablet');
        await vs.command('SMMU Scope: Select Board');
        await vs.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Choose automatically' }).click();
        rmSync(tablet);
        await status(vs, 'lab-m8-phone');
        return chosen;
      },
    ],
    [
      'a boot log comes back after a reload, its fault marked on the map',
      async (vs) => {
        await vs.openTab('log');
        const log = vs.panel().locator('.view[data-view="log"]');
        await log.locator('.log-entry', { hasText: '0xfffe1000' }).waitFor();
        await vs.reload();
        await log.locator('.log-entry', { hasText: '0xfffe1000' }).waitFor();
        await vs.openTab('iova');
        const fault = vs.panel().locator('.domain .faults', { hasText: '0xfffe1000' }).first();
        await fault.waitFor();
        return fault.innerText();
      },
    ],
    [
      'a view goes out as text, SVG and PNG, the report as a page',
      async (vs) => {
        await vs.openTab('iova');
        await vs.panel().locator('input[placeholder^="Filter by device or type"]').fill('');
        const list = displayCard(vs).locator('details').last();
        if (!(await list.evaluate((part) => part.open))) await list.locator('summary').click();
        await fromMenu(vs, 'as text');
        const text = await until('the clipboard', 10_000, async () => {
          const now = await vs.page.evaluate(() => navigator.clipboard.readText());
          return now.includes(display) && now;
        });
        assert.match(text, /^lab-m8-phone, Linux 6\.12.*IOVA maps\n/);
        assert.match(text, /\n0xff000000 – 0xff7e8fff\t7\.91 MiB\tcoherent/);
        const told = vs.page.locator('.notification-toast', { hasText: 'Saved' }).first();
        const svg = (await saved(vs, 'SVG', join(folder, 'maps.svg'))).toString();
        await told.waitFor();
        const drawn = await vs.page.evaluate((source) => {
          const read = new DOMParser().parseFromString(source, 'image/svg+xml');
          return { wrong: read.querySelector('parsererror') !== null, texts: read.querySelectorAll('text').length };
        }, svg);
        assert.ok(!drawn.wrong && drawn.texts > 10, JSON.stringify(drawn));
        const png = await saved(vs, 'PNG', join(folder, 'maps.png'));
        const size = await vs.page.evaluate(async (data) => {
          const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
          const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
          return [image.width, image.height];
        }, png.toString('base64'));
        assert.ok(
          size.every((pixels) => pixels > 100),
          size.join(' by '),
        );
        const html = join(folder, 'report.html');
        await saved(vs, 'HTML', html);
        // anywhere: in a browser that knows nothing of VS Code, from the disk
        const page = await vs.page.context().newPage();
        const errors = [];
        page.on('pageerror', (error) => errors.push(error.message));
        page.on('requestfailed', (request) => errors.push(request.url()));
        await page.goto(pathToFileURL(html).href);
        const heading = await page.locator('h1').first().innerText();
        const drawings = await page.locator('svg').count();
        await page.screenshot({ path: join(vs.shots, 'report-page.png') });
        await page.close();
        assert.deepEqual(errors, []);
        assert.match(heading, /lab-m8-phone/);
        assert.ok(drawings > 2, `${drawings} drawings`);
        return `${text.length} characters, ${drawn.texts} texts in the SVG, PNG ${size.join(' by ')}, ${drawings} drawings on the page`;
      },
    ],
    [
      'kernel, command line and .config are set in the panel',
      async (vs) => {
        await vs.openTab('setup');
        const setup = vs.panel().locator('.view[data-view="setup"]');
        await setup.locator('select[aria-label="Kernel model"]').selectOption('5.15');
        await vs.panel().locator('.head .tag', { hasText: 'Linux 5.15' }).waitFor();
        await setting('"smmuScope.kernel": "5.15"');
        const named = await status(vs, 'Linux 5.15');
        await setup.locator('vscode-text-field input').fill('iommu.passthrough=1');
        await setup.locator('vscode-button', { hasText: 'Apply' }).click();
        await vs.panel().locator('.head code', { hasText: 'iommu.passthrough=1' }).waitFor();
        await vs.openTab('iova');
        await vs.panel().locator('.view', { hasText: 'addresses pass through unchanged' }).waitFor();
        await vs.shot('set-in-panel');
        await vs.openTab('setup');
        const config = join(folder, 'lab.config');
        writeFileSync(config, '# CONFIG_ARM_SMMU is not set\n');
        await setup.locator('vscode-button', { hasText: 'Choose a .config' }).click();
        await vs.chooseFile(config);
        await vs.panel().locator('.counts', { hasText: 'untranslated' }).waitFor();
        await vs.openTab('groups');
        await vs.panel().locator('.view', { hasText: 'No master is translated in this boot' }).waitFor();
        await vs.openTab('setup');
        await setup.locator('code', { hasText: 'lab.config' }).waitFor();
        await setup.locator('vscode-button', { hasText: 'Use the default' }).click();
        await setup.locator('vscode-button', { hasText: 'Use the default' }).waitFor({ state: 'detached' });
        await setup.locator('vscode-text-field input').fill('');
        await setup.locator('vscode-button', { hasText: 'Apply' }).click();
        await vs.panel().locator('.head code').waitFor({ state: 'detached' });
        await setup.locator('select[aria-label="Kernel model"]').selectOption('');
        await vs.panel().locator('.head .tag', { hasText: 'Linux 6.12' }).waitFor();
        assert.doesNotMatch(readFileSync(settings, 'utf8'), /smmuScope\.(kernel|cmdline|config)/);
        return named;
      },
    ],
    [
      'the scenario is edited from the panel, with the schema, and the panel follows',
      async (vs) => {
        await vs.openTab('setup');
        await vs.panel().locator('.setting', { hasText: 'Scenario' }).last().locator('vscode-button').first().click();
        const scenario = join(folder, 'mmu500/lab-m8-phone.smmu.json');
        await vs.editor(scenario).locator('.view-lines').waitFor();
        await vs.goTo(scenario, placeOf(scenario, '"kernel"'));
        await vs.page.keyboard.type('"');
        const offered = await vs.suggestions();
        assert.ok(
          offered.some((label) => /hardware|cmdline/.test(label)),
          offered.join(', '),
        );
        await vs.page.keyboard.press('Escape');
        await vs.undoAll(scenario);
        const before = readFileSync(scenario, 'utf8');
        await vs.goTo(scenario, placeOf(scenario, '6.12', { move: 3 }));
        await vs.page.keyboard.press('Delete');
        assert.match(await vs.saved(scenario), /"kernel": "6\.1"/);
        await vs
          .panel()
          .locator('.head .tag', { hasText: /Linux 6\.1(?!2)/ })
          .waitFor();
        await vs.shot('scenario');
        writeFileSync(scenario, before);
        await vs.panel().locator('.head .tag', { hasText: 'Linux 6.12' }).waitFor();
        // another scenario for this board, and back
        const other = join(folder, 'lab-old.smmu.json');
        writeFileSync(other, '{ "schema": 1, "kernel": "5.15" }');
        const row = vs.panel().locator('.setting', { hasText: 'Scenario' }).last();
        await row.locator('vscode-button', { hasText: 'Choose another' }).click();
        await vs.chooseFile(other);
        await vs.panel().locator('.head .tag', { hasText: 'Linux 5.15' }).waitFor();
        await row.locator('code', { hasText: 'lab-old.smmu.json' }).waitFor();
        await row.locator('vscode-button', { hasText: 'Use the one beside' }).click();
        await vs.panel().locator('.head .tag', { hasText: 'Linux 6.12' }).waitFor();
        assert.doesNotMatch(readFileSync(settings, 'utf8'), /lab-old/);
        return offered.slice(0, 5).join(', ');
      },
    ],
  ];
}
