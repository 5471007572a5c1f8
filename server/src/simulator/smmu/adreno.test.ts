/** qcom_adreno_smmu_init_context() writes into the GPU driver's data: NULL until that driver's probe runs. */
import { describe, expect, it } from 'vitest';
import { snapshotOfTexts } from '../../../test/board';
import { simulate } from '../simulate';

const board = (stream: number, compatible: string): string => `/dts-v1/;
/ {
	#address-cells = <1>; #size-cells = <1>;
	interrupt-parent = <&gic>;
	cpus { #address-cells = <1>; #size-cells = <0>; cpu@0 { device_type = "cpu"; compatible = "arm,cortex-a57"; reg = <0>; }; };
	memory@80000000 { device_type = "memory"; reg = <0x80000000 0x10000000>; };
	gic: intc@1000 { compatible = "arm,gic-v3"; reg = <0x1000 0x1000>; interrupt-controller; #interrupt-cells = <3>; };
	firmware { scm { compatible = "qcom,scm-sc7180", "qcom,scm"; }; };
	soc { compatible = "simple-bus"; #address-cells = <1>; #size-cells = <1>; ranges;
		smmu: iommu@5040000 {
			compatible = "qcom,sc7180-smmu-v2", "qcom,adreno-smmu", "qcom,smmu-v2"; reg = <0x5040000 0x10000>;
			#global-interrupts = <1>; #iommu-cells = <2>; interrupts = <0 1 4>, <0 2 4>, <0 3 4>;
		};
		gpu: gpu@5000000 { compatible = ${compatible}; reg = <0x5000000 0x1000>; interrupts = <0 9 4>; iommus = <&smmu ${stream} 0x401>; };
	};
};
`;

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
