/**
 * npm run test:boards -- [--kernel 6.12|7.3] [--linux DIR] [LINUX-TREE] [--arch NAME,NAME] [--only TEXT,TEXT] [--every N]
 *                        [--show] [--json OUT]
 *
 * Boots every board of a kernel tree on paper, with the shipped catalogue and the default configuration of its machine
 * (arm, arm64, riscv) or every driver there is (other architectures). Prints how many ran, how much CPU time a simulation takes, what became of devices and masters, and what they
 * wait for in the end.
 * Exit status 1 when a simulation throws, a board that its dtc compiles does not, an enabled master with a device has neither
 * group nor reason, or 2 % or more of the devices stay deferred. With --kernel the tree is found as by test:corpus, and what
 * stays deferred, and which masters get no group, each with the reason, is compared with golden/upstream-KERNEL.txt (BLESS=1
 * writes it).
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { buildOptionsFor, parseArguments } from '../../../src/cli/options';
import { TreeBuilder } from '../../../src/devicetree/build';
import type { DeviceTree } from '../../../src/devicetree/model';
import { compatibles, nodeAt } from '../../../src/devicetree/read';
import { iommuView } from '../../../src/iommu/view';
import { catalogueFor } from '../../../src/simulator/kernel/catalogue';
import type { ReportDevice, SimulationReport } from '../../../src/simulator/report';
import { simulate } from '../../../src/simulator/simulate';
import { FileStore, toUri } from '../../../src/workspace/files';
import { treeOf } from '../../../src/workspace/trees';
import { CORPUS_KERNELS, type CorpusKernel, corpusKernel, findLinuxSource } from '../corpus/linux-source';

function boardsOf(root: string, arch: string): string[] {
  const top = join(root, 'arch', arch, 'boot/dts');
  return readdirSync(top, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.dts'))
    .map((name) => join(top, name))
    .sort();
}

const GOLDEN = 'server/test/truths/boards/golden';
/** The share of devices that may stay deferred. */
const MOST_DEFERRED = 0.02;

/** A counter of sentences, most frequent first. */
class Counter {
  private readonly counts = new Map<string, number>();
  add(key: string): void {
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }
  top(n: number): [string, number][] {
    return [...this.counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, n);
  }
  lines(): string[] {
    return this.top(this.counts.size).map(([key, count]) => `${String(count).padStart(7)}  ${key}`);
  }
  print(title: string, n: number): void {
    if (this.counts.size === 0) return;
    console.log(`\n${title}`);
    for (const [key, count] of this.top(n)) console.log(`${String(count).padStart(7)}  ${key}`);
  }
}

/** What a device without driver lacks: no driver in the catalogue, or one that this configuration does not build. */
function whyNoDriver(path: string, tree: DeviceTree, kernel: string): string {
  const node = nodeAt(tree, path);
  const found = node === null ? [] : compatibles(node);
  for (const compatible of found) {
    const known = catalogueFor(kernel).driversForCompatible(compatible)[0];
    if (known !== undefined) return `${compatible}: ${known.name} (${known.bus}, ${known.config ?? 'always'})`;
  }
  return `${found[0] ?? 'no compatible'}: unknown`;
}

interface Totals {
  boards: number;
  broken: number;
  threw: number;
  incomplete: number;
  devices: number;
  bound: number;
  deferred: number;
  failed: number;
  masters: number;
  grouped: number;
  /** Deferred devices without a reason. */
  unreasoned: number;
  /** Masters with a device, without a group and without a reason. */
  unexplained: number;
}

/** The tree of a kernel with a corpus; null: it cannot be got, as was said. */
function sourceOf(kernel: CorpusKernel, given: string | null): string | null {
  const source = findLinuxSource(given, kernel);
  if (source.root === null) console.log(`boards: SKIPPED, ${source.how}`);
  return source.root;
}

