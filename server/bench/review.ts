/**
 * npm run bench:review -- [--linux DIR] [--rounds N] [--whole]: what `review` costs beside `check` of the boards that it reaches,
 * by turns, CPU of all processes (git's too): the median of the ratios. The tree's devicetrees (--whole: the whole tree) are
 * committed into a repository of its own.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { findLinuxSource } from '../test/truths/corpus/linux-source';
import { median, option } from './timed';

const PARTS = ['Makefile', 'scripts/dtc', 'include/dt-bindings', 'include/uapi/linux/input-event-codes.h'];
const SOC = 'arch/arm64/boot/dts/qcom/sm8550.dtsi';
const BOARDS = ['arch/arm64/boot/dts/qcom/x1e80100-crd.dts', 'arch/arm64/boot/dts/qcom/sm8550-qrd.dts'];
const cli = resolve('dist/cli.js');

/** User and system seconds of a command and of all that it started and waited for. */
function cpu(folder: string, args: readonly string[], caches: string): number {
  const run = spawnSync(
    'bash',
    ['-c', 'TIMEFORMAT="TOOK %U %S"; time "$@" >/dev/null 2>&1', 'bash', process.execPath, cli, ...args],
    {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, XDG_CACHE_HOME: caches, SMMU_SCOPE_CACHE: '' },
    },
  );
  const [, user = 'NaN', system = 'NaN'] = /TOOK ([\d.]+) ([\d.]+)/.exec(run.stderr) ?? [];
  return Number(user) + Number(system);
}

const architectures = (linux: string): string[] =>
  readdirSync(join(linux, 'arch'))
    .map((name) => `arch/${name}/boot/dts`)
    .filter((path) => existsSync(join(linux, path)));

function repositoryOf(linux: string, folder: string, whole: boolean): (...args: string[]) => string {
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=bench', '-c', 'user.email=bench@localhost', ...args], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
  if (whole) cpSync(linux, folder, { recursive: true, verbatimSymlinks: true });
  else
    for (const part of [...PARTS, ...architectures(linux)]) {
      mkdirSync(join(folder, dirname(part)), { recursive: true });
      cpSync(join(linux, part), join(folder, part), { recursive: true, verbatimSymlinks: true });
    }
  git('init', '-q', '-b', 'main');
  git('add', '-A', '-f');
  git('commit', '-q', '-m', 'The tree');
  git('gc', '-q');
  return git;
}

/** The node's last `status = "okay";` becomes disabled: a patch of one line. */
function change(path: string, from: string, to: string): void {
  const text = readFileSync(path, 'utf8');
  const at = text.lastIndexOf(from);
  if (at < 0) throw new Error(`${path} has no ${from}`);
  writeFileSync(path, text.slice(0, at) + to + text.slice(at + from.length));
}

function main(): number {
  const source = findLinuxSource(option('--linux') ?? null);
  if (source.root === null) {
    console.log(`bench:review: ${source.how}`);
    return 2;
  }
  const rounds = Number(option('--rounds') ?? 7);
  const folder = mkdtempSync(join(tmpdir(), 'bench-review-'));
  const caches = mkdtempSync(join(tmpdir(), 'bench-review-cache-'));
  try {
    const git = repositoryOf(source.root, folder, process.argv.includes('--whole'));
    const compare = (title: string, goal: number, args: readonly string[], fresh: boolean) => {
      const boards = execFileSync(process.execPath, [cli, 'review', '--list', ...args], {
        cwd: folder,
        encoding: 'utf8',
      })
        .split('\n')
        .filter((board) => board !== '');
      const review = () => {
        if (fresh) rmSync(join(caches, 'smmu-scope/includes'), { recursive: true, force: true });
        return cpu(folder, ['review', ...args], caches);
      };
      const check = () => cpu(folder, ['check', ...boards], caches);
      // the compiled code is kept from the first run on
      review();
      check();
      const pairs = Array.from({ length: rounds }, () => ({ check: check(), review: review() }));
      const ratio = median(pairs.map((pair) => pair.review / pair.check));
      const ms = (of: 'check' | 'review') => (1000 * median(pairs.map((pair) => pair[of]))).toFixed(0);
      const verdict = ratio <= goal ? 'within' : 'OVER';
      console.log(
        `${title}, ${boards.length} of its boards: ${ratio.toFixed(2)} of their check (${ms('review')} ms, check ${ms('check')} ms), ${verdict} ${goal}`,
      );
    };
    const patches = [
      { file: SOC, from: '0x436 0>', to: '0x437 0>', goal: 2 },
      ...BOARDS.map((file) => ({ file, from: 'status = "okay"', to: 'status = "disabled"', goal: 1.5 })),
    ];
    for (const { file, from, to, goal } of patches) {
      const name = relative('arch/arm64/boot/dts/qcom', file);
      change(join(folder, file), from, to);
      compare(`${name} in the working tree`, goal, [], false);
      git('commit', '-q', '-a', '-m', `Change ${name}`);
      compare(`${name} as a commit`, goal, ['HEAD~1..HEAD'], false);
      compare(`${name} as a commit, the first review of this repository`, goal, ['HEAD~1..HEAD'], true);
    }
  } finally {
    for (const made of [folder, caches]) rmSync(made, { recursive: true, force: true });
  }
  return 0;
}

process.exitCode = main();
