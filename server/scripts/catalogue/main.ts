/**
 * npm run catalogue [-- --linux DIR]... [--check]
 *
 * Makes the driver catalogues that are shipped: every driver that can bind to a devicetree node or a PCI function, when it
 * registers, and the resolved default configurations of arm64, 32-bit ARM and RISC-V, and those of 32-bit ARM for the
 * machines that multi_v7_defconfig leaves out. One kernel is written whole, the others by what differs from it. Each tree is
 * taken from --linux, from SMMU_SCOPE_LINUX_<release> (`SMMU_SCOPE_LINUX_6_12`), or out of Debian's packages. Needs make, gcc, flex and bison (for the
 * kernel's own Kconfig). The output is deterministic: the same trees give the same bytes. --check writes nothing and fails
 * when a file would change.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { differenceFrom } from '../../src/scanner/difference';
import { encode, type ScannedTree } from '../../src/scanner/encode';
import type { KernelFiles } from '../../src/scanner/kernel-files';
import { neededConfigs } from '../../src/scanner/machines';
import { scanTree } from '../../src/scanner/scan';
import { kernelTree, RELEASES } from '../kernel-trees';
import { Kconfig } from './kconfig';

/** The release that is written whole. */
const BASE = '7.3';
const OUT = 'server/src/simulator/kernel/catalogue';
/** Those for many machines before those for one. */
const ARM_FIRST = ['multi_v5_defconfig', 'multi_v4t_defconfig', 'imx_v6_v7_defconfig', 'omap2plus_defconfig'];
const DEFCONFIGS = [
  ['arm64', 'arm64', 'defconfig'],
  ['arm', 'arm', 'multi_v7_defconfig'],
  ['riscv', 'riscv', 'defconfig'],
] as const;

/** A tree on disk; a file is read once. */
function filesOf(root: string): KernelFiles {
  const texts = new Map<string, string | null>();
  return {
    read(path) {
      let text = texts.get(path);
      if (text === undefined) {
        try {
          text = readFileSync(join(root, path), 'utf8');
        } catch {
          text = null;
        }
        texts.set(path, text);
      }
      return text;
    },
    has: (path) => existsSync(join(root, path)),
  };
}

function scan(root: string): ScannedTree {
  const kconfig = new Kconfig(root);
  try {
    return scanTree(filesOf(root), (machines) => {
      const configs = new Map<string, ReadonlyMap<string, string | null>>(
        DEFCONFIGS.map(([name, arch, target]) => [name, kconfig.resolve(arch, target)]),
      );
      const others = readdirSync(join(root, 'arch/arm/configs'))
        .filter((name) => name.endsWith('_defconfig') && name !== 'multi_v7_defconfig' && !ARM_FIRST.includes(name))
        .sort();
      const first = ARM_FIRST.filter((name) => existsSync(join(root, 'arch/arm/configs', name)));
      for (const [target, config] of neededConfigs(
        machines,
        configs.get('arm') ?? new Map(),
        [...first, ...others].map((name) => [name, () => kconfig.resolve('arm', name)] as const),
      ))
        configs.set(`arm/${target.replace(/_defconfig$/, '')}`, config);
      return configs;
    });
  } finally {
    kconfig.close();
  }
}

/** One line a list entry, so that a new kernel makes a readable diff. */
function encodeText(value: object): string {
  const list = (rows: readonly unknown[]): string => `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]`;
  const parts = Object.entries(value).map(([key, v]) => {
    if (Array.isArray(v)) return `${JSON.stringify(key)}:${list(v)}`;
    if (typeof v === 'object' && v !== null && 'rows' in v && Array.isArray(v.rows))
      return `${JSON.stringify(key)}:{"lines":${JSON.stringify((v as { lines?: unknown }).lines)},"rows":${list(v.rows)}}`;
    return `${JSON.stringify(key)}:${JSON.stringify(v)}`;
  });
  return `{${parts.join(',\n')}}\n`;
}

function main(): number {
  const args = process.argv.slice(2);
  const check = args.includes('--check');
  const given = args.flatMap((arg, at) => (args[at - 1] === '--linux' ? [resolve(arg)] : []));
  let changed = 0;
  const write = (release: string, value: object): void => {
    const path = join(OUT, `${release}.json`);
    const text = encodeText(value);
    const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
    if (before !== text) changed++;
    if (!check) writeFileSync(path, text);
    process.stdout.write(
      `${path}: ${text.length} bytes (${gzipSync(text).length} with gzip)${before === text ? '' : ', changed'}\n`,
    );
  };
  const scanned = (release: string): ScannedTree => {
    const root = kernelTree(release, given);
    process.stdout.write(`Linux ${release}: ${root}\n`);
    const tree = scan(root);
    const rows = tree.found.drivers.reduce((sum, driver) => sum + driver.of.length, 0);
    process.stdout.write(
      `Linux ${tree.kernel}: ${tree.found.drivers.length} drivers, ${rows} match rows, ${tree.found.early.length} early providers; ` +
        `configurations: ${[...tree.configs.keys()].join(', ')}\n`,
    );
    for (const line of tree.found.unread) process.stdout.write(`not read: ${line}\n`);
    for (const line of tree.found.unregistered)
      process.stdout.write(`no initcall found, taken as device level: ${line}\n`);
    return tree;
  };
  const { data: base, tables } = encode(scanned(BASE));
  write(BASE, base);
  for (const release of RELEASES) {
    if (release === BASE) continue;
    write(release, differenceFrom(base, encode(scanned(release), tables).data));
  }
  return check && changed > 0 ? 1 : 0;
}

process.exitCode = main();
