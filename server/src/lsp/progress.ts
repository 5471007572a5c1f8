/** Progress in the editor of work that the server starts by itself. */
import type { Connection, WorkDoneProgressServerReporter } from 'vscode-languageserver/node';

/** Progress is shown for what takes longer (milliseconds). */
const PATIENCE = 1000;

export interface BackgroundProgress {
  show(percent: number): void;
  end(): void;
}

/** @param abort is aborted when the person cancels; `shows`: whether the client shows progress at all */
export function backgroundProgress(
  connection: Pick<Connection, 'window'>,
  title: string,
  shows: () => boolean,
  abort: AbortController,
  patience = PATIENCE,
): BackgroundProgress {
  let reporter: WorkDoneProgressServerReporter | null = null;
  let ended = false;
  const timer = setTimeout(() => {
    if (!shows()) return;
    void connection.window.createWorkDoneProgress().then((made) => {
      made.begin(title, 0, undefined, true);
      made.token.onCancellationRequested(() => abort.abort(new Error('cancelled')));
      if (ended) made.done();
      else reporter = made;
    });
  }, patience);
  return {
    show: (percent) => reporter?.report(percent, `${percent} %`),
    end() {
      ended = true;
      clearTimeout(timer);
      reporter?.done();
    },
  };
}
