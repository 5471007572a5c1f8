/**
 * `npm run bench:log [-- FILE]`: `explain` on a log of 200 MB against grep on the same file in the same run: CPU time of both,
 * and the memory that explain takes. Without FILE the packed boot logs of the recordings, with the lines of an ordinary boot
 * between theirs, are written to a file of that size. Fails over six times grep's CPU (goal: three) or over 150 MiB;
 * with `--memory` only over 150 MiB, as a check that no busy machine disturbs.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';

const SIZE = 200e6;
const memoryAlone = process.argv.includes('--memory');
const given = process.argv.slice(2).find((arg) => !arg.startsWith('--'));

/** A boot's other lines: none of them is about an IOMMU. */
function filler(at: number): string {
  const lines: string[] = [];
  for (let i = 0; i < 40; i++)
    lines.push(
      `[    ${(at + i / 100).toFixed(6)}] ${['usb 1-1: new high-speed USB device number 2 using xhci-hcd', 'random: crng init done', 'calling  some_driver_init+0x0/0x24 @ 1', 'initcall some_driver_init+0x0/0x24 returned 0 after 12 usecs', 'EXT4-fs (mmcblk0p2): mounted filesystem with ordered data mode. Quota mode: none.', 'cfg80211: Loading compiled-in X.509 certificates for regulatory database'][i % 6]}`,
    );
  return lines.join('\n');
}

function made(): string {
  const folder = resolve('.tsc/bench');
  const file = join(folder, 'log-200.txt');
  if (existsSync(file) && statSync(file).size >= SIZE) return file;
  mkdirSync(folder, { recursive: true });
  const logs = Object.values(
    JSON.parse(
      brotliDecompressSync(readFileSync('server/test/truths/bootlogs/fixtures/bootlogs.json.br')).toString('utf8'),
    ) as Record<string, string>,
  );
  const block = logs.map((log, i) => `${filler(i)}\n${log}`).join('\n');
  writeFileSync(file, '');
  for (let size = 0; size < SIZE; size += block.length + 1) appendFileSync(file, `${block}\n`);
  return file;
}

/** User and system seconds, and the peak of resident memory in KiB, of a command (GNU time's numbers through bash and /proc). */
function measure(command: string): { readonly seconds: number; readonly kib: number } {
  const script = `TIMEFORMAT='%U %S'; time (${command}) >/dev/null`;
  const { stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  const times = /([\d.]+) ([\d.]+)\s*$/.exec(stderr);
  const peak = /PEAK (\d+)/.exec(stderr);
  return { seconds: Number(times?.[1] ?? 0) + Number(times?.[2] ?? 0), kib: Number(peak?.[1] ?? 0) };
}

const file = given ?? made();
const peak = `process.on('exit',()=>process.stderr.write('PEAK '+process.resourceUsage().maxRSS+'\\n'))`;
writeFileSync(resolve('.tsc/peak.cjs'), peak);
const runs = [0, 1, 2].map(() => ({
  grep: measure(`grep -cE 'iommu|smmu|defer|probe' '${file}' | cat`),
  ours: measure(`node -r '${resolve('.tsc/peak.cjs')}' dist/cli.js explain '${file}' | cat`),
}));
const best = (of: (run: (typeof runs)[number]) => number): number => Math.min(...runs.map(of));
const grep = best((run) => run.grep.seconds);
const ours = best((run) => run.ours.seconds);
const mib = Math.max(...runs.map((run) => run.ours.kib)) / 1024;
console.log(
  `${file}: ${(statSync(file).size / 1e6).toFixed(0)} MB; grep ${grep.toFixed(2)} s, explain ${ours.toFixed(2)} s of CPU: ${(ours / grep).toFixed(1)} times; ${mib.toFixed(0)} MiB`,
);
process.exit((memoryAlone || ours <= 6 * grep) && mib < 150 ? 0 : 1);
