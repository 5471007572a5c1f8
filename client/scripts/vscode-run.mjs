// Runs the VS Code of vscode-install.mjs with the packaged extension, on a fresh profile, bound to this machine only.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** No welcome pages, no telemetry, no network; what a quiet first look at one extension needs. */
export const quietSettings = {
  'security.workspace.trust.enabled': false,
  'workbench.startupEditor': 'none',
  'files.autoSave': 'off',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'window.restoreWindows': 'none',
  'editor.minimap.enabled': false,
  'git.enabled': false,
};

/** Builds and packages the extension; returns the path of the .vsix. */
export function packageExtension() {
  const out = join(root, 'smmu-scope.vsix');
  const run = spawnSync('npm', ['run', '--silent', 'package'], { cwd: root, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`packaging failed:\n${run.stdout}${run.stderr}`);
  return out;
}

export function freePort() {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Ends this process on Ctrl-C and on a polite kill, with its exit handlers run. */
export function exitOnSignals() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130));
}

/** Tries until an answer is truthy; throws with the last error when the time is over. */
export async function until(what, milliseconds, attempt) {
  const end = Date.now() + milliseconds;
  let last;
  do {
    try {
      const answer = await attempt();
      if (answer) return answer;
    } catch (error) {
      last = error;
    }
    await pause(100);
  } while (Date.now() < end);
  throw new Error(`timed out waiting for ${what}${last ? `: ${last.message}` : ''}`);
}

/**
 * Starts the server.
 * @param {{ node: string, entry: string }} vscode from installVsCode()
 * @param {{ folder: string | null, vsix: string | string[], settings?: object, port?: number, trust?: boolean }} options `folder` is the workspace to open; null: none; without
 *   `trust` no folder is trusted until a person says so
 * @returns a running server: `authority` and `url` to open, `configure(settings)` to change user settings while it runs,
 *   `keepLogs(folder)` to copy its logs, `stop()` to end all its processes and remove its profile
 */
export async function runVsCode(vscode, { folder, vsix, settings = {}, port, trust = true }) {
  // A short path: sockets are made in it, and their names end at 107 characters.
  const profile = mkdtempSync(join(tmpdir(), 'sms-'));
  for (const name of ['ud/User', 'ext', 't', 'home']) mkdirSync(join(profile, name), { recursive: true });
  writeFileSync(join(profile, 'config.yaml'), 'auth: none\n');
  const configure = (more) => {
    const trusting = trust
      ? {}
      : { 'security.workspace.trust.enabled': true, 'security.workspace.trust.startupPrompt': 'never' };
    const all = { ...quietSettings, ...trusting, ...settings, ...more };
    writeFileSync(join(profile, 'ud/User/settings.json'), JSON.stringify(all, null, 2));
  };
  configure({});
  const env = { ...process.env, HOME: join(profile, 'home'), TMPDIR: join(profile, 't'), EXTENSIONS_GALLERY: '{}' };
  for (const name of Object.keys(env)) if (/^(VSCODE_|npm_|ELECTRON_)/.test(name)) delete env[name];
  const common = [vscode.entry, '--config', join(profile, 'config.yaml')];
  common.push('--user-data-dir', join(profile, 'ud'), '--extensions-dir', join(profile, 'ext'));
  const install = [vsix].flat().flatMap((path) => ['--install-extension', path]);
  execFileSync(vscode.node, [...common, ...install], { env, stdio: ['ignore', 'ignore', 'pipe'] });

  const authority = `127.0.0.1:${port ?? (await freePort())}`;
  const log = openSync(join(profile, 'server.log'), 'w');
  const quiet = [
    '--disable-telemetry',
    '--disable-update-check',
    ...(trust ? ['--disable-workspace-trust'] : []),
    '--disable-getting-started-override',
  ];
  const args = [
    ...common,
    '--auth',
    'none',
    '--bind-addr',
    authority,
    ...quiet,
    '--ignore-last-opened',
    ...(folder === null ? [] : [folder]),
  ];
  const server = spawn(vscode.node, args, { env, stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  // However this process ends, nothing stays behind: the server leads a process group of its own.
  const abandon = () => {
    try {
      process.kill(-server.pid, 'SIGKILL');
    } catch {
      // it is gone already
    }
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  process.once('exit', abandon);
  const stop = async () => {
    const gone = () => {
      try {
        process.kill(-server.pid, 0);
        return false;
      } catch {
        return true;
      }
    };
    // The whole group: server, extension host, language server, terminals.
    if (!gone()) process.kill(-server.pid, 'SIGTERM');
    await until('VS Code to stop', 8_000, gone).catch(() => process.kill(-server.pid, 'SIGKILL'));
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    process.off('exit', abandon);
  };
  try {
    // Not /healthz: that answers before VS Code itself is loaded.
    await until('VS Code to answer', 60_000, async () => (await fetch(`http://${authority}/`)).ok);
  } catch (error) {
    const lines = readFileSync(join(profile, 'server.log'), 'utf8').slice(-2000);
    await stop();
    throw new Error(`${error.message}\n${lines}`);
  }
  return {
    authority,
    url: `http://${authority}/?${folder === null ? 'ew=true' : `folder=${encodeURIComponent(folder)}`}`,
    fileUri: (file) => `vscode-remote://${authority}${file}`,
    stop,
    configure,
    keepLogs(to) {
      for (const name of ['server.log', 'ud/logs']) {
        if (existsSync(join(profile, name))) cpSync(join(profile, name), join(to, name), { recursive: true });
      }
    },
  };
}

/** The address that opens the workspace with some files; `running` is a server of this file or of web-host.mjs. */
export function addressOf(running, files) {
  const payload = files.map((file) => ['openFile', running.fileUri(file)]);
  return `${running.url}&payload=${encodeURIComponent(JSON.stringify(payload))}`;
}
