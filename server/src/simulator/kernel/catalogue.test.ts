import { describe, expect, it } from 'vitest';
import { type ConfigLookup, catalogueFor } from './catalogue';
import { INITCALL_LEVELS } from './drivers';

const catalogue = catalogueFor('6.12');
const driverSet = (config: ConfigLookup) => catalogue.driverSet(config);
const defaultConfig: typeof catalogue.defaultConfig = (...of) => catalogue.defaultConfig(...of);
const driversForCompatible = (compatible: string) => catalogue.driversForCompatible(compatible);
const arm64 = driverSet(defaultConfig('arm64'));
const none: ConfigLookup = () => null;
const only =
  (...symbols: string[]): ConfigLookup =>
  (symbol) =>
    symbols.includes(symbol) ? 'y' : null;

describe('the shipped catalogue', () => {
  it('is made from the release that the models are recorded on', () => {
    expect(catalogue.kernel).toMatch(/^6\.12\./);
  });

  // compatible, driver, bus, level, CONFIG symbol (drivers/…, read by hand)
  it.each([
    ['arm,mmu-500', 'arm-smmu', 'platform', 'device', 'CONFIG_ARM_SMMU'],
    ['arm,smmu-v3', 'arm-smmu-v3', 'platform', 'device', 'CONFIG_ARM_SMMU_V3'],
    ['nvidia,tegra210-mc', 'tegra-mc', 'platform', 'arch', 'CONFIG_TEGRA_MC'],
    ['qcom,gcc-sdm845', 'gcc-sdm845', 'platform', 'core', 'CONFIG_SDM_GCC_845'],
    ['qcom,pdc', 'qcom_pdc', 'platform', 'device', 'CONFIG_QCOM_PDC'],
    ['rockchip,rk808', 'rk8xx-i2c', 'i2c', 'device', 'CONFIG_MFD_RK8XX_I2C'],
    ['snps,designware-i2c', 'i2c_designware', 'platform', 'subsys', 'CONFIG_I2C_DESIGNWARE_PLATFORM'],
    ['regulator-fixed', 'reg-fixed-voltage', 'platform', 'subsys', 'CONFIG_REGULATOR_FIXED_VOLTAGE'],
    ['qcom,spmi-pmic', 'pmic-spmi', 'spmi', 'device', 'CONFIG_MFD_SPMI_PMIC'],
  ])('%s is bound by %s', (compatible, name, bus, level, config) => {
    const driver = driverSet(only(config)).byCompatible(compatible)[0];
    expect(driver).toMatchObject({ name, bus, level, config });
    expect(driver?.of.some((row) => row.compatible === compatible && row.place !== null)).toBe(true);
  });

  it('leaves out what a configuration does not build, and marks modules', () => {
    expect(driverSet(none).byCompatible('arm,mmu-500')).toEqual([]);
    expect(driverSet((s) => (s === 'CONFIG_ARM_SMMU' ? 'm' : null)).byCompatible('arm,mmu-500')[0]?.module).toBe(true);
    expect(arm64.byCompatible('arm,mmu-500')[0]?.module).toBe(false);
  });

  it('orders drivers by level and link order', () => {
    const ranks = arm64.drivers.map((d) => [INITCALL_LEVELS.indexOf(d.level), d.order] as const);
    expect(
      ranks.every(([a, b], i) => i === 0 || a > ranks[i - 1]![0] || (a === ranks[i - 1]![0] && b > ranks[i - 1]![1])),
    ).toBe(true);
  });

  it('knows what a bound driver makes of its children', () => {
    const buses = (compatible: string) => arm64.byCompatible(compatible)[0]?.populates.map((p) => p.bus);
    expect(buses('qcom,geni-i2c')).toContain('i2c');
    expect(buses('qcom,spmi-pmic-arb')).toContain('spmi');
    expect(buses('qcom,geni-se-qup')).toContain('platform');
  });

  it('flags IOMMU drivers, users of the IOMMU API and drivers that manage DMA', () => {
    expect(arm64.byCompatible('arm,mmu-500')[0]?.iommuProvider).toBe(true);
    expect(driverSet(only('CONFIG_TEGRA_MC')).byCompatible('nvidia,tegra124-mc')[0]?.iommuProvider).toBe(true);
    expect(driverSet(only('CONFIG_VIDEO_QCOM_VENUS')).byCompatible('qcom,sdm845-venus-v2')[0]?.usesIommuApi).toBe(true);
    expect(arm64.byName('pci', 'pcieport')?.managesDma).toBe(true);
  });

  it('finds AMBA drivers by peripheral ID', () => {
    expect(arm64.byPeriphid(0x00041011).map((d) => d.name)).toContain('uart-pl011');
  });

  it('knows the nodes that OF declare tables serve', () => {
    expect(arm64.early('fixed-clock')).toMatchObject([{ kind: 'clk', populated: true, initialized: true }]);
    expect(arm64.early('arm,gic-v3')).toMatchObject([{ kind: 'irqchip', populated: true, initialized: true }]);
  });

  it('knows the nodes that early initcalls and other clocks look for', () => {
    const renesas = driverSet(only('CONFIG_SYSC_RCAR'));
    expect(renesas.early('renesas,r8a7795-sysc')).toMatchObject([{ kind: 'other', initialized: true }]);
    const kirkwood = driverSet(only('CONFIG_KIRKWOOD_CLK'));
    expect(kirkwood.early('marvell,kirkwood-gating-clock')).toMatchObject([{ kind: 'other', populated: false }]);
  });

  it('takes the default configuration that builds the machine', () => {
    expect(defaultConfig('arm', ['x,board', 'marvell,kirkwood'])('CONFIG_MACH_KIRKWOOD')).toBe('y');
    expect(defaultConfig('arm', ['x,board', 'nvidia,tegra124'])).toBe(defaultConfig('arm'));
    expect(defaultConfig('arm', ['x,board'])).toBe(defaultConfig('arm'));
    // No DT_MACHINE_START: the first configuration that runs on the CPU.
    expect(defaultConfig('arm', ['aspeed,ast2400'], ['arm,arm926ej-s'])('CONFIG_ARCH_MULTI_V5')).toBe('y');
    expect(defaultConfig('arm', ['x,board'], ['arm,arm920t'])('CONFIG_ARCH_MULTI_V4T')).toBe('y');
    expect(defaultConfig('arm', ['x,board'], ['arm,cortex-a7'])).toBe(defaultConfig('arm'));
    expect(defaultConfig('arm', ['nvidia,tegra124'], ['arm,arm926ej-s'])).toBe(defaultConfig('arm'));
  });

  it('names the cells of multi-function devices', () => {
    const cells = arm64.byCompatible('mediatek,mt6358')[0]?.populates.find((p) => p.bus === 'mfd');
    const at = cells?.compatibles.indexOf('mediatek,mt6358-regulator') ?? -1;
    expect(cells?.names?.[at]).toBe('mt6358-regulator');
    expect(arm64.byName('platform', 'mt6358-regulator')).not.toBeNull();
  });

  it('says which symbol would bring a driver', () => {
    expect(driversForCompatible('arm,mmu-500')).toMatchObject([{ config: 'CONFIG_ARM_SMMU', tristate: true }]);
  });
});
