/** Scans a kernel tree: its drivers, machines and what they depend on. The configurations come from the kernel's own Kconfig. */
import { discover } from './discover';
import type { ScannedTree } from './encode';
import { walkKbuild } from './kbuild';
import { tristateSymbols } from './kconfig';
import type { KernelFiles } from './kernel-files';
import { findMachines, type Machine } from './machines';

const ARCHES = ['arm', 'arm64', 'riscv'];
/** Architectures whose own platform drivers are listed as well; their boards run with every driver there is. */
const MORE_ARCHES = ['arc', 'loongarch', 'microblaze', 'mips', 'nios2', 'openrisc', 'powerpc', 'sh', 'x86', 'xtensa'];

/** Resolved configurations by name, symbols with prefix; made once the machines that need one are known. */
export type ResolveConfigs = (machines: readonly Machine[]) => ReadonlyMap<string, ReadonlyMap<string, string | null>>;

/** The release of a tree as its Makefile says it (`6.12.117`); null when it is no kernel tree. */
export function releaseOf(files: KernelFiles): string | null {
  const text = files.read('Makefile');
  if (text === null) return null;
  const part = (name: string): string => new RegExp(`^${name}\\s*=\\s*(\\S*)`, 'm').exec(text)?.[1] ?? '';
  const version = part('VERSION');
  return version === '' ? null : `${version}.${part('PATCHLEVEL')}.${part('SUBLEVEL')}`;
}

/** Everything that a catalogue says of a tree. Throws when it is no kernel tree. */
export function scanTree(files: KernelFiles, configs: ResolveConfigs): ScannedTree {
  const kernel = releaseOf(files);
  if (kernel === null) throw new Error('no kernel source: its Makefile has no VERSION');
  const { objects } = walkKbuild(files, [...ARCHES, ...MORE_ARCHES]);
  const machines = findMachines(files, objects);
  return {
    kernel,
    found: discover(files, objects),
    machines,
    configs: configs(machines),
    tristate: tristateSymbols(files, ARCHES),
  };
}
