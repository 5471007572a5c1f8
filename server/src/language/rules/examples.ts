/** The board that the examples of the rules are added to: every kind of IOMMU once, and a few masters without `iommus`. */
export const exampleBoard = `/dts-v1/;
/ {
	#address-cells = <2>;
	#size-cells = <2>;
	model = "Example board";
	compatible = "vendor,example";

	cpus {
		#address-cells = <1>;
		#size-cells = <0>;
		cpu@0 { device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0>; enable-method = "psci"; };
	};

	psci { compatible = "arm,psci-1.0"; method = "smc"; };

	memory@80000000 { device_type = "memory"; reg = <0x0 0x80000000 0x0 0x40000000>; };

	chosen { #address-cells = <2>; #size-cells = <2>; ranges; };

	reserved-memory {
		#address-cells = <2>;
		#size-cells = <2>;
		ranges;
		fb: framebuffer@80000000 { reg = <0x0 0x80000000 0x0 0x800000>; no-map; };
		fb2: framebuffer@81000000 { reg = <0x0 0x81000000 0x0 0x800000>; no-map; };
		fb_high: framebuffer@1000000000 { reg = <0x10 0x0 0x0 0x800000>; no-map; };
	};

	a64: wide@40000000 { compatible = "vendor,wide"; reg = <0x0 0x40000000 0x0 0x1000>; };

	absent2: clock-absent { compatible = "fixed-clock"; #clock-cells = <0>; clock-frequency = <1000>; };

	soc {
		compatible = "simple-bus";
		#address-cells = <1>;
		#size-cells = <1>;
		ranges = <0x0 0x0 0x0 0x80000000>;
		interrupt-parent = <&intc>;

		intc: interrupt-controller@8000000 {
			compatible = "arm,gic-v3";
			reg = <0x8000000 0x10000>, <0x80a0000 0x100000>;
			interrupt-controller;
			#interrupt-cells = <3>;
		};

		smmu: iommu@15000000 {
			compatible = "arm,mmu-500";
			reg = <0x15000000 0x80000>;
			#global-interrupts = <1>;
			#iommu-cells = <2>;
			interrupts = <0 65 4>, <0 66 4>;
		};

		smmu_b: iommu@15100000 {
			compatible = "arm,mmu-500";
			reg = <0x15100000 0x80000>;
			#global-interrupts = <1>;
			#iommu-cells = <2>;
			interrupts = <0 67 4>, <0 68 4>;
		};

		smmu3: iommu@16000000 {
			compatible = "arm,smmu-v3";
			reg = <0x16000000 0x20000>;
			#iommu-cells = <1>;
		};

		smmu_old: iommu@15200000 {
			compatible = "arm,smmu-v1";
			reg = <0x15200000 0x10000>;
			#global-interrupts = <1>;
			interrupts = <0 69 4>, <0 70 4>;
		};

		mc: memory-controller@70019000 {
			compatible = "nvidia,tegra210-mc";
			reg = <0x70019000 0x1000>;
			#iommu-cells = <1>;
		};

		larb0: larb@14021000 { compatible = "mediatek,mt8173-smi-larb"; reg = <0x14021000 0x1000>; };
		larb1: larb@16010000 { compatible = "mediatek,mt8173-smi-larb"; reg = <0x16010000 0x1000>; };

		m4u: iommu@10205000 {
			compatible = "mediatek,mt8173-m4u";
			reg = <0x10205000 0x1000>;
			mediatek,larbs = <&larb0 &larb1>;
			#iommu-cells = <1>;
		};

		qiommu: iommu@1ef0000 {
			compatible = "qcom,msm8916-iommu", "qcom,msm-iommu-v1";
			#address-cells = <1>;
			#size-cells = <1>;
			ranges = <0x0 0x1e20000 0x40000>;
			reg = <0x1ef0000 0x3000>;
			qcom,iommu-secure-id = <17>;
			#iommu-cells = <1>;
			iommu-ctx@4000 { compatible = "qcom,msm-iommu-v1-ns"; reg = <0x4000 0x1000>; };
		};

		rkmmu: iommu@ff900800 { compatible = "rockchip,iommu"; reg = <0x6f900800 0x100>; #iommu-cells = <0>; };
		sysmmu: sysmmu@14640000 { compatible = "samsung,exynos-sysmmu"; reg = <0x14640000 0x1000>; #iommu-cells = <0>; };
		dart: iommu@31304000 { compatible = "apple,t8103-dart"; reg = <0x31304000 0x4000>; #iommu-cells = <1>; };

		pcie: pcie@40000000 {
			compatible = "pci-host-ecam-generic";
			device_type = "pci";
			reg = <0x40000000 0x10000000>;
			#address-cells = <3>;
			#size-cells = <2>;
			ranges = <0x02000000 0x0 0x50000000 0x50000000 0x0 0x10000000>;
		};

		a: dma@1000000 { compatible = "vendor,dma"; reg = <0x1000000 0x1000>; };
		b: dma@1010000 { compatible = "vendor,other-dma"; reg = <0x1010000 0x1000>; };
		display: display-controller@1020000 { compatible = "vendor,display"; reg = <0x1020000 0x1000>; };

		bus2: bus@20000000 {
			compatible = "simple-bus";
			#address-cells = <1>;
			#size-cells = <1>;
			ranges;
			smmu_below: iommu@20000000 { compatible = "arm,smmu-v3"; reg = <0x20000000 0x20000>; #iommu-cells = <1>; };
		};

		outer: bus@30000000 {
			compatible = "simple-bus";
			#address-cells = <1>;
			#size-cells = <1>;
			ranges;
			dma-ranges = <0x80000000 0x80000000 0x40000000>;
			bus3: bus@30100000 {
				compatible = "simple-bus";
				#address-cells = <1>;
				#size-cells = <1>;
				ranges;
				c: dma@30100000 { compatible = "vendor,third-dma"; reg = <0x30100000 0x1000>; };
			};
		};
	};
};
`;
