/**
 * URIs as the editor and as the server write them. They differ for one thing: the printed text of a blob is a document of
 * its own scheme in the editor, and the server knows it by the blob's file URI.
 */
import * as vscode from 'vscode';

/** The scheme of printed blobs. */
export const blobScheme = 'smmu-dtb';

/** `file:///x/board.dtb` as the URI of its text, `smmu-dtb:/x/board.dtb.dts`. */
export const textUri = (blob: vscode.Uri): vscode.Uri => blob.with({ scheme: blobScheme, path: `${blob.path}.dts` });

/** The way back. */
export const blobUri = (text: vscode.Uri): vscode.Uri =>
  text.with({ scheme: 'file', path: text.path.slice(0, -'.dts'.length) });

/** The scheme of merged texts: the path ends in the board's name, the query is the URI of the board's file. */
export const mergedScheme = 'smmu-merged';

/** The scheme of explained boot logs. */
export const logScheme = 'smmu-log';

/** The file that a document stands for: a merged text stands for its board, every other document for itself. */
export const sourceUri = (uri: vscode.Uri): vscode.Uri =>
  uri.scheme === mergedScheme ? vscode.Uri.parse(uri.query) : uri;

/** What the server is told. */
export const serverUri = (uri: vscode.Uri): string => (uri.scheme === blobScheme ? blobUri(uri) : uri).toString();

/** What the editor opens for a URI of the server. */
export function editorUri(value: string): vscode.Uri {
  const uri = vscode.Uri.parse(value);
  return uri.scheme === 'file' && /\.dtbo?$/i.test(uri.path) ? textUri(uri) : uri;
}