function main(): number {
  const args = parseArguments(process.argv.slice(2), {
    values: ['--arch', '--only', '--every', '--json', '--kernel', '--linux'],
    flags: ['--show'],
  });
  const asked = args.value('--kernel');
  const kernel = asked === undefined ? null : corpusKernel(asked);
  if (asked !== undefined && kernel === null) {
    console.error(`boards: no kernel ${asked}, there are ${CORPUS_KERNELS.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  const found = kernel === null ? (args.files[0] ?? '.') : sourceOf(kernel, args.value('--linux') ?? null);
  if (found === null) return process.env.CI ? 1 : 0;
  const root = resolve(found);
  const only = (args.value('--only') ?? '').split(',');
  const every = Number(args.value('--every') ?? 1);
  const show = args.flag('--show');
  const arches =
    args.value('--arch')?.split(',') ??
    readdirSync(join(root, 'arch'))
      .filter((name) => existsSync(join(root, 'arch', name, 'boot/dts')))
      .sort();
  const totals: Totals = {
    boards: 0,
    broken: 0,
    threw: 0,
    incomplete: 0,
    devices: 0,
    bound: 0,
    deferred: 0,
    failed: 0,
    masters: 0,
    grouped: 0,
    unreasoned: 0,
    unexplained: 0,
  };
  const times: [number, string][] = [];
  const noDriver = new Counter();
  const waits = new Counter();
  const ends = new Counter();
  const errors = new Counter();
  const ungrouped = new Counter();
  const thrown = new Counter();
  const rows: unknown[] = [];
  const builder = new TreeBuilder();
  const files = new FileStore();
  for (const arch of arches) {
    const boards = boardsOf(root, arch).filter((b, i) => only.some((text) => b.includes(text)) && i % every === 0);
    for (const board of boards) {
      const name = relative(join(root, 'arch'), board);
      const built = builder.build(toUri(board), files, buildOptionsFor(board, args));
      if (built.problems.some((p) => p.severity === 'error')) {
        totals.broken++;
        continue;
      }
      totals.boards++;
      const start = process.cpuUsage();
      let report: SimulationReport;
      try {
        report = simulate(built.tree, { board: name, path: board, treeRelease: treeOf(board, null).release });
      } catch (error) {
        totals.threw++;
        thrown.add(`${String(error).split('\n')[0]}  ${(error as Error).stack?.split('\n')[1]?.trim() ?? ''}`);
        continue;
      }
      // CPU time: other programs on the machine do not count.
      const used = process.cpuUsage(start);
      const ms = (used.user + used.system) / 1000;
      times.push([ms, name]);
      if (!report.complete) totals.incomplete++;
      const byPath = new Map<string, ReportDevice>();
      const what = new Map<string, string>();
      const chains = new Map(report.chains.map((chain) => [chain.device, chain]));
      for (const node of built.tree.nodes) what.set(node.path, compatibles(node)[0] ?? node.name.split('@')[0] ?? '');
      for (const device of report.devices) {
        if (!device.device.startsWith('/') || device.status === 'disabled') continue;
        byPath.set(device.device, device);
        what.set(device.name, what.get(device.device) ?? '');
      }
      for (const device of byPath.values()) {
        totals.devices++;
        const chain = chains.get(device.device);
        // a driver that only says -517 leaves no text: the chain tells then
        const reason = device.deferReason || (chain === undefined ? '' : `${device.driver ?? ''}: ${chain.cause}`);
        if (device.status === 'bound') totals.bound++;
        else if (device.status === 'deferred') {
          totals.deferred++;
          if (reason === '') totals.unreasoned++;
          waits.add(reason.replace(/\/\S+|\S+@\S+|\b[0-9a-f]{4,}\.\S+/g, (m) => `<${what.get(m) ?? 'device'}>`));
        } else if (device.error !== null && device.error !== 0) {
          totals.failed++;
          errors.add(`${what.get(device.device)}: ${device.driver ?? ''} ${device.error}`);
        } else noDriver.add(whyNoDriver(device.device, built.tree, report.kernel));
        if (show && device.status !== 'bound')
          console.log(
            `${name} ${device.device} [${device.driver ?? '-'}] ${device.status}: ${device.deferReason ?? device.error}`,
          );
      }
      for (const chain of report.chains) {
        const end = chain.path[chain.path.length - 1] ?? '';
        const type = what.get(end) ?? end;
        const status = byPath.get(end);
        let above = end;
        while (above !== '' && !byPath.has(above)) above = above.slice(0, above.lastIndexOf('/'));
        const owner = status === undefined ? byPath.get(above) : undefined;
        const state = status?.driver ?? status?.status ?? 'no device';
        const under = owner === undefined ? '' : ` below ${what.get(above)} (${owner.driver ?? owner.status})`;
        ends.add(`${chain.cause}: ${type} (${state})${under}, ${chain.steps[chain.steps.length - 1] ?? ''}`);
      }
      let masters = 0;
      let grouped = 0;
      for (const master of iommuView(built.tree).masters) {
        if (!master.enabled) continue;
        masters++;
        const device = byPath.get(master.node.path);
        if (device?.group != null) {
          grouped++;
          continue;
        }
        const why = device === undefined ? 'no device' : (device.untranslatedReason ?? 'NO REASON GIVEN');
        if (device !== undefined && device.untranslatedReason === null) totals.unexplained++;
        ungrouped.add(
          `${what.get(master.node.path)}: ${why.replace(/\/\S+/g, (m) => `<${what.get(m.replace(/[.,;:]+$/, '')) ?? 'node'}>`)}`,
        );
        if (show) console.log(`${name} ${master.node.path}: no group: ${why}`);
      }
      totals.masters += masters;
      totals.grouped += grouped;
      rows.push({ board: name, ms: Math.round(ms * 10) / 10, masters, grouped, deferred: report.deferred.length });
    }
  }
  times.sort((a, b) => a[0] - b[0]);
  const median = times[times.length >> 1]?.[0] ?? 0;
  const p95 = times[Math.floor(times.length * 0.95)]?.[0] ?? 0;
  const slowest = times[times.length - 1];
  console.log(
    `${totals.boards} boards (${totals.broken} do not compile), ${totals.threw} threw, ${totals.incomplete} ended in a panic; ` +
      `median ${median.toFixed(1)} ms, 95 % ${p95.toFixed(1)} ms, slowest ${slowest?.[0].toFixed(0)} ms (${slowest?.[1]})`,
  );
  console.log(
    `${totals.devices} devices: ${totals.bound} bound, ${totals.deferred} deferred, ${totals.failed} failed, ` +
      `${totals.devices - totals.bound - totals.deferred - totals.failed} without driver; ` +
      `${totals.masters} enabled masters: ${totals.grouped} in a group, ${totals.unexplained} without a group or a reason`,
  );
  thrown.print('thrown', 10);
  waits.print('still deferred, waiting for', 40);
  ends.print('still deferred, by what the chain ends at', 80);
  errors.print('failed', 20);
  ungrouped.print('masters without group', 40);
  noDriver.print('without driver', 60);
  const json = args.value('--json');
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ totals, median, p95, rows }, null, 1)}\n`);
  const share = totals.deferred / Math.max(1, totals.devices);
  if (totals.unreasoned > 0) console.log(`${totals.unreasoned} deferred devices have no reason`);
  console.log(`\n${(share * 100).toFixed(2)} % of the devices stay deferred`);
  const good = totals.threw + totals.broken + totals.unexplained + totals.unreasoned === 0 && share < MOST_DEFERRED;
  const whole = every === 1 && args.value('--arch') === undefined && args.value('--only') === undefined;
  if (kernel === null || !whole) return good ? 0 : 1;
  const golden = `${GOLDEN}/upstream-${kernel.name}.txt`;
  const text = [
    `${totals.boards} boards, ${totals.devices} devices: ${totals.bound} bound, ${totals.deferred} deferred, ${totals.failed} failed`,
    `${totals.masters} enabled masters, ${totals.grouped} in a group`,
    '',
    'still deferred, waiting for',
    ...waits.lines(),
    '',
    'masters without group',
    ...ungrouped.lines(),
    '',
  ].join('\n');
  if (process.env.BLESS !== undefined) writeFileSync(golden, text);
  const same = existsSync(golden) && readFileSync(golden, 'utf8') === text;
  if (!same) console.log(`differs from ${golden} (BLESS=1 writes it)`);
  return good && same ? 0 : 1;
}

process.exitCode = main();
