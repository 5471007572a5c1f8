/** What a worker thread of `check` or `review` does: one board at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import { Review, type ReviewPlan } from '../../review/review';
import { Checker } from './checker';

export type WorkerData =
  | { readonly smmuScope: 'check'; readonly args: readonly string[]; readonly program: string }
  | { readonly smmuScope: 'review'; readonly plan: ReviewPlan };

function workOf(data: WorkerData): (task: string) => unknown {
  if (data.smmuScope === 'check') {
    const checker = new Checker(data.args, data.program);
    return (name) => checker.check(name);
  }
  const review = new Review(data.plan);
  return (board) => review.review(board);
}

/** Answers each `{ index, task }` with `{ index, result }`. */
export function serve(): void {
  const work = workOf(workerData as WorkerData);
  parentPort?.on('message', ({ index, task }: { index: number; task: string }) =>
    parentPort?.postMessage({ index, result: work(task) }),
  );
}
