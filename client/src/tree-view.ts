/** The side bar: the board of the current file as a tree of IOMMUs with their masters, groups, and devices that did not come up. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import type { BoardChangedParams } from '../../server/src/lsp/protocol';
import type { ReportDevice, SimulationReport } from '../../server/src/simulator/report';
import type { Focus } from '../../webview/src/messages';
import type { Boards } from './boards';
import { simulateQuietly } from './simulation';

const viewId = 'smmuScope.tree';
const openCommand = 'smmuScope.treeOpen';
/** How long the sources must rest before the tree simulates again. */
const restMilliseconds = 400;

/** A row, with the rows below it. */
interface Row {
  readonly label: string;
  readonly description?: string;
  readonly icon: string;
  readonly tooltip?: string;
  /** What of the panel it shows. */
  readonly focus?: Focus;
  readonly children?: readonly Row[];
}

const shortName = (path: string): string => path.slice(path.lastIndexOf('/') + 1) || path;

/** A device, which shows itself in a view. */
const deviceRow = (device: ReportDevice, view: Focus['view'], icon: string, description = ''): Row => ({
  label: shortName(device.device),
  description,
  icon,
  tooltip: [device.device, device.deferReason, device.untranslatedReason].filter((text) => text).join('\n'),
  focus: { view, device: device.device },
});

/** Each IOMMU with its masters; a master's description holds its streams. */
function iommuRows({ providers, devices, groups }: SimulationReport): Row[] {
  const known = new Map(devices.map((device) => [device.device, device]));
  return providers.map(({ device, model, streamTable }) => {
    const streams = new Map<string, string[]>();
    for (const row of streamTable) {
      const id = row.id ?? row.stream ?? row.swgroup ?? row.ids;
      for (const master of Array.isArray(row.masters) ? (row.masters as string[]) : [])
        streams.set(master, [...(streams.get(master) ?? []), String(id ?? '')]);
    }
    for (const group of groups)
      if (group.provider === device)
        for (const master of group.devices) if (!streams.has(master)) streams.set(master, []);
    const children = [...streams].flatMap(([master, ids]) => {
      const found = known.get(master);
      return found === undefined ? [] : [deviceRow(found, 'iova', 'symbol-interface', ids.join(', '))];
    });
    return {
      label: shortName(device),
      description: model,
      icon: 'circuit-board',
      tooltip: device,
      focus: { view: 'streams' as const, device },
      children,
    };
  });
}

/** The parts of the tree; a part without rows is left out. */
function rowsOf(report: SimulationReport): Row[] {
  const known = new Map(report.devices.map((device) => [device.device, device]));
  const part = (label: string, icon: string, children: readonly Row[]): Row[] =>
    children.length === 0 ? [] : [{ label, icon, description: String(children.length), children }];
  const groups = report.groups.map(({ id, type, devices }) => ({
    label: vscode.l10n.t('group {0}', id),
    description: type,
    icon: 'group-by-ref-type',
    focus: { view: 'groups' as const, device: devices[0] ?? null },
    children: devices
      .flatMap((device) => known.get(device) ?? [])
      .map((device) => deviceRow(device, 'iova', 'symbol-interface')),
  }));
  const of = (wanted: (device: ReportDevice) => boolean) => report.devices.filter(wanted);
  return [
    ...part(vscode.l10n.t('IOMMUs'), 'circuit-board', iommuRows(report)),
    ...part(vscode.l10n.t('Groups'), 'group-by-ref-type', groups),
    ...part(
      vscode.l10n.t('Deferred'),
      'watch',
      of(({ status }) => status === 'deferred').map((device) =>
        deviceRow(device, 'chains', 'watch', device.deferReason ?? ''),
      ),
    ),
    ...part(
      vscode.l10n.t('Failed'),
      'error',
      of(({ status }) => status === 'failed' || status === 'rejected').map((device) =>
        deviceRow(device, 'devices', 'error'),
      ),
    ),
    ...part(
      vscode.l10n.t('Untranslated'),
      'shield',
      of(
        ({ status, translated, untranslatedReason }) =>
          status === 'bound' && !translated && untranslatedReason !== null,
      ).map((device) => deviceRow(device, 'devices', 'shield', device.untranslatedReason ?? '')),
    ),
  ];
}

/** The tree of the board that the current file belongs to. Without one the view's welcome text stands there. */
class BoardTree implements vscode.TreeDataProvider<Row> {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private rows: readonly Row[] | null = null;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly client: LanguageClient,
    private readonly boards: Boards,
  ) {}

  refresh(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.rows = null;
      this.changed.fire(undefined);
    }, restMilliseconds);
  }

  async getChildren(row?: Row): Promise<Row[]> {
    if (row !== undefined) return [...(row.children ?? [])];
    const file = this.boards.currentFile;
    if (file === null) return [];
    if (this.rows === null) {
      try {
        this.rows = rowsOf((await simulateQuietly(this.client, file)).report);
      } catch (error) {
        this.client.debug(`no tree of the board: ${error instanceof Error ? error.message : error}`);
        this.rows = [];
      }
    }
    return [...this.rows];
  }

  getTreeItem({ label, description, icon, tooltip, focus, children }: Row): vscode.TreeItem {
    const state =
      children === undefined || children.length === 0
        ? vscode.TreeItemCollapsibleState.None
        : focus === undefined
          ? vscode.TreeItemCollapsibleState.Expanded
          : vscode.TreeItemCollapsibleState.Collapsed;
    const item = new vscode.TreeItem(label, state);
    if (description !== undefined) item.description = description;
    if (tooltip !== undefined) item.tooltip = tooltip;
    item.iconPath = new vscode.ThemeIcon(icon);
    if (focus !== undefined)
      item.command = { command: openCommand, title: vscode.l10n.t('Show in the panel'), arguments: [focus] };
    return item;
  }
}

/** @param show shows a place of the panel for a file */
export function registerTree(
  client: LanguageClient,
  boards: Boards,
  changes: vscode.Event<BoardChangedParams>,
  show: (uri: vscode.Uri, focus: Focus) => Promise<unknown>,
): vscode.Disposable {
  const tree = new BoardTree(client, boards);
  const refresh = () => tree.refresh();
  return vscode.Disposable.from(
    vscode.window.registerTreeDataProvider(viewId, tree),
    changes(refresh),
    boards.onDidTurn(refresh),
    vscode.commands.registerCommand(openCommand, (focus: Focus) => {
      const file = boards.currentFile;
      return file === null ? undefined : show(file, focus);
    }),
  );
}
