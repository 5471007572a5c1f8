import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { KERNEL_TREE, MODULES, writeTree } from '../../../test/helpers/kernel-tree';
import { catchPrinted } from '../../../test/helpers/printed';
import { run as check } from '../check';
import { UsageError } from '../options';
import { run as simulate } from '../simulate';
import { run as catalogue } from './catalogue';

const board = (iommu: string): string => `/dts-v1/;
/ {
	#address-cells = <1>; #size-cells = <1>; compatible = "acme,board";
	smmu: iommu@1000 { compatible = "${iommu}"; reg = <0x1000 0x1000>; #iommu-cells = <1>; };
	uart@2000 { compatible = "acme,uart"; reg = <0x2000 0x100>; iommus = <&smmu 1>; };
};
`;
const DTS = 'arch/arm64/boot/dts/acme';

let root = '';
const at = (name: string) => join(root, name);

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'scope-own-kernel-')));
  vi.stubEnv('SMMU_SCOPE_CACHE', at('cache'));
  writeTree(at('linux'), {
    ...KERNEL_TREE,
    [`${DTS}/known.dts`]: board('acme,iommu-v7'),
    [`${DTS}/unknown.dts`]: board('acme,iommu-v9'),
  });
  writeTree(at('part'), {
    ...KERNEL_TREE,
    'drivers/Makefile': 'obj-y += base/ acme/ gone/\n',
    [`${DTS}/unknown.dts`]: board('acme,iommu-v9'),
  });
  // a vendor's devicetrees, and the kernel beside them
  const devicetree = 'kernel_platform/qcom/proprietary/devicetree/qcom';
  writeTree(at('phone'), {
    ...Object.fromEntries(
      Object.entries(KERNEL_TREE).map(([name, text]) => [`kernel_platform/msm-kernel/${name}`, text]),
    ),
    [`${devicetree}/known.dts`]: board('acme,iommu-v7'),
    [`${devicetree}/unknown.dts`]: board('acme,iommu-v9'),
    [`${devicetree}/waits.dts`]: board('acme,iommu-v7')
      .replace('reg = <0x1000', 'clocks = <&old>; reg = <0x1000')
      .replace(
        'uart@2000',
        'old: clock@3000 { compatible = "acme,old"; reg = <0x3000 0x100>; #clock-cells = <0>; }; uart@2000',
      ),
  });
  writeTree(at('modules'), MODULES);
  writeFileSync(at('known.dts'), board('acme,iommu-v7'));
  writeFileSync(at('unknown.dts'), board('acme,iommu-v9'));
  writeFileSync(at('slip.dts'), board('arm,mmu-50o'));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});
const printed = catchPrinted();

describe('whose drivers', () => {
  const own = (path: string) => `Drivers of ${path} (Linux 5.15.104)`;
  test('of the tree that the board lies in', async () => {
    await simulate([at(`linux/${DTS}/known.dts`)]);
    expect(printed.out).toContain("Linux 5.15 (the tree's)");
    expect(printed.out).toContain(own(at('linux')));
    expect(printed.out).toMatch(/\/iommu@1000 +acme_iommu$/m);
  });
  test('with several configurations: the last one counts; without any, the likely one is named', async () => {
    writeFileSync(at('linux/.config'), 'CONFIG_ACME_UART=y\n');
    await simulate([at(`linux/${DTS}/known.dts`)]);
    expect(printed.err).toContain(`${at('linux')} has .config: --config ${at('linux/.config')} boots with it`);
    rmSync(at('linux/.config'));
    writeFileSync(at('on.config'), 'CONFIG_ACME_IOMMU=y\n');
    writeFileSync(at('off.config'), '# CONFIG_ACME_IOMMU is not set\n');
    const bound = async (...names: readonly string[]): Promise<boolean> => {
      Object.assign(printed, { out: '', err: '' });
      await simulate([at(`linux/${DTS}/known.dts`), ...names.flatMap((name) => ['--config', at(name)])]);
      return /\/iommu@1000 +acme_iommu$/m.test(printed.out);
    };
    expect([await bound('off.config', 'on.config'), await bound('on.config', 'off.config')]).toEqual([true, false]);
    expect(printed.err).not.toContain('boots with it');
  });
  test('of the tree that is named, and of modules beside it', async () => {
    await simulate([at('known.dts'), '--kernel-source', at('linux'), '--modules', at('modules'), '--format', 'json']);
    const report = JSON.parse(printed.out);
    expect(report.kernel).toBe('5.15');
    expect(report.drivers).toBe(`drivers of ${at('linux')} (Linux 5.15.104)`);
  });
  test('of a file', async () => {
    expect(await catalogue([at('linux'), '-o', at('c.json')])).toBe(0);
    expect(printed.err).toContain('Linux 5.15.104: 4 drivers');
    await simulate([at('known.dts'), '--catalogue', at('c.json')]);
    expect(printed.out).toContain(own(at('c.json')));
  });
  test('another kernel that is asked for has its own', async () => {
    await simulate([at(`linux/${DTS}/known.dts`), '--kernel', '6.12']);
    expect(printed.out).not.toContain('Drivers of');
  });
  test('the shipped ones where that is wished', async () => {
    await simulate([at(`linux/${DTS}/known.dts`), '--kernel-source', 'none']);
    expect(printed.out).not.toContain('Drivers of');
    expect(printed.out).not.toContain('acme_iommu');
  });
  test.each([
    [['--kernel-source', '/nowhere/at/all'], 'it has no Makefile'],
    [['--catalogue', '/nowhere/at/all'], 'cannot read /nowhere/at/all'],
    [['--kernel-source', '.', '--catalogue', 'x'], 'one of them'],
    [['--modules', '/nowhere/at/all', '--kernel-source', '.'], 'cannot read /nowhere/at/all'],
    [['--modules', '/'], 'name it with --kernel-source'],
  ])('%j is a mistake', async (options, message) => {
    await expect(simulate([at('known.dts'), ...options])).rejects.toThrow(message);
    await expect(simulate([at('known.dts'), ...options])).rejects.toThrow(UsageError);
  });
});

