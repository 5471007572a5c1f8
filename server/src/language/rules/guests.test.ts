/** Trees of guests: what a hypervisor or a bootloader fills in is no certain mistake of the tree. */
import { expect, test } from 'vitest';
import { snapshotOfTexts } from '../../../test/helpers/board';
import { simulateForTest } from '../../../test/helpers/simulation';
import { contextOf } from '../board-context';
import { diagnose } from './findings';

const tree = (smmu: string, more = ''): string => `/dts-v1/;
/ {
	#address-cells = <1>; #size-cells = <1>; compatible = "acme,guest"; interrupt-parent = <&gic>;
	gic: interrupt-controller@8000 { compatible = "arm,gic-v3"; reg = <0x8000 0x1000>, <0x9000 0x1000>; interrupt-controller; #interrupt-cells = <3>; };
	smmu: iommu@100000 { compatible = "arm,mmu-500"; #iommu-cells = <1>; ${smmu} };
	${more}
	dma@2000 { compatible = "arm,pl330"; reg = <0x2000 0x1000>; iommus = <&smmu 1>; };
};
`;
const WHOLE = 'reg = <0x100000 0x10000>; #global-interrupts = <1>; interrupts = <0 1 4>, <0 2 4>;';

function said(text: string): { what: string; message: string }[] {
  const snapshot = snapshotOfTexts({ 'board.dts': text }, simulateForTest);
  return diagnose(contextOf(snapshot), snapshot.problems, {})
    .filter(({ code }) => /^smmu\/(?:provider-fails|deferred)$/.test(code))
    .map(({ severity, code, message }) => ({ what: `${severity} ${code}`, message }));
}

test.each<[what: string, smmu: string, more: string, found: string[], message: RegExp]>([
  ['an SMMU as it should be', WHOLE, '', [], /^/],
  [
    'one whose registers somebody adds',
    '',
    '',
    ['warning smmu/provider-fails'],
    /has no reg: unless whoever loads this/,
  ],
  [
    'one without #global-interrupts',
    'reg = <0x100000 0x10000>;',
    '',
    ['error smmu/provider-fails'],
    /does not come up/,
  ],
  [
    'a clock behind a transport',
    `${WHOLE} clocks = <&clock>;`,
    'clock: clock@3000 { compatible = "virtio,mmio"; reg = <0x3000 0x200>; interrupts = <0 3 4>; #clock-cells = <0>; };',
    ['information smmu/deferred'],
    /What device the hypervisor puts behind the transport \/clock@3000 is not known here/,
  ],
])('%s', (_what, smmu, more, found, message) => {
  const all = said(tree(smmu, more));
  expect(all.map(({ what }) => what)).toEqual(found);
  expect(all.map((one) => one.message).join('\n')).toMatch(message);
});
