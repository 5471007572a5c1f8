import { describe, expect, it } from 'vitest';
import { parseCmdline } from './cmdline';
import { parseConfig } from './config';
import { KERNEL_RULES, kernelModel, modelFor } from './rules';
import { KERNEL_VERSIONS } from './versions';
import { kernelView } from './view';

describe('command line', () => {
  it.each([
    ['iommu.strict=1', 'iommu.strict', '1'],
    ['iommu.strict=1 iommu.strict=0', 'iommu.strict', '0'],
    ['fw-devlink=off', 'fw_devlink', 'off'],
    ['fw_devlink=off', 'fw-devlink', 'off'],
    ['quiet splash', 'splash', ''],
    ['a="b c" d', 'a', 'b c'],
    ['"a=b c" d', 'a', 'b c'],
    ['"a b"=1', 'a b', null],
    ['x=a=b', 'x', 'a=b'],
    ['quiet -- late=1', 'late', null],
    ['\ta=1\n', 'a', '1'],
    ['a=', 'a', ''],
    ['', 'a', null],
  ])('%j: %s is %j', (text, name, value) => {
    expect(parseCmdline(text)(name)).toBe(value);
  });
});

describe('.config', () => {
  it('reads values, strings and unset symbols; the last line wins', () => {
    const config = parseConfig(
      'CONFIG_A=y\nCONFIG_B=m\r\n# CONFIG_C is not set\nCONFIG_D="x \\"y\\""\nCONFIG_E=0x10\nCONFIG_A=n\nnonsense\n',
    );
    expect([...config]).toEqual([
      ['CONFIG_A', null],
      ['CONFIG_B', 'm'],
      ['CONFIG_C', null],
      ['CONFIG_D', 'x "y"'],
      ['CONFIG_E', '0x10'],
    ]);
  });
});

describe('kernel models', () => {
  it.each([
    ['6.12', '6.12'],
    ['v6.12.117', '6.12'],
    ['5.15.100', '5.15'],
    ['6.8', '6.6'],
    ['2.6.32', '3.19'],
    ['4.4', '3.19'],
    ['4.9', '4.12'],
    ['4.14.180', '4.12'],
    ['4.19', '4.12'],
    ['5.0', '4.12'],
    ['5.4.210', '5.10'],
    ['5.10.223', '5.10'],
    // As near to both: the older.
    ['6.9', '6.6'],
    ['6.10', '6.12'],
    ['6.19', '6.18'],
    ['7.0', '6.18'],
    ['7.1', '7.3'],
    ['9.4', '7.3'],
  ])('%s is predicted with model %s', (text, version) => {
    expect(modelFor(text)?.version).toBe(version);
  });

  it("takes the IOMMUs that a kernel of one's own declares, else those of the model", () => {
    const view = (declaredIommus?: readonly string[]) =>
      kernelView({
        version: '4.14',
        arch: 'arm64',
        cmdline: '',
        config: () => null,
        ...(declaredIommus && { declaredIommus }),
      });
    expect(view().model.declaredIommus).toContain('arm,mmu-500');
    expect(view(['acme,iommu']).model).toEqual({ ...view().model, declaredIommus: ['acme,iommu'] });
  });

  it('has no model for what is no version', () => {
    expect(modelFor('latest')).toBeNull();
  });

  it('gives every rule a source and a sentence', () => {
    for (const rule of Object.values(KERNEL_RULES)) {
      expect(rule.what).toMatch(/^.{15,}\.$/);
      expect(rule.source.length).toBeGreaterThan(5);
    }
  });

  // One line a rule that differs from 6.12.
  it.each([
    [
      '3.19',
      {
        attachMoment: 'creation',
        missingIommu: 'ignored',
        fwDevlink: 'absent',
        iovaCache: null,
        arm64IommuDma: false,
      },
    ],
    [
      '4.12',
      { attachMoment: 'probe', missingIommu: 'declared-while-booting', groupMessage: 'iommu', pci32First: 'always' },
    ],
    [
      '5.10',
      {
        fwDevlink: 'permissive',
        fwDevlinkBetween: 'devices',
        missingIommu: 'deferred',
        strictParam: 'parameter',
        typeChange: 'read-only',
        supplierReason: false,
        joinAttaches: 'twice',
      },
    ],
    [
      '5.15',
      {
        fwDevlink: 'on',
        fwDevlinkBetween: 'nodes',
        opsScope: 'system',
        pendingMessage: 'plain',
        smmuV3Alias: 'stream',
        claimsDefaultDomain: 'no',
      },
    ],
    ['6.6', { opsScope: 'system', fwDevlinkBestEffort: true, partialFwspec: 'kept', coreDemandsFwspec: false }],
    ['6.12', { opsScope: 'instance', fwDevlink: 'rpm', pendingMessage: 'reason', partialFwspec: 'freed' }],
    [
      '6.1',
      {
        opsScope: 'system',
        fwDevlink: 'on',
        claimsDefaultDomain: 'claimed',
        readsIommuAddresses: false,
        joinAttaches: 'twice',
      },
    ],
    ['6.18', { attachMoment: 'registration', smmuV3Alias: 'aliasing', syncStatePending: 'info' }],
    ['7.3', { acsEnabledAt: 'configure', cycleSaid: 'each-link-once', failedAttachReverts: 'before-failed' }],
  ] as const)('%s', (version, flags) => {
    expect(kernelModel(version)).toMatchObject(flags);
  });

  it('says what is verified', () => {
    for (const version of KERNEL_VERSIONS) expect(kernelModel(version).verified.length).toBeGreaterThan(0);
  });
});

describe('kernel view', () => {
  it.each([
    ['CONFIG_ARM64_64K_PAGES', 65536],
    ['CONFIG_ARM64_16K_PAGES', 16384],
    ['CONFIG_ARM64_4K_PAGES', 4096],
  ])('%s gives pages of %d bytes', (symbol, size) => {
    const view = kernelView({
      version: '6.12',
      arch: 'arm64',
      cmdline: '',
      config: (s) => (s === symbol ? 'y' : null),
    });
    expect(view.pageSize).toBe(size);
  });
});
