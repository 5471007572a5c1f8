/** `smmuScope/explainLog`: a boot log read back against the board that is looked at. */
import { type CancellationToken, type Connection, LSPErrorCodes, ResponseError } from 'vscode-languageserver/node';
import { holdBoots } from '../bootlog/explain/boots';
import { explainLog } from '../bootlog/explain/explain';
import { chooseKernel } from '../bootlog/explain/kernel';
import { explanationText } from '../bootlog/explain/render';
import { logResult } from '../bootlog/explain/result';
import { deviceNames, makeBoard } from '../bootlog/match/board';
import { readLog, UnreadableLog } from '../bootlog/read';
import { openBlob } from '../devicetree/blob-document';
import type { DeviceTree, DtNode } from '../devicetree/model';
import { chooseKernel as kernelOf } from '../simulator/kernel/choice';
import { defaultScenario } from '../simulator/scenario';
import { releaseOfTree, type SimulateOptions } from '../simulator/simulate';
import { pathOfUri } from '../source/uri';
import { LogCancelled, readLogFile } from '../workspace/log-file';
import { type ExplainLogParams, type ExplainLogResult, methods } from './protocol';
import { boardInfo, placeOfNode } from './requests';
import type { Session } from './session';

export function attachBootLog(connection: Connection, session: Session): void {
  connection.onRequest(methods.explainLog, async (params: ExplainLogParams, token: CancellationToken) => {
    const progress = connection.window.attachWorkDoneProgress(params.workDoneToken);
    progress.begin('Reading the log', 0, undefined, true);
    try {
      return await session.run(null, token, () =>
        explain(session, params, (share) => progress.report(Math.round(share * 100)), token),
      );
    } catch (error) {
      if (error instanceof LogCancelled) throw new ResponseError(LSPErrorCodes.RequestCancelled, 'cancelled');
      if (error instanceof UnreadableLog)
        throw new ResponseError(LSPErrorCodes.RequestFailed, `The log cannot be read: ${error.message}`);
      throw error;
    } finally {
      progress.done();
    }
  });
}

async function explain(
  session: Session,
  { log, textDocument }: ExplainLogParams,
  progress: (share: number) => void,
  token: CancellationToken,
): Promise<ExplainLogResult> {
  const place = textDocument === null ? null : session.place(textDocument.uri);
  let tree: DeviceTree | null = place?.snapshot.tree ?? null;
  let settings: SimulateOptions = place?.snapshot.options ?? { board: '' };
  const options = { devices: tree === null ? [] : deviceNames(tree) };
  const report =
    'text' in log
      ? readLog(log.text, options)
      : await readLogFile(log.path, options, { progress, cancelled: () => token.isCancellationRequested });
  let blob = false;
  if (tree === null && report.blob !== null) {
    tree = openBlob('untitled:board.dtb', report.blob).tree;
    settings = { board: 'the tree in the log' };
    blob = true;
  }
  const scenario = settings.scenario ?? defaultScenario;
  // What the log says comes before the editor's setting, which is for every board; that one is for logs that do not say.
  const unsaid = kernelOf({
    option: settings.kernel,
    scenario: scenario.kernel,
    tree: releaseOfTree(settings),
  });
  const on = tree;
  const held =
    on === null
      ? null
      : holdBoots(
          report,
          (facts) =>
            chooseKernel(
              facts,
              { kernel: undefined, cmdline: undefined },
              { kernel: unsaid.release, cmdline: settings.cmdline ?? scenario.cmdline },
            ),
          ({ kernel, cmdline }) => makeBoard(on, { ...settings, kernel, cmdline }),
        );
  const { choice, board } = held?.[report.compared] ?? { choice: null, board: null };
  const explanation = explainLog(report, held);
  const written = (node: DtNode, property: string | null) => (blob ? null : placeOfNode(session, node, property));
  return {
    ...logResult(explanation, report.kernel, choice, board, written),
    board: place === null ? null : boardInfo(session, place.snapshot.board),
    text: explanationText(explanation, report.kernel, choice, (node) => placeText(written(node, null)), board !== null),
  };
}

/** `file:line:column`, as terminals and editors know to open it. */
function placeText(place: ReturnType<typeof placeOfNode>): string | null {
  if (place === null) return null;
  const { line, character } = place.range.start;
  const file = place.uri.startsWith('file:') ? pathOfUri(place.uri) : place.uri;
  return `${file}:${line + 1}:${character + 1}`;
}
