/**
 * URIs as the editor and as the server write them. They differ for two things: the printed text of a blob is a document of
 * its own scheme in the editor, and the server knows it by the blob's file URI; and the server knows only `file:`, so that a file
 * of another file system (a virtual workspace's) is `file:///@SCHEME/AUTHORITY/path` to it.
 */
import * as vscode from 'vscode';

/** The scheme of printed blobs. */
export const blobScheme = 'smmu-dtb';

/** `file:///x/board.dtb` as the URI of its text, `smmu-dtb:/x/board.dtb.dts`. */
export const textUri = (blob: vscode.Uri): vscode.Uri =>
  blob.with({
    scheme: blobScheme,
    path: `${blob.path}.dts`,
    query: blob.scheme === 'file' ? '' : `scheme=${blob.scheme}`,
  });

/** The way back. */
export const blobUri = (text: vscode.Uri): vscode.Uri =>
  text.with({
    scheme: /^scheme=(.+)$/.exec(text.query)?.[1] ?? 'file',
    path: text.path.slice(0, -'.dts'.length),
    query: '',
  });

/** The scheme of merged texts: the path ends in the board's name, the query is the URI of the board's file. */
export const mergedScheme = 'smmu-merged';

/** The scheme of explained boot logs. */
export const logScheme = 'smmu-log';

/** File systems whose files are no files of a person's. */
const OTHERS = ['untitled', 'git', 'output', 'vscode-userdata'];

/** Whether a URI is that of a file in a file system that is no disk. */
function isVirtual({ scheme }: vscode.Uri): boolean {
  if (scheme === 'file' || OTHERS.includes(scheme)) return false;
  const { workspaceFolders, fs } = vscode.workspace;
  if (workspaceFolders !== undefined) return workspaceFolders.some((folder) => folder.uri.scheme === scheme);
  return fs.isWritableFileSystem(scheme) !== undefined;
}

/** As the server knows a file system: `/@memfs/-/board.dts`. */
function asFile(uri: vscode.Uri): vscode.Uri {
  if (!isVirtual(uri)) return uri;
  const { scheme, authority, path } = uri;
  const segment = authority === '' ? '-' : encodeURIComponent(authority).replace(/^-$/, '%2D');
  return vscode.Uri.from({ scheme: 'file', path: `/@${scheme}/${segment}${path}` });
}

/** The way back. */
function fromFile(uri: vscode.Uri): vscode.Uri {
  const found = uri.scheme === 'file' ? /^\/@([a-z][a-z0-9+.-]*)\/([^/]+)(\/.*)?$/.exec(uri.path) : null;
  if (found === null) return uri;
  const [, scheme = '', segment = '', path = '/'] = found;
  return vscode.Uri.from({ scheme, authority: segment === '-' ? '' : decodeURIComponent(segment), path });
}

/** What the server is told. */
export const serverUri = (uri: vscode.Uri): string => asFile(uri.scheme === blobScheme ? blobUri(uri) : uri).toString();

/** A file or folder as settings and the server write it. */
export const serverPath = (uri: vscode.Uri): string => asFile(uri).fsPath;

/** The file or folder that the server means; a blob is the blob itself. */
export const fileUri = (value: string): vscode.Uri => fromFile(vscode.Uri.parse(value));

/** The file at a path as the server writes it. */
export const pathUri = (path: string): vscode.Uri => fromFile(vscode.Uri.file(path));

/** What the editor opens for a URI of the server. */
export function editorUri(value: string): vscode.Uri {
  const uri = fileUri(value);
  return /\.dtbo?$/i.test(uri.path) ? textUri(uri) : uri;
}

/** The file that a document stands for: a merged text stands for its board, every other document for itself. */
export const sourceUri = (uri: vscode.Uri): vscode.Uri => (uri.scheme === mergedScheme ? fileUri(uri.query) : uri);
