/** Reads files for a server that has no disk: in a browser, and in virtual workspaces. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { type FilesParams, type FilesResult, methods } from '../../server/src/lsp/protocol';
import { base64 } from './bytes';
import { fileUri } from './uris';

/** Larger files are none of devicetrees (bytes). */
const MAX_FILE = 32 << 20;

async function list(uri: string): Promise<FilesResult['folders'][number]> {
  try {
    const entries = await vscode.workspace.fs.readDirectory(fileUri(uri));
    return entries.map(([name, type]) => ({ name, folder: (type & vscode.FileType.Directory) !== 0 }));
  } catch {
    return null; // no such folder
  }
}

async function read(uri: string): Promise<string | null> {
  const file = fileUri(uri);
  try {
    const { size } = await vscode.workspace.fs.stat(file);
    return size > MAX_FILE ? null : base64(await vscode.workspace.fs.readFile(file));
  } catch {
    return null; // gone meanwhile, or not ours to read
  }
}

/** Answers `smmuScope/files`. */
export function answersFiles(client: LanguageClient): vscode.Disposable {
  return client.onRequest(
    methods.files,
    async ({ folders, files }: FilesParams): Promise<FilesResult> => ({
      folders: await Promise.all(folders.map(list)),
      files: await Promise.all(files.map(read)),
    }),
  );
}
