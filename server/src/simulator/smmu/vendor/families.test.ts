/** Each hardware model against numbers of its driver (Linux 6.12) or public specification. */
import { describe, expect, it } from 'vitest';
import { TestRig } from '../../../../test/helpers/hardware-rig';
import type { HardwareDomain } from '../../contract/hardware-domain';

const client = (n: number, extra = ''): string => `c${n}: client@${n}000 { reg = <0x${n}000 0x1000>; ${extra} };`;
const clients = (count: number): string => Array.from({ length: count }, (_, i) => client(i + 1)).join('\n');
const domainOf = (value: HardwareDomain | number): HardwareDomain => {
  if (typeof value === 'number') throw new Error(`no domain: ${value}`);
  return value;
};

/** The small families: node, hardware facts, specifier; page sizes, aperture, groups of two masters, fault line. */
interface Family {
  readonly name: string;
  readonly node: string;
  readonly specifiers: readonly [readonly number[], readonly number[]];
  readonly pageSizes: bigint;
  readonly end: bigint;
  readonly groups: readonly [number, number];
  /** The kernel panics after the line. */
  readonly panics?: boolean;
  readonly fault: RegExp;
  readonly extra?: string;
}

const node = (compatible: string, more = ''): string =>
  `iommu: iommu@40000 { compatible = "${compatible}"; reg = <0x40000 0x10000>; interrupts = <1>; #iommu-cells = <1>; ${more} };`;

const FAMILIES: readonly Family[] = [
  {
    name: 'Rockchip (RK_IOMMU_PGSIZE_BITMAP, generic_single_device_group)',
    node: node('rockchip,iommu'),
    specifiers: [[], []],
    pageSizes: 0x7ff000n,
    end: 0xffff_ffffn,
    groups: [0, 0],
    fault: /^Page fault at 0x0000000012345000 of type write$/,
  },
  {
    name: 'Exynos (SECT_SIZE | LPAGE_SIZE | SPAGE_SIZE)',
    node: node('samsung,exynos-sysmmu', 'clock-names = "sysmmu";'),
    specifiers: [[], []],
    pageSizes: 0x111000n,
    end: (1n << 64n) - 1n,
    groups: [0, 1],
    fault: /1000.client: \[READ\] PAGE FAULT occurred at 0x12345000$/,
    panics: true,
  },
  {
    name: 'Allwinner (SZ_4K)',
    node: node('allwinner,sun50i-h6-iommu'),
    specifiers: [[1], [2]],
    pageSizes: 0x1000n,
    end: 0xffff_ffffn,
    groups: [0, 0],
    fault: /^Page fault for 0x0000000012345000 \(master 1, dir rd\)$/,
  },
  {
    name: 'Renesas IPMMU of R-Car Gen2 (SZ_1G | SZ_2M | SZ_4K)',
    node: node('renesas,ipmmu-vmsa'),
    specifiers: [[1], [2]],
    pageSizes: 0x40201000n,
    end: 0xffff_ffffn,
    groups: [0, 0],
    fault: /^Unhandled fault: status 0x00000001 iova 0x12345000$/,
  },
  {
    name: 'Qualcomm MSM (MSM_IOMMU_PGSIZES)',
    node: node('qcom,apq8064-iommu', 'qcom,ncb = <3>;'),
    specifiers: [[1], [2]],
    pageSizes: 0x1111000n,
    end: 0xffff_ffffn,
    groups: [0, 1],
    fault: /^msm_iommu: Unexpected IOMMU page fault!$/,
  },
  {
    name: 'Qualcomm context banks (qcom_iommu_ops)',
    node: node(
      'qcom,msm-iommu-v1',
      `clock-names = "iface", "bus"; qcom,iommu-secure-id = <17>; #address-cells = <1>; #size-cells = <1>;
      ctx@1000 { compatible = "qcom,msm-iommu-v1-ns"; reg = <0x1000 0x1000>; }; ctx@2000 { compatible = "qcom,msm-iommu-v1-ns"; reg = <0x2000 0x1000>; };`,
    ),
    specifiers: [[1], [2]],
    pageSizes: 0x1111000n,
    end: 0xffff_ffffn,
    groups: [0, 1],
    fault: /^Unhandled context fault: fsr=0x2, iova=0x0000000012345000, fsynr=0x10, cb=1$/,
  },
  {
    name: 'Spreadtrum (256 MiB)',
    node: node('sprd,iommu-v1'),
    specifiers: [[], []],
    pageSizes: 0x1000n,
    end: 0x0fff_ffffn,
    groups: [0, 0],
    fault: /^$/,
  },
  {
    name: 'Verisilicon (SZ_4K, generic_single_device_group, vsi_iommu_irq)',
    node: node('rockchip,rk3588-av1-iommu", "verisilicon,iommu-1.2'),
    specifiers: [[], []],
    pageSizes: 0x1000n,
    end: 0xffff_ffffn,
    groups: [0, 0],
    fault: /^unexpected int_status=00000001$/,
  },
  {
    name: 'MediaTek M4U of mt8173 (one region, less the gap of MTK_IOMMU_IOVA_SZ_4G)',
    node: node('mediatek,mt8173-m4u', 'mediatek,larbs = <&larb0>;'),
    extra: 'larb0: larb@50000 { reg = <0x50000 0x1000>; };',
    specifiers: [[1], [2]],
    pageSizes: 0x1111000n,
    end: 0xff7f_ffffn,
    groups: [0, 0],
    fault: /^fault type=0x1 iova=0x12345002 pa=0x0 master=0x4\(larb=0 port=1\) layer=0 write$/,
  },
];

