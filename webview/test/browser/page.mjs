// The panel in a browser without VS Code: its real page and policy, a stub of VS Code's API, and the theme's variables.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import esbuild from 'esbuild';
import { engineOf } from './engine.mjs';

const here = dirname(fileURLToPath(import.meta.url));
export const root = resolve(here, '../../..');
export const themes = ['dark', 'light', 'hc-dark', 'hc-light'];
export const widths = [400, 720, 1600];

/** The page as the extension writes it. */
async function pageMaker() {
  const entry = join(root, 'client/src/panel/page.ts');
  const built = await esbuild.build({ entryPoints: [entry], bundle: true, format: 'cjs', write: false });
  const module = { exports: {} };
  new Function('module', 'exports', built.outputFiles[0].text)(module, module.exports);
  return module.exports.pageOf;
}

// VS Code's API as a page sees it; what the panel posts is kept, what it saves survives a reload.
const stub = `
  const kept = sessionStorage.getItem('state');
  let state = kept === null ? undefined : JSON.parse(kept);
  window.posted = [];
  window.waiting = 0;
  window.refused = [];
  addEventListener('securitypolicyviolation', (event) => window.refused.push(event.violatedDirective + ' ' + event.sample));
  window.acquireVsCodeApi = () => ({
    postMessage: (message) => {
      window.posted.push(message);
      if (message.type !== 'ask' || window.engine === undefined) return;
      window.waiting++;
      window.engine(message.ask).then(
        (value) => value !== undefined && window.postMessage(JSON.stringify({ type: 'answer', id: message.id, value }), '*'),
        (error) => window.postMessage(JSON.stringify({ type: 'refusal', id: message.id, message: error.message }), '*'),
      ).finally(() => window.waiting--);
    },
    getState: () => state,
    setState: (next) => { state = next; sessionStorage.setItem('state', JSON.stringify(next)); },
  });`;

export class Harness {
  /**
   * @param {import('playwright-core').Browser} browser
   * @param dist the built programs; another build's for a benchmark
   * @param policy false: without a content security policy, for builds that want another one
   */
  constructor(browser, dist = join(root, 'dist'), policy = true) {
    this.browser = browser;
    this.dist = dist;
    this.policy = policy;
  }

  async start() {
    const pageOf = await pageMaker();
    this.server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url, 'http://localhost');
      if (pathname === '/panel.js' || pathname === '/panel.css') {
        response.setHeader('content-type', pathname.endsWith('js') ? 'text/javascript' : 'text/css');
        return response.end(readFileSync(join(this.dist, pathname)));
      }
      const theme = searchParams.get('theme');
      if (pathname !== '/' || !themes.includes(theme)) return response.writeHead(404).end();
      const { style, cls, kind } = JSON.parse(readFileSync(join(here, 'fixtures', `theme-${theme}.json`), 'utf8'));
      const variables = Object.entries(style).map(([name, value]) => `${name}: ${value.replaceAll('"', "'")}`);
      const html = pageOf({ nonce: 'test', script: '/panel.js', style: '/panel.css', source: "'self'" })
        .replace('<html lang="en">', `<html lang="en" style="${variables.join('; ')}">`)
        .replace(
          '<body>',
          `<body class="${cls}" data-vscode-theme-kind="${kind}"><script nonce="test">${stub}</script>`,
        );
      response.setHeader('content-type', 'text/html');
      response.end(html);
    });
    await new Promise((done) => this.server.listen(0, '127.0.0.1', done));
    return this;
  }

  stop() {
    this.server.close();
  }

  /** A panel in a theme and a width, waiting for its state. @param board whose engine answers what the panel asks */
  async open({ theme = 'dark', width = 720, height = 900, board = null } = {}) {
    const context = await this.browser.newContext({ viewport: { width, height }, deviceScaleFactor: 1 });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    const errors = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) errors.push(message.text());
    });
    if (board !== null) await page.exposeFunction('engine', engineOf(board));
    await page.goto(`http://127.0.0.1:${this.server.address().port}/?theme=${theme}`);
    await page.waitForFunction(() => window.posted.some((message) => message.type === 'ready'));
    return new PanelPage(page, errors);
  }
}

export class PanelPage {
  constructor(page, errors) {
    this.page = page;
    this.errors = errors;
  }

  close() {
    return this.page.context().close();
  }

  async send(message) {
    // as the extension sends them; a text is sent as it is
    const sent = typeof message === 'string' ? message : JSON.stringify(message);
    await this.page.evaluate((text) => window.postMessage(text, '*'), sent);
  }

  /** Shows a report, as after a simulation. */
  async show(report, { view = 'iova', device = null, version = 1, ...focus } = {}) {
    await this.send({ type: 'focus', focus: { view, device, ...focus } });
    const state = { state: 'report', uri: 'file:///b.dts', board: report.board, version, milliseconds: 3, report };
    await this.send({ type: 'state', state });
    await this.page.locator(`.view[data-view="${view}"]`).waitFor();
    await this.settle();
  }

  /** Two frames: observers have run and what they asked for is drawn; and what a view adds after its first frame is there. */
  async settle() {
    await this.page.waitForFunction(() => document.querySelector('.view [aria-busy="true"]') === null);
    await this.page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30)))),
    );
  }

  /** Opens a tab as a person does, also one in the menu. */
  async tab(id) {
    const tab = this.page.locator(`#tab-${id}`);
    if (await tab.isVisible()) await tab.click();
    else {
      await this.page.locator('#tab-more').click();
      await this.page.locator(`#menu-${id}`).click();
    }
    await this.page.locator(`.view[data-view="${id}"]`).waitFor();
    await this.page.mouse.move(1, 1);
    await this.settle();
  }

  /** Waits for the engine to have answered everything, and for what came to be drawn. */
  async answered() {
    for (let round = 0; round < 2; round++) {
      await this.page.waitForFunction(() => window.waiting === 0, undefined, { timeout: 60_000 });
      await this.settle();
    }
  }

  text() {
    return this.page.locator('.view').innerText();
  }

  /** What the panel has posted of a type. */
  posted(type) {
    return this.page.evaluate((wanted) => window.posted.filter((message) => message.type === wanted), type);
  }

  /** Answers the panel's next question of a kind, as the extension would. */
  async answer(kind, value) {
    const asked = await this.page.waitForFunction(
      (wanted) => window.posted.findLast((message) => message.type === 'ask' && message.ask.kind === wanted),
      kind,
    );
    const { id, ask } = await asked.jsonValue();
    await this.send({ type: 'answer', id, value });
    await this.settle();
    return ask;
  }

  /** Serious and moderate violations that axe-core finds, one line each. */
  async axeViolations() {
    await this.page.evaluate(axe.source);
    return this.page.evaluate(async () => {
      const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
      return violations
        .filter(({ impact }) => impact !== 'minor')
        .map(
          ({ id, impact, nodes }) => `${id} (${impact}): ${nodes[0].html.slice(0, 160)} | ${nodes[0].failureSummary}`,
        );
    });
  }

  refused() {
    return this.page.evaluate(() => window.refused);
  }
}
