/** What a driver asks for by itself is waited for although fw_devlink does not: a cycle that it relaxed, or it is off. */
import { describe, expect, it } from 'vitest';
import { TreeBuilder } from '../../devicetree/build';
import { sourceFile } from '../../source/file';
import { simulate } from '../simulate';

const builder = new TreeBuilder();
const text = (consumer: string, supplier: string): string => `/dts-v1/;
/ {
	#address-cells = <1>; #size-cells = <1>;
	cpus { #address-cells = <1>; #size-cells = <0>; cpu@0 { device_type = "cpu"; compatible = "arm,cortex-a53"; reg = <0>; }; };
	soc {
		compatible = "simple-bus"; #address-cells = <1>; #size-cells = <1>; ranges;
		usb: usb@1000 {
			compatible = "snps,dwc3"; reg = <0x1000 0x1000>;
			${consumer}
		};
		typec: connector@9000 { reg = <0x9000 0x1000>; ${supplier} };
	};
};`;

function statusOf(
  consumer: string,
  supplier: string,
  cmdline: string,
  config: readonly string[] = [],
  kernel = '6.12',
): string {
  const uri = 'test:/board.dts';
  const source = sourceFile(uri, text(consumer, supplier));
  const { tree } = builder.build(uri, { read: (u) => (u === uri ? source : null), readBytes: () => null }, {});
  const report = simulate(tree, {
    board: 'test',
    kernel,
    cmdline,
    config: new Map(['CONFIG_USB_DWC3', ...config].map((symbol) => [symbol, 'y'])),
  });
  return report.devices.find((device) => device.device === '/soc/usb@1000')?.status ?? '';
}

const IN = 'port { in: endpoint { remote-endpoint = <&out>; }; };';
const OUT = 'port { out: endpoint { remote-endpoint = <&in>; }; };';

describe('what a driver asks for by itself', () => {
  it.each([
    ['extcon in a cycle that fw_devlink relaxed', `extcon = <&typec>; ${IN}`, OUT, '', 'deferred'],
    ['extcon, fw_devlink permissive', 'extcon = <&typec>;', '', 'fw_devlink=permissive', 'deferred'],
    ['extcon, fw_devlink off', 'extcon = <&typec>;', '', 'fw_devlink=off', 'deferred'],
    [
      'GPIOs, fw_devlink off',
      'vbus-gpios = <&typec 0 0>;',
      '#gpio-cells = <2>; gpio-controller;',
      'fw_devlink=off',
      'deferred',
    ],
    ['a channel, fw_devlink off', 'io-channels = <&typec>;', '#io-channel-cells = <0>;', 'fw_devlink=off', 'deferred'],
    ['an endpoint alone, which no driver asks for so', IN, OUT, 'fw_devlink=off', 'bound'],
    [
      'a circle of askers: one of them does not ask',
      'vbus-gpios = <&typec 0 0>; #gpio-cells = <2>; gpio-controller;',
      '#gpio-cells = <2>; gpio-controller; compatible = "vendor,nothing"; id-gpios = <&usb 0 0>;',
      'fw_devlink=off',
      'bound',
    ],
  ])('%s', (_, consumer, supplier, cmdline, status) => {
    const compatible = supplier.includes('compatible') ? supplier : `compatible = "vendor,nothing"; ${supplier}`;
    expect(statusOf(consumer, compatible, cmdline)).toBe(status);
  });

  // Its fw_devlink knows neither property (of_supplier_bindings of 5.10), its pwm_get and gpiod_get do.
  it.each([
    ['pwms = <&typec>;', '#pwm-cells = <0>;'],
    ['gpios = <&typec 0 0>;', '#gpio-cells = <2>; gpio-controller;'],
  ])('5.10 waits for %s', (consumer, supplier) => {
    expect(statusOf(consumer, `compatible = "vendor,nothing"; ${supplier}`, '', [], '5.10')).toBe('deferred');
  });

  it('is there once its driver has bound', () => {
    const there = 'compatible = "linux,extcon-usb-gpio";';
    expect(statusOf('extcon = <&typec>;', there, 'fw_devlink=off', ['CONFIG_EXTCON_USB_GPIO'])).toBe('bound');
  });
});
