/** Review Changes: what the changes of a repository do to the boards that they reach, in the side bar and in the panel. */
import { dirname } from 'node:path';
import * as vscode from 'vscode';
import type { Boards } from '../boards';
import type { Panels } from '../panel/panels';
import { ReviewLenses } from './lenses';
import { ReviewList } from './list';
import { fileOf } from './place';
import { git, startReview, summaryOf, topOf } from './run';

/** What is compared: the arguments of `review`. */
interface Sides extends vscode.QuickPickItem {
  readonly args: readonly string[];
}

export class Reviews {
  private readonly list = new ReviewList();

  /** `program`: the command line's file, run by the editor's own Node. */
  constructor(
    private readonly program: string,
    private readonly boards: Boards,
    private readonly panels: Panels,
  ) {}

  register(): vscode.Disposable {
    return vscode.Disposable.from(
      this.list,
      new ReviewLenses(this.program),
      vscode.commands.registerCommand('smmuScope.reviewChanges', (file?: unknown) =>
        // a button of the list passes what VS Code likes
        this.command(file instanceof vscode.Uri ? file : undefined),
      ),
    );
  }

  /** `file`: only its changes against the last commit. */
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
    try {
      const top = await topOf(folder);
      const against = file === undefined ? await chooseSides(folder) : ['HEAD', '--', file.fsPath];
      if (against === undefined) return;
      await saveBelow(top);
      const report = await vscode.window.withProgress(
        {
          location: vscode.ProgressLocation.Notification,
          title: vscode.l10n.t('SMMU Scope: reviewing changes'),
          cancellable: true,
        },
        (progress, cancelled) => {
          let done = 0;
          const { child, report } = startReview(this.program, folder, against, (line) => {
            const [, at = '0', of = '1'] = /^(\d+)\/(\d+) /.exec(line) ?? [];
            const percent = (100 * Number(at)) / Number(of);
            progress.report({ message: line, increment: percent - done });
            done = percent;
          });
          cancelled.onCancellationRequested(() => child.kill('SIGINT'));
          return report;
        },
      );
      const nothing = report.groups.length === 0 && report.failed.length === 0;
      if (nothing) void vscode.window.showInformationMessage(vscode.l10n.t('SMMU Scope: {0}.', summaryOf(report)));
      const reviewed = { top, report };
      await this.list.show(reviewed);
      const [first] = report.groups[0]?.boards ?? [];
      if (first !== undefined) await this.panels.showReview(fileOf(top, first), reviewed);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      void vscode.window.showErrorMessage(vscode.l10n.t('SMMU Scope: the changes cannot be reviewed: {0}', why));
    }
  }
}

/** What is compared is on disk: the repository's devicetree files are saved. */
async function saveBelow(top: string): Promise<void> {
  for (const document of vscode.workspace.textDocuments) {
    const { uri, languageId, isDirty } = document;
    const below = uri.scheme === 'file' && `${uri.fsPath}/`.startsWith(`${top}/`);
    if (isDirty && below && ['dts', 'json', 'jsonc', 'c', 'cpp'].includes(languageId)) await document.save();
  }
}

/** Asks what the changes are compared with: the arguments of `review`. Undefined: nothing was chosen. */
async function chooseSides(folder: string): Promise<readonly string[] | undefined> {
  const refs = await git(folder, [
    'for-each-ref',
    '--sort=-committerdate',
    '--count=200',
    '--format=%(refname:short)',
    ...['refs/heads', 'refs/remotes', 'refs/tags'],
  ]);
  const items: Sides[] = [
    {
      label: vscode.l10n.t('$(git-commit) Working tree'),
      description: vscode.l10n.t('against the last commit (HEAD)'),
      args: ['HEAD', '--'],
    },
    {
      label: vscode.l10n.t('$(git-pull-request) Index'),
      description: vscode.l10n.t('what is staged, against the last commit'),
      args: ['--staged'],
    },
    ...refs
      .split('\n')
      .filter((name) => name !== '')
      .flatMap((name): Sides[] => [
        {
          label: `$(git-branch) ${name}`,
          description: vscode.l10n.t('the last commit since it left this branch'),
          args: [`${name}...HEAD`, '--'],
        },
        {
          label: `$(git-branch) ${name}`,
          description: vscode.l10n.t('working tree against it'),
          // a folder may have the same name
          args: [name, '--'],
        },
      ]),
  ];
  const placeHolder = vscode.l10n.t('Review which changes?');
  return (await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true }))?.args;
}
