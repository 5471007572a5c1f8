/** The default configurations of a tree, worked out from its own Kconfig and defconfig files. */
import { parseConfig } from '../simulator/kernel/config';
import { ResolvedConfig } from './kconfig/evaluate';
import { readKconfig } from './kconfig/parse';
import type { KconfigModel } from './kconfig/symbols';
import type { KernelFiles } from './kernel-files';
import { type Machine, neededConfigs } from './machines';

/** A configuration that is worked out as far as it is asked: CONFIG symbols (with prefix) to values, null: not set. */
export type ConfigValues = Pick<ResolvedConfig, 'get' | 'entries'>;

/** The first that is there is the default of an architecture. Android's kernels build theirs from gki_defconfig. */
const DEFAULTS: readonly (readonly [arch: string, files: readonly string[]])[] = [
  ['arm64', ['defconfig', 'gki_defconfig']],
  ['arm', ['multi_v7_defconfig']],
  ['riscv', ['defconfig']],
];
/** Those for many machines before those for one. */
const ARM_FIRST = ['multi_v5_defconfig', 'multi_v4t_defconfig', 'imx_v6_v7_defconfig', 'omap2plus_defconfig'];

/** By name: `arm64`, `arm`, `riscv`, and `arm/NAME` for the machines of 32-bit ARM that multi_v7_defconfig leaves out. */
export function defaultConfigs(files: KernelFiles, machines: readonly Machine[]): ReadonlyMap<string, ConfigValues> {
  const models = new Map<string, KconfigModel>();
  const resolve = (arch: string, file: string): ConfigValues => {
    let model = models.get(arch);
    if (model === undefined) {
      model = readKconfig(files, arch);
      models.set(arch, model);
    }
    return new ResolvedConfig(model, parseConfig(files.read(`arch/${arch}/configs/${file}`) ?? ''));
  };
  const configs = new Map<string, ConfigValues>();
  for (const [arch, names] of DEFAULTS) {
    const there = names.find((name) => files.has(`arch/${arch}/configs/${name}`));
    if (there !== undefined || files.has(`arch/${arch}/Kconfig`)) configs.set(arch, resolve(arch, there ?? ''));
  }
  const all = files.list('arch/arm/configs').filter((name) => name.endsWith('_defconfig'));
  const first = ARM_FIRST.filter((name) => all.includes(name));
  const others = all.filter((name) => name !== 'multi_v7_defconfig' && !ARM_FIRST.includes(name));
  const base = configs.get('arm');
  if (base !== undefined)
    for (const [name, config] of neededConfigs(
      machines,
      base,
      [...first, ...others].map((name) => [name, () => resolve('arm', name)] as const),
    ))
      configs.set(`arm/${name.replace(/_defconfig$/, '')}`, config);
  return configs;
}