describe('the other families', () => {
  it.each(FAMILIES)('$name', (family) => {
    const rig = new TestRig(`${family.node}${family.extra ?? ''}${clients(2)}`);
    const iommu = rig.instance('iommu');
    const groups = family.specifiers.map((cells, index) => rig.add(iommu, `c${index + 1}`, [cells]));
    expect(groups).toEqual(family.groups);
    const domain = domainOf(rig.attach(iommu, 'c1'));
    expect(domain.pageSizes === family.pageSizes || (family.pageSizes & domain.pageSizes) === 0x1000n).toBe(true);
    expect([domain.aperture.start, domain.aperture.end]).toEqual([0n, family.end]);
    expect(domain.map(0x100000n, 0x48000000n, 0x2000n, 3)).toBe(0);
    const stream = iommu.streamsOf(rig.device('c1'))[0] ?? 0;
    expect(iommu.access(stream, 0x101234n, true)).toMatchObject({ result: 'translated', phys: 0x48001234n });
    const outcome = iommu.access(stream, 0x12345000n, true);
    expect(outcome.result).toBe('fault');
    expect(outcome.lines[0] ?? '').toMatch(family.fault);
    expect(outcome.panics !== undefined).toBe(family.panics === true);
  });

  it('Renesas Gen3: only listed masters, and a leaf waits for its root (ipmmu_device_is_allowed, ipmmu_probe)', () => {
    const rig = new TestRig(`soc { compatible = "renesas,r8a77965"; };
      leaf: iommu@40000 { compatible = "renesas,ipmmu-r8a77965"; reg = <0x40000 0x1000>; renesas,ipmmu-main = <&root 0>; #iommu-cells = <1>; };
      root: iommu@50000 { compatible = "renesas,ipmmu-r8a77965"; reg = <0x50000 0x1000>; interrupts = <1>; #iommu-cells = <1>; };
      sd: mmc@ee100000 { reg = <0xee100000 0x1000>; }; ${clients(1)}`);
    expect(rig.probe('leaf')).toBe(-517);
    expect(rig.probe('root')).toBe(0);
    const leaf = rig.instance('leaf');
    expect([rig.add(leaf, 'sd', [[32]]), rig.add(leaf, 'c1', [[1]])]).toEqual([0, -19]);
  });

  it('MediaTek mt8192: groups and apertures by IOVA region (mt8192_larb_region_msk)', () => {
    const rig =
      new TestRig(`m4u: iommu@40000 { compatible = "mediatek,mt8192-m4u"; reg = <0x40000 0x1000>; interrupts = <1>; #iommu-cells = <1>;
      mediatek,larbs = <&l0>, <&l4>, <&l13>; };
      l0: larb@50000 { mediatek,larb-id = <0>; }; l4: larb@51000 { mediatek,larb-id = <4>; }; l13: larb@52000 { mediatek,larb-id = <13>; };
      ${clients(4)}`);
    const m4u = rig.instance('m4u');
    const id = (larb: number, port: number): number[] => [(larb << 5) | port];
    expect([rig.add(m4u, 'c1', [id(0, 1)]), rig.add(m4u, 'c2', [id(4, 0)]), rig.add(m4u, 'c3', [id(13, 9)])]).toEqual([
      0, 1, 2,
    ]);
    expect(rig.add(m4u, 'c4', [id(0, 1), id(4, 0)])).toBe(-22);
    expect(domainOf(rig.attach(m4u, 'c2')).aperture.start).toBe(0x1_0000_0000n);
    expect(domainOf(rig.attach(m4u, 'c3')).aperture).toMatchObject({ start: 0x2_4000_0000n, end: 0x2_43ff_ffffn });
  });

  it.each<{
    soc: string;
    masters: readonly (readonly number[])[];
    groups: readonly number[];
    starts: readonly bigint[];
  }>([
    // mt8189_data_mm: DL_WITH_MULTI_LARB, the region of the first larb decides; a larb that is not listed refuses
    { soc: 'mm', masters: [[0x20, 0x40], [0x60], [0x1e0]], groups: [0, 1, -22], starts: [0n, 0x1_0000_0000n] },
    // mt8189_multi_dom_apu: one larb that is none, a region for each port
    {
      soc: 'apu',
      masters: [[0], [1], [2], [3]],
      groups: [0, 1, 2, 3],
      starts: [0x1_0000_0000n, 0x4000_0000n, 0x20_0000n, 0x7000_0000n],
    },
    { soc: 'infra', masters: [[1], [2]], groups: [0, 0], starts: [0n, 0n] },
  ])('MediaTek mt8189-iommu-$soc of 7.3', ({ soc, masters, groups, starts }) => {
    const larbs = [1, 2, 3].map((n) => `l${n}: larb@5${n}000 { mediatek,larb-id = <${n}>; };`);
    const rig = new TestRig(
      `${node(`mediatek,mt8189-iommu-${soc}`, 'mediatek,larbs = <&l1>, <&l2>, <&l3>;')}${larbs.join('')}${clients(masters.length)}`,
      { kernel: '7.3' },
    );
    for (const n of [1, 2, 3]) rig.device(`l${n}`);
    const m4u = rig.instance('iommu');
    expect(
      masters.map((ids, at) =>
        rig.add(
          m4u,
          `c${at + 1}`,
          ids.map((id) => [id]),
        ),
      ),
    ).toEqual(groups);
    expect(starts.map((_, at) => domainOf(rig.attach(m4u, `c${at + 1}`)).aperture.start)).toEqual(starts);
    expect(rig.links).toEqual(
      soc === 'mm' ? ['1000.client -> 51000.larb', '1000.client -> 52000.larb', '2000.client -> 53000.larb'] : [],
    );
  });

  it('MediaTek mt6893: its table shares page tables and names no list (mtk_iommu_probe)', () => {
    const rig = new TestRig(node('mediatek,mt6893-iommu-mm'), { kernel: '7.3' });
    expect(() => rig.probe('iommu')).toThrow(/NULL pointer/);
  });

  it('Apple DART: 16K pages force identity on a 4K kernel (apple_dart_def_domain_type)', () => {
    const rig = new TestRig(`${node('apple,t8103-dart')}${clients(2)}`);
    const dart = rig.instance('iommu');
    expect([rig.add(dart, 'c1', [[0]]), rig.add(dart, 'c2', [[0]])]).toEqual([0, 0]);
    expect(dart.defaultDomainType(rig.device('c1'))).toBe('identity');
    expect(rig.add(dart, 'c1', [[16]])).toBe(-22);
    // apple_dart_attach_dev_identity(): the identity domain exists, hardware without bypass refuses it.
    expect(dart.identity?.attach(rig.device('c1'))).toBe(-22);
  });

  it('virtio-iommu: unknown endpoints are -ENOENT, all sizes from 4K (Virtio 1.2, 5.13)', () => {
    const rig = new TestRig(`viommu: iommu { compatible = "virtio,mmio"; #iommu-cells = <1>; };${clients(2)}`);
    const viommu = rig.instance('viommu', { endpoints: [8] });
    expect([rig.add(viommu, 'c1', [[8]]), rig.add(viommu, 'c2', [[9]])]).toEqual([0, -2]);
    const domain = domainOf(rig.attach(viommu, 'c1'));
    expect(domain.pageSizes).toBe(0xffff_ffff_ffff_f000n);
    expect(viommu.access(8, 0x10000000n, false).lines).toEqual(['page fault from EP 8 at 0x10000000 []']);
    expect(viommu.reservedRegions(rig.device('c1'))).toEqual([{ start: 0x8090000n, length: 0x10000n, type: 'msi' }]);
  });

  // RISC-V IOMMU Architecture Specification 1.0 (2.1-2.3, 3.2); riscv_iommu_get_dc(), riscv_iommu_alloc_paging_domain().
  const RISCV =
    'iommu: iommu@40000 { compatible = "riscv,iommu"; reg = <0x40000 0x1000>; interrupts = <1>; #iommu-cells = <1>; };';
  const riscv = (): TestRig => new TestRig(`${RISCV}${clients(3)}`, { kernel: '6.18', arch: 'riscv' });
  it.each([
    // levels, extended contexts, last device ID, first one beyond
    [1, false, 0x7f, 0x80],
    [2, false, 0xffff, 0x10000],
    [3, false, 0xffffff, 0x1000000],
    [1, true, 0x3f, 0x40],
    [2, true, 0x7fff, 0x8000],
    [3, true, 0xffffff, 0x1000000],
  ])('RISC-V: a directory of %i levels, extended contexts %s', (ddtLevels, msiFlat, last, beyond) => {
    const rig = riscv();
    const iommu = rig.instance('iommu', { ddtLevels, msiFlat });
    expect([rig.add(iommu, 'c1', [[last]]), rig.add(iommu, 'c2', [[beyond]])]).toEqual([0, -19]);
  });

  it.each([
    [39, 0x3f_ffff_ffffn, 0x40201000n],
    [48, 0x7fff_ffff_ffffn, 0x8040201000n],
    [57, 0xff_ffff_ffff_ffffn, 0x8040201000n],
  ])('RISC-V: Sv%i gives half its space, and pages up to 512 GiB', (vaBits, end, pageSizes) => {
    const rig = riscv();
    const iommu = rig.instance('iommu', { vaBits });
    expect(rig.add(iommu, 'c1', [[5]])).toBe(0);
    const domain = domainOf(rig.attach(iommu, 'c1'));
    expect([domain.aperture.end, domain.pageSizes]).toEqual([end, pageSizes]);
    expect(domain.map(0x40000000n, 0x80000000n, 0x40000000n, 3)).toBe(0);
    expect(iommu.access(5, 0x40001234n, true)).toMatchObject({ result: 'translated', phys: 0x80001234n });
    // A second master of the same device ID is only warned about.
    expect(rig.add(iommu, 'c2', [[5]])).toBe(1);
    expect(rig.messages).toEqual(['2000.client: already attached to IOMMU device directory']);
  });

  it('RISC-V: no interrupt, no IOMMU', () => {
    const rig = new TestRig(RISCV.replace('interrupts = <1>;', ''), { kernel: '6.18', arch: 'riscv' });
    expect(rig.probe('iommu')).toBe(-19);
  });

  it('RISC-V has no driver in 6.12', () => {
    expect(
      new TestRig(`iommu: iommu@40000 { compatible = "riscv,iommu"; reg = <0x40000 0x1000>; };`).probe('iommu'),
    ).toBe(-19);
  });
});
