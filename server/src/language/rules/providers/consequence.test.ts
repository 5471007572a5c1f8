/** An IOMMU with masters that never registers because of what the tree says weighs what its masters lose. */
import { expect, test } from 'vitest';
import { snapshotOfTexts } from '../../../../test/helpers/board';
import { simulateForTest } from '../../../../test/helpers/simulation';
import { contextOf } from '../../board-context';
import { exampleBoard } from '../examples';
import { diagnose } from '../findings';

const supplier = (kind: string, compatible: string, more = '') =>
  `&{/soc} { x: supplier@2000000 { compatible = "${compatible}"; reg = <0x2000000 0x1000>; #${kind}-cells = <0>; ${more} }; };`;
const masters = '&a { iommus = <&smmu 0x480 0x0>; };\n&b { iommus = <&smmu 0x490 0x0>; };\n';
// three context banks, so that a third master fits
const board = exampleBoard.replace(
  'interrupts = <0 65 4>, <0 66 4>;',
  'interrupts = <0 65 4>, <0 66 4>, <0 67 4>, <0 68 4>;',
);

function said(text: string) {
  const snapshot = snapshotOfTexts({ 'board.dts': text }, simulateForTest);
  return diagnose(contextOf(snapshot), snapshot.problems, {})
    .filter((d) => d.severity !== 'hint')
    .map((d) => ({
      what: `${d.severity} ${d.code.slice(5)} ${d.span?.file.text.slice(d.span.start, d.span.end)}`,
      message: d.message,
    }));
}

test.each([
  [
    'a power domain that no kernel drives',
    `&smmu { power-domains = <&x>; };\n${supplier('power-domain', 'vendor,pd')}`,
    'provider-fails power-domains',
    2,
  ],
  [
    'a clock that no kernel drives',
    `&smmu { clocks = <&x>; };\n${supplier('clock', 'vendor,clock')}`,
    'supplier-no-driver clocks',
    2,
  ],
  [
    'a disabled power domain',
    `&smmu { power-domains = <&x>; };\n${supplier('power-domain', 'qcom,sm8250-gpucc', 'status = "disabled";')}`,
    'provider-fails power-domains',
    2,
  ],
  [
    'a disabled clock',
    '&absent2 { status = "disabled"; };\n&smmu { clocks = <&absent2>; };',
    'supplier-disabled clocks',
    2,
  ],
  [
    'a supplier that is its own master',
    `&smmu { clocks = <&x>; };\n${supplier('clock', 'vendor,clock', 'iommus = <&smmu 0x1 0x0>;')}`,
    'supplier-no-driver clocks',
    3,
  ],
])('%s: one warning, at the property, with the number of masters', (_, fragment, what, count) => {
  const all = said(`${board}${masters}${fragment}\n`);
  expect(all.map((d) => d.what)).toEqual([`warning ${what}`]);
  expect(all[0]?.message).toContain(`${count} masters behind it run untranslated`);
});

test('a driver that merely is not in the default configuration stays information', () => {
  const fragment = `&smmu { clocks = <&x>; };\n${supplier('clock', 'sunplus,sp7021-clkc')}`;
  expect(said(`${board}${masters}${fragment}\n`).map((d) => d.what)).toEqual(['information supplier-no-driver clocks']);
});

test('without enabled masters nobody loses anything', () => {
  const fragment = `&smmu { power-domains = <&x>; };\n${supplier('power-domain', 'vendor,pd')}`;
  expect(said(`${board}${fragment}\n`).filter((d) => d.what.startsWith('warning'))).toEqual([]);
});
