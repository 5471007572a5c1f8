/**
 * What an edit costs against another build of ours (its dist folder), or with the tree's own drivers against the shipped ones, by
 * turns, each time in a fresh server: the CPU of the whole process over thirty edits after which the board boots anew, the time until the findings are there, and opening a second board.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { uriOfPath } from '../src/source/uri';
import { BareClient } from './client';
import { median } from './timed';

const EDITS = 30;
/** A fast typist's pause (milliseconds). */
const KEY = 40;

const BOARD = { path: 'arch/arm64/boot/dts/qcom/x1e80100-crd.dts', iommu: '&apps_smmu' };
/** Opened and edited before BOARD in the server that counts as warm. */
const OTHER = { path: 'arch/arm64/boot/dts/nvidia/tegra210-p2371-2180.dts', iommu: '&mc' };

interface Cost {
  /** CPU of all threads, milliseconds an edit. */
  readonly cpu: number;
  readonly p50: number;
  readonly p95: number;
  /** didOpen to findings in a warm server: CPU, and time. */
  readonly openCpu: number;
  readonly open: number;
}

/** Milliseconds of CPU that the process with its threads has used; a tick is 10 ms. */
function used(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** A server with one board of a Linux tree in it. */
class Editing {
  private version = 0;
  private readonly uri: string;
  private readonly text: string;
  private readonly line: string;

  constructor(
    private readonly client: BareClient,
    linux: string,
    board: typeof BOARD,
  ) {
    this.uri = uriOfPath(join(linux, board.path));
    this.text = readFileSync(join(linux, board.path), 'utf8');
    this.line = `&nosuchlabel { }; / { dma@1 { iommus = <${board.iommu} 0x7ff 0x0>; }; };`;
  }

  private published(): Promise<unknown> {
    this.version += 1;
    const { uri, version } = this;
    return this.client.until(
      ({ method, params }) =>
        method === 'textDocument/publishDiagnostics' && params?.uri === uri && params.version === version,
    );
  }

  async open(): Promise<void> {
    const done = this.published();
    const { uri, version, text } = this;
    this.client.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'dts', version, text } });
    await done;
  }

  /** Waits until the board boots with the drivers of a kernel of one's own, and has been looked at with them. */
  async drivers(): Promise<void> {
    for (;;) {
      const { result } = await this.client.request('smmuScope/activeBoard', { textDocument: { uri: this.uri } });
      if (/^drivers of/.test((result as { drivers?: string } | null)?.drivers ?? '')) break;
      await pause(200);
    }
    await this.edit(0);
    await this.edit(1);
  }

  /** Writes a master at the end of the board, or takes it away again: the milliseconds until the findings are there. */
  async edit(i: number): Promise<number> {
    const last = this.text.split('\n').length - 1;
    const [end, text] = i % 2 === 0 ? [0, this.line] : [this.line.length, ''];
    const done = this.published();
    const from = performance.now();
    this.client.notify('textDocument/didChange', {
      textDocument: { uri: this.uri, version: this.version },
      contentChanges: [{ range: { start: { line: last, character: 0 }, end: { line: last, character: end } }, text }],
    });
    await done;
    const time = performance.now() - from;
    await pause(KEY);
    return time;
  }
}

async function server(dist: string): Promise<BareClient> {
  const client = new BareClient([process.execPath, join(resolve(dist), 'cli.js'), 'lsp', '--stdio']);
  await client.start();
  return client;
}

async function cost(dist: string, linux: string, own = false): Promise<Cost> {
  const fresh = await server(dist);
  const board = new Editing(fresh, linux, BOARD);
  if (own) ownKernel(fresh, linux);
  await board.open();
  if (own) await board.drivers();
  await pause(500);
  const before = used(fresh.pid);
  const times: number[] = [];
  for (let i = 0; i < EDITS; i++) times.push(await board.edit(i));
  const cpu = (used(fresh.pid) - before) / EDITS;
  await fresh.stop();
  const warm = await server(dist);
  const other = new Editing(warm, linux, OTHER);
  if (own) ownKernel(warm, linux);
  await other.open();
  if (own) await other.drivers();
  for (let i = 0; i < EDITS; i++) await other.edit(i);
  await pause(500);
  const beforeOpen = used(warm.pid);
  const from = performance.now();
  await new Editing(warm, linux, BOARD).open();
  const open = performance.now() - from;
  await pause(100);
  const openCpu = used(warm.pid) - beforeOpen;
  await warm.stop();
  times.sort((a, b) => a - b);
  return { cpu, p50: times[EDITS / 2] ?? 0, p95: times[Math.floor(EDITS * 0.95)] ?? 0, openCpu, open };
}

/** The tree's own drivers, read from it though a catalogue of its release is shipped. */
function ownKernel(client: BareClient, linux: string): void {
  client.notify('workspace/didChangeConfiguration', { settings: { smmuScope: { kernelSource: linux } } });
}

/** Prints the medians of `rounds` pairs and of their ratios: against another build, or with `base` null against the shipped drivers. */
export async function compareEdits(base: string | null, linux: string, rounds: number): Promise<void> {
  const pairs: { readonly theirs: Cost; readonly ours: Cost }[] = [];
  for (let i = 0; i < rounds; i++) {
    const theirs = await cost(base ?? 'dist', linux);
    pairs.push({ theirs, ours: await cost('dist', linux, base === null) });
  }
  const other = base === null ? 'shipped drivers' : 'other build';
  const row = (what: string, of: keyof Cost): void => {
    const ratio = median(pairs.map(({ theirs, ours }) => ours[of] / theirs[of]));
    const ours = median(pairs.map((pair) => pair.ours[of]));
    const theirs = median(pairs.map((pair) => pair.theirs[of]));
    console.log(`${what.padEnd(44)} ${ratio.toFixed(2)} (${ours.toFixed(1)} ms, ${other} ${theirs.toFixed(1)} ms)`);
  };
  row('CPU an edit, 30 edits of a fresh server', 'cpu');
  row('edit to findings, p50', 'p50');
  row('edit to findings, p95', 'p95');
  row('opening in a warm server, CPU', 'openCpu');
  row('opening in a warm server, time', 'open');
}
