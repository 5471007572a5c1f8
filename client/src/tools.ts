/** Tools for language models (vscode.lm): what the API does, by names of files. */
import * as vscode from 'vscode';
import type { SmmuScopeApi } from './api';
import { pathUri } from './uris';

interface FileInput {
  readonly file: string;
}

interface TranslateInput extends FileInput {
  readonly master?: string;
  readonly stream?: string;
  readonly iova: string;
  readonly write?: boolean;
}

interface ExplainInput {
  readonly log: string;
  readonly file?: string;
}

/** A file by its absolute path, or relative to a workspace folder. */
async function fileOf(name: string): Promise<vscode.Uri> {
  const candidates =
    name.startsWith('/') || /^[A-Za-z]:/.test(name)
      ? [pathUri(name)]
      : (vscode.workspace.workspaceFolders ?? []).map((folder) => vscode.Uri.joinPath(folder.uri, name));
  for (const uri of candidates)
    try {
      await vscode.workspace.fs.stat(uri);
      return uri;
    } catch {
      // the next folder may have it
    }
  throw new Error(`There is no file ${name}.`);
}

function answer(value: unknown): vscode.LanguageModelToolResult {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);
}

/** The devices, groups and chains of a report: what a model can read; the whole report is megabytes on a large board. */
async function simulate(api: SmmuScopeApi, { file }: FileInput, token: vscode.CancellationToken) {
  const { board, report } = await api.simulate(await fileOf(file), token);
  const devices = report.devices.filter(
    (d) => d.status !== 'bound' || d.group !== null || d.untranslatedReason !== null,
  );
  return {
    board: board.name,
    kernel: report.kernel,
    complete: report.complete,
    devices: devices.map(({ device, driver, status, group, domain, deferReason, untranslatedReason }) => ({
      device,
      driver,
      status,
      group,
      domain,
      deferReason,
      untranslatedReason,
    })),
    groups: report.groups.map(({ id, type, devices: members }) => ({ id, type, devices: members })),
    chains: report.chains.map(({ device, path, cause, fix }) => ({ device, path, cause, fix })),
    faults: report.faults,
  };
}

/** Registers the tools that package.json declares. */
export function registerTools(api: SmmuScopeApi): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.lm.registerTool<FileInput>('smmuScope_simulate', {
      invoke: async ({ input }, token) => answer(await simulate(api, input, token)),
    }),
    vscode.lm.registerTool<TranslateInput>('smmuScope_translate', {
      async invoke({ input }) {
        const { file, ...access } = input;
        return answer(await api.translate(await fileOf(file), access));
      },
    }),
    vscode.lm.registerTool<ExplainInput>('smmuScope_explain', {
      async invoke({ input }, token) {
        const file = input.file === undefined ? null : await fileOf(input.file);
        return answer((await api.explain(input.log, file, token)).text);
      },
    }),
  );
}
