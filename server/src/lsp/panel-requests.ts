/** What the panel asks of the engine beyond the report: another kernel, a comparison, one access, the report as a page. */
import { relative, sep } from 'node:path';
import { type CancellationToken, type Connection, LSPErrorCodes, ResponseError } from 'vscode-languageserver/node';
import { iommuView } from '../iommu/view';
import { pageFindings } from '../page/findings';
import { reportPage } from '../page/report-page';
import { KERNEL_VERSIONS } from '../simulator/kernel/versions';
import type { SimulationReport } from '../simulator/report';
import { compareKernels } from '../simulator/reporting/compare-kernels';
import { simulate, simulateMachine } from '../simulator/simulate';
import type { BoardSnapshot } from '../workspace/board';
import { toUri } from '../workspace/files';
import { numberOf, TranslationError, translate, translationJson } from '../workspace/translate';
import { findingsOf } from './diagnostics';
import {
  type BoardParams,
  type CompareKernelsParams,
  methods,
  type SetupResult,
  type SimulateOnParams,
  type TranslateParams,
} from './protocol';
import type { Session } from './session';

export function attachPanelRequests(connection: Connection, session: Session): void {
  const { workspace } = session;

  /** The board of a file, or a refusal in words for people. */
  function snapshotOf(params: BoardParams): BoardSnapshot {
    const board = workspace.boardOf(session.own(params.textDocument.uri));
    const snapshot = board === null ? null : workspace.snapshot(board.uri);
    if (snapshot === null) throw refusal('No board includes this file: choose one in the status bar.');
    return snapshot;
  }

  const answering = <P, T>(method: string, work: (params: P) => T): void => {
    connection.onRequest(method, (params: P, token: CancellationToken) =>
      session.run(null, token, () => {
        try {
          return work(params);
        } catch (error) {
          if (error instanceof TranslationError) throw refusal(error.message);
          throw error;
        }
      }),
    );
  };

  answering(methods.simulateOn, (params: SimulateOnParams): SimulationReport => {
    const { tree, options } = snapshotOf(params);
    return simulate(tree, { ...options, kernel: params.kernel });
  });

  answering(methods.compareKernels, (params: CompareKernelsParams) => {
    const { tree, options } = snapshotOf(params);
    const reports = params.kernels.map((kernel) => simulate(tree, { ...options, kernel }));
    const masters = iommuView(tree).masters.flatMap((m) => (m.enabled ? m.node.path : []));
    return compareKernels(reports, masters);
  });

  answering(methods.translate, (params: TranslateParams) => {
    const { tree, options } = snapshotOf(params);
    const { by, write } = params;
    const access = { by, write, iova: numberOf(params.iova, 'The IOVA') };
    return translationJson(translate(tree, simulateMachine(tree, options), access));
  });

  answering(methods.setup, (params: BoardParams): SetupResult => {
    const { board } = snapshotOf(params);
    const { kernel, cmdline, config } = session.settings;
    const { path, read, stated } = session.scenarioOf(board);
    return {
      kernels: KERNEL_VERSIONS,
      kernel,
      cmdline,
      config,
      scenario: path,
      scenarioExists: read || workspace.files.realUri(toUri(path)) !== null,
      scenarioChosen: stated,
    };
  });

  answering(methods.reportPage, (params: BoardParams): string => {
    const snapshot = snapshotOf(params);
    const report = snapshot.fullReport;
    if (report === null) throw refusal(`${snapshot.board.name} could not be simulated.`);
    const shown = (path: string): string => {
      const folder = session.folders.find((each) => path.startsWith(`${each}${sep}`));
      return folder === undefined ? path : relative(folder, path);
    };
    const findings = pageFindings(findingsOf(session, snapshot), snapshot.board.path, shown);
    return reportPage(report, findings);
  });
}

const refusal = (message: string): ResponseError<void> => new ResponseError(LSPErrorCodes.RequestFailed, message);
