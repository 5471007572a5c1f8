import type { SourceProblem } from '../../../src/source/options';

/**
 * Small trees with the mistakes that kernel boards do not have: each is checked against what dtc says (test:checks),
 * and against the findings written here (npm test). `/ { … }` is put around the text.
 */
export interface CheckCase {
  readonly text: string;
  /** `check node` a line of what is found; checks that are off by default in dtc are not looked at. */
  readonly finds: readonly string[];
  /** The same for dtc 1.7, where it answers otherwise. */
  readonly finds17?: readonly string[];
  /** dtc before 1.7 crashes on it or answers differently. */
  readonly since17?: true;
}

const c = (text: string, ...finds: string[]): CheckCase => ({ text, finds });
const since18 = (text: string, finds: string[], finds17: string[]): CheckCase => ({ text, finds, finds17 });
const BUS = '#address-cells = <1>; #size-cells = <1>;';
const GIC = 'gic: gic { interrupt-controller; #interrupt-cells = <3>; #address-cells = <0>; };';
const SMMU = 'smmu: smmu { #iommu-cells = <1>; };';

export const CHECK_CASES: readonly CheckCase[] = [
  // names and values
  c('a { x; b { }; }; a@1 { reg = <1>; };', 'avoid_default_addr_size /a@1', 'reg_format /a@1'),
  c('p; p { };', 'node_name_vs_property_name /p'),
  c('n { #address-cells = <1 2>; };', 'address_cells_is_cell /n'),
  c('n { #size-cells; };', 'size_cells_is_cell /n'),
  c(
    'n { status = "okay", "x"; model = <1>; device_type = [41]; label; };',
    ...['device_type', 'model', 'status', 'label'].map((n) => `${n}_is_string /n`),
  ),
  c(
    'n { compatible = [41 00 41]; x-names = <1>; y-names = "a", "b"; };',
    'compatible_is_string_list /n',
    'names_is_string_list /n',
  ),
  // labels, phandles, references: found while the tree is built
  c('l: a { }; l: b { };', 'duplicate_label /b'),
  c('l: a { l: p = <1>; };', 'duplicate_label /a'),
  c('a { m: p = <1>; }; m: b { };', 'duplicate_label /a'),
  c('a { p: p = <1>; q = <1>; }; b { p: p; };', 'duplicate_label /b'),
  c('a { q = s: <1 t: 2>, "x"; }; b { s: p; }; c { r = t: "a"; };', 'duplicate_label /a', 'duplicate_label /c'),
  c('a { q = [00 s: 11], s: "x" t:; }; b { t: c { }; };', 'duplicate_label /a'),
  c('a { p: p = <1>; }; }; / { a { p: p = <2>; }; b { q: p; }; }; / { b { q: p = q: <1>; };', 'duplicate_label /b'),
  c('a { p: p = <1>; }; b { q = p: <1>; }; }; / { a { /delete-property/ p; };'),
  c('a { q = <&no>, <&gone>; r = &no; };', 'phandle_references /a', 'path_references /a'),
  c('a { q = <&{/b}>; r = &{/b/c}; }; b { };', 'path_references /a'),
  c(
    'a { phandle = <0>; }; b { phandle = <1 2>; }; l: c { phandle = <&l>; }; d { phandle = <&l>; q = <&no>; r = &no; };',
    ...['a', 'b', 'd'].map((n) => `explicit_phandles /${n}`),
    ...['phandle_references /d', 'path_references /d'],
  ),
  c(
    'a { phandle = <9>; linux,phandle = <8>; }; b { phandle = <9>; }; c { linux,phandle = <7>; };',
    'explicit_phandles /a',
    'explicit_phandles /b',
  ),
  c(
    'a { x; x; b { }; b { }; c { q = <&no>; }; };',
    'duplicate_property_names /a',
    'duplicate_node_names /a/b',
    'phandle_references /a/c',
  ),
  c('a { name = "a"; }; b { name = "a"; };', 'name_properties /b'),
  c(
    'a { q = <&no 1>; }; b { iommus = <&s>; s: s { #iommu-cells = <1>; }; };',
    'phandle_references /a',
    'iommus_property /b',
  ),
  // reg, ranges, dma-ranges
  c(`${BUS} n@0 { reg = <0>; };`, 'reg_format /n@0'),
  c(`${BUS} n@0 { reg; };`, 'reg_format /n@0'),
  c('reg = <0 0 0>;', 'reg_format /', 'unit_address_vs_reg /'),
  c(`${BUS} b { ranges; };`, 'ranges_format /b'),
  c(`${BUS} b@0 { ${BUS} ranges = <0 0>; };`, 'ranges_format /b@0'),
  c(`${BUS} b { ${BUS} dma-ranges = <0 0>; };`, 'dma_ranges_format /b'),
  c(`${BUS} b { #address-cells = <2>; #size-cells = <1>; dma-ranges; };`, 'dma_ranges_format /b'),
  c('ranges;', 'ranges_format /'),
  // unit addresses
  c(`${BUS} n { reg = <0 1>; };`, 'unit_address_vs_reg /n'),
  c(`${BUS} n@0 { };`, 'unit_address_vs_reg /n@0'),
  c(`${BUS} n@0x1 { reg = <1 1>; };`, 'unit_address_format /n@0x1'),
  c(`${BUS} n@01 { reg = <1 1>; };`, 'unit_address_format /n@01'),
  c(`${BUS} n@0 { reg = <0 1>; }; m@0 { reg = <0 1>; };`, 'unique_unit_address /n@0'),
  c(`n@0 { reg = <0 0 0>; };`, 'avoid_default_addr_size /n@0'),
  c(`a { ${BUS} n { }; };`, 'avoid_unnecessary_addr_size /a'),
  // buses
  c(
    `${BUS} soc { compatible = "simple-bus"; ${BUS} ranges; n@1 { reg = <2 1>; }; m { }; };`,
    'simple_bus_reg /soc/n@1',
    'simple_bus_reg /soc/m',
  ),
  c(`${BUS} soc { compatible = "simple-bus"; ${BUS} ranges; n@3 { ${BUS} ranges = <0 3 1>; }; };`),
  c(
    '#address-cells = <2>; #size-cells = <2>; pci { device_type = "pci"; #address-cells = <3>; #size-cells = <2>; };',
    'pci_bridge /pci',
  ),
  c(
    '#address-cells = <2>; #size-cells = <2>; foo { device_type = "pci"; #address-cells = <2>; #size-cells = <1>; bus-range = <2 1>; ranges; };',
    'pci_bridge /foo',
    'ranges_format /foo',
  ),
  c(
    '#address-cells = <3>; #size-cells = <2>; pcie { device_type = "pci"; #address-cells = <3>; #size-cells = <2>; ranges; bus-range = <0 1>; d@1 { reg = <0x1000 0 0 0 0>; }; e@0,1 { reg = <0x20100 0 0 0 0>; }; f@2 { reg = <0x2001001 1 0 0 0>; }; };',
    'pci_device_reg /pcie/d@1',
    'pci_device_reg /pcie/f@2',
    'pci_device_bus_num /pcie/e@0,1',
  ),
  c(
    'i2c { #address-cells = <1>; #size-cells = <0>; d@51 { reg = <0x50>; }; e@ff { reg = <0xff>; }; f { }; };',
    'i2c_bus_reg /i2c/d@51',
    'i2c_bus_reg /i2c/e@ff',
    'i2c_bus_reg /i2c/f',
  ),
  c('i2c { d@50 { reg = <0x50 0 0>; }; };', 'i2c_bus_bridge /i2c', 'avoid_default_addr_size /i2c/d@50'),
  c(
    'spi { #address-cells = <1>; #size-cells = <0>; d@1 { reg = <0>; }; e { }; };',
    'spi_bus_reg /spi/d@1',
    'spi_bus_reg /spi/e',
  ),
  c(
    '#address-cells = <1>; #size-cells = <0>; foo@1 { reg = <1>; #address-cells = <1>; #size-cells = <0>; d@0 { reg = <0>; spi-max-frequency = <1>; }; };',
    'spi_bus_bridge /foo@1',
  ),
  // chosen, aliases
  c(
    'chosen { interrupt-controller = <1>; bootargs = <1>; linux,stdout-path = "x"; }; n { chosen { }; };',
    'obsolete_chosen_interrupt_controller /',
    'chosen_node_bootargs /chosen',
    'chosen_node_stdout_path /chosen',
    'chosen_node_is_root /n/chosen',
    'interrupt_provider /chosen',
  ),
  c('aliases { a = "/n"; b = "/m"; c_d = "/n"; e; }; n { };', 'alias_paths /aliases'),
  // providers
  c(`${SMMU} d { iommus = <&smmu>; };`, 'iommus_property /d'),
  c(`${SMMU} d { iommus = <&smmu 1 2>; };`, 'iommus_property /d'),
  c(`${SMMU} d { iommus = <&smmu 1>, <&smmu>; };`, 'iommus_property /d'),
  c(`${SMMU} d { iommus = <&smmu 1>, <0>, <&smmu 2>; };`),
  c(`${SMMU} d { iommus = [01 02]; };`, 'iommus_property /d'),
  c('smmu: smmu { }; d { iommus = <&smmu 1>; };', 'iommus_property /d'),
  c('smmu: smmu { #iommu-cells = <1 2>; }; d { iommus = <&smmu 1 1>; };', 'iommus_is_cell /smmu'),
  c('d { iommus = <77 1>; };', 'iommus_property /d'),
  c(`${SMMU} d { iommus = <1 1>; clocks = <&smmu>; };`, 'iommus_property /d', 'clocks_property /d'),
  c('m: m { }; d { msi-parent = <&m>; };'),
  c(
    'g: g { #gpio-cells = <2>; }; d { gpios = <&g 1>; x-gpios = <&g 1 2>, <&g>; snps,nr-gpios = <5>; }; h { gpio-hog; gpios = <1 2>; };',
    'gpios_property /d',
  ),
  // interrupts
  c(`${GIC} d { interrupts = <1 2 3>; };`, 'interrupts_property /d'),
  c(`${GIC} d { interrupt-parent = <&gic>; interrupts = <1 2>; };`, 'interrupts_property /d'),
  c('d { interrupt-parent = <9>; interrupts = <1>; };', 'interrupts_property /d'),
  c('x: x { }; d { interrupt-parent = <&x>; interrupts = <1>; };', 'interrupts_property /x'),
  c('d { interrupt-controller; };', 'interrupt_provider /d'),
  c('d { #interrupt-cells = <1>; };', 'interrupt_provider /d'),
  c(
    `${GIC} d { #address-cells = <0>; #interrupt-cells = <1>; interrupt-map = <1 &gic 1 2>; interrupt-map-mask = <1 2>; };`,
    'interrupt_map /d',
  ),
  c(`${GIC} d { #address-cells = <0>; #interrupt-cells = <1>; interrupt-map = <1 0 1 2 3>; };`, 'interrupt_map /d'),
  c(`${GIC} d { #interrupt-cells = <1>; interrupt-map = <1 &gic 1 2 3>; };`, 'interrupt_map /d'),
  // graph
  c(
    'a { port { x: endpoint { remote-endpoint = <&y>; }; }; }; b { port { y: endpoint { remote-endpoint = <&z>; }; }; }; c { port { z: endpoint { remote-endpoint = <&y>; }; }; };',
    'graph_endpoint /a/port/endpoint',
  ),
  c('a { foo { endpoint { }; }; };', 'graph_port /a/foo'),
  { text: 'endpoint { };', finds: ['graph_nodes /'], since17: true },
  {
    // 1.6.1 does not make the check wait for graph_port
    text: 'a { ports { #address-cells = <1>; #size-cells = <0>; port@1 { reg = <0>; endpoint { }; }; }; };',
    finds: ['graph_port /a/ports/port@1'],
    since17: true,
  },
  // what dtc 1.8 does otherwise than 1.7
  since18(
    'a { ports { #address-cells = <1>; #size-cells = <0>; port@0 { reg = <0>; endpoint { }; }; }; };',
    [],
    ['graph_child_address /a/ports'],
  ),
  since18('a { #address-cells = <1>; #size-cells = <0>; @4 { reg = <4>; }; };', ['node_name_not_empty /a/@4'], []),
  since18('@ { };', ['node_name_not_empty /@'], []),
  since18(
    `${BUS} i2c@1000 { reg = <0x1000 0x10>; i2c-bus { #address-cells = <1>; #size-cells = <0>; chip@50 { reg = <0x50>; }; }; };`,
    [],
    ['i2c_bus_bridge /i2c@1000'],
  ),
  // only a child of that very name, and only of a controller
  c(`${BUS} i2c@1000 { reg = <0x1000 0x10>; i2c-buses { }; };`, 'i2c_bus_bridge /i2c@1000'),
  since18(
    'i2c { i2c-bus@0 { reg = <0 0 0>; }; };',
    ['avoid_default_addr_size /i2c/i2c-bus@0'],
    ['avoid_default_addr_size /i2c/i2c-bus@0', 'i2c_bus_bridge /i2c'],
  ),
  c('i2c-arb { i2c-bus { #address-cells = <1>; #size-cells = <0>; }; };', 'i2c_bus_bridge /i2c-arb'),
  since18(
    `a { ${BUS} n { #address-cells = <1>; #size-cells = <1>; ranges; m@1 { reg = <1 1>; }; }; };`,
    [],
    ['avoid_unnecessary_addr_size /a'],
  ),
  since18(
    'gic: gic { interrupt-controller; #interrupt-cells = <3>; }; d { #address-cells = <0>; #interrupt-cells = <1>; interrupt-map = <1 &gic 1 2 3>; };',
    ['interrupt_map /d'],
    [],
  ),
];

/** The whole source of a case. */
export const caseSource = ({ text }: CheckCase): string => `/dts-v1/;\n/ {\n${text}\n};\n`;

/** `check` and node of the problems of a build that are checks to dtc: of names, labels, phandles, references. */
export function checksOf(problems: readonly SourceProblem[]): (readonly [check: string, node: string])[] {
  return problems.flatMap(({ code, message }) =>
    code.includes('/') ? [] : [[code, /^\/[^:\s]*/.exec(message)?.[0] ?? message] as const],
  );
}
