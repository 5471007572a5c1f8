/** Scans a kernel tree: its drivers, machines, default configurations, and what these depend on. */
import { defaultConfigs } from './default-configs';
import { discover, type KeptScan, type Progress } from './discover';
import type { ScannedTree } from './encode';
import { walkKbuild } from './kbuild';
import { tristateSymbols } from './kconfig/tristate';
import type { KernelFiles } from './kernel-files';
import { findMachines } from './machines';

const ARCHES = ['arm', 'arm64', 'riscv'];
/** Architectures whose own platform drivers are listed as well; their boards run with every driver there is. */
const MORE_ARCHES = ['arc', 'loongarch', 'microblaze', 'mips', 'nios2', 'openrisc', 'powerpc', 'sh', 'x86', 'xtensa'];

/** The release of a tree as its Makefile says it (`6.12.117`); null when it is no kernel tree. */
export function releaseOf(files: KernelFiles): string | null {
  const text = files.read('Makefile');
  if (text === null) return null;
  const part = (name: string): string => new RegExp(`^${name}\\s*=\\s*(\\S*)`, 'm').exec(text)?.[1] ?? '';
  const version = part('VERSION');
  return version === '' ? null : `${version}.${part('PATCHLEVEL')}.${part('SUBLEVEL')}`;
}

interface ScanOptions {
  /** What the last scan of the tree found. */
  readonly before?: KeptScan | null;
  readonly progress?: Progress;
  /** Folders of modules that are built outside the tree, as paths of `files`. */
  readonly modules?: readonly string[];
}

export interface Scan {
  readonly tree: ScannedTree;
  readonly kept: KeptScan;
  /** How many objects were read anew; the others are as the last scan found them. */
  readonly read: number;
  /** Folders that Makefiles name and that are not there. */
  readonly missing: readonly string[];
}

/** Everything that a catalogue says of a tree. Throws when it is no kernel tree, and what `progress` throws. */
export function scanTree(
  files: KernelFiles,
  { before = null, progress = () => undefined, modules = [] }: ScanOptions = {},
): Scan {
  const kernel = releaseOf(files);
  if (kernel === null) throw new Error('no kernel source: its Makefile has no VERSION');
  const { objects, missing } = walkKbuild(files, [...ARCHES, ...MORE_ARCHES], modules);
  const machines = findMachines(files, objects);
  const { discovery, kept, read } = discover(files, objects, before, progress);
  const tristate = tristateSymbols(files, ARCHES);
  const configs = defaultConfigs(files, machines);
  return { tree: { kernel, found: discovery, machines, configs, tristate }, kept, read, missing };
}
