/**
 * npm run catalogue -- LINUX [-o FILE]
 *
 * Makes the driver catalogue of a kernel tree: every driver that can bind to a device tree node, when it registers,
 * and the resolved default configurations of arm64, 32-bit ARM and RISC-V, and those of 32-bit ARM for the machines that
 * multi_v7_defconfig leaves out. Needs make, gcc, flex and bison (for the kernel's
 * own Kconfig). The output is deterministic: the same tree gives the same bytes.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { CatalogueData } from '../../src/simulator/kernel/catalogue-data';
import { discover } from './discover';
import { encode } from './encode';
import { walkKbuild } from './kbuild';
import { Kconfig, tristateSymbols } from './kconfig';
import { findMachines, neededConfigs } from './machines';

const ARCHES = ['arm', 'arm64', 'riscv'];
/** Architectures whose own platform drivers are listed as well; their boards run with every driver there is. */
const MORE_ARCHES = ['arc', 'loongarch', 'microblaze', 'mips', 'nios2', 'openrisc', 'powerpc', 'sh', 'x86', 'xtensa'];
/** Those for many machines before those for one. */
const ARM_FIRST = ['multi_v5_defconfig', 'multi_v4t_defconfig', 'imx_v6_v7_defconfig', 'omap2plus_defconfig'];
const DEFCONFIGS = [
  ['arm64', 'arm64', 'defconfig'],
  ['arm', 'arm', 'multi_v7_defconfig'],
  ['riscv', 'riscv', 'defconfig'],
] as const;

function versionOf(root: string): string {
  const text = readFileSync(join(root, 'Makefile'), 'utf8');
  const part = (name: string): string => new RegExp(`^${name}\\s*=\\s*(\\S*)`, 'm').exec(text)?.[1] ?? '';
  return `${part('VERSION')}.${part('PATCHLEVEL')}.${part('SUBLEVEL')}`;
}

const [root, option, file] = process.argv.slice(2);
if (root === undefined || (option !== undefined && (option !== '-o' || file === undefined))) {
  process.stderr.write('usage: npm run catalogue -- LINUX-TREE [-o FILE]\n');
  process.exit(2);
}
const out = file ?? 'server/src/simulator/kernel/catalogue/drivers.json';
const { objects } = walkKbuild(root, [...ARCHES, ...MORE_ARCHES]);
const found = discover(root, objects);
const kconfig = new Kconfig(root);
const configs = new Map<string, ReadonlyMap<string, string | null>>(
  DEFCONFIGS.map(([name, arch, target]) => [name, kconfig.resolve(arch, target)]),
);
const machines = findMachines(root, objects);
const armConfigs = readdirSync(join(root, 'arch/arm/configs'))
  .filter((name) => name.endsWith('_defconfig') && name !== 'multi_v7_defconfig' && !ARM_FIRST.includes(name))
  .sort();
for (const [target, config] of neededConfigs(
  machines,
  configs.get('arm') ?? new Map(),
  [...ARM_FIRST, ...armConfigs].map((name) => [name, () => kconfig.resolve('arm', name)] as const),
))
  configs.set(`arm/${target.replace(/_defconfig$/, '')}`, config);
kconfig.close();
const data: CatalogueData = encode(versionOf(root), found, machines, configs, tristateSymbols(root, ARCHES));
const text = encodeText(data);
writeFileSync(out, text);
const rows = found.drivers.reduce((sum, d) => sum + d.of.length, 0);
process.stdout.write(
  `${out}: Linux ${data.kernel}, ${data.drivers.length} drivers, ${rows} match rows, ${data.early.length} early providers, ` +
    `${text.length} bytes (${gzipSync(text).length} with gzip)\n`,
);
process.stdout.write(`configurations: ${[...configs.keys()].join(', ')}\n`);
for (const line of found.unread) process.stdout.write(`not read: ${line}\n`);
for (const line of found.unregistered) process.stdout.write(`no initcall found, taken as device level: ${line}\n`);

/** One line a list entry, so that a new kernel makes a readable diff. */
function encodeText(value: CatalogueData): string {
  const parts = Object.entries(value).map(([key, v]) =>
    Array.isArray(v)
      ? `${JSON.stringify(key)}:[\n${v.map((row) => JSON.stringify(row)).join(',\n')}\n]`
      : `${JSON.stringify(key)}:${JSON.stringify(v)}`,
  );
  return `{${parts.join(',\n')}}\n`;
}
