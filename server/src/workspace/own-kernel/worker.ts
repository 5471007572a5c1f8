/** Reads a kernel tree in a thread of its own (dist/kernel-worker.js): the answer, and how far it is, go to whoever started it. */
import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerMessage } from './messages';
import { type KernelRequest, readKernel } from './read';

function say(message: WorkerMessage): void {
  parentPort?.postMessage(message);
}

let told = 0;
try {
  const result = readKernel(workerData as KernelRequest, (done, of) => {
    const percent = Math.floor((100 * done) / of);
    if (percent === told) return;
    told = percent;
    say({ kind: 'progress', percent });
  });
  say({ kind: 'result', result });
} catch (error) {
  say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
}
