/**
 * npm run catalogue -- LINUX [-o FILE]
 *
 * Makes the driver catalogue of a kernel tree: every driver that can bind to a device tree node, when it registers,
 * and the resolved default configurations of arm64 and 32-bit ARM. Needs make, gcc, flex and bison (for the kernel's
 * own Kconfig). The output is deterministic: the same tree gives the same bytes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { CatalogueData } from '../../src/simulator/kernel/catalogue-data';
import { discover } from './discover';
import { encode } from './encode';
import { walkKbuild } from './kbuild';
import { resolveDefconfig, tristateSymbols } from './kconfig';

const ARCHES = ['arm', 'arm64', 'riscv'];
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
const { objects } = walkKbuild(root, ARCHES);
const found = discover(root, objects);
const configs = new Map(DEFCONFIGS.map(([name, arch, target]) => [name, resolveDefconfig(root, arch, target)]));
const data: CatalogueData = encode(versionOf(root), found, configs, tristateSymbols(root, ARCHES));
const text = encodeText(data);
writeFileSync(out, text);
const rows = found.drivers.reduce((sum, d) => sum + d.of.length, 0);
process.stdout.write(
  `${out}: Linux ${data.kernel}, ${data.drivers.length} drivers, ${rows} match rows, ${data.early.length} early providers, ` +
    `${text.length} bytes (${gzipSync(text).length} with gzip)\n`,
);
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
