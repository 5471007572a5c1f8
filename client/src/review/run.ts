/** Runs `smmu-scope review` in a process of its own, by the editor's own Node. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { resolve } from 'node:path';
import * as vscode from 'vscode';
import type { ReviewReport } from '../../../server/src/review/report';
import { columnFor } from '../panel/open-source';

/** A report, and the top of the repository that its paths count from. */
export interface Reviewed {
  readonly top: string;
  readonly report: ReviewReport;
}

/** Where something of a report is written; paths as the report has them, lines and columns from 1. */
export interface Target {
  /** The board through which the file is looked at. */
  readonly board: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

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
    return value === '' ? [] : [`--${name}`, name === 'config' ? resolve(folder, value) : value];
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

/**
 * Goes to a place of a report: the board first, so that its includes are seen through it. `panel`: the column that a panel stands
 * in, which stays as it is.
 */
export async function openTarget(
  top: string,
  { board, file, line, column }: Target,
  panel?: vscode.ViewColumn,
): Promise<void> {
  const at = vscode.Uri.file(resolve(top, file));
  const viewColumn = columnFor(at, panel);
  const position = new vscode.Position(Math.max(0, line - 1), Math.max(0, column - 1));
  try {
    if (board !== file)
      await vscode.window.showTextDocument(vscode.Uri.file(resolve(top, board)), { preview: false, viewColumn });
    const selection = new vscode.Range(position, position);
    const editor = await vscode.window.showTextDocument(at, { preview: false, viewColumn, selection });
    editor.revealRange(selection, vscode.TextEditorRevealType.InCenter);
  } catch (error) {
    // a file that the changes have removed
    const why = error instanceof Error ? error.message : String(error);
    void vscode.window.showInformationMessage(vscode.l10n.t('{0} cannot be opened: {1}', file, why));
  }
}

export function summaryOf({ reached, different, left, failed }: ReviewReport): string {
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
