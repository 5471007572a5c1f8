/** In a browser there is no disk: nothing is anywhere. Files come through the client (`lsp/client-disk.ts`). */
import type * as real from '../workspace/real-disk';

export const realDisk: typeof real.realDisk = { stat: () => null, bytes: () => null, list: () => [], real: () => null };
export const namesBelow: typeof real.namesBelow = () => [];
export const fileAt: typeof real.fileAt = () => null;

const none = (): never => {
  throw new Error('a browser has no files');
};
export const sizeOf: typeof real.sizeOf = none;
export const resolved: typeof real.resolved = none;
export const contentOf: typeof real.contentOf = none;
