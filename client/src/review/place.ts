/** Places of a review's report, and the way there. */
import { resolve } from 'node:path';
import * as vscode from 'vscode';
import { overlayOn } from '../../../server/src/review/overlay-name';
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

/** The file of a board's name in a report. */
export const fileOf = (top: string, name: string): vscode.Uri => vscode.Uri.file(resolve(top, overlayOn(name).path));

/**
 * Goes to a place of a report: the board first, so that its includes are seen through it. `panel`: the column that a panel stands
 * in, which stays as it is.
 */
export async function openTarget(
  top: string,
  { board, file, line, column }: Target,
  panel?: vscode.ViewColumn,
): Promise<void> {
  const at = fileOf(top, file);
  const viewColumn = columnFor(at, panel);
  const position = new vscode.Position(Math.max(0, line - 1), Math.max(0, column - 1));
  try {
    if (board !== file) await vscode.window.showTextDocument(fileOf(top, board), { preview: false, viewColumn });
    const selection = new vscode.Range(position, position);
    const editor = await vscode.window.showTextDocument(at, { preview: false, viewColumn, selection });
    editor.revealRange(selection, vscode.TextEditorRevealType.InCenter);
  } catch (error) {
    // a file that the changes have removed
    const why = error instanceof Error ? error.message : String(error);
    void vscode.window.showInformationMessage(vscode.l10n.t('{0} cannot be opened: {1}', file, why));
  }
}
