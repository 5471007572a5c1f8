/** The RISC-V IOMMU probes by itself where the kernel has its driver: no scenario, the default configuration. */
import { describe, expect, it } from 'vitest';
import { snapshotOfTexts } from '../../../test/helpers/board';
import type { DeviceTree } from '../../devicetree/model';
import { simulate } from '../simulate';

const board = (iommu: string): DeviceTree =>
  snapshotOfTexts({
    'board.dts': `/dts-v1/;
/ {
  #address-cells = <2>;
  #size-cells = <2>;
  cpus { #address-cells = <1>; #size-cells = <0>; cpu@0 { device_type = "cpu"; reg = <0>; compatible = "riscv"; }; };
  soc {
    compatible = "simple-bus";
    #address-cells = <2>;
    #size-cells = <2>;
    ranges;
    plic: plic { interrupt-controller; #interrupt-cells = <1>; };
    ${iommu}
    client@20000000 { compatible = "lab,client"; reg = <0 0x20000000 0 0x1000>; iommus = <&iommu 0x4>; };
  };
};`,
  }).tree;
const platform = board(
  `iommu: iommu@3010000 { compatible = "qemu,riscv-iommu", "riscv,iommu"; reg = <0 0x3010000 0 0x1000>;
     #iommu-cells = <1>; interrupt-parent = <&plic>; interrupts = <36 37 38 39>; };`,
);
const pci = (compatible: string): DeviceTree =>
  board(
    `pci@30000000 { compatible = "pci-host-ecam-generic"; device_type = "pci"; reg = <0 0x30000000 0 0x10000000>;
       #address-cells = <3>; #size-cells = <2>; ranges = <0x2000000 0 0x40000000 0 0x40000000 0 0x10000000>;
       iommu: iommu@1,0 { compatible = ${compatible}; reg = <0x800 0 0 0 0>; #iommu-cells = <1>; }; };`,
  );

describe('the RISC-V IOMMU', () => {
  it.each([
    ['platform, 6.18', platform, '6.18', 'riscv,iommu', 0],
    ['platform, 6.12', platform, '6.12', null, null],
    ['PCI, 6.18', pci('"pci1b36,0014", "riscv,pci-iommu"'), '6.18', 'iommu_pci', 0],
    ['PCI, 6.12', pci('"pci1b36,0014", "riscv,pci-iommu"'), '6.12', null, null],
    // The binding's example has an ID that riscv_iommu_pci_tbl does not list.
    ['PCI, another ID', pci('"pci1efd,edf1", "riscv,pci-iommu"'), '6.18', null, null],
  ])('%s', (_, tree, kernel, driver, group) => {
    const report = simulate(tree, { board: 'x.dts', path: '/arch/riscv/boot/dts/x.dts', kernel });
    const device = (path: RegExp) => report.devices.find((d) => path.test(d.device));
    expect([device(/iommu@/)?.driver ?? null, device(/client@/)?.group ?? null]).toEqual([driver, group]);
  });

  it('is not built where a .config leaves it out', () => {
    const config = new Map<string, string | null>([['CONFIG_MODULES', 'y']]);
    const report = simulate(platform, { board: 'x.dts', path: '/arch/riscv/boot/dts/x.dts', kernel: '6.18', config });
    expect(report.devices.find((d) => d.device.includes('iommu@'))?.status).toBe('no-driver');
  });
});
