/** What is run on each case, and what is right. */
interface Case {
  /** The folder, and after a slash which of its runs this is. */
  readonly name: string;
  readonly command: readonly string[];
  readonly status: number;
  readonly holds: readonly RegExp[];
  readonly lacks?: readonly RegExp[];
}

const dts = (path: string): string => `$LINUX/arch/${path}.dts`;
const SDM845 = dts('arm64/boot/dts/qcom/sdm845-mtp');
const explain = (board: string, log = 'in.log', ...more: string[]): readonly string[] => [
  'explain',
  log,
  '--dts',
  board,
  ...more,
];
/** No log of these may be called empty. */
const EMPTY = /no line of this log|nothing about/;
const FAULT_OF_DISPLAY = [
  /translation fault on a read at IOVA 0xfd7ff000, stream 0x880/,
  /master: {2}\/soc@0\/display-subsystem@ae00000 /,
];

export const CASES: readonly Case[] = [
  {
    name: 'config-fragment',
    command: ['check', dts('arm64/boot/dts/qcom/sa8775p-ride'), '--config', 'frag.config'],
    status: 0,
    holds: [/frag\.config:1:1: warning: a fragment or a defconfig/],
    lacks: [/no driver for this device/, /No driver in this kernel matches/],
  },
  {
    name: 'config-fragment/defconfig',
    command: ['check', dts('arm64/boot/dts/qcom/sa8775p-ride'), '--config', 'defconfig-part.config'],
    status: 0,
    holds: [/a fragment or a defconfig/],
    lacks: [/No driver in this kernel matches/],
  },
  {
    name: 'power-domain-order',
    command: ['simulate', 'board.dts', '--strategy', 'S1'],
    status: 0,
    holds: [
      /arm-smmu b40000\.iommu: deferred probe timeout, ignoring dependency/,
      /arm-smmu b40000\.iommu: probe with driver arm-smmu failed with error -110/,
      /arm-smmu d40000\.iommu: deferred probe timeout, ignoring dependency/,
      /arm-smmu d40000\.iommu: probe with driver arm-smmu failed with error -110/,
      /2 failed/,
    ],
    lacks: [/platform [bd]40000/, /waits for clocks/],
  },
  {
    name: 'defer-517-lines',
    command: explain(dts('arm64/boot/dts/rockchip/rk3328-rock64')),
    status: 1,
    holds: [
      /line 1: .*\n.*for supply vdd/,
      /line 2: .*\n.*for panel or bridge/,
      /line 3: .*\n.*for interconnect path/,
      /line 4: .*\n {2}deferred: \/vop@ff370000 [\s\S]*\/iommu@ff373f00 \(iommus\)/,
    ],
    lacks: [EMPTY],
  },
  {
    name: 'identity-aperture',
    command: explain(SDM845),
    status: 1,
    holds: [
      /1\. the driver of \/soc@0\/display-subsystem@ae00000 attached a domain of its own/,
      /0x1046dc0 is in the lower half, which is the page table of a process \(TTBR0\)/,
    ],
    lacks: [/outside the domain's aperture/, /more bits/, /DMA mask/, /physical address/, /use after free/],
  },
  {
    name: 'iommu-driver-errors',
    command: explain(dts('arm/boot/dts/rockchip/rk3288-tinker')),
    status: 1,
    holds: [
      /line 1: [\s\S]*?\/iommu@ff930300 .*the clock "aclk" is missing[\s\S]*?run without: \/vop@ff930000/,
      /line 2: [\s\S]*?\/iommu@ff930300 .*probe by rk_iommu failed: ENOENT/,
      /line 3: [\s\S]*?\/iommu@ff940300 .*the clock "aclk" is missing/,
      /line 4: .*\n.*registers do not answer/,
      /line 5: .*\n.*registers do not answer/,
      /line 6: .*\n.*-110/,
      /line 7: .*\n.*invalidation did not end/,
      /line 8: .*\n.*command did not end/,
      /line 9: .*\n.*ID registers make no sense/,
      /line 10: .*\n.*0006:58:00\.0/,
      /line 11: .*\n.*ae00000\.display/,
      /line 12: .*\n.*1:1/,
    ],
    lacks: [EMPTY, /not understood/],
  },
  ...['utf16-bom.log', 'utf16le.log', 'nul-bytes.log', 'wrapped.log'].map((log) => ({
    name: `log-encodings/${log}`,
    command: explain(SDM845, log),
    status: 1,
    holds: FAULT_OF_DISPLAY,
    lacks: [EMPTY],
  })),
  {
    name: 'node-name-differs',
    command: explain(SDM845),
    status: 1,
    holds: [/iommu: {3}\/soc@0\/iommu@15000000 /, ...FAULT_OF_DISPLAY],
    lacks: [/none in the tree/],
  },
  {
    name: 'old-group-line',
    command: explain(dts('arm64/boot/dts/rockchip/rk3328-rock64'), 'in.log', '--kernel', '4.12'),
    status: 0,
    holds: [/\/video-codec@ff350000 is in group 0/, /\/vop@ff370000 is in group 4/, /\/vop@ff370000 left group 4/],
    lacks: [EMPTY],
  },
  {
    name: 'physical-address-hint',
    command: explain(dts('arm64/boot/dts/qcom/x1e80100-crd')),
    status: 1,
    holds: [/compute-cb@4 /, /1\. the address of a DMA buffer that is not mapped any more, or not yet/],
    lacks: [/physical address/, /iommu-addresses/, /use after free/],
  },
  {
    name: 'qcom-vendor-fault',
    command: explain(SDM845),
    status: 1,
    holds: [
      /line 1: [\s\S]*?translation fault on a read at IOVA 0xa09e70c8, stream 0x40\b[\s\S]*?master: {2}\/soc@0\/wifi@18800000 /,
      /line 8: [\s\S]*?translation fault on a read at IOVA 0x1000, stream 0x880\b[\s\S]*?master: {2}\/soc@0\/display-subsystem@ae00000 /,
    ],
  },
  {
    name: 'samsung-vendor-fault',
    command: explain(dts('arm/boot/dts/samsung/exynos5422-odroidxu4')),
    status: 1,
    holds: [
      /translation fault on a read at IOVA 0x60000000/,
      /iommu: {3}\/soc\/sysmmu@14650000 /,
      /master: {2}\/soc\/mixer@14450000 /,
    ],
  },
  {
    name: 'sync-state-and-cycles',
    command: explain(dts('arm64/boot/dts/qcom/sa8775p-ride')),
    status: 1,
    holds: [
      /harmless by itself.*smmu\/relaxed-cycle/,
      /keeps its boot-time state: its consumer 1dfa000\.crypto/,
      /its consumer \/soc@0\/iommu@3da0000 .*has not bound/,
    ],
    lacks: [EMPTY],
  },
  {
    name: 'tegra-l4t-sid',
    command: explain(dts('arm64/boot/dts/nvidia/tegra186-p2771-0000')),
    status: 1,
    holds: [
      /line 1: [\s\S]*?stream 0x11\b[\s\S]*?master: {2}\/pcie@10003000 [\s\S]*?1\. a buffer near this address was mapped at some time/,
      /line 2: [\s\S]*?translation fault on a read at IOVA 0x7ffc000000/,
    ],
    lacks: [/master: {2}\/ethernet/, /byte-swapped/],
  },
  {
    name: 'tegra-mc-err',
    command: explain(dts('arm64/boot/dts/nvidia/tegra194-p2972-0000')),
    status: 1,
    holds: [
      /line 1: [\s\S]*?decode fault on a write at IOVA 0xffffffff00, pcie5w[\s\S]*?\/bus@0\/pcie@141a0000 /,
      /no DRAM/,
      /line 2: [\s\S]*?nvenc@154c0000 /,
      /line 3: [\s\S]*?on a write at IOVA 0xffffffff00, pcie5w/,
    ],
    lacks: [EMPTY],
  },
  {
    name: 'tegra-stream-match',
    command: explain(dts('arm64/boot/dts/nvidia/tegra194-p2972-0000')),
    status: 1,
    holds: [/master: {2}\/bus@0\/pcie@14180000 /],
    lacks: [/pcie(?:-ep)?@14[01][0246a]0000 .*2[3-5]\d\d/, /pcie@14100000/, /pcie@141a0000/],
  },
  {
    name: 'timeout-names-no-supplier',
    command: explain(dts('arm64/boot/dts/qcom/sa8775p-ride'), 'in.log', '--config', '../config-fragment/frag.config'),
    status: 1,
    holds: [
      /line 1: [\s\S]*?power-domains of \/soc@0\/clock-controller@3d90000, whose driver gpu_cc-sa8775p \(gpucc-sa8775p\.ko\) is a module \(CONFIG_SA_GPUCC_8775P=m\): build it in, put it into the initramfs, or raise deferred_probe_timeout=/,
      /line 2: [\s\S]*?-110[\s\S]*?does not try again/,
    ],
  },
  {
    name: 'v3-event-twice',
    command: explain(dts('arm64/boot/dts/freescale/imx95-19x19-evk')),
    status: 1,
    holds: [
      /repeats: 2 times/,
      /200 more suppressed/,
      /1\. a descriptor or register of the device holds 0: a buffer address that was never written/,
    ],
    lacks: [/repeats: [34]/, /use after free/, /unmapped while/],
  },
  {
    name: 'tree-barebox-layout',
    command: ['check', 'tree/arch/arm/dts/toy.dts'],
    status: 0,
    holds: [/1 file: 0 errors, 0 warnings/],
  },
  {
    name: 'tree-uboot-vendor-folder',
    command: ['check', 'tree/arch/arm/dts/toy.dts'],
    status: 0,
    holds: [/1 file: 0 errors, 0 warnings/],
  },
  ...['app/app.overlay', 'boards/acme/toy/toy.overlay', 'boards/acme/toy/toy.dts'].map((file) => ({
    name: `tree-zephyr-overlay/${file}`,
    command: ['check', `tree/${file}`],
    status: 0,
    holds: [/1 file: 0 errors, 0 warnings/],
    lacks: [/overlay-without-board/],
  })),
  {
    name: 'tree-cpp-timestamp',
    command: ['check', 'input.dts'],
    status: 0,
    holds: [/1 file: 0 errors, 0 warnings/],
  },
  {
    name: 'tree-deleted-label-symbols',
    command: ['compile', '--symbols', '--sha256', 'input.dts'],
    status: 0,
    // as dtc 1.8.1 writes it: /lamp with phandle 1, and __symbols__ without properties
    holds: [/^675f40e913ae231a662d30393e8f242876b28440ffa355c0e62909486a8036f3 /m],
  },
  {
    name: 'tree-symbols-by-hand',
    command: ['compile', '--symbols', '--sha256', 'input.dts'],
    status: 0,
    // as dtc 1.8.1 writes it: /b has a phandle
    holds: [/^82bc59b3aa43cde3c6e575c522f772b11cd26568201838149ce38ae159bdfc6a /m],
  },
  { name: 'tree-empty-node-name', command: ['check', 'input.dts'], status: 1, holds: [/\[node_name_not_empty\]/] },
  { name: 'tree-i2c-bus-child', command: ['check', 'input.dts'], status: 0, holds: [/0 errors, 0 warnings/] },
  {
    name: 'tree-map-bad-map-quirk',
    command: ['check', '--kernel', '7.3', 'input.dts'],
    status: 1,
    holds: [
      /input\.dts:22:17: error: This row has four cells[^\n]*\[smmu\/map-length\]/,
      /input\.dts:29:17: error: This row maps 256 IDs[^\n]*\[smmu\/map-length\]/,
    ],
    lacks: [/input\.dts:15:\d+: error/],
  },
  {
    name: 'tree-map-five-cells',
    command: ['check', '--kernel', '7.3', 'input.dts'],
    status: 0,
    holds: [/0 errors/],
    lacks: [/map-overlap/, /map-length/],
  },
  {
    name: 'tree-vsi-iommu',
    command: ['check', '--kernel', '7.3', 'input.dts'],
    status: 0,
    holds: [/0 errors/],
  },
  // pruss_clk_init registers clocks for what stands below cfg before its children are devices: iep, and the one below rtu
  ...['6.12', '7.3'].map((kernel) => ({
    name: `tree-pruss-clock-mux/${kernel}`,
    command: ['simulate', '--kernel', kernel, 'input.dts'],
    status: 0,
    holds: [/^3 bound, 1 no-driver$/m, /\/soc\/pru@4000\/iep@2000 +icss-iep$/m],
    lacks: [/deferred/, /No driver matches/],
  })),
  {
    name: 'vendor-dts-compatible',
    command: ['check', 'board.dts'],
    status: 1,
    holds: [
      /board\.dts:32:101: error: &apps_smmu takes 2 cells[^\n]*\[smmu\/cell-count\]/,
      // each SMMU: a hint that says whose it is, never an error
      /board\.dts:9:4: hint: Qualcomm MMU-500 \(vendor's driver\): No driver[^\n]*qcom,qsmmu-v500[^\n]*\[smmu\/provider-no-driver\]/,
      /board\.dts:23:34: hint: [^\n]*qcom,adreno-smmu[^\n]*\[smmu\/provider-no-driver\]/,
      /^1 file: 1 error,/m,
    ],
  },
];
