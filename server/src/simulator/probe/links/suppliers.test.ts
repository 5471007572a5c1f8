import { describe, expect, it } from 'vitest';
import { TreeBuilder } from '../../../devicetree/build';
import type { DeviceTree, DtNode } from '../../../devicetree/model';
import { nodeAt } from '../../../devicetree/read';
import { sourceFile } from '../../../source/file';
import { kernelModel } from '../../kernel/rules';
import type { KernelVersion } from '../../kernel/versions';
import { components } from '../components';
import { type Supply, supplierKinds, suppliesOf as suppliesIn } from './suppliers';

const builder = new TreeBuilder();

const suppliesOf = (made: DeviceTree, node: DtNode, version: KernelVersion = '6.12'): readonly Supply[] =>
  suppliesIn(made, node, supplierKinds(kernelModel(version).supplierBindings));

function tree(body: string): DeviceTree {
  const source = sourceFile('test:/s.dts', `/dts-v1/; / { ${body} };`);
  return builder.build('test:/s.dts', { read: (u) => (u === source.uri ? source : null), readBytes: () => null }).tree;
}

/** Property of node `c`, and the suppliers that of_supplier_bindings finds in it (drivers/of/property.c). */
const cases: readonly (readonly [text: string, suppliers: readonly string[]])[] = [
  ['clocks = <&a 1>, <&b 2>;', ['/a', '/b']],
  ['clocks = <&a 1>, <0>, <&b 2>;', ['/a']],
  ['clocks = <&plain>;', ['/plain']],
  ['vdd-supply = <&a>;', ['/a']],
  ['-supply = <&a>;', []],
  ['reset-gpios = <&a 1 2>, <&b 1 2>;', ['/a', '/b']],
  ['vendor,nr-gpios = <&a 1 2>;', []],
  ['reset-gpio = <&plain 1 2>;', []],
  ['gpios = <&a 1 2>;', ['/a']],
  ['gpio-hog; gpios = <&a 1 2>;', []],
  ['pinctrl-0 = <&a &b>; pinctrl-8 = <&plain>; pinctrl-9 = <&a>;', ['/a', '/b', '/plain']],
  ['interrupts = <1>;', ['/irq']],
  ['interrupts-extended = <&irq 1>, <&irq2 1 2>;', ['/irq', '/irq2']],
  ['iommus = <&a 1>;', ['/a']],
  ['memory-region = <&a>; assigned-clocks = <&a 1>; cooling-device = <&a 1 2>;', []],
  ['post-init-providers = <&a>;', ['/a']],
];

const providers = `
  interrupt-parent = <&irq>;
  a: a { #clock-cells = <1>; #gpio-cells = <2>; #iommu-cells = <1>; #io-channel-cells = <0>; };
  b: b { #clock-cells = <1>; #gpio-cells = <2>; };
  plain: plain { };
  irq: irq { interrupt-controller; #interrupt-cells = <1>; };
  irq2: irq2 { interrupt-controller; #interrupt-cells = <2>; };`;

describe('suppliers of a node', () => {
  it.each(cases)('%s', (text, suppliers) => {
    const made = tree(`${providers} c { ${text} };`);
    const node = nodeAt(made, '/c');
    expect(node === null ? null : suppliesOf(made, node).map((s) => s.supplier.path)).toEqual(suppliers);
  });

  it('follow an interrupt-map to the controller that its row names', () => {
    const made = tree(`${providers}
      nexus: nexus { #interrupt-cells = <1>; #address-cells = <0>; interrupt-map = <1 &irq 7>, <2 &irq2 7 8>; };
      c { interrupt-parent = <&nexus>; interrupts = <2>; };`);
    const node = nodeAt(made, '/c');
    expect(node === null ? null : suppliesOf(made, node).map((s) => s.supplier.path)).toEqual(['/irq2']);
  });

  it('of an endpoint are between the devices of the ports', () => {
    const made = tree(`
      x { ports { port { e1: endpoint { remote-endpoint = <&e2>; }; }; }; };
      y { port { e2: endpoint { remote-endpoint = <&e1>; }; }; };`);
    const node = nodeAt(made, '/y/port/endpoint');
    const supply = node === null ? undefined : suppliesOf(made, node)[0];
    expect([supply?.consumer.path, supply?.supplier.path]).toEqual(['/y', '/x']);
  });

  // The tables of 5.15, 6.6 and 6.12 (docs/kernel-models.md, supplierBindings).
  it.each<readonly [text: string, in515: number, in66: number, in612: number]>([
    ['panel = <&plain>;', 0, 1, 1],
    ['io-channels = <&a>;', 0, 1, 1],
    ['io-channel = <&a>;', 1, 0, 0],
    // In 5.15 the argument counts as a phandle.
    ['nvmem-cells = <&cell 1>;', 2, 1, 1],
    ['nvmem-cells = <&cell>;', 1, 0, 0],
    ['interrupt-parent = <&irq>;', 1, 1, 0],
    ['msi-parent = <&plain>;', 0, 0, 1],
    ['access-controllers = <&plain>;', 0, 0, 1],
    ['io-backends = <&plain>;', 0, 0, 1],
    ['pses = <&plain>;', 0, 0, 1],
    ['power-supplies = <&plain>;', 0, 0, 1],
    ['post-init-providers = <&plain>;', 0, 0, 1],
    ['pinctrl-8 = <&plain>; pinctrl-9 = <&plain>;', 1, 1, 1],
    // No #reset-cells: up to 6.1 such a provider is none.
    ['clocks = <&a 1>; resets = <&a>; leds = <&plain>;', 2, 3, 3],
  ])('%s by kernel', (text, ...counts) => {
    const made = tree(`${providers} cell: cell { #nvmem-cell-cells = <1>; }; c { ${text} };`);
    const node = nodeAt(made, '/c');
    expect(
      (['5.15', '6.6', '6.12'] as const).map((v) => (node === null ? -1 : suppliesOf(made, node, v).length)),
    ).toEqual(counts);
  });

  it('of an endpoint are the nearest nodes with a compatible in 5.15', () => {
    const made = tree(`
      x { compatible = "t,x"; ports { port { e1: endpoint { remote-endpoint = <&e2>; }; }; }; };
      y { compatible = "t,y"; sub { port { e2: endpoint { remote-endpoint = <&e1>; }; }; }; };`);
    const node = nodeAt(made, '/y/sub/port/endpoint');
    const ends = (version: KernelVersion): string[] =>
      node === null ? [] : suppliesOf(made, node, version).map((s) => `${s.consumer.path} ${s.supplier.path}`);
    expect([ends('5.15'), ends('6.6'), ends('4.12')]).toEqual([['/y /x'], ['/y/sub /x'], []]);
  });

  it('put nodes on a common cycle into one component, and others not', () => {
    const made = tree(`
      a: a { #clock-cells = <0>; clocks = <&b>; };
      b: b { #clock-cells = <0>; clocks = <&a>; };
      c: c { clocks = <&a>; };`);
    const of = components(made, (node) => suppliesOf(made, node));
    const at = (path: string): number | undefined => of[nodeAt(made, path)?.index ?? -1];
    expect(at('/a')).toBe(at('/b'));
    expect(at('/c')).not.toBe(at('/a'));
  });
});
