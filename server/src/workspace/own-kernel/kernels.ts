/** The kernels of the user's own: each tree is read once, in a thread, and its catalogue is there when that is done. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type CatalogueOrigin, type KernelCatalogue, ownCatalogue } from '../../simulator/kernel/catalogue';
import type { WorkerMessage } from './messages';
import { type KernelRead, type KernelRequest, readKernel } from './read';

/** Megabytes that a thread may take: a whole kernel needs about 500. */
const MAX_MEMORY = 900;

export interface ReadOptions {
  readonly onProgress?: (percent: number) => void;
  /** Stops the reading; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Reads a tree in a thread. Rejects with an Error for people. */
export function readInThread(request: KernelRequest, { onProgress, signal }: ReadOptions = {}): Promise<KernelRead> {
  const program = join(__dirname, 'kernel-worker.js');
  // a test or a script that is no bundle of ours has no program beside it
  if (!existsSync(program))
    return Promise.resolve().then(() => readKernel(request, (done, of) => onProgress?.(Math.floor((100 * done) / of))));
  return new Promise((resolve, reject) => {
    const worker = new Worker(program, {
      workerData: request,
      resourceLimits: { maxOldGenerationSizeMb: MAX_MEMORY },
    });
    const stop = (): void => {
      void worker.terminate();
      reject(signal?.reason instanceof Error ? signal.reason : new Error('cancelled'));
    };
    if (signal?.aborted === true) stop();
    signal?.addEventListener('abort', stop, { once: true });
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'progress') onProgress?.(message.percent);
      else if (message.kind === 'result') resolve(message.result);
      else reject(new Error(message.message));
    });
    worker.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? new Error(`${request.root} needs more than ${MAX_MEMORY} MB to be read`)
          : error,
      ),
    );
    worker.on('exit', () => {
      signal?.removeEventListener('abort', stop);
      reject(new Error(`reading ${request.root} stopped`));
    });
  });
}

/** The catalogue of what was read. */
export function catalogueOf(read: KernelRead, origin: Omit<CatalogueOrigin, 'whole'>): KernelCatalogue {
  return ownCatalogue(read.data, { ...origin, whole: read.missing.length === 0 });
}

const MAX_NAMED = 6;

/** What is not known of a tree, in sentences for people. */
export function shortcomings({ missing, problems }: KernelRead): string[] {
  const named = missing.slice(0, MAX_NAMED).join(', ');
  return [
    ...(missing.length === 0
      ? []
      : [
          `Makefiles name ${missing.length} ${missing.length === 1 ? 'folder that is' : 'folders that are'} not there (${named}${missing.length > MAX_NAMED ? ', …' : ''}): their drivers are unknown`,
        ]),
    ...problems,
  ];
}
