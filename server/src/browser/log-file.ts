/** Logs in a browser come as text: the client reads the file. */
import { UnreadableLog } from '../bootlog/read';
import type * as node from '../workspace/log-file';

export class LogCancelled extends Error {}

export const readLogFile: typeof node.readLogFile = (path) =>
  Promise.reject(new UnreadableLog(`${path}: a browser has no files`));
