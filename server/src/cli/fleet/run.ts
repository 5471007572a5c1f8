/** Runs a list of boards here or on worker threads, with one line of progress, until somebody interrupts. */
import { availableParallelism } from 'node:os';
import { collectAlone, optimiseAfter } from '../../workspace/v8-flags';
import { UsageError } from '../options';
import { type Outcome, runPool } from './pool';

/** With fewer boards than this a thread does not pay for its start, nor code that is optimised earlier than that of one board. */
const FEW = 16;
/** Bytes of bytecode that a function runs before it is optimised: over all boards of Linux 6.12 half and twice as much cost a tenth more. */
const PATIENCE = 500_000;

export interface FleetOptions<R> {
  readonly tasks: readonly string[];
  /** `--jobs`; undefined: as many as there are processors. */
  readonly jobs: string | undefined;
  readonly progress: boolean;
  /** The program of a worker, and what it is told; null program: everything runs here. */
  readonly program: string | null;
  readonly data: unknown;
  /** Makes what does the work here; only called when it does. */
  readonly here: () => (task: string) => R;
  readonly onResult: (task: string, outcome: Outcome<R>) => void;
}

export interface FleetResult {
  /** Tasks that have an outcome. */
  readonly done: number;
  readonly interrupted: boolean;
}

function jobsOf(text: string | undefined, tasks: number): number {
  if (text !== undefined && !/^[1-9]\d{0,2}$/.test(text)) throw new UsageError('--jobs takes a number from 1');
  if (text !== undefined) return Math.min(Number(text), tasks);
  return tasks < FEW ? 1 : Math.min(availableParallelism(), Math.floor(tasks / (FEW / 2)));
}

/** Milliseconds between two lines of progress. */
const PACE = 100;
/** A run that is over before is not worth a line. */
const BRIEF = 1000;

/** How far a run is, on one line of standard error: on a terminal when asked for, or after a second. */
function progressLine(total: number, always: boolean): { told(done: number, name: string): void; clear(): void } {
  const tty = process.stderr.isTTY === true;
  const from = performance.now();
  let last = 0;
  let shown = false;
  return {
    told(done, name) {
      const now = performance.now();
      if (!always && (!tty || total < 2 || now - from < BRIEF)) return;
      if (now - last < PACE && done < total) return;
      last = now;
      const text = `${done}/${total} ${name.slice(-60)}`;
      process.stderr.write(tty ? `\r\u001b[K${text}` : `${text}\n`);
      shown = tty;
    },
    clear() {
      if (shown) process.stderr.write('\r\u001b[K');
      shown = false;
    },
  };
}

/** Runs all tasks; results come in the order of the tasks. SIGINT ends it early, with what is done. */
export async function runFleet<R>(options: FleetOptions<R>): Promise<FleetResult> {
  const { tasks, program } = options;
  const jobs = jobsOf(options.jobs, tasks.length);
  if (tasks.length >= FEW) optimiseAfter(PATIENCE);
  const abort = new AbortController();
  const interrupt = (): void => abort.abort();
  process.once('SIGINT', interrupt);
  const line = progressLine(tasks.length, options.progress);
  const onResult: FleetOptions<R>['onResult'] = (task, outcome) => {
    line.clear();
    options.onResult(task, outcome);
  };
  let done = 0;
  try {
    if (program === null || jobs <= 1) {
      const work = options.here();
      for (const task of tasks) {
        if (abort.signal.aborted) break;
        const result = work(task);
        line.told(++done, task);
        onResult(task, { result });
        // signals are heard between two boards
        if (tasks.length > 1) await new Promise((resolve) => setImmediate(resolve));
      }
    } else {
      if (jobs >= availableParallelism()) collectAlone();
      done = await runPool<string, R>({
        program,
        data: options.data,
        tasks,
        jobs,
        signal: abort.signal,
        onProgress: (count, task) => line.told(count, task),
        onResult,
      });
    }
  } finally {
    line.clear();
    process.removeListener('SIGINT', interrupt);
  }
  return { done, interrupted: abort.signal.aborted };
}