test("a kernel beside a vendor's devicetrees has their drivers; one that its configuration leaves out is not the board's fault", async () => {
  const folder = 'phone/kernel_platform/qcom/proprietary/devicetree/qcom';
  await simulate([at(`${folder}/known.dts`)]);
  expect(printed.out).toContain(`Drivers of ${at('phone/kernel_platform/msm-kernel')} (Linux 5.15.104)`);
  Object.assign(printed, { out: '', err: '' });
  await check([at(`${folder}/waits.dts`), '--format', 'json']);
  const { findings } = JSON.parse(printed.out) as { findings: { code: string; severity: string; message: string }[] };
  const [found] = findings.filter((f) => f.code === 'smmu/supplier-no-driver');
  expect(found?.severity).toBe('information');
  Object.assign(printed, { out: '', err: '' });
  writeFileSync(at('none.config'), '# CONFIG_ACME_IOMMU is not set\n');
  await check([at(`${folder}/known.dts`), '--config', at('none.config')]);
  expect(printed.out).toMatch(
    /error: The configuration of this kernel leaves out the driver of .*CONFIG_ACME_IOMMU has it/,
  );
  expect(found?.message).toContain('leaves out the driver of /clock@3000 (acme,old); CONFIG_ACME_OLD has it');
});

describe('an IOMMU without a driver', () => {
  test.each([
    // the tree's own drivers: none has it
    [`linux/${DTS}/unknown.dts`, [], 'error', 'No driver of this kernel matches'],
    // part of a tree: one may be in what is missing
    [`part/${DTS}/unknown.dts`, [], 'hint', 'No driver of any kernel known here matches'],
    // the kernel beside: modules that are built outside may have it
    [
      'phone/kernel_platform/qcom/proprietary/devicetree/qcom/unknown.dts',
      [],
      'hint',
      'No driver of any kernel known here',
    ],
    ['phone/kernel_platform/qcom/proprietary/devicetree/qcom/known.dts', [], null, ''],
    ['unknown.dts', [], 'hint', 'No driver of any kernel known here matches'],
    ['slip.dts', [], 'warning', 'did you mean arm,mmu-500?'],
    ['unknown.dts', ['--kernel-source', 'linux'], 'error', 'No driver of this kernel matches'],
    ['known.dts', ['--kernel-source', 'linux'], null, ''],
  ] as const)('%s %j: %s', async (file, options, severity, message) => {
    await check([at(file), ...options.map((o) => (o === 'linux' ? at(o) : o)), '--format', 'json']);
    const { findings } = JSON.parse(printed.out) as { findings: { code: string; severity: string; message: string }[] };
    const found = findings.filter((f) => f.code === 'smmu/provider-no-driver');
    expect(found.map((f) => f.severity)).toEqual(severity === null ? [] : [severity]);
    if (severity !== null) expect(found[0]?.message).toContain(message);
  });
});
