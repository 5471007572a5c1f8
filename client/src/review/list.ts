/** A review as a list in the side bar: boards that change alike, what is different on them, and each of the boards. */
import * as vscode from 'vscode';
import type { ChangeGroup, FoldedChange } from '../../../server/src/review/fold';
import { openTarget, type Reviewed, type Target } from './place';
import { summaryOf } from './run';

const viewId = 'smmuScope.review';
/** When the list is there (a context of `when` clauses). */
const shownKey = 'smmuScope.reviewed';
const openCommand = 'smmuScope.reviewOpen';

interface Row {
  readonly label: string;
  readonly description?: string;
  readonly tooltip?: string;
  readonly icon: vscode.ThemeIcon;
  readonly target?: Target;
  readonly children?: () => Row[];
  readonly open?: boolean;
}

const icon = (name: string, color?: string): vscode.ThemeIcon =>
  new vscode.ThemeIcon(name, color === undefined ? undefined : new vscode.ThemeColor(color));

function iconOf({ kind, finding }: FoldedChange): vscode.ThemeIcon {
  if (kind === 'gone-finding') return icon('check', 'testing.iconPassed');
  if (kind === 'changed-finding') return icon('info', 'problemsInfoIcon.foreground');
  if (kind === 'stops') return icon('error', 'problemsErrorIcon.foreground');
  if (kind === 'new-finding') {
    if (finding?.severity === 'error') return icon('error', 'problemsErrorIcon.foreground');
    if (finding?.severity === 'warning') return icon('warning', 'problemsWarningIcon.foreground');
    return icon('info', 'problemsInfoIcon.foreground');
  }
  if (kind === 'new-device') return icon('diff-added', 'gitDecoration.addedResourceForeground');
  if (kind === 'gone-device') return icon('diff-removed', 'gitDecoration.deletedResourceForeground');
  return icon('diff-modified', 'gitDecoration.modifiedResourceForeground');
}

const shortName = (path: string): string => path.slice(path.lastIndexOf('/') + 1) || path;

/** Where a change of a device (none: of the board) is looked at on a board of its group. */
function targetOf({ kind, finding, places }: FoldedChange, board: string, device = 0): Target {
  const at = kind === 'new-finding' || kind === 'changed-finding' ? finding : places[device];
  return { board, file: at?.file ?? board, line: at?.line ?? 1, column: at?.column ?? 1 };
}

function findingWord({ kind }: FoldedChange): string {
  if (kind === 'new-finding') return vscode.l10n.t('new');
  return kind === 'gone-finding' ? vscode.l10n.t('gone') : vscode.l10n.t('otherwise put');
}

function changeRow(change: FoldedChange, boards: readonly string[]): Row {
  const { devices, text, finding } = change;
  const [first = ''] = boards;
  const named =
    finding !== undefined
      ? {
          label: finding.message,
          description: `${findingWord(change)} · ${finding.code}`,
        }
      : devices.length === 0
        ? { label: text }
        : {
            label: devices.length === 1 ? shortName(devices[0] ?? '') : vscode.l10n.t('{0} devices', devices.length),
            description: text,
          };
  return {
    ...named,
    tooltip: [...devices, text].join('\n'),
    icon: iconOf(change),
    target: targetOf(change, first),
    ...((boards.length > 1 || devices.length > 1) && { children: () => below(change, boards) }),
  };
}

/** The devices of a change, else the boards, which all have it. */
function below(change: FoldedChange, boards: readonly string[]): Row[] {
  const { devices } = change;
  if (devices.length > 1)
    return devices.map((path, i) => ({
      label: shortName(path),
      tooltip: path,
      icon: icon('symbol-interface'),
      target: targetOf(change, boards[0] ?? '', i),
      ...(boards.length > 1 && { children: () => boardRows(change, boards, i) }),
    }));
  return boardRows(change, boards, 0);
}

const boardRows = (change: FoldedChange, boards: readonly string[], device: number): Row[] =>
  boards.map((board) => ({
    label: shortName(board),
    tooltip: board,
    icon: icon('circuit-board'),
    target: targetOf(change, board, device),
  }));

function groupRow({ boards, kernels, changes }: ChangeGroup, open: boolean): Row {
  const named = kernels.filter((kernel) => kernel !== '');
  return {
    label: boards.length === 1 ? shortName(boards[0] ?? '') : vscode.l10n.t('{0} boards', boards.length),
    description: [
      boards.length === 1 ? '' : boards.slice(0, 3).map(shortName).join(', ') + (boards.length > 3 ? ' …' : ''),
      named.length === 0 ? '' : `Linux ${named.join(', ')}`,
    ]
      .filter((text) => text !== '')
      .join(' · '),
    tooltip: boards.slice(0, 40).join('\n') + (boards.length > 40 ? '\n…' : ''),
    icon: icon('circuit-board'),
    children: () => changes.map((change) => changeRow(change, boards)),
    open,
  };
}

export class ReviewList implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view = vscode.window.createTreeView(viewId, { treeDataProvider: this });
  private readonly command = vscode.commands.registerCommand(openCommand, (target: Target) =>
    this.shown === null ? undefined : openTarget(this.shown.top, target),
  );
  private shown: Reviewed | null = null;

  /** Shows a report and brings the list to the front. */
  async show(reviewed: Reviewed): Promise<void> {
    this.shown = reviewed;
    const { base, head } = reviewed.report;
    this.view.description = `${base} → ${head}`;
    this.view.message = summaryOf(reviewed.report);
    this.changed.fire(undefined);
    await vscode.commands.executeCommand('setContext', shownKey, true);
    await vscode.commands.executeCommand(`${viewId}.focus`);
  }

  getChildren(row?: Row): Row[] {
    if (row !== undefined) return row.children?.() ?? [];
    if (this.shown === null) return [];
    const { groups, failed } = this.shown.report;
    return [
      ...groups.map((group, i) => groupRow(group, i < 3)),
      ...failed.map(({ board, message }) => ({
        label: shortName(board),
        description: message,
        tooltip: `${board}\n${message}`,
        icon: icon('warning', 'problemsWarningIcon.foreground'),
        target: { board, file: board, line: 1, column: 1 },
      })),
    ];
  }

  getTreeItem({ label, description, tooltip, icon: iconPath, target, children, open }: Row): vscode.TreeItem {
    const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(label, children === undefined ? None : open === true ? Expanded : Collapsed);
    if (description !== undefined) item.description = description;
    if (tooltip !== undefined) item.tooltip = tooltip;
    item.iconPath = iconPath;
    if (target !== undefined)
      item.command = { command: openCommand, title: vscode.l10n.t('Open'), arguments: [target] };
    return item;
  }

  dispose(): void {
    this.view.dispose();
    this.command.dispose();
    this.changed.dispose();
  }
}
