/** AMBA devices: a driver matches by the peripheral ID, and reading that needs power, the bus clock and the resets (amba_match, 6.1 to 7.3). */
import { expect, test } from 'vitest';
import { buildTree } from '../../../devicetree/build';
import { sourceFile } from '../../../source/file';
import { simulate } from '../../simulate';

const uri = 'file:///b.dts';
const boot = (properties: string, kernel: string, machine = 'x') => {
  const file = sourceFile(
    uri,
    `/dts-v1/;
/ {
	#address-cells = <1>; #size-cells = <1>; compatible = "${machine}";
	cpus { #address-cells = <1>; #size-cells = <0>; cpu@0 { device_type = "cpu"; compatible = "arm,cortex-a57"; reg = <0>; }; };
	clk: clock { compatible = "fixed-clock"; #clock-cells = <0>; clock-frequency = <24000000>; };
	off: clock-controller@3000 { compatible = "x,nobody"; reg = <0x3000 0x10>; #clock-cells = <0>; #power-domain-cells = <0>; #reset-cells = <0>; };
	dma@1000 { compatible = "arm,pl330", "arm,primecell"; reg = <0x1000 0x1000>; ${properties} };
};
`,
  );
  const { tree } = buildTree(uri, { read: (at) => (at === uri ? file : null), readBytes: () => null });
  return simulate(tree, { board: 'b', kernel });
};
const PCLK = 'clocks = <&clk>; clock-names = "apb_pclk";';

test.each([
  [PCLK, 'bound', null],
  ['', 'deferred', /name one "apb_pclk"/],
  ['clocks = <&clk>;', 'deferred', /name one "apb_pclk"/],
  ['clocks = <&clk>; clock-names = "apb";', 'deferred', /name one "apb_pclk"/],
  ['clocks = <&off>; clock-names = "apb_pclk";', 'deferred', /clock-controller@3000/],
  [`${PCLK} power-domains = <&off>;`, 'deferred', /clock-controller@3000/],
  [`${PCLK} resets = <&off>;`, 'deferred', /clock-controller@3000/],
  ['arm,primecell-periphid = <0x41330>;', 'failed', null],
  [`arm,primecell-periphid = <0x41330>; ${PCLK}`, 'bound', null],
] as const)('%s: %s', (properties, status, fix) => {
  for (const kernel of ['6.1', '6.12', '7.3']) {
    const { devices, chains } = boot(properties, kernel);
    expect(devices.find(({ device }) => device === '/dma@1000')?.status, kernel).toBe(status);
    const chain = chains.find(({ device }) => device === '/dma@1000');
    if (fix === null) expect(chain, kernel).toBeUndefined();
    else expect(chain?.fix, kernel).toMatch(fix);
  }
});

test('the clocks of SPEAr have their names beside the tree', () => {
  expect(boot('', '6.12', 'st,spear1310').devices.find(({ device }) => device === '/dma@1000')?.status).toBe('bound');
});
