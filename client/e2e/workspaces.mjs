// What a workspace remembers and what it trusts: the board chosen for an include, overlays in their order, files outside.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../scripts/vscode-run.mjs';
import { placeOf } from './workbench.mjs';

const SOC = `/ {
	#address-cells = <1>;
	#size-cells = <1>;

	smmu: iommu@10000 {
		compatible = "arm,mmu-500";
		reg = <0x10000 0x10000>;
		#iommu-cells = <2>;
		#global-interrupts = <1>;
	};

	dma: dma@20000 {
		compatible = "arm,pl330";
		reg = <0x20000 0x1000>;
		iommus = <&smmu STREAM 0>;
	};
};
`;
const board = (stream) => `/dts-v1/;\n#define STREAM ${stream}\n#include "soc.dtsi"\n`;
const overlay = (name) => `/dts-v1/;\n/plugin/;\n&dma { order = "${name}"; };\n`;

/** Writes files below a folder. */
function write(folder, files) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

const status = (vs, name) => vs.page.locator('.statusbar-item', { hasText: new RegExp(`^\\s*${name} ·`) }).first();

/** Loads the window anew. */
async function reload(vs, file) {
  await vs.open(file);
  await vs.openFile(file);
}

/** Picks rows of the list that is open, one after another; each opens it again. */
async function pick(vs, ...texts) {
  const rows = vs.page.locator('.quick-input-list .monaco-list-row');
  const all = async () => (await rows.allInnerTexts()).join('\n');
  for (const text of texts) {
    // by the label: what is done so far stands in a description
    const row = rows.filter({ has: vs.page.locator('.label-name', { hasText: text }) }).first();
    await row.waitFor();
    const before = await all();
    await row.click();
    await until('another list', 10_000, async () => (await all()) !== before);
  }
}

/** What the merged tree says of `order`. */
async function order(vs, file, expected) {
  await vs.openFile(file);
  await vs.command('SMMU Scope: Show Merged Devicetree');
  const merged = vs.page.locator('.editor-instance[aria-label*=".merged.dts"]').first();
  const line = merged.locator('.view-line', { hasText: /order\s=/ }).first();
  await until(`order = "${expected}"`, 20_000, async () => (await line.innerText()).includes(`"${expected}"`));
  return (await line.innerText()).trim();
}

/** @param {string} folder an empty one */
export function workspaceChecks(folder) {
  write(folder, {
    'soc.dtsi': SOC,
    'alpha.dts': board('0x11'),
    'beta.dts': board('0x22'),
    'one.dtso': overlay('one'),
    'two.dtso': overlay('two'),
  });
  const soc = join(folder, 'soc.dtsi');
  const alpha = join(folder, 'alpha.dts');
  const stream = (vs, value) => vs.hover(soc, placeOf(soc, 'STREAM', { move: 2 }), new RegExp(value));
  const checks = [
    [
      'an include is looked at through the board that is chosen, after a reload too',
      async (vs) => {
        await status(vs, 'alpha').waitFor();
        await stream(vs, '0x11');
        await vs.page.keyboard.press('Escape');
        await vs.command('SMMU Scope: Select Board');
        await pick(vs, 'beta');
        await status(vs, 'beta').waitFor();
        await stream(vs, '0x22');
        await reload(vs, soc);
        await status(vs, 'beta').waitFor();
        return (await stream(vs, '0x22')).split('\n')[0];
      },
    ],
    [
      'a server that is started again knows the choice',
      async (vs) => {
        await vs.command('SMMU Scope: Restart Language Server');
        await vs.openFile(soc);
        await status(vs, 'beta').waitFor();
        await stream(vs, '0x22');
      },
    ],
    [
      'overlays are put on in the order in which they are picked, and stay over a reload',
      async (vs) => {
        await vs.openFile(alpha);
        // the command is about the board of the editor: it is asked when that board is known
        await status(vs, 'alpha').waitFor();
        await vs.command('SMMU Scope: Select Overlays');
        await pick(vs, 'two.dtso', 'one.dtso');
        const rows = await vs.page.locator('.quick-input-list .monaco-list-row').allInnerTexts();
        assert.match(rows.join('\n'), /1\. two\.dtso/);
        assert.match(rows.join('\n'), /2\. one\.dtso/);
        await vs.shot('overlays');
        await pick(vs, 'Done');
        const first = await order(vs, alpha, 'one');
        await reload(vs, alpha);
        await order(vs, alpha, 'one');
        await vs.command('SMMU Scope: Select Overlays');
        // away with the one on top, and back below
        await pick(vs, 'one.dtso', 'two.dtso', 'one.dtso', 'two.dtso', 'Done');
        return `${first} → ${await order(vs, alpha, 'two')}`;
      },
    ],
  ];
  return { folder, file: soc, checks };
}

/**
 * A folder that nobody trusts yet, whose board includes a file beside the folder.
 * @param {string} parent an empty folder
 */
export function untrustedChecks(parent) {
  write(parent, {
    'outside.dtsi': '/ { chosen { }; };\n',
    'work/soc.dtsi': SOC,
    'work/board.dts': `${board('0x33')}#include "../outside.dtsi"\n`,
  });
  const folder = join(parent, 'work');
  const file = join(folder, 'board.dts');
  const refused = (vs) => vs.page.locator('.markers-panel .monaco-list-row', { hasText: 'include-refused' }).first();
  const checks = [
    [
      'an include that leaves the folder is refused at its place, everything else works',
      async (vs) => {
        await vs.problems();
        await refused(vs).waitFor();
        const text = await refused(vs).innerText();
        assert.match(text, /outside\.dtsi lies outside of the folder/);
        assert.match(text, /\[Ln 4, Col 10\]/);
        await vs.shot('untrusted');
        const soc = join(folder, 'soc.dtsi');
        await vs.quickOpen(soc);
        await vs.hover(soc, placeOf(soc, 'STREAM', { move: 2 }), /0x33/);
        return text.replaceAll('\n', ' ');
      },
    ],
    [
      'once the folder is trusted, it is read',
      async (vs) => {
        await vs.openFile(file);
        await vs.command('Workspaces: Manage Workspace Trust');
        await vs.page
          .locator('.workspace-trust-editor .monaco-button', { hasText: /^Trust$/ })
          .first()
          .click();
        const dialog = vs.page.locator('.monaco-modal-editor-block');
        await until('the dialog closed', 20_000, async () => {
          if (!(await dialog.isVisible())) return true;
          // it lies over the window; its own button closes it
          await dialog.locator('.codicon-close').first().click({ timeout: 3_000 });
          return false;
        });
        await refused(vs).waitFor({ state: 'detached' });
      },
    ],
  ];
  return { folder, file, checks };
}
