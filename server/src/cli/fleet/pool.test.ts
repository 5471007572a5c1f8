/** Worker threads: the order of results, and what becomes of a task whose thread dies. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Outcome, runPool } from './pool';

/** `slow`: half a second; `die`: the thread ends; `throw`: it fails; `once N`: it ends the first time (a file says so); else the task doubled. */
const PROGRAM = `
const { parentPort } = require('node:worker_threads');
const { existsSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
parentPort.on('message', ({ index, task }) => {
  if (task === 'slow') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  if (task === 'die') process.exit(3);
  if (task === 'throw') throw new Error('no good');
  if (task.startsWith('once')) {
    const mark = join(__dirname, task.replace(' ', '-'));
    if (!existsSync(mark)) { writeFileSync(mark, ''); process.exit(3); }
  }
  parentPort.postMessage({ index, result: task + task });
});
`;

let folder = '';
let program = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'scope-pool-'));
  program = join(folder, 'program.cjs');
  writeFileSync(program, PROGRAM);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(tasks: readonly string[], jobs: number, signal?: AbortSignal) {
  const seen: [string, Outcome<string>][] = [];
  const done = await runPool<string, string>({
    program,
    data: null,
    tasks,
    jobs,
    ...(signal && { signal }),
    onResult: (task, outcome) => seen.push([task, outcome]),
  });
  return { seen, done };
}

describe('runPool', () => {
  test('results come in the order of the tasks, each once, whatever dies', async () => {
    let serial = 0;
    const task = fc.oneof(
      { weight: 8, arbitrary: fc.stringMatching(/^[a-c]{1,3}$/) },
      { weight: 1, arbitrary: fc.constantFrom('die', 'throw', 'once') },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(task, { maxLength: 24 }), fc.integer({ min: 1, max: 4 }), async (drawn, jobs) => {
        const tasks = drawn.map((name) => (name === 'once' ? `once ${serial++}` : name));
        const { seen, done } = await run(tasks, jobs);
        expect(done).toBe(tasks.length);
        expect(seen).toEqual(
          tasks.map((name) => [
            name,
            name === 'die'
              ? { failed: 'its worker ended' }
              : name === 'throw'
                ? { failed: 'its worker failed: no good' }
                : { result: name + name },
          ]),
        );
      }),
      { numRuns: 12 },
    );
  }, 60_000);

  test('a task whose thread died is tried once more', async () => {
    expect((await run(['a', 'once again', 'b'], 2)).seen).toEqual([
      ['a', { result: 'aa' }],
      ['once again', { result: 'once againonce again' }],
      ['b', { result: 'bb' }],
    ]);
  });

  test('aborted: what is done so far, each once, and nothing hangs', async () => {
    const abort = new AbortController();
    const tasks = Array.from({ length: 2000 }, (_, i) => `t${i}`);
    const seen: string[] = [];
    const done = await runPool<string, string>({
      program,
      data: null,
      tasks,
      jobs: 2,
      signal: abort.signal,
      onProgress: (count) => {
        if (count === 10) abort.abort();
      },
      onResult: (task) => seen.push(task),
    });
    expect(done).toBe(10);
    expect(seen.length).toBe(10);
    expect(seen).toEqual(tasks.filter((task) => seen.includes(task)));
  });

  test('aborted by who hears of the first, which came last: each is told once', async () => {
    const abort = new AbortController();
    const tasks = ['slow', ...Array.from({ length: 40 }, (_, i) => `t${i}`)];
    const seen: string[] = [];
    const done = await runPool<string, string>({
      program,
      data: null,
      tasks,
      jobs: 2,
      signal: abort.signal,
      onResult: (task) => {
        seen.push(task);
        abort.abort();
      },
    });
    expect(done).toBe(seen.length);
    expect(seen[0]).toBe('slow');
    expect(new Set(seen).size).toBe(seen.length);
  });
});
