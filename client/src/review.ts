/** Review Changes: what the changes of a repository do to the boards that they reach, worked out by the command line in the background. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import * as vscode from 'vscode';
import type { FoldedChange } from '../../server/src/review/fold';
import type { ReviewReport } from '../../server/src/review/report';
import type { Boards } from './boards';

/** After a save: another may follow (milliseconds). */
const PAUSE = 1500;
/** What a lens starts when its comparison runs: stopping it. */
const STOP = 'smmuScope.stopReviewLens';

interface Running {
  readonly child: ChildProcess;
  readonly report: Promise<ReviewReport>;
}

interface Choice extends vscode.QuickPickItem {
  /** Where it leads; absent for a separator. */
  readonly target?: { readonly board: string; readonly file: string; readonly line: number; readonly column: number };
}

/** What is known of one include: being worked out, stopped, or done. */
type LensState =
  | { readonly kind: 'running'; readonly child: ChildProcess }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'done'; readonly report: ReviewReport };

export class Reviews {
  private readonly lenses = new Map<string, LensState>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly changed = new vscode.EventEmitter<void>();

  /** `program`: the command line's file, run by the editor's own Node. */
  constructor(
    private readonly program: string,
    private readonly boards: Boards,
  ) {}

  register(): vscode.Disposable {
    return vscode.Disposable.from(
      this.changed,
      vscode.commands.registerCommand('smmuScope.reviewChanges', (file?: vscode.Uri) => this.command(file)),
      vscode.commands.registerCommand(STOP, (file: string) => this.stop(file)),
      vscode.languages.registerCodeLensProvider(
        { language: 'dts', scheme: 'file', pattern: '**/*.dtsi' },
        { onDidChangeCodeLenses: this.changed.event, provideCodeLenses: (document) => this.lens(document) },
      ),
      vscode.workspace.onDidSaveTextDocument((document) => {
        if (this.lenses.has(document.uri.toString())) this.later(document);
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.forget(uri.toString())),
      new vscode.Disposable(() => {
        for (const file of this.lenses.keys()) this.forget(file);
      }),
    );
  }

  private start(folder: string, args: readonly string[], tell?: (line: string) => void): Running {
    const child = spawn(
      process.execPath,
      [this.program, 'review', '-C', folder, '--format', 'json', '--fail-on', 'never', '--progress', ...args],
      { env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const report = new Promise<ReviewReport>((resolve, reject) => {
      const out: Buffer[] = [];
      let said = '';
      child.stdout.on('data', (data: Buffer) => out.push(data));
      child.stderr.on('data', (data: Buffer) => {
        const text = data.toString('utf8');
        said = text.trim().split('\n').pop() ?? said;
        tell?.(said);
      });
      child.once('error', reject);
      child.once('close', () => {
        try {
          resolve(JSON.parse(Buffer.concat(out).toString('utf8')) as ReviewReport);
        } catch {
          reject(new Error(said.replace(/^smmu-scope: /, '') || 'the review was stopped'));
        }
      });
    });
    return { child, report };
  }

  private async command(file?: vscode.Uri): Promise<void> {
    if (!vscode.workspace.isTrusted) {
      void vscode.window.showInformationMessage(vscode.l10n.t('Reviewing changes runs git: trust this folder first.'));
      return;
    }
    const current = file ?? this.boards.currentFile ?? vscode.workspace.workspaceFolders?.[0]?.uri;
    if (current?.scheme !== 'file') {
      void vscode.window.showInformationMessage(
        vscode.l10n.t('Open a folder of a git repository first: its changes are reviewed.'),
      );
      return;
    }
    const isFolder = vscode.workspace.workspaceFolders?.some(({ uri }) => uri.toString() === current.toString());
    const folder = isFolder === true ? current.fsPath : dirname(current.fsPath);
    const against = file === undefined ? await chooseSides(folder) : ['HEAD'];
    if (against === undefined) return;
    await vscode.workspace.saveAll(false);
    try {
      const report = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Notification, title: 'SMMU Scope: reviewing changes', cancellable: true },
        (progress, cancelled) => {
          const { child, report } = this.start(folder, against, (message) => progress.report({ message }));
          cancelled.onCancellationRequested(() => child.kill('SIGINT'));
          return report;
        },
      );
      await this.show(report, await topOf(folder));
    } catch (error) {
      void vscode.window.showErrorMessage(
        vscode.l10n.t(
          'SMMU Scope: the changes cannot be reviewed: {0}',
          error instanceof Error ? error.message : String(error),
        ),
      );
    }
  }

  /** The report as a list; what is picked is opened. */
  private async show(report: ReviewReport, top: string): Promise<void> {
    const items = report.groups.flatMap(({ boards, kernels, changes }): Choice[] => {
      const [first = ''] = boards;
      const on = boards.length === 1 ? first : `${boards.length} boards, first ${first}`;
      const label = kernels.every((kernel) => kernel === '') ? on : `${on} (Linux ${kernels.join(', ')})`;
      return [
        { label, kind: vscode.QuickPickItemKind.Separator },
        ...changes.map((change) => choiceOf(change, first, boards.length)),
      ];
    });
    if (items.length === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t('SMMU Scope: {0}.', summaryOf(report)));
      return;
    }
    const picked = await vscode.window.showQuickPick(items, {
      title: `SMMU Scope: ${summaryOf(report)}`,
      placeHolder: 'A device or a finding to go to',
      matchOnDescription: true,
    });
    if (picked?.target === undefined) return;
    const { board, file, line, column } = picked.target;
    // the board first: its includes are seen through it then
    if (board !== file) await open(join(top, board), null);
    await open(join(top, file), new vscode.Position(Math.max(0, line - 1), Math.max(0, column - 1)));
  }

