/** Every enabled master stands in the report with a group or with the reason why it has none. */
import { describe, expect, test } from 'vitest';
import { arm64Board, snapshotOfTexts } from '../../../test/helpers/board';
import { simulate } from '../simulate';

function rowsOf(master: string) {
  const smmu = 'smmu: iommu@2000 { compatible = "arm,smmu-v3"; reg = <0x2000 0x20000>; #iommu-cells = <1>; };';
  const remote = `remote@30000 { compatible = "lab,unknown-remote"; reg = <0x30000 0x1000>; ${master} };`;
  const { tree } = snapshotOfTexts({ 'board.dts': arm64Board('', smmu + remote) });
  return simulate(tree, { board: 'board.dts' }).devices;
}

describe('an enabled master without a device', () => {
  test.each([
    ['no compatible', 'part { iommus = <&smmu 1>; };', /no compatible/],
    ['parent without driver', 'part { compatible = "lab,part"; iommus = <&smmu 1>; };', /remote@30000 is not bound/],
  ])('%s', (_, master, reason) => {
    const row = rowsOf(master).find((device) => device.device === '/remote@30000/part');
    expect(row).toMatchObject({ status: 'no-driver', group: null, translated: false });
    expect(row?.untranslatedReason).toMatch(reason);
  });

  test('a disabled one needs no reason', () => {
    const rows = rowsOf('part { status = "disabled"; iommus = <&smmu 1>; };');
    expect(rows.some((device) => device.device === '/remote@30000/part')).toBe(false);
  });
});

describe('a master that its IOMMU took', () => {
  const v2 = `smmu: iommu@2000 { compatible = "arm,mmu-500"; reg = <0x2000 0x20000>; #iommu-cells = <1>; #global-interrupts = <1>; interrupts = <0 1 4>, <0 2 4>; };
    good@30000 { compatible = "qcom,geni-se-qup"; reg = <0x30000 0x1000>; iommus = <&smmu 1>; };
    bad@40000 { compatible = "qcom,geni-se-qup"; reg = <0x40000 0x1000>; iommus = <&smmu 0x7fff1>; };`;
  test.each([
    [
      '7.3: one bad stream ID ends the registration, and what was taken is let go',
      '7.3',
      /took it, and let it go again/,
    ],
    ['6.12: the others stay', '6.12', null],
  ])('%s', (_, version, reason) => {
    const { tree } = snapshotOfTexts({ 'board.dts': arm64Board('', v2) });
    const rows = simulate(tree, { board: 'board.dts', kernel: version }).devices;
    const row = rows.find((device) => device.device === '/good@30000');
    if (reason === null) expect(row?.untranslatedReason).toBeNull();
    else expect(row?.untranslatedReason).toMatch(reason);
  });
});
