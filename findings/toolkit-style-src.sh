#!/usr/bin/env bash
# @vscode/webview-ui-toolkit 1.4.0 under a content security policy whose style-src has no 'unsafe-inline'. Expected: its
# components, which adopt constructed style sheets, are not concerned. Seen: Chromium refuses inline styles that the toolkit sets,
# and says so; with 'unsafe-inline' it does not. Wants Debian's chromium (or CHROMIUM=path).
set -euo pipefail
chromium=${CHROMIUM:-$(command -v chromium)}
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @vscode/webview-ui-toolkit@1.4.0 playwright-core@1.65.1 2>/dev/null
cat > try.mjs <<'JS'
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
const require = createRequire(import.meta.url);
const page = (inline) => `<!DOCTYPE html><html><head><meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; script-src 'self'; style-src 'self'${inline}"><script type="module" src="/toolkit.js"></script></head>
<body><vscode-button>go</vscode-button><vscode-text-field></vscode-text-field><vscode-panels><vscode-panel-tab>a</vscode-panel-tab><vscode-panel-view>b</vscode-panel-view></vscode-panels></body></html>`;
const toolkit = readFileSync('node_modules/@vscode/webview-ui-toolkit/dist/toolkit.min.js');
const server = createServer((request, response) => {
  const script = request.url === '/toolkit.js';
  response.setHeader('content-type', script ? 'text/javascript' : 'text/html');
  response.end(script ? toolkit : page(request.url === '/inline' ? " 'unsafe-inline'" : ''));
}).listen(0, '127.0.0.1');
await new Promise((done) => server.once('listening', done));
const browser = await chromium.launch({ executablePath: process.argv[2], args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] });
const refusals = async (path) => {
  const tab = await browser.newPage();
  let count = 0;
  let said = '';
  tab.on('console', (message) => { if (/Content Security Policy/.test(message.text())) { count++; said ||= message.text().slice(0, 110); } });
  await tab.goto(`http://127.0.0.1:${server.address().port}${path}`);
  await tab.waitForTimeout(1500);
  return { count, said };
};
const strict = await refusals('/strict');
const inline = await refusals('/inline');
console.log(`toolkit ${JSON.parse(readFileSync('node_modules/@vscode/webview-ui-toolkit/package.json', 'utf8')).version}, Chromium ${browser.version()}`);
console.log(`refusals without 'unsafe-inline': ${strict.count} (${strict.said}…); with: ${inline.count}`);
await browser.close();
server.close();
process.exit(strict.count > 0 && inline.count === 0 ? 0 : 1);
JS
node try.mjs "$chromium"