  private async lens(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
    const on = vscode.workspace.getConfiguration('smmuScope', document).get('reviewLens', true);
    if (!on || !vscode.workspace.isTrusted) return [];
    const key = document.uri.toString();
    const state = this.lenses.get(key);
    if (state === undefined) {
      this.later(document);
      return [];
    }
    const at = new vscode.Range(0, 0, 0, 0);
    if (state.kind === 'running')
      return [
        new vscode.CodeLens(at, {
          title: 'comparing the boards that this file reaches … (stop)',
          command: STOP,
          arguments: [key],
        }),
      ];
    if (state.kind === 'stopped' || state.report.reached === 0) return [];
    const { reached, different } = state.report;
    return [
      new vscode.CodeLens(at, {
        title: `reaches ${reached} ${reached === 1 ? 'board' : 'boards'}, ${different === 0 ? 'none behaves' : different === 1 ? '1 behaves' : `${different} behave`} differently`,
        tooltip: 'The saved file against the last commit; a click lists what is different.',
        command: 'smmuScope.reviewChanges',
        arguments: [document.uri],
      }),
    ];
  }

  private later({ uri, fileName }: vscode.TextDocument): void {
    const key = uri.toString();
    this.forget(key);
    this.timers.set(
      key,
      setTimeout(() => {
        this.timers.delete(key);
        const { child, report } = this.start(dirname(fileName), ['HEAD', fileName]);
        const mine = (): boolean => {
          const state = this.lenses.get(key);
          return state?.kind === 'running' && state.child === child;
        };
        const become = (state: LensState): void => {
          this.lenses.set(key, state);
          this.changed.fire();
        };
        become({ kind: 'running', child });
        report.then(
          (done) => mine() && become({ kind: 'done', report: done }),
          // no repository, or no commit yet: nothing to compare with
          () => mine() && become({ kind: 'stopped' }),
        );
      }, PAUSE),
    );
  }

  private stop(key: string): void {
    const state = this.lenses.get(key);
    if (state?.kind === 'running') state.child.kill();
    this.lenses.set(key, { kind: 'stopped' });
    this.changed.fire();
  }

  private forget(key: string): void {
    clearTimeout(this.timers.get(key));
    this.timers.delete(key);
    const state = this.lenses.get(key);
    if (state?.kind === 'running') state.child.kill();
    this.lenses.delete(key);
  }
}

function choiceOf(change: FoldedChange, board: string, boards: number): Choice {
  const { devices, text, finding, place } = change;
  const [device] = devices;
  const more = devices.length > 1 ? ` and ${devices.length - 1} more` : '';
  const icon = change.kind === 'new-finding' ? '$(warning)' : change.kind === 'gone-finding' ? '$(check)' : '$(diff)';
  const at = change.kind === 'new-finding' ? (finding ?? place) : place;
  return {
    label: `${icon} ${device === undefined ? text : `${device}${more}`}`,
    description: device === undefined ? '' : text,
    detail: boards === 1 ? board : `${board} and ${boards - 1} more`,
    target: { board, file: at?.file ?? board, line: at?.line ?? 1, column: at?.column ?? 1 },
  };
}

function summaryOf({ reached, different, left }: ReviewReport): string {
  const what =
    different === 0 ? 'behaviour equal' : `${different} ${different === 1 ? 'behaves' : 'behave'} differently`;
  return `${reached} ${reached === 1 ? 'board' : 'boards'} reached, ${what}${left > 0 ? `, ${left} not looked at` : ''}`;
}

async function open(path: string, at: vscode.Position | null): Promise<void> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(path));
  const editor = await vscode.window.showTextDocument(document, { preview: false });
  if (at === null) return;
  editor.selection = new vscode.Selection(at, at);
  editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenter);
}

function git(folder: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) =>
    execFile('git', ['-C', folder, ...args], { maxBuffer: 1 << 24 }, (error, out) =>
      error === null ? resolve(out) : reject(new Error(error.message.trim().split('\n').pop() ?? '')),
    ),
  );
}

const topOf = async (folder: string): Promise<string> =>
  (await git(folder, ['rev-parse', '--show-toplevel'])).replace(/\r?\n$/, '');

/** Asks what the changes are compared with: the arguments of `review`. Undefined: nothing was chosen. */
async function chooseSides(folder: string): Promise<readonly string[] | undefined> {
  const branches = git(folder, ['for-each-ref', '--format=%(refname:short)', 'refs/heads', 'refs/remotes', 'refs/tags'])
    .then((text) => text.split('\n').filter((name) => name !== ''))
    .catch(() => []);
  const items = branches.then((names) => [
    { label: '$(git-commit) Working tree', description: 'against the last commit (HEAD)', args: ['HEAD'] },
    { label: '$(git-pull-request) Index', description: 'what is staged, against the last commit', args: ['--staged'] },
    ...names.map((name) => ({
      label: `$(git-branch) ${name}`,
      description: 'working tree against it',
      args: [name],
    })),
  ]);
  return (await vscode.window.showQuickPick(items, { placeHolder: 'Review which changes?' }))?.args;
}
