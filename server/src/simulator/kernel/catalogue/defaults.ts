/** The default configurations of one catalogue's release, by architecture and by machine. */
import type { Architecture, KernelSymbol } from '../names';
import { numbersOf } from './data';
import type { Catalogue, ConfigLookup } from './tables';

/** What later releases add to a default configuration, for kernel/added-drivers.ts (drivers/iommu/riscv/Kconfig: default y). */
const LATER_DEFAULTS: Readonly<Record<string, readonly KernelSymbol[]>> = {
  riscv: ['CONFIG_RISCV_IOMMU', 'CONFIG_RISCV_IOMMU_PCI'],
};

/**
 * The architecture that a kernel for a 32-bit CPU must be built for (arch/arm/mm/Kconfig: what CPU_ARM926T and its like
 * select; arch/arm/Kconfig.platforms: versions 4 and 5 exclude 6 and 7). Any other CPU is version 7.
 */
const CPU_ARCHITECTURES: readonly (readonly [cpu: RegExp, symbol: string])[] = [
  [/^arm,arm(7[24]0|9[24]\d)t|^faraday,fa526$/, 'CONFIG_ARCH_MULTI_V4T'],
  [/^arm,arm(9[24]6|10[0-9]{2})|^marvell,(feroceon|mohawk)$|^intel,xscale$/, 'CONFIG_ARCH_MULTI_V5'],
];

export class DefaultConfigs {
  private readonly lookups = new Map<string, ConfigLookup>();
  private readonly armConfigs = new Map<string, string>();

  constructor(private readonly source: Catalogue) {}

  /**
   * The default configuration of an architecture (arm64 defconfig, arm multi_v7_defconfig, riscv defconfig): symbols that
   * the catalogue or the simulator mention. `root`: the compatibles of the board; a machine of 32-bit ARM that
   * multi_v7_defconfig leaves out gets the first configuration that builds it, and one that no DT_MACHINE_START names the
   * first that runs on its CPU (`cpu`: the CPU's compatibles). The same function each time.
   */
  of(arch: Architecture, root: readonly string[] = [], cpu: readonly string[] = []): ConfigLookup {
    return this.named(arch === 'arm' ? this.armConfigOf(root, cpu) : arch);
  }

  /** The configuration for a board: of_flat_dt_match_machine() takes the machine of its first compatible that has one. */
  private armConfigOf(root: readonly string[], cpu: readonly string[]): string {
    const { machines } = this.source;
    const compatible = root.find((c) => machines.has(c));
    const gates = compatible === undefined ? undefined : machines.get(compatible);
    if (compatible === undefined || gates === undefined) {
      const symbol = CPU_ARCHITECTURES.find(([pattern]) => cpu.some((c) => pattern.test(c)))?.[1];
      return symbol === undefined ? 'arm' : (this.armNames().find((n) => this.named(n)(symbol) === 'y') ?? 'arm');
    }
    let name = this.armConfigs.get(compatible);
    if (name === undefined) {
      name = this.armNames().find((n) => gates.some((gate) => this.source.built(gate, this.named(n)) === 'y')) ?? 'arm';
      this.armConfigs.set(compatible, name);
    }
    return name;
  }

  /** The configurations of 32-bit ARM in the order in which they are tried. */
  private armNames(): readonly string[] {
    return Object.keys(this.source.facts.configs).filter((n) => n === 'arm' || n.startsWith('arm/'));
  }

  private named(name: string): ConfigLookup {
    let lookup = this.lookups.get(name);
    if (lookup === undefined) {
      lookup = name === 'other' ? this.everything() : this.read(name);
      this.lookups.set(name, lookup);
    }
    return lookup;
  }

  /** No configuration of ours: every driver is built in. */
  private everything(): ConfigLookup {
    const every = new Set([...this.source.symbols, 'CONFIG_MODULES']);
    return (symbol) => (every.has(symbol) ? 'y' : null);
  }

  private read(name: string): ConfigLookup {
    const row = this.source.facts.configs[name];
    const values = new Map<string, string>();
    const set = (packed: string, value: string): void => {
      for (const number of numbersOf(packed)) values.set(this.source.symbol(number) ?? '', value);
    };
    set(row?.y ?? '', 'y');
    set(row?.m ?? '', 'm');
    for (const [symbol, value] of Object.entries(row?.other ?? {})) values.set(`CONFIG_${symbol}`, value);
    for (const symbol of LATER_DEFAULTS[name] ?? []) if (!values.has(symbol)) values.set(symbol, 'y');
    return (symbol) => values.get(symbol) ?? null;
  }
}
