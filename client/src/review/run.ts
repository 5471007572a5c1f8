/** Runs `smmu-scope review` in a process of its own, by the editor's own Node. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { delimiter, resolve } from 'node:path';
import * as vscode from 'vscode';
import type { ReviewReport } from '../../../server/src/review/report';

export interface Running {
  readonly child: ChildProcess;
  /** Rejects with a sentence for people. */
  readonly report: Promise<ReviewReport>;
}

/** What the settings say of the kernel, as options of the command line. */
function bootOptions(folder: string): string[] {
  const settings = vscode.workspace.getConfiguration('smmuScope', vscode.Uri.file(folder));
  return ['kernel', 'cmdline', 'config'].flatMap((name) => {
    const value = settings.get<string>(name, '').trim();
    if (name !== 'config') return value === '' ? [] : [`--${name}`, value];
    const files = value.split(delimiter).filter((path) => path !== '');
    return files.flatMap((path) => ['--config', resolve(folder, path)]);
  });
}

/**
 * Starts a review. `program`: the command line's file. `tell` hears how far it is, as `12/214 board`. SIGINT ends it with what is
 * done. `background`: nobody waits for it, everything else goes first.
 */
export function startReview(
  program: string,
  folder: string,
  args: readonly string[],
  tell: (line: string) => void,
  background = false,
): Running {
  const child = spawn(
    process.execPath,
    [
      program,
      'review',
      ...['-C', folder, '--format', 'json', '--fail-on', 'never', '--progress'],
      ...bootOptions(folder),
      ...args,
    ],
    { env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  if (background && child.pid !== undefined) {
    try {
      setPriority(child.pid, constants.priority.PRIORITY_LOW);
    } catch {
      // it is over already, or the system does not allow it: it runs as everything else
    }
  }
  const report = new Promise<ReviewReport>((done, failed) => {
    const out: Buffer[] = [];
    let said = '';
    child.stdout.on('data', (data: Buffer) => out.push(data));
    child.stderr.on('data', (data: Buffer) => {
      said = data.toString('utf8').trim().split('\n').pop() ?? said;
      if (/^\d+\/\d+ /.test(said)) tell(said);
    });
    child.once('error', failed);
    child.once('close', () => {
      try {
        done(JSON.parse(Buffer.concat(out).toString('utf8')) as ReviewReport);
      } catch {
        const why = /^smmu-scope: (.*)$/.exec(said)?.[1];
        failed(new Error(why ?? vscode.l10n.t('the review was stopped')));
      }
    });
  });
  return { child, report };
}

export function git(folder: string, args: readonly string[]): Promise<string> {
  return new Promise((done, failed) =>
    execFile('git', ['-C', folder, ...args], { maxBuffer: 1 << 24 }, (error, out) =>
      error === null ? done(out) : failed(new Error(error.message.trim().split('\n').pop() ?? '')),
    ),
  );
}

export const topOf = async (folder: string): Promise<string> =>
  (await git(folder, ['rev-parse', '--show-toplevel'])).replace(/\r?\n$/, '');

export function summaryOf({ changed, reached, different, left, failed }: ReviewReport): string {
  if (changed === 0) return vscode.l10n.t('no file differs');
  const parts = [
    reached === 1 ? vscode.l10n.t('1 board reached') : vscode.l10n.t('{0} boards reached', reached),
    different === 0
      ? vscode.l10n.t('behaviour equal')
      : different === 1
        ? vscode.l10n.t('1 differs')
        : vscode.l10n.t('{0} differ', different),
  ];
  if (failed.length > 0) parts.push(vscode.l10n.t('{0} not compared', failed.length));
  if (left > 0) parts.push(vscode.l10n.t('{0} not looked at', left));
  return parts.join(', ');
}
