/** Above a changed include: how many boards it reaches and how many of them behave differently, worked out in the background. */
import { dirname } from 'node:path';
import * as vscode from 'vscode';
import type { ReviewReport } from '../../../server/src/review/report';
import { type Running, startReview } from './run';

/** After a save: another may follow (milliseconds). */
const PAUSE = 1500;
/** Between two numbers that a lens shows. */
const PACE = 500;
/** What a lens starts when its comparison runs: stopping it; and when it was stopped: beginning again. */
const STOP = 'smmuScope.stopReviewLens';
const AGAIN = 'smmuScope.startReviewLens';

/** What is known of one include: being worked out, stopped, nothing to compare with, or done. */
type LensState =
  | { readonly kind: 'running'; readonly child: Running['child']; readonly progress: string }
  | { readonly kind: 'stopped' | 'none' }
  | { readonly kind: 'done'; readonly report: ReviewReport };

export class ReviewLenses implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly states = new Map<string, LensState>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.changed.event;
  private readonly disposables: vscode.Disposable[];

  /** `program`: the command line's file. */
  constructor(private readonly program: string) {
    this.disposables = [
      this.changed,
      vscode.languages.registerCodeLensProvider({ language: 'dts', scheme: 'file', pattern: '**/*.dtsi' }, this),
      vscode.commands.registerCommand(STOP, (file: string) => this.stop(file)),
      vscode.commands.registerCommand(AGAIN, (file: string) => this.later(vscode.Uri.parse(file), 0)),
      vscode.workspace.onDidSaveTextDocument(({ uri }) => {
        if (this.states.has(uri.toString())) this.later(uri);
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.forget(uri.toString())),
    ];
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const on = vscode.workspace.getConfiguration('smmuScope', document).get('reviewLens', true);
    if (!on || !vscode.workspace.isTrusted) return [];
    const key = document.uri.toString();
    const state = this.states.get(key);
    if (state === undefined) {
      if (!this.timers.has(key)) this.later(document.uri);
      return [];
    }
    const command = commandOf(state, document.uri);
    return command === null ? [] : [new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), command)];
  }

  private become(key: string, state: LensState): void {
    this.states.set(key, state);
    this.changed.fire();
  }

  private later(uri: vscode.Uri, pause = PAUSE): void {
    const key = uri.toString();
    this.end(key);
    this.timers.set(
      key,
      setTimeout(() => {
        this.timers.delete(key);
        this.start(uri);
      }, pause),
    );
  }

  private start(uri: vscode.Uri): void {
    const key = uri.toString();
    const folder = dirname(uri.fsPath);
    let told = 0;
    const { child, report } = startReview(
      this.program,
      folder,
      ['HEAD', '--', uri.fsPath],
      (line) => {
        if (!mine() || Date.now() - told < PACE) return;
        told = Date.now();
        this.become(key, { kind: 'running', child, progress: line.slice(0, line.indexOf(' ')) });
      },
      true,
    );
    const mine = (): boolean => {
      const state = this.states.get(key);
      return state?.kind === 'running' && state.child === child;
    };
    this.become(key, { kind: 'running', child, progress: '' });
    report.then(
      (done) => mine() && this.become(key, { kind: 'done', report: done }),
      // no repository, or no commit yet: nothing to compare with
      () => mine() && this.become(key, { kind: 'none' }),
    );
  }

  private stop(key: string): void {
    this.end(key);
    this.become(key, { kind: 'stopped' });
  }

  /** Ends what runs or waits for an include; what was known stays until something newer is. */
  private end(key: string): void {
    clearTimeout(this.timers.get(key));
    this.timers.delete(key);
    const state = this.states.get(key);
    if (state?.kind === 'running') state.child.kill();
  }

  private forget(key: string): void {
    this.end(key);
    this.states.delete(key);
  }

  dispose(): void {
    for (const key of new Set([...this.states.keys(), ...this.timers.keys()])) this.forget(key);
    for (const disposable of this.disposables) disposable.dispose();
  }
}

function commandOf(state: LensState, uri: vscode.Uri): vscode.Command | null {
  const key = uri.toString();
  switch (state.kind) {
    case 'none':
      return null;
    case 'running': {
      const { progress } = state;
      return {
        title:
          progress === ''
            ? vscode.l10n.t('$(sync~spin) comparing the boards that this file reaches (stop)')
            : vscode.l10n.t('$(sync~spin) comparing the boards that this file reaches, {0} (stop)', progress),
        command: STOP,
        arguments: [key],
      };
    }
    case 'stopped':
      return {
        title: vscode.l10n.t('which boards does this change? (compare)'),
        command: AGAIN,
        arguments: [key],
      };
    case 'done': {
      const { reached, different } = state.report;
      // nothing is changed in it
      if (reached === 0) return null;
      const boards = reached === 1 ? vscode.l10n.t('reaches 1 board') : vscode.l10n.t('reaches {0} boards', reached);
      const what =
        different === 0
          ? vscode.l10n.t('none behaves differently')
          : different === 1
            ? vscode.l10n.t('1 behaves differently')
            : vscode.l10n.t('{0} behave differently', different);
      return {
        title: `${boards}, ${what}`,
        tooltip: vscode.l10n.t('The saved file against the last commit; a click lists what is different.'),
        command: 'smmuScope.reviewChanges',
        arguments: [uri],
      };
    }
  }
}
