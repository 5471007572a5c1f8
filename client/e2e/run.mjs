// npm run test:e2e: packages the extension, installs it in a real VS Code, and uses it in a real browser.
//   node client/e2e/run.mjs [--only PART-OF-A-NAME] [--suite examples|review|newcomer|own-kernel|other-kernel|kernel]
// Screenshots and, after a failure, logs go to .e2e/ (git-ignored). Ends with `N passed, N failed`.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { linuxSource } from '../scripts/linux-source.mjs';
import { installVsCode } from '../scripts/vscode-install.mjs';
import { exitOnSignals, packageExtension, root, runVsCode } from '../scripts/vscode-run.mjs';
import { launchChromium } from './browser.mjs';
import { Checks } from './checks.mjs';
import { companyChecks, packCompany } from './company.mjs';
import { exampleChecks } from './examples.mjs';
import { kernelChecks } from './kernel.mjs';
import { newcomerChecks } from './newcomer.mjs';
import { ownKernelChecks, wholeKernelChecks } from './own-kernel.mjs';
import { reviewChecks } from './review.mjs';
import { tabSize, Workbench } from './workbench.mjs';
import { untrustedChecks, workspaceChecks } from './workspaces.mjs';

exitOnSignals();
const { values: options } = parseArgs({ options: { only: { type: 'string' }, suite: { type: 'string' } } });
const run = new Checks(options.only);
const { say } = run;
const out = join(root, '.e2e');
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const vscode = installVsCode(say);
say('packaging the extension');
const vsix = packageExtension();
const browser = await launchChromium(say);

/** The release of a kernel tree, as its Makefile says it. */
function releaseOf(tree) {
  const text = readFileSync(join(tree, 'Makefile'), 'utf8');
  return ['VERSION', 'PATCHLEVEL', 'SUBLEVEL']
    .map((name) => new RegExp(`^${name} *= *(\\d+)`, 'm').exec(text)?.[1])
    .join('.');
}

/** Runs the checks of one workspace, in order, in one window. */
async function suite(name, { folder, file, checks }, { trust = true, more = [] } = {}) {
  if (options.suite !== undefined && options.suite !== name) return;
  say(`${name}: starting VS Code ${vscode.version}`);
  const settings = {
    'workbench.colorTheme': 'Default Dark Modern',
    'editor.tabSize': tabSize,
    'editor.detectIndentation': false,
    'editor.stickyScroll.enabled': false,
  };
  const running = await runVsCode(vscode, { folder, vsix: [vsix, ...more], settings, trust });
  const viewport = { width: 1500, height: 950 };
  const context = await browser.newContext({ viewport, permissions: ['clipboard-read', 'clipboard-write'] });
  const page = await context.newPage();
  page.setDefaultTimeout(40_000);
  const workbench = new Workbench(page, running, out);
  try {
    await run.suite(name, workbench, file, checks);
  } finally {
    if (run.failed > 0) running.keepLogs(join(out, `logs-${name}`));
    await context.close();
    await running.stop();
  }
}

// A short path, and a copy: the checks edit files.
const copy = mkdtempSync(join(tmpdir(), 'sms-examples-'));
const repository = mkdtempSync(join(tmpdir(), 'sms-review-'));
const boards = mkdtempSync(join(tmpdir(), 'sms-boards-'));
const stranger = mkdtempSync(join(tmpdir(), 'sms-stranger-'));
const ownKernel = mkdtempSync(join(tmpdir(), 'sms-kernel-'));
const company = mkdtempSync(join(tmpdir(), 'sms-company-'));
try {
  cpSync(join(root, 'examples'), copy, { recursive: true });
  await suite('examples', { folder: copy, ...exampleChecks(copy) });
  cpSync(join(root, 'examples'), repository, { recursive: true });
  await suite('review', { folder: repository, ...reviewChecks(repository) });
  await suite('newcomer', newcomerChecks());
  await suite('workspaces', workspaceChecks(boards));
  await suite('own-kernel', ownKernelChecks(ownKernel));
  // a whole kernel of a release that is not shipped, where somebody has one
  const other = process.env.SMMU_SCOPE_LINUX_OTHER;
  if (other !== undefined && other !== '') await suite('other-kernel', wholeKernelChecks(other, releaseOf(other)));
  await suite('untrusted', untrustedChecks(stranger), { trust: false });
  cpSync(join(root, 'examples'), join(company, 'examples'), { recursive: true });
  await suite('company', companyChecks(join(company, 'examples')), { more: [packCompany(company)] });
  const linux = linuxSource();
  if (linux === null) {
    const needed = process.env.CI === 'true';
    const why = 'kernel: no Linux source (SMMU_SCOPE_LINUX names its folder)';
    if (needed) run.fail(why);
    else say(`skipped ${why}`);
  } else {
    await suite('kernel', kernelChecks(linux));
  }
} finally {
  await browser.close();
  for (const folder of [copy, repository, boards, stranger, ownKernel, company])
    rmSync(folder, { recursive: true, force: true });
}
run.end(out);
