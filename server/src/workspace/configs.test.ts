/** Configurations of a kernel: which are offered, and several read as one. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { writeTree } from '../../test/helpers/kernel-tree';
import { parseConfig } from '../simulator/kernel/config';
import { CONFIG_DELIMITER, configFiles, mergeConfigs, offeredConfigs } from './configs';
import { realDisk } from './real-disk';

const top = realpathSync(mkdtempSync(join(tmpdir(), 'scope-configs-')));
afterAll(() => rmSync(top, { recursive: true, force: true }));
const CONFIGS = 'arch/arm64/configs';
writeTree(top, {
  'mainline/linux/.config': 'CONFIG_A=y\n',
  'mainline/out/.config': '#\n# Automatically generated file; DO NOT EDIT.\nCONFIG_A=m\n',
  // no configuration of a kernel
  'mainline/build/.config': 'color = blue\n',
  [`mainline/linux/${CONFIGS}/defconfig`]: '',
  [`android/common/${CONFIGS}/gki_defconfig`]: '',
  [`android/common/${CONFIGS}/defconfig`]: '',
  [`android/common/${CONFIGS}/vendor/debugfs.config`]: '',
  [`android/common/${CONFIGS}/vendor/kalama_GKI.config`]: '',
  [`msm/${CONFIGS}/defconfig`]: '',
  [`msm/${CONFIGS}/vendor/sdm660_defconfig`]: '',
  [`msm/${CONFIGS}/vendor/trinket-perf_defconfig`]: '',
  [`bsp/${CONFIGS}/defconfig`]: '',
  [`bsp/${CONFIGS}/rockchip_defconfig`]: '',
});
const offered = (tree: string, board: string) =>
  offeredConfigs(realDisk, join(top, tree), join(top, tree, 'arch/arm64/boot/dts', board)).map(
    ({ label, likely }) => `${likely ? '* ' : ''}${label}`,
  );

describe('what is offered', () => {
  test.each<[string, string, string, readonly string[]]>([
    [
      'a .config in the tree and in the build folder beside it',
      'mainline/linux',
      'x/y.dts',
      ['* .config', '* ../out/.config'],
    ],
    [
      'gki_defconfig and the fragment of the chip, before others',
      'android/common',
      'vendor/qcom/kalama-mtp.dts',
      ['* gki_defconfig + vendor/kalama_GKI.config', 'gki_defconfig + vendor/debugfs.config', 'defconfig'],
    ],
    [
      "a vendor's default configuration, by the chip",
      'msm',
      'qcom/trinket-idp.dts',
      ['* vendor/trinket-perf_defconfig', 'vendor/sdm660_defconfig'],
    ],
    ['one that is named after the folder', 'bsp', 'rockchip/rk3399-evb.dts', ['* rockchip_defconfig']],
    ['nothing', 'nowhere', 'x.dts', []],
  ])('%s', (_, tree, board, labels) => expect(offered(tree, board)).toEqual(labels));

  test('files in the order in which they count', () => {
    const [first] = offeredConfigs(realDisk, join(top, 'android/common'), '/x/arch/arm64/boot/dts/kalama.dts');
    expect(first?.files).toEqual(
      ['gki_defconfig', 'vendor/kalama_GKI.config'].map((n) => join(top, 'android/common', CONFIGS, n)),
    );
  });
});

describe('several files', () => {
  const base = parseConfig('CONFIG_A=y\nCONFIG_B=m\n# CONFIG_C is not set\n');
  const fragment = parseConfig('CONFIG_B=y\nCONFIG_C=m\n# CONFIG_A is not set\n');
  test('the last one that says something of a symbol counts', () =>
    expect([...mergeConfigs([base, fragment])]).toEqual([
      ['CONFIG_A', null],
      ['CONFIG_B', 'y'],
      ['CONFIG_C', 'm'],
    ]));
  test('one alone is itself', () => expect(mergeConfigs([base])).toBe(base));
  test('are separated as folders of PATH', () =>
    expect(configFiles(['/a', '', '/b'].join(CONFIG_DELIMITER))).toEqual(['/a', '/b']));
});
