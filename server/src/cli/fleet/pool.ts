/** Worker threads over a list of tasks: results in the order of the tasks, and no task lost with a thread. */
import { Worker } from 'node:worker_threads';
import { heapsFrom } from '../../workspace/v8-flags';

/** What became of a task: its result, or why there is none. */
export type Outcome<R> = { readonly result: R } | { readonly failed: string };

export interface PoolOptions<T, R> {
  /** The program of a thread (an absolute path); it answers each `{ index, task }` with `{ index, result }`. */
  readonly program: string;
  /** What each thread is told at its start. */
  readonly data: unknown;
  readonly tasks: readonly T[];
  readonly jobs: number;
  /** Called for each task in order. */
  readonly onResult: (task: T, outcome: Outcome<R>) => void;
  /** Called as often as a task is done, in whatever order. */
  readonly onProgress?: (done: number, task: T) => void;
  /** When it is aborted, no new task begins and what is done is all there is. */
  readonly signal?: AbortSignal;
  /** Megabytes of old objects that one thread may hold. */
  readonly memory?: number;
}

/** Attempts at one task: the thread may have died of another's fault. */
const ATTEMPTS = 2;
/** Where a thread may hold little more than it does, V8 collects all the time. */
const MEMORY = 640;
/** What a thread's heap grows to without a look at what of it is dead. */
const ROOM = 256;
/** Young objects: a tree lives for milliseconds, and a scavenge copies what is alive. */
const YOUNG = 96;

/** A stretch of tasks, [from, to). */
interface Stretch {
  from: number;
  to: number;
}

/**
 * Runs all tasks; resolves with how many have an outcome (fewer only when aborted, then perhaps with gaps). Each thread works through a stretch of
 * neighbouring tasks, as neighbours share includes, and takes half of the longest stretch left when its own is done.
 */
export function runPool<T, R>(options: PoolOptions<T, R>): Promise<number> {
  const { tasks, signal } = options;
  heapsFrom(ROOM);
  const jobs = Math.max(1, Math.min(options.jobs, tasks.length));
  const outcomes = new Array<Outcome<R> | undefined>(tasks.length);
  const attempts = new Uint8Array(tasks.length);
  const again: number[] = [];
  const stretches: Stretch[] = Array.from({ length: jobs }, (_, i) => ({
    from: Math.floor((i * tasks.length) / jobs),
    to: Math.floor(((i + 1) * tasks.length) / jobs),
  }));
  let told = 0;
  let done = 0;
  /** The first task in order without an outcome. */
  let open = 0;

  const next = (own: Stretch): number | null => {
    const failed = again.shift();
    if (failed !== undefined) return failed;
    if (own.from === own.to) {
      const longest = stretches.reduce((a, b) => (b.to - b.from > a.to - a.from ? b : a));
      if (longest.from === longest.to) return null;
      const middle = Math.floor((longest.from + longest.to) / 2);
      own.from = middle;
      own.to = longest.to;
      longest.to = middle;
    }
    return own.from++;
  };

  const tell = (index: number): void => {
    told++;
    const ready = outcomes[index];
    if (ready !== undefined) options.onResult(tasks[index] as T, ready);
  };

  return new Promise((resolve, reject) => {
    const running = new Set<Worker>();
    let finished = false;
    const finish = (): void => {
      if (finished) return;
      finished = true;
      for (const worker of running) void worker.terminate();
      running.clear();
      // aborted: what lies behind a gap is done all the same
      for (let at = open; at < tasks.length; at++) if (outcomes[at] !== undefined) tell(at);
      resolve(told);
    };
    const settle = (index: number, outcome: Outcome<R>): void => {
      if (finished) return;
      outcomes[index] = outcome;
      done++;
      try {
        options.onProgress?.(done, tasks[index] as T);
        // who hears of a task may abort, and all that is done has been told then
        while (!finished && outcomes[open] !== undefined) tell(open++);
      } catch (error) {
        for (const worker of running) void worker.terminate();
        reject(error);
      }
    };
    const start = (own: Stretch): void => {
      const worker = new Worker(options.program, {
        workerData: options.data,
        resourceLimits: { maxOldGenerationSizeMb: options.memory ?? MEMORY, maxYoungGenerationSizeMb: YOUNG },
      });
      let current: number | null = null;
      let over = false;
      running.add(worker);
      const give = (): void => {
        current = signal?.aborted === true ? null : next(own);
        if (current === null) {
          over = true;
          running.delete(worker);
          void worker.terminate();
          if (running.size === 0) finish();
          return;
        }
        attempts[current] = (attempts[current] ?? 0) + 1;
        worker.postMessage({ index: current, task: tasks[current] });
      };
      const died = (why: string): void => {
        if (over) return;
        over = true;
        running.delete(worker);
        const lost = current;
        if (lost !== null) {
          if ((attempts[lost] ?? 0) < ATTEMPTS) again.push(lost);
          else settle(lost, { failed: why });
        }
        const left = again.length > 0 || stretches.some(({ from, to }) => from < to);
        if (left && signal?.aborted !== true) start(own);
        else if (running.size === 0) finish();
      };
      worker.on('message', ({ index, result }: { index: number; result: R }) => {
        settle(index, { result });
        give();
      });
      worker.on('error', (error) => died(`its worker failed: ${error.message}`));
      worker.on('exit', () => died('its worker ended'));
      give();
    };
    signal?.addEventListener('abort', finish, { once: true });
    if (tasks.length === 0 || signal?.aborted === true) return finish();
    for (const stretch of stretches) start(stretch);
  });
}
