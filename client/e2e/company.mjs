// Beside another extension: one with the identity of a devicetree language server, which also asks SMMU Scope for what it offers
// to others, its interface and its tools for language models.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, until } from '../scripts/vscode-run.mjs';
import { placeOf } from './workbench.mjs';

/** What the other extension does: it writes what it gets into answers.json of the workspace. */
const PROGRAM = `
const vscode = require('vscode');
exports.activate = (context) => {
  context.subscriptions.push(vscode.commands.registerCommand('company.ask', async () => {
    const folder = vscode.workspace.workspaceFolders[0].uri;
    const write = (name, value) =>
      vscode.workspace.fs.writeFile(vscode.Uri.joinPath(folder, name), new TextEncoder().encode(JSON.stringify(value)));
    const invoke = async (name, input) => {
      const { content } = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined });
      return content.map((part) => part.value).join('');
    };
    try {
      const scope = await vscode.extensions.getExtension('smmu-scope.smmu-scope').activate();
      const file = vscode.Uri.joinPath(folder, 'mmu500/lab-m8-phone.dts');
      const event = new Promise((done) => scope.onReport(done));
      const { report } = await scope.simulate(file);
      const path = 'mmu500/lab-m8-phone.dts';
      const log = 'arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x402, iova=0xfffe1000, fsynr=0x11, cbfrsynra=0x1080, cb=1';
      await write('answers.json', {
        version: scope.version,
        devices: report.devices.length,
        listed: vscode.lm.tools.filter(({ name }) => name.startsWith('smmuScope_')).map(({ name }) => name),
        simulate: await invoke('smmuScope_simulate', { file: path }),
        translate: await invoke('smmuScope_translate', { file: path, master: 'display', iova: '0xff000000' }),
        explain: await invoke('smmuScope_explain', { log, file: path }),
        missing: await invoke('smmuScope_simulate', { file: 'no/such.dts' }).then(() => 'no error', (error) => String(error.message)),
      });
      const { file: changed, version } = await event;
      await write('event.json', { changed: changed.path, version });
    } catch (error) {
      await write('answers.json', { failed: String(error.stack ?? error) });
    }
  }));
};
`;

/** Packs the other extension into a folder; the path of its .vsix. */
export function packCompany(folder) {
  const source = join(folder, 'company');
  mkdirSync(source);
  const manifest = {
    publisher: 'KyleMicallefBonnici',
    name: 'dts-lsp',
    displayName: 'A stand-in for dts-lsp',
    version: '0.0.1',
    license: 'MIT',
    repository: 'https://example.invalid/company.git',
    engines: { vscode: '^1.95.0' },
    main: './program.js',
    activationEvents: ['onStartupFinished'],
    contributes: { commands: [{ command: 'company.ask', title: 'Ask SMMU Scope', category: 'Company' }] },
  };
  writeFileSync(join(source, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(source, 'program.js'), PROGRAM);
  writeFileSync(join(source, 'README.md'), 'For tests.\n');
  writeFileSync(join(source, 'LICENSE'), 'MIT\n');
  const out = join(folder, 'company.vsix');
  const vsce = join(root, 'node_modules/.bin/vsce');
  const run = spawnSync(vsce, ['package', '--no-dependencies', '--out', out], { cwd: source, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`the other extension cannot be packed:\n${run.stdout}${run.stderr}`);
  return out;
}

/** @param {string} folder a copy of examples/ that may be changed */
export function companyChecks(folder) {
  const board = join(folder, 'mmu500/lab-m8-phone.dts');
  writeFileSync(board, `${readFileSync(board, 'utf8')}\n/ { stray = <1>, ; };\n`);
  const regulator = placeOf(board, 'regulator-usb', { move: 2 });
  let answers = null;
  const ask = async (vs) => {
    if (answers !== null) return answers;
    await vs.command('Company: Ask SMMU Scope');
    const file = join(folder, 'answers.json');
    answers = await until('the answers', 60_000, () => existsSync(file) && JSON.parse(readFileSync(file, 'utf8')));
    return answers;
  };
  const checks = [
    [
      'findings about IOMMUs stay, those of syntax are left to the other server',
      async (vs) => {
        const rows = await until('the problems', 30_000, async () => {
          const all = await vs.problems();
          return all.some((row) => row.includes('smmu/cell-count')) && all;
        });
        assert.ok(!rows.some((row) => /\bdts\//.test(row)), rows.join('\n'));
        await vs.command('View: Toggle Problems');
        return `${rows.length} rows`;
      },
    ],
    [
      'hover explains iommus, and leaves a regulator alone',
      async (vs) => {
        const text = await vs.hover(board, placeOf(board, 'iommus', { after: '&video', move: 2 }));
        await assert.rejects(vs.hover(board, regulator, /regulator-usb/, 6_000));
        return text.split('\n')[0];
      },
    ],
    [
      'all features are there when the setting says always',
      async (vs) => {
        mkdirSync(join(folder, '.vscode'), { recursive: true });
        writeFileSync(join(folder, '.vscode/settings.json'), '{ "smmuScope.general": "always" }\n');
        const syntax = await until('a finding of syntax', 60_000, async () =>
          (await vs.problems()).find((row) => /\bdts\//.test(row)),
        );
        await vs.command('View: Toggle Problems');
        await vs.hover(board, regulator, /regulator-usb/);
        return syntax.replaceAll('\n', ' ');
      },
    ],
    [
      'the interface answers another extension, and tells of changes',
      async (vs) => {
        const { failed, version, devices } = await ask(vs);
        assert.equal(failed, undefined);
        assert.equal(version, 1);
        assert.ok(devices > 10);
        await vs.goTo(board, { line: 1, column: 1 });
        await vs.page.keyboard.type('// ');
        const event = join(folder, 'event.json');
        const told = await until('the event', 30_000, () => existsSync(event) && readFileSync(event, 'utf8'));
        await vs.undoAll(board);
        assert.match(told, /lab-m8-phone\.dts/);
        return `${devices} devices`;
      },
    ],
    [
      'the tools for language models are listed, and answer when they are invoked',
      async (vs) => {
        const { listed, simulate, translate, explain, missing } = await ask(vs);
        assert.deepEqual([...listed].sort(), ['smmuScope_explain', 'smmuScope_simulate', 'smmuScope_translate']);
        const report = JSON.parse(simulate);
        assert.equal(report.board, 'lab-m8-phone');
        assert.ok(report.chains.some(({ device }) => device === '/soc@0/usb@a600000'));
        assert.equal(JSON.parse(translate).result, 'translated');
        assert.match(explain, /codec@aa00000/);
        assert.match(missing, /There is no file no\/such\.dts/);
        return `${listed.join(', ')}; ${simulate.length} characters`;
      },
    ],
  ];
  return { folder, file: board, checks };
}
