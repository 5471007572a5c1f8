// A VS Code without a server behind it: the workbench in the browser, extensions in a web worker, files in a virtual file system.
// @vscode/test-web gives the file system and serves the extension. It would download VS Code for the web, which is not to be had
// everywhere: the one that vscode-install.mjs installs is served instead.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { cacheFolder } from './cache.mjs';
import { freePort } from './vscode-run.mjs';

const TEST_WEB = '0.0.81';

/**
 * Installs @vscode/test-web once (46 MB). It is none of the project's own packages: one that it needs downloads a browser when it
 * is installed, which fails where the network is closed.
 */
export function installTestWeb(say) {
  const folder = join(cacheFolder(), `test-web-${TEST_WEB}`);
  const entry = join(folder, 'node_modules/@vscode/test-web/out/server/app.js');
  if (!existsSync(entry)) {
    say(`installing @vscode/test-web ${TEST_WEB} (once)`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true }');
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const run = spawnSync('npm', [...args, `@vscode/test-web@${TEST_WEB}`], { cwd: folder, stdio: 'inherit' });
    if (run.status !== 0) throw new Error(`npm cannot install @vscode/test-web ${TEST_WEB}`);
  }
  return createRequire(import.meta.url)(entry).default;
}

const WORKBENCH = 'out/vs/code/browser/workbench/workbench.js';

/** The workbench as it is without a server behind it; throws when this VS Code is not the one that this is written for. */
function workbenchAlone(vscode) {
  const source = readFileSync(join(vscode, WORKBENCH), 'utf8');
  const changes = [
    // code-server always connects to itself
    [/,remoteAuthority:location\.host\}/, '}'],
    // and keeps the user's files there
    [
      /\w+\((\w+)\.file\(this\.userDataPath\)\.with\(\{scheme:\w+\.vscodeRemote\}\),"User"\)/,
      '$1.from({scheme:"vscode-userdata",path:"/User"})',
    ],
  ];
  return changes.reduce((text, [from, to]) => {
    if (!from.test(text)) throw new Error(`${WORKBENCH} has no ${from}`);
    return text.replace(from, to);
  }, source);
}

const attribute = (value) => JSON.stringify(value).replaceAll('&', '&amp;').replaceAll('"', '&quot;');

/**
 * Serves a folder as `vscode-test-web://mount/`, with an extension.
 * @param {{ entry: string }} vscode from installVsCode()
 * @param {{ folder: string, extension: string, settings: object, say: (line: string) => void }} options `extension` is its folder
 * @returns as runVsCode(): `url`, `fileUri(file)`, `stop()`
 */
export async function runWebHost(vscode, { folder, extension, settings, say }) {
  const createApp = installTestWeb(say);
  const location = join(dirname(vscode.entry), '../../lib/vscode');
  const extensionPaths = [extension, join(location, 'extensions/theme-defaults'), join(location, 'extensions/json')];
  const { log } = console;
  console.log = () => {};
  const build = { type: 'static', location, quality: 'stable', version: 'local' };
  const app = await createApp({ build, folderMountPath: folder, extensionPaths, esm: true });
  // its first part prints each request that fails, and VS Code asks for files that need not be there
  app.middleware.shift();
  const authority = `127.0.0.1:${await freePort()}`;
  const at = (path) => ({ scheme: 'http', authority, path });
  const base = `http://${authority}/static/build`;
  const configuration = {
    folderUri: { scheme: 'vscode-test-web', authority: 'mount', path: '/' },
    additionalBuiltinExtensions: [
      ...extensionPaths.map((_, i) => at(`/static/extensions/${i}`)),
      at('/static/extensions/fs'),
    ],
    productConfiguration: {
      enableTelemetry: false,
      extensionEnabledApiProposals: { 'vscode.vscode-test-web-fs': ['fileSearchProvider', 'textSearchProvider'] },
    },
    webviewEndpoint: `${base}/out/vs/workbench/contrib/webview/browser/pre`,
    configurationDefaults: settings,
    // what code-server asks for
    userDataPath: '/user',
    isEnabledFileDownloads: true,
    isEnabledFileUploads: true,
    isEnabledCoderGettingStarted: false,
  };
  const html = `<!DOCTYPE html>
<html><head><meta charset="utf-8">
<meta id="vscode-workbench-web-configuration" data-settings="${attribute(configuration)}">
<link rel="stylesheet" href="${base}/${WORKBENCH.replace(/js$/, 'css')}"></head><body></body>
<script>globalThis._VSCODE_FILE_ROOT = '${base}/out/';</script>
<script type="module" src="${base}/out/nls.messages.js"></script>
<script type="module" src="${base}/${WORKBENCH}"></script></html>`;
  const script = workbenchAlone(location);
  const rest = app.callback();
  const own = new Map([
    ['/', ['text/html', html]],
    [`/static/build/${WORKBENCH}`, ['text/javascript', script]],
  ]);
  const server = createServer((request, response) => {
    const found = own.get(new URL(request.url, base).pathname);
    if (found === undefined) return rest(request, response);
    response.setHeader('content-type', found[0]);
    response.end(found[1]);
  });
  await new Promise((done) => server.listen(Number(authority.split(':')[1]), '127.0.0.1', done));
  console.log = log;
  return {
    url: `http://${authority}/?folder=${encodeURIComponent('vscode-test-web://mount/')}`,
    fileUri: (file) => `vscode-test-web://mount/${relative(folder, file)}`,
    stop: () =>
      new Promise((done) => {
        server.close(done);
        server.closeAllConnections();
      }),
  };
}
