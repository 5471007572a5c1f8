/**
 * npm run catalogue:recall -- LINUX-TREE
 *
 * How much of what the kernel's own scripts/dtc/dt_to_config finds is in the shipped catalogue. dt_to_config takes every
 * compatible of a board and looks for C files that contain it in quotes; here the same search runs once over the whole
 * tree for the compatibles of all boards. Many of its hits are no drivers (of_machine_is_compatible() and the like), so a
 * second number counts only compatibles that stand in a match table or an OF declare macro of some C file and name no
 * board or SoC. What it still misses are mostly tables that drivers search by themselves (quirks, subordinate nodes).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildOptionsFor, parseArguments } from '../../src/cli/options';
import { TreeBuilder } from '../../src/devicetree/build';
import { compatibles } from '../../src/devicetree/read';
import { catalogueFor } from '../../src/simulator/kernel/catalogue';
import { FileStore, toUri } from '../../src/workspace/files';

/** dt_to_config looks for no driver of these (its %compat_white_list and %driver_hard_code_list). */
const SKIPPED = new Set(['none', 'pci', 'simple-bus', 'cache', 'eeprom', 'gpio', 'led', 'spidev']);

/** `6.12` of a tree's Makefile. */
function releaseOf(root: string): string {
  const text = readFileSync(join(root, 'Makefile'), 'utf8');
  const part = (name: string): string => new RegExp(`^${name}\\s*=\\s*(\\S*)`, 'm').exec(text)?.[1] ?? '';
  return `${part('VERSION')}.${part('PATCHLEVEL')}`;
}

function main(): number {
  const args = parseArguments(process.argv.slice(2), { values: ['--arch'], flags: ['--all'] });
  const root = resolve(args.files[0] ?? '.');
  const wanted = new Set<string>();
  /** Names of boards and SoCs: no driver binds to a root node. */
  const machines = new Set<string>();
  let boards = 0;
  const builder = new TreeBuilder();
  const files = new FileStore();
  for (const arch of args.value('--arch')?.split(',') ?? ['arm', 'arm64', 'riscv']) {
    const top = join(root, 'arch', arch, 'boot/dts');
    for (const name of readdirSync(top, { recursive: true, encoding: 'utf8' }).sort()) {
      if (!name.endsWith('.dts')) continue;
      const board = join(top, name);
      const built = builder.build(toUri(board), files, buildOptionsFor(board, args));
      if (built.problems.some((p) => p.severity === 'error')) continue;
      boards++;
      for (const c of compatibles(built.tree.root)) machines.add(c);
      for (const node of built.tree.nodes) for (const c of compatibles(node)) if (!SKIPPED.has(c)) wanted.add(c);
    }
  }
  const quoted = new Map<string, string[]>();
  const inTable = new Set<string>();
  for (const folder of [
    'arch',
    'drivers',
    'sound',
    'kernel',
    'net',
    'mm',
    'fs',
    'lib',
    'init',
    'security',
    'crypto',
    'block',
  ]) {
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.c')) continue;
      const file = `${folder}/${name}`;
      const text = readFileSync(join(root, file), 'utf8');
      for (const match of text.matchAll(/"([^"\\\n]+)"/g)) {
        const value = match[1] ?? '';
        if (!wanted.has(value)) continue;
        const list = quoted.get(value);
        if (list === undefined) quoted.set(value, [file]);
        else if (list[list.length - 1] !== file) list.push(file);
        const before = text.slice(Math.max(0, (match.index ?? 0) - 120), match.index);
        if (
          /\.compatible\s*=\s*$/.test(before) ||
          /(?<!EARLYCON)_DECLARE\w*\s*\([^)]*$/.test(before) ||
          /IRQCHIP_MATCH\s*\($/.test(before)
        )
          inTable.add(value);
      }
    }
  }
  const drivers = catalogueFor(releaseOf(root));
  const known = (c: string): boolean => drivers.driversForCompatible(c).length > 0 || drivers.isEarlyCompatible(c);
  const found = [...quoted.keys()].sort();
  const tables = found.filter((c) => inTable.has(c) && !machines.has(c));
  const rate = (list: readonly string[]): string => {
    const right = list.filter(known).length;
    return `${right} of ${list.length} (${((100 * right) / list.length).toFixed(2)} %)`;
  };
  console.log(
    `${boards} boards name ${wanted.size} compatibles; dt_to_config's search finds a C file for ${found.length}`,
  );
  console.log(`in the catalogue: ${rate(found)}`);
  console.log(`of those in a match table or OF declare macro: ${rate(tables)}`);
  const missing = (args.flag('--all') ? found : tables).filter((c) => !known(c));
  for (const c of missing) console.log(`missing: ${c}  ${(quoted.get(c) ?? []).slice(0, 3).join(' ')}`);
  return 0;
}

process.exitCode = main();
