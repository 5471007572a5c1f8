/** Wires the protocol to the engine: lifecycle, documents, settings, custom requests. Features stand in features.ts. */
import {
  type Connection,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  ErrorCodes,
  ResponseError,
  TextDocumentSyncKind,
} from 'vscode-languageserver/node';
import { toPath } from '../workspace/files';
import { packageVersion } from '../workspace/package-files';
import { attachBootLog } from './boot-log';
import { abilitiesOf } from './client';
import { Publisher } from './diagnostics';
import { encoded } from './encoding';
import { features } from './features';
import { IncludeIndex } from './include-index';
import { Lifecycle } from './lifecycle';
import { attachPanelRequests } from './panel-requests';
import { defaultSettings, type InitializationOptions, type Settings } from './protocol';
import { attachRequests, boardInfo } from './requests';
import { type FileAccess, Session } from './session';

/** What boards and their boots are made of: a change on disk counts even when no editor shows the file. */
const WATCHED = [
  '**/*.{dts,dtsi,dtso,overlay,h,dtb,dtbo}',
  '**/*.smmu.json',
  '**/smmu-scope.json',
  '**/.config',
  // apart: Eglot reads no wildcard inside braces
  '**/{Makefile,Kbuild}',
  '**/Kconfig*',
  '**/*.c',
];

/** Registers every handler on a connection; the caller starts listening. `client`: files come from the client (`smmuScope/files`). */
export function serve(connection: Connection, access: FileAccess = 'all'): void {
  const session = new Session(connection, access);
  // what handlers see counts in UTF-16, whatever the client counts in
  const lifecycle = new Lifecycle();
  const wired = encoded(connection, session, () => lifecycle.check());
  const publisher = new Publisher(session, wired);
  const index = new IncludeIndex(connection, session.workspace);

  connection.onInitialize((params) => {
    lifecycle.start();
    const folders = params.workspaceFolders?.map((f) => f.uri) ?? (params.rootUri == null ? [] : [params.rootUri]);
    // the root of a virtual file system ends in a slash
    session.folders = folders.flatMap((uri) => toPath(uri)?.replace(/(?<=.)\/$/, '') ?? []);
    session.client = abilitiesOf(params);
    session.kernels.showsProgress = params.capabilities.window?.workDoneProgress === true;
    index.showsProgress = session.kernels.showsProgress;
    const {
      rulePages,
      otherServer,
      choosesFolders,
      commands: _,
      pushDiagnostics: __,
      ...given
    } = (params.initializationOptions ?? {}) as InitializationOptions;
    session.rulePages = rulePages ?? null;
    session.otherServer = otherServer === true;
    session.choosesFolders = choosesFolders ?? false;
    session.configure({ ...defaultSettings, ...given });
    return {
      serverInfo: { name: 'smmu-scope', version: packageVersion() },
      capabilities: Object.assign(
        {
          textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: false },
          positionEncoding: session.client.encoding,
        },
        ...features.flatMap((f) => (f.general === true && !session.general ? [] : f.capabilities)),
        session.client.pulls
          ? {
              diagnosticProvider: {
                identifier: 'smmu-scope',
                interFileDependencies: true,
                workspaceDiagnostics: false,
              },
            }
          : {},
      ),
    };
  });

  session.kernels.onRead = () => {
    session.workspace.resimulate();
    publisher.schedule();
  };

  connection.onInitialized(async () => {
    const { registersWatchers, registersConfiguration, configuration } = session.client;
    if (registersWatchers)
      connection.client
        .register(DidChangeWatchedFilesNotification.type, {
          watchers: WATCHED.map((globPattern) => ({ globPattern })),
        })
        .catch(refused);
    if (registersConfiguration)
      connection.client.register(DidChangeConfigurationNotification.type, { section: 'smmuScope' }).catch(refused);
    if (configuration) await readSettings();
  });

  /** A client that refuses what it said it can: the session goes on without. */
  const refused = (error: unknown): void =>
    connection.console.warn(`the client refuses: ${error instanceof Error ? error.message : String(error)}`);

  connection.onShutdown(() => {
    lifecycle.end();
    index.stop();
  });
  // a request that nobody here knows
  connection.onRequest((method) => {
    lifecycle.check();
    throw new ResponseError(ErrorCodes.MethodNotFound, `Unhandled method ${method}`);
  });

  connection.onDidChangeConfiguration(async (change) => {
    if (session.client.configuration) await readSettings();
    else
      session.configure({
        ...defaultSettings,
        ...(change.settings as { smmuScope?: Partial<Settings> } | null)?.smmuScope,
      });
    publisher.schedule();
  });

  async function readSettings(): Promise<void> {
    const given = (await connection.workspace.getConfiguration('smmuScope').catch((error: unknown) => {
      refused(error);
      return null;
    })) as Partial<Settings> | null;
    session.configure({ ...defaultSettings, ...given });
    publisher.schedule();
  }

  connection.onDidOpenTextDocument(({ textDocument }) => {
    session.open(textDocument.uri, textDocument.version, textDocument.text);
    publisher.schedule();
    // a client that reads for us would have to send the whole tree
    if (session.disk === null) void index.opened(session.own(textDocument.uri));
  });
  connection.onDidChangeTextDocument(({ textDocument, contentChanges }) => {
    session.change(textDocument.uri, textDocument.version, contentChanges);
    publisher.schedule();
  });
  connection.onDidCloseTextDocument(({ textDocument }) => {
    session.close(textDocument.uri);
    publisher.schedule();
  });
  connection.onDidChangeWatchedFiles(({ changes }) => {
    for (const { uri } of changes) {
      const path = toPath(uri);
      if (path !== null && /\.[ch]$|\/(?:Makefile|Kbuild|Kconfig[^/]*)$/.test(path)) session.kernels.changed(path);
      session.changedOnDisk(uri);
    }
    publisher.schedule();
  });

  publisher.onPublished = () => {
    for (const uri of session.announcedUris()) {
      const board = session.workspace.boardOf(uri);
      const version = board === null ? 0 : (session.workspace.snapshot(board.uri)?.version ?? 0);
      void session.announce(uri, board === null ? null : boardInfo(session, board), version);
    }
  };

  for (const feature of features) feature.attach(wired, session);
  wired.languages.diagnostics.on((params, token) => publisher.pulled(params, token));
  attachRequests(wired, session, publisher);
  attachPanelRequests(wired, session);
  attachBootLog(wired, session);
}
