// npm run bench:panel -- --base COMMIT|FOLDER: this build of the panel against another one, on the same reports, in turn.
// Prints CPU time of the page's main thread (Chromium's own count) and the medians of the ratios. A FOLDER is a built checkout; of a
// COMMIT one is made and built beside. Exits with 1 when a target is missed.
//   --rounds N (default 3)
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { launchChromium } from '../../client/e2e/browser.mjs';
import { Harness, root } from '../test/browser/page.mjs';
import { manyDeferred, manyRegions } from '../test/browser/reports.mjs';

const { values: options } = parseArgs({
  options: { base: { type: 'string' }, rounds: { type: 'string', default: '3' } },
});
if (options.base === undefined) {
  console.error('bench:panel needs --base COMMIT or --base FOLDER');
  process.exit(2);
}

const git = (...args) => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' });
let made = null;
function builtBase(base) {
  if (existsSync(join(base, 'dist/panel.js'))) return join(base, 'dist');
  made = mkdtempSync(join(tmpdir(), 'sms-base-'));
  git('worktree', 'add', '--detach', '--force', made, base);
  symlinkSync(join(root, 'node_modules'), join(made, 'node_modules'));
  execFileSync(process.execPath, ['esbuild.mjs', '--minify'], { cwd: made, stdio: 'inherit' });
  return join(made, 'dist');
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const browser = await launchChromium(console.log);
const builds = {
  base: await new Harness(browser, builtBase(options.base), false).start(),
  now: await new Harness(browser).start(),
};

/** Seconds of the main thread so far: all tasks, and script alone. */
async function spent(session) {
  const { metrics } = await session.send('Performance.getMetrics');
  const of = (name) => metrics.find((each) => each.name === name).value;
  return { task: of('TaskDuration'), script: of('ScriptDuration') };
}

async function opened(build) {
  const panel = await builds[build].open({ width: 960 });
  // as it happens: the panel says that the board is simulated until the report comes
  const loading = { type: 'state', state: { state: 'loading', board: 'b' } };
  await panel.send(loading);
  await panel.settle();
  // older builds take messages as objects
  const text = await panel.page.evaluate(() => document.querySelector('.notice') !== null);
  const post = (message) =>
    text ? panel.send(message) : panel.page.evaluate((sent) => window.postMessage(sent, '*'), message);
  if (!text) await post(loading);
  const session = await panel.page.context().newCDPSession(panel.page);
  await session.send('Performance.enable');
  return { panel, session, text, post };
}

/** Milliseconds of CPU from the message to the frame that shows the report. */
async function firstPaint(build, report, view) {
  const { panel, session, text, post } = await opened(build);
  await post({ type: 'focus', focus: { view, device: null } });
  // the report is in the page before the clock starts: how it got there is the browser driver's affair
  await panel.page.evaluate(
    ([state, text]) => {
      const message = { type: 'state', state };
      window.message = text ? JSON.stringify(message) : message;
    },
    [{ state: 'report', uri: 'file:///b.dts', board: 'b', version: 1, milliseconds: 1, report }, text],
  );
  await panel.settle();
  const before = await spent(session);
  await panel.page.evaluate(
    (wanted) =>
      new Promise((done) => {
        const look = () => {
          if (document.querySelector(`.view[data-view="${wanted}"] .card`) === null) return requestAnimationFrame(look);
          requestAnimationFrame(() => setTimeout(done, 0));
        };
        window.postMessage(window.message, '*');
        requestAnimationFrame(look);
      }),
    view,
  );
  const after = await spent(session);
  await panel.close();
  return (after.task - before.task) * 1000;
}

/** Milliseconds of script of one zoom step. */
async function zoomStep(build, report) {
  const { panel, session } = await opened(build);
  await panel.show(report);
  await panel.page.locator('.map').first().focus();
  const steps = [];
  for (let i = 0; i < 9; i++) {
    const before = await spent(session);
    await panel.page.keyboard.press('+');
    await panel.settle();
    const after = await spent(session);
    steps.push((after.script - before.script) * 1000);
  }
  await panel.close();
  return median(steps);
}

const paints = [
  ['first paint, 10,000 regions in 1 domain', manyRegions(10_000, 1), 'iova', 1 / 10],
  ['first paint, 10,000 regions in 50 domains', manyRegions(10_000, 50), 'iova', 1 / 10],
  ['first paint, 1,000 deferred devices', manyDeferred(1000), 'chains', 1 / 5],
];
let missed = 0;
try {
  for (const [title, report, view, target] of paints) {
    const rounds = [];
    for (let i = 0; i < Number(options.rounds); i++) {
      const pair = { base: await firstPaint('base', report, view), now: await firstPaint('now', report, view) };
      rounds.push(pair);
    }
    const ratio = median(rounds.map(({ base, now }) => now / base));
    const ok = ratio <= target;
    if (!ok) missed++;
    const [base, now] = ['base', 'now'].map((build) => median(rounds.map((round) => round[build])).toFixed(0));
    console.log(
      `${ok ? 'ok    ' : 'MISSED'} ${title}: ${base} ms before, ${now} ms now, ratio ${ratio.toFixed(3)} (at most ${target})`,
    );
  }
  const step = await zoomStep('now', paints[0][1]);
  if (step >= 16) missed++;
  console.log(
    `${step < 16 ? 'ok    ' : 'MISSED'} a zoom step on 10,000 regions: ${step.toFixed(1)} ms of script (under 16)`,
  );
  const size = statSync(join(root, 'dist/panel.js')).size;
  if (size > 500_000) missed++;
  console.log(`${size <= 500_000 ? 'ok    ' : 'MISSED'} bundle: ${(size / 1000).toFixed(0)} kB (at most 500)`);
} finally {
  for (const harness of Object.values(builds)) harness.stop();
  await browser.close();
  if (made !== null) {
    git('worktree', 'remove', '--force', made);
    rmSync(made, { recursive: true, force: true });
  }
}
process.exitCode = missed === 0 ? 0 : 1;
