/** Where the kernel itself stops: a NULL pointer of the Adreno glue, and the panic of the Exynos fault handler. */
import { describe, expect, it } from 'vitest';
import { arm64Board, snapshotOfTexts } from '../../../test/helpers/board';
import { defaultScenario } from '../scenario';
import { simulate } from '../simulate';

const board = (stream: number, compatible: string): string =>
  arm64Board(
    `smmu: iommu@5040000 {
			compatible = "qcom,sc7180-smmu-v2", "qcom,adreno-smmu", "qcom,smmu-v2"; reg = <0x5040000 0x10000>;
			#global-interrupts = <1>; #iommu-cells = <2>; interrupts = <0 1 4>, <0 2 4>, <0 3 4>;
		};
		gpu: gpu@5000000 { compatible = ${compatible}; reg = <0x5000000 0x1000>; interrupts = <0 9 4>; iommus = <&smmu ${stream} 0x401>; };`,
    'firmware { scm { compatible = "qcom,scm-sc7180", "qcom,scm"; }; };',
  );

const boot = (stream: number, compatible: string) =>
  simulate(snapshotOfTexts({ 'board.dts': board(stream, compatible) }).tree, { board: 'board.dts' });

describe('the GPU of an Adreno SMMU', () => {
  it('stops the kernel when it is attached before its driver has set its data', () => {
    const report = boot(0, '"snps,dwc3"');
    expect(report.complete).toBe(false);
    expect(report.messages.map((message) => message.text).join('\n')).toContain('qcom_adreno_smmu_init_context');
  });

  it.each([
    ['an identity client (qcom_smmu_client_of_match)', 0, '"snps,dwc3", "qcom,adreno"'],
    ['another stream', 5, '"snps,dwc3"'],
  ])('boots: %s', (_name, stream, compatible) => {
    const report = boot(stream, compatible);
    expect(report.complete).toBe(true);
    expect(report.devices.find((device) => device.device === '/soc/gpu@5000000')?.group).toBe(0);
  });
});

describe('a fault on an Exynos SysMMU that no handler takes', () => {
  const text = arm64Board(
    `mmu: sysmmu@13e20000 {
			compatible = "samsung,exynos-sysmmu"; reg = <0x13e20000 0x1000>; interrupts = <0 2 4>;
			clocks = <&clk>; clock-names = "sysmmu"; #iommu-cells = <0>;
		};
		usb: usb@13e00000 { compatible = "snps,dwc3"; reg = <0x13e00000 0x10000>; interrupts = <0 9 4>; iommus = <&mmu>; };`,
    'clk: clock { compatible = "fixed-clock"; #clock-cells = <0>; clock-frequency = <1000000>; };',
  );
  const { tree } = snapshotOfTexts({ 'board.dts': text });

  it('is printed, then the kernel panics (exynos_sysmmu_irq)', () => {
    const report = simulate(tree, {
      board: 'board.dts',
      scenario: {
        ...defaultScenario,
        config: new Map([['CONFIG_EXYNOS_IOMMU', 'y']]),
        events: [{ event: 'access', master: '/soc/usb@13e00000', iova: 0x1000n, write: false }],
      },
    });
    expect(report.faults.map((fault) => fault.message)).toEqual(['13e00000.usb: [READ] PAGE FAULT occurred at 0x1000']);
    expect(report.complete).toBe(false);
    expect(report.messages.at(-1)?.text).toContain('Unrecoverable System MMU Fault!');
  });
});
