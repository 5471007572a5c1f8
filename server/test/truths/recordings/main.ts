/**
 * npm run test:recordings [-- --dir DIR] [--only NAME] [--kind KIND] [--json OUT] [--all] [--limit SECONDS]
 * npm run test:recordings -- --pack DIR OUT.json.br     writes a folder of recordings as a fixture
 *
 * The comparison runs in a worker: a recording that takes longer than the limit (60 s), or ends the worker, counts as one
 * wrong fact of kind `no-throw`, and the next one follows.
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { compareAll } from './compare';
import { readBundles, readFolder, writeBundle } from './load';
import type { Recording } from './recording';
import { Tally } from './tally';

interface Choice {
  readonly dir: string | null;
  readonly only: string | null;
  /** Number of the first recording to compare. */
  readonly from: number;
}

/** What the worker says: before each recording its name, after it its facts. */
type Message =
  | { readonly begins: string }
  | { readonly kinds: readonly [string, [number, number]][]; readonly differences: Tally['differences'] };

const FIXTURES = 'server/test/truths/recordings/fixtures';

function option(name: string): string | null {
  const at = process.argv.indexOf(name);
  return at < 0 ? null : (process.argv[at + 1] ?? null);
}

function chosenRecordings({ dir, only }: Choice): Recording[] {
  const all = dir === null ? readBundles(resolve(FIXTURES)) : readFolder(dir);
  return only === null ? all : all.filter((r) => r.file.name === only || `${r.set}/${r.file.name}`.startsWith(only));
}

/** As JSON has it: what threads can pass on. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** In the worker: compares from `choice.from` on. */
function compareRest(choice: Choice): void {
  for (const recording of chosenRecordings(choice).slice(choice.from)) {
    parentPort?.postMessage({ begins: `${recording.set}/${recording.file.name}` } satisfies Message);
    const tally = compareAll([recording]);
    parentPort?.postMessage({ kinds: [...tally.kinds], differences: plain(tally.differences) } satisfies Message);
  }
}

/** Compares in workers until all recordings have had their turn. */
async function compareInWorkers(choice: Choice, limit: number): Promise<{ tally: Tally; count: number }> {
  const tally = new Tally();
  let count = 0;
  for (let ended = false; !ended; ) {
    const why = await new Promise<string | null>((done, fail) => {
      let timer: NodeJS.Timeout | undefined;
      let open = false;
      const worker = new Worker(__filename, { workerData: { ...choice, from: count } satisfies Choice });
      const end = (reason: string | null): void => {
        clearTimeout(timer);
        void worker.terminate();
        if (open || reason === null) done(reason);
        else fail(new Error(reason));
      };
      worker.on('message', (message: Message) => {
        clearTimeout(timer);
        if ('begins' in message) {
          open = true;
          tally.begin(message.begins);
          timer = setTimeout(() => end(`takes longer than ${limit} s`), limit * 1000);
        } else {
          open = false;
          count++;
          tally.add(message.kinds, message.differences);
        }
      });
      worker.on('error', (error) => end(error instanceof Error ? error.message : String(error)));
      worker.on('exit', (code) => end(open ? `the worker ended with ${code}` : null));
    });
    if (why === null) ended = true;
    else {
      tally.fact('no-throw', 'comparison', null, why);
      count++;
    }
  }
  return { tally, count };
}

async function main(): Promise<number> {
  const pack = process.argv.indexOf('--pack');
  if (pack >= 0) {
    const [from, to] = [process.argv[pack + 1], process.argv[pack + 2]];
    if (from === undefined || to === undefined) return 2;
    console.log(`${to}: ${writeBundle(from, to)} bytes`);
    return 0;
  }
  const kind = option('--kind');
  const choice: Choice = { dir: option('--dir'), only: option('--only'), from: 0 };
  const { tally, count } = await compareInWorkers(choice, Number(option('--limit') ?? 60));
  if (count === 0) {
    console.error('no recordings found');
    return 2;
  }
  let right = 0;
  let total = 0;
  for (const [name, [good, counted]] of [...tally.kinds].sort()) {
    console.log(`${name.padEnd(16)} ${good}/${counted}`);
    right += good;
    total += counted;
  }
  console.log(`${'all'.padEnd(16)} ${right}/${total} in ${count} recordings`);
  const shown = tally.differences.filter((d) => kind === null || d.kind === kind);
  const most = process.argv.includes('--all') ? shown.length : 30;
  for (const d of shown.slice(0, most))
    console.log(
      `${d.recording} ${d.kind} ${d.fact}: recorded ${JSON.stringify(d.recorded)} predicted ${JSON.stringify(d.predicted)}`,
    );
  if (shown.length > most) console.log(`... and ${shown.length - most} more (--all, --kind KIND)`);
  const json = option('--json');
  if (json !== null)
    writeFileSync(
      json,
      `${JSON.stringify({ total, right, kinds: Object.fromEntries(tally.kinds), differences: tally.differences }, null, 1)}\n`,
    );
  return right === total ? 0 : 1;
}

if (isMainThread)
  main().then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      console.error(error);
      process.exitCode = 2;
    },
  );
else compareRest(workerData as Choice);
