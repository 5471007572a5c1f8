import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { property, text, u32 } from '../../test/helpers/tree-values';
import { toUri } from './files';
import { treeOf } from './trees';
import { Workspace } from './workspace';

/** Trees of each kind, small: a board finds everything that its build would give it. */
const FILES: Readonly<Record<string, string>> = {
  // U-Boot: dts/upstream/src/ARCH/VENDOR, and arm64's
  'uboot/Makefile': 'export UBOOTVERSION\n',
  'uboot/include/configs/toy.h': '',
  'uboot/dts/upstream/src/arm/acme/chip.dtsi': '/ { chip = <1>; };\n',
  'uboot/dts/upstream/src/arm64/umbrella/deep/more.dtsi':
    '#ifndef __ASSEMBLY__\nstruct c { };\n#endif\n/ { more = <2>; };\n',
  'uboot/arch/arm/dts/toy.dts':
    '/dts-v1/;\n#include "chip.dtsi"\n#include <config.h>\n#include "more.dtsi"\n/ { freq = <CONFIG_FREQ>; name2 = CONFIG_NAME; };\n',
  // barebox and devicetree-rebasing
  'barebox/scripts/dtc/checks.c': '',
  'barebox/include/dt-bindings/own.h': '',
  'barebox/dts/src/arm/acme/chip.dtsi': '#include <dt-bindings/toy/level.h>\n/ { chip = <LEVEL>; };\n',
  'barebox/dts/include/dt-bindings/toy/level.h': '#define LEVEL 1\n',
  'barebox/arch/arm/dts/toy.dts': '/dts-v1/;\n#include <arm/acme/chip.dtsi>\n/ { };\n',
  'rebasing/include/dt-bindings/toy/level.h': '#define LEVEL 1\n',
  'rebasing/src/arm64/acme/chip.dtsi': '/ { chip = <LEVEL>; };\n',
  'rebasing/src/arm64/acme/toy.dts':
    '/dts-v1/;\n#include <dt-bindings/toy/level.h>\n#include <arm64/acme/chip.dtsi>\n/ { };\n',
  // Linux before 6.5, flat, with the links of 4.11 and older
  'old/Makefile': 'VERSION = 4\nPATCHLEVEL = 9\nSUBLEVEL = 3\n',
  'old/include/dt-bindings/toy/level.h': '#define LEVEL 1\n',
  'old/arch/arm/boot/dts/chip.dtsi': '#include <toy/extra.h>\n/ { chip = <LEVEL>; };\n',
  'old/arch/arm/boot/dts/include/toy/extra.h': '#include <dt-bindings/toy/level.h>\n',
  'old/arch/arm/boot/dts/toy.dts': '/dts-v1/;\n#include "chip.dtsi"\n/ { };\n',
  // OP-TEE
  'optee/core/include/dt-bindings/toy/level.h': '#define LEVEL 1\n',
  'optee/core/arch/arm/dts/toy.dts': '/dts-v1/;\n#include <dt-bindings/toy/level.h>\n/ { chip = <LEVEL>; };\n',
  // Trusted Firmware-A: what the platform's makefile states
  'tfa/Makefile': '',
  'tfa/make_helpers/defaults.mk': 'SLOTS := 7\n',
  'tfa/include/base.h': '#define BASE 1\n',
  'tfa/plat/acme/toychip/platform.mk':
    'TOY := plat/acme/toychip\nPLAT_INCLUDES := -I$(TOY)/include \\\n\t-Iinclude/unused\nDTC_CPPFLAGS += -DWIDTH=3\nFLAVOUR := big\n$(eval $(call add_defines,\\\n\tSLOTS \\\n\tTOY_$(call uppercase,$(FLAVOUR)) \\\n\tNEVER))\n',
  'tfa/plat/acme/toychip/include/platform_def.h': '#define PLAT 2\n',
  'tfa/fdts/toychip-board.dts':
    '/dts-v1/;\n#include <base.h>\n#include <platform_def.h>\n#ifdef TOY_BIG\n/ { chip = <BASE>; more = <PLAT WIDTH SLOTS>; };\n#endif\n',
  // a platform whose header hangs on options that only the call of make gives
  'tfa/plat/acme/optchip/platform.mk':
    'PLAT_INCLUDES := -Iplat/acme/optchip/include\nSECURE := 0\nSPD := none\n$(eval $(call add_defines, SECURE LOAD_AT SPD_$(SPD)))\n',
  'tfa/plat/acme/optchip/include/platform_def.h':
    '#ifndef PLATFORM_DEF_H\n#define PLATFORM_DEF_H\n#define BASE 0x1000\n#if defined(SPD_none) && !SECURE\n#undef BASE\n#endif\n#define SIZE 7\n#endif\n',
  'tfa/fdts/optchip-board.dts':
    '/dts-v1/;\n#include <platform_def.h>\n#define PAGE(x) ((x) >> 12)\n/ { chip = <SIZE>; base = <PAGE(BASE)>, <BASE>; load = <LOAD_AT>; };\n',
  'tfa/fdts/optchip-wrong.dts': '/dts-v1/;\n#include <platform_def.h>\n/ { size = <SIZES>; };\n',
  // Zephyr in a west workspace: the base, a module with roots of its own, an application, a build
  'west/.west/config': '[manifest]\npath = app\n[zephyr]\nbase = deps/zephyr\n',
  'west/deps/zephyr/Kconfig.zephyr': '',
  'west/deps/zephyr/dts/common/mem.h': '#define DT_SIZE_K(x) ((x) * 1024)\n',
  'west/deps/zephyr/dts/vendor/acme/soc.dtsi': '/ { ram0: memory@0 { reg = <0 DT_SIZE_K(2)>; }; };\n',
  'west/deps/zephyr/boards/acme/toy/toy_soc.dts':
    '/dts-v1/;\n#include <mem.h>\n#include <acme/soc.dtsi>\n#define LEVEL 1\n/ { chip = <0>; };\n',
  'west/deps/zephyr/boards/acme/other/other.dts': '/dts-v1/;\n/ { ram0: other { }; };\n',
  'west/deps/zephyr/boards/acme/toy/toy_soc_2_0_0.overlay': '/ { chip = <LEVEL>; };\n',
  'west/deps/zephyr/boards/acme/toy/toy_common.dts': '&ram0 { status = "okay"; };\n',
  'west/modules/hal/zephyr/module.yml': 'name: hal\nbuild:\n  settings:\n    dts_root: devicetree\n',
  'west/modules/hal/devicetree/dts/acme/pins.dtsi': '/ { more = <2>; };\n',
  'west/app/prj.conf': '',
  'west/app/CMakeLists.txt': '',
  'west/app/boards/toy.overlay': '#include <acme/pins.dtsi>\n&ram0 { status = "okay"; };\n/ { chip = <LEVEL>; };\n',
  // the revision's overlay, then the board's for all revisions, then the application's
  'west/deps/zephyr/boards/acme/rev/rev_1.dts': '/dts-v1/;\n/ { chip = <5>; };\n',
  'west/deps/zephyr/boards/acme/rev/rev_1_0_9.overlay': '/ { rev: rev { }; };\n',
  'west/app/boards/rev_1.overlay': '/ { both: both { }; };\n',
  'west/app/boards/rev_1_0_9.overlay': '&rev { okay; };\n&both { okay; };\n',
  // shields: one alone in its folder, and two
  'west/deps/zephyr/boards/shields/click/click.overlay': '/ { click: click { }; };\n',
  'west/deps/zephyr/boards/shields/click/boards/rev_1.overlay': '&click { okay; };\n',
  'west/deps/zephyr/boards/shields/pair/a.overlay': '/ { a: a { }; };\n',
  'west/deps/zephyr/boards/shields/pair/b.overlay': '/ { b: b { }; };\n',
  'west/deps/zephyr/boards/shields/pair/boards/rev_1.overlay': '&a { okay; };\n',
  'west/deps/zephyr/boards/shields/pair/boards/b/rev_1.overlay': '&b { okay; };\n',
  // overlays that tests name
  'west/tested/testcase.yaml':
    'common:\n  tags: x\ntests:\n  a.plain:\n    platform_allow: other\n  a.listed:\n    extra_args: DTC_OVERLAY_FILE="./boards/rev_1.overlay;./boards/more.overlay"\n  a.alone:\n    extra_args: "DTC_OVERLAY_FILE=alone.overlay"\n  a.stated:\n    platform_allow: rev_1\n    extra_args: DTC_OVERLAY_FILE=stated.overlay\n',
  'west/tested/boards/rev_1.overlay': '/ { first: first { }; };\n',
  'west/tested/boards/more.overlay': '&first { okay; };\n',
  'west/tested/boards/nowhere_soc.overlay': '&other_soc { okay; };\n',
  'west/tested/alone.overlay': '&spi { okay; };\n',
  'west/tested/stated.overlay': '/ { stated; };\n',
  'west/tested/fragment.overlay': '#\n# a fragment\n\nCONFIG_A=n\nCONFIG_B="x"\n',
  'west/app/lonely.overlay': '&nobody { level = <UNKNOWN>; at@3c { reg = <0x3c>; gpios = <&nowhere 1 2>; }; };\n',
  'west/built/prj.conf': '',
  'west/built/CMakeLists.txt': '',
  'west/built/app.overlay': '/ { chip = <LEVEL>; };\n',
  // Buildroot
  'buildroot/output/images/toy.dtb': '',
  'buildroot/output/build/linux-6.6.1/Makefile': 'VERSION = 6\nPATCHLEVEL = 6\nSUBLEVEL = 1\n',
  'buildroot/output/build/linux-6.6.1/include/dt-bindings/toy/level.h': '',
  'buildroot/output/build/linux-6.6.1/scripts/dtc/checks.c': '',
  'yocto/tmp/deploy/images/toy/toy.dtb': '',
  'yocto/tmp/work-shared/toy/kernel-source/Makefile': 'VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 9\n',
  'yocto/tmp/work-shared/toy/kernel-source/include/dt-bindings/toy/level.h': '',
  'yocto/tmp/work-shared/toy/kernel-source/scripts/dtc/checks.c': '',
  // Android: the kernel beside the devicetrees, module trees with headers elsewhere
  'android/kernel_platform/msm-kernel/Makefile': 'VERSION = 5\nPATCHLEVEL = 15\nSUBLEVEL = 41\n',
  'android/kernel_platform/msm-kernel/arch/arm64/Kconfig': '',
  'android/kernel_platform/msm-kernel/include/dt-bindings/toy/level.h': '#define LEVEL 1\n',
  'android/kernel_platform/common/Makefile': 'VERSION = 5\nPATCHLEVEL = 15\nSUBLEVEL = 40\n',
  'android/kernel_platform/common/arch/arm64/Kconfig': '',
  'android/kernel_platform/common/include/dt-bindings/toy/level.h': '#define LEVEL 99\n',
  'android/kernel_platform/common/include/dt-bindings/toy/common.h': '#define COMMON 2\n',
  'android/kernel_platform/qcom/proprietary/devicetree/qcom/toy.dts':
    '/dts-v1/;\n#include <dt-bindings/toy/level.h>\n#include <dt-bindings/toy/common.h>\n/ { qcom,msm-id = <900 0x10000>; chip = <LEVEL>; more = <COMMON>; soc: soc { }; };\n',
  'android/kernel_platform/qcom/proprietary/devicetree/qcom/toy-mtp.dts':
    '/dts-v1/;\n#include "toy.dts"\n/ { qcom,msm-id = <900 0x10000>; qcom,board-id = <8 0>; };\n',
  'android/vendor/qcom/opensource/sound/include/bindings/pcm.h': '#define PCM 1\n',
  'android/vendor/qcom/opensource/cam/dt-bindings/cam.h': '#define CAM 1\n',
  'android/vendor/qcom/proprietary/cam-devicetree/Kbuild':
    'DTC_INCLUDE += $(srctree)/../../vendor/qcom/opensource/stated/include\n',
  'android/vendor/qcom/opensource/stated/include/stated.h': '#define STATED 1\n',
  'android/vendor/qcom/proprietary/cam-devicetree/cam.dts':
    '/dts-v1/;\n/plugin/;\n#include <bindings/pcm.h>\n#include <dt-bindings/cam.h>\n#include <stated.h>\n#include <dt-bindings/toy/level.h>\n/ { qcom,msm-id = <0x384 0x10000>, <901 0x10000>; qcom,board-id = <0 0>; };\n&soc { pcm = <PCM CAM STATED LEVEL>; };\n',
  // Qualcomm's lists of overlays
  'lists/Makefile':
    'add-overlays = $(foreach o,$1,$(foreach b,$2,$b $o))\nTOY_BASE += toy.dtb\nTOY_BASE += \\\n\ttoy-v2.dtb\nTOY_BOARDS += toy-a-overlay.dtbo\nifeq ($(X),y)\nTOY_BOARDS += toy-b-overlay.dtbo\nendif\ntoy-dtb-$(CONFIG_TOY) += $(call add-overlays, $(TOY_BOARDS), $(TOY_BASE))\nold-overlay.dtbo-base := toy-v2.dtb\n',
  'lists/qcom/toy.dts': '/dts-v1/;\n/ { soc: soc { v = <1>; }; };\n',
  'lists/qcom/toy-v2.dts': '/dts-v1/;\n/ { soc: soc { v = <2>; }; };\n',
  'lists/qcom/toy-a-overlay.dts': '/dts-v1/;\n/plugin/;\n&soc { a; };\n',
  'lists/qcom/toy-b-overlay.dts': '/dts-v1/;\n/plugin/;\n&soc { b; };\n',
  'lists/qcom/old-overlay.dts': '/dts-v1/;\n/plugin/;\n&soc { old; };\n',
  // makefiles that would never end
  'loop/Makefile':
    'A = $(A) $(B)\nB = $(A) $(A)\nC1 = $(C0)$(C0)\nx-dtbs := $(A) a.dtb $(B) b.dtbo\ninclude Makefile\nD = $(addprefix $(D),$(D) $(D))\n$(call add-overlays,$(B),$(call add-overlays,((((\n',
  'loop/a.dts': '/dts-v1/;\n/ { };\n',
  'loop/b.dts': '/dts-v1/;\n/plugin/;\n/ { };\n',
};

const root = mkdtempSync(join(tmpdir(), 'scope-trees-'));
beforeAll(() => {
  for (const [name, content] of Object.entries(FILES)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  const zephyr = join(root, 'west/deps/zephyr');
  mkdirSync(join(root, 'west/built/build'), { recursive: true });
  writeFileSync(
    join(root, 'west/built/build/build_info.yml'),
    `cmake:\n  board:\n    name: toy\n  devicetree:\n    bindings-dirs:\n     - ${zephyr}/dts/bindings\n    files:\n     - ${zephyr}/boards/acme/toy/toy_soc.dts\n     - ${root}/west/built/app.overlay\n    include-dirs:\n     - ${zephyr}/include\n`,
  );
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const options = { folders: [root], includePaths: [], defines: [], kernelTree: null };
const snapshotOf = (name: string) => new Workspace(options, () => null).snapshot(toUri(join(root, name)));

test.each([
  ['uboot/arch/arm/dts/toy.dts', 'u-boot', 'uboot'],
  ['uboot/dts/upstream/src/arm/acme/chip.dtsi', 'u-boot', 'uboot'],
  ['barebox/arch/arm/dts/toy.dts', 'barebox', 'barebox'],
  ['barebox/dts/src/arm/acme/chip.dtsi', 'barebox', 'barebox'],
  ['rebasing/src/arm64/acme/toy.dts', 'rebasing', 'rebasing'],
  ['old/arch/arm/boot/dts/toy.dts', 'linux', 'old'],
  ['optee/core/arch/arm/dts/toy.dts', 'op-tee', 'optee'],
  ['tfa/fdts/toychip-board.dts', 'tf-a', 'tfa'],
  ['west/deps/zephyr/boards/acme/toy/toy_soc.dts', 'zephyr', 'west/deps/zephyr'],
  ['west/app/boards/toy.overlay', 'zephyr', 'west/app'],
  ['buildroot/output/images/toy.dtb', 'linux', 'buildroot/output/build/linux-6.6.1'],
  ['yocto/tmp/deploy/images/toy/toy.dtb', 'linux', 'yocto/tmp/work-shared/toy/kernel-source'],
])('%s is in a %s tree', (file, kind, top) => {
  const found = treeOf(join(root, file), root);
  expect([found.kind, found.root]).toEqual([kind, join(root, top)]);
});

test.each([
  ['uboot/arch/arm/dts/toy.dts', [1], [2]],
  ['barebox/arch/arm/dts/toy.dts', [1], null],
  ['rebasing/src/arm64/acme/toy.dts', [1], null],
  ['old/arch/arm/boot/dts/toy.dts', [1], null],
  ['optee/core/arch/arm/dts/toy.dts', [1], null],
  ['tfa/fdts/toychip-board.dts', [1], [2, 3, 7]],
  ['tfa/fdts/optchip-board.dts', [7], null],
  ['west/deps/zephyr/boards/acme/toy/toy_soc.dts', [0], null],
  ['west/deps/zephyr/boards/acme/toy/toy_soc_2_0_0.overlay', [1], null],
  ['west/app/boards/toy.overlay', [1], [2]],
  ['west/built/app.overlay', [1], null],
  ['android/kernel_platform/qcom/proprietary/devicetree/qcom/toy.dts', [1], [2]],
  ['android/vendor/qcom/proprietary/cam-devicetree/cam.dts', [1], [2]],
])('%s finds what its build gives it', (file, chip, more) => {
  const snapshot = snapshotOf(file);
  expect(snapshot?.problems.filter((p) => p.severity === 'error').map((p) => p.message)).toEqual([]);
  expect(u32(snapshot, 'chip')).toEqual(chip);
  if (more !== null) expect(u32(snapshot, 'more')).toEqual(more);
});

test('what only a build option decides is unknown, and one finding; what no option gives is a mistake', () => {
  const told = (name: string) => snapshotOf(name)?.problems.map(({ severity, code }) => `${severity} ${code}`);
  expect(told('tfa/fdts/optchip-board.dts')).toEqual(['information cpp/build-option']);
  expect(snapshotOf('tfa/fdts/optchip-board.dts')?.result.unknown).toHaveLength(3);
  expect(told('tfa/fdts/optchip-wrong.dts')).toEqual(['error dts/unknown-word']);
  const stated = new Workspace(
    {
      ...options,
      defines: [
        ['SECURE', '1'],
        ['LOAD_AT', '2'],
      ],
    },
    () => null,
  );
  expect(stated.snapshot(toUri(join(root, 'tfa/fdts/optchip-board.dts')))?.problems).toEqual([]);
});

describe('overlays', () => {
  test.each([
    ['west/app/boards/toy.overlay', 'toy on toy_soc'],
    ['west/built/app.overlay', 'app on toy_soc'],
    ['west/deps/zephyr/boards/acme/toy/toy_soc_2_0_0.overlay', 'toy_soc_2_0_0 on toy_soc'],
    ['west/app/lonely.overlay', 'lonely'],
    ['west/app/boards/rev_1_0_9.overlay', 'rev_1_0_9 on rev_1'],
    ['west/deps/zephyr/boards/shields/click/boards/rev_1.overlay', 'rev_1 on rev_1'],
    ['west/deps/zephyr/boards/shields/click/click.overlay', 'click'],
    ['west/deps/zephyr/boards/shields/pair/boards/rev_1.overlay', 'rev_1'],
    ['west/deps/zephyr/boards/shields/pair/boards/b/rev_1.overlay', 'rev_1 on rev_1'],
    ['west/tested/boards/more.overlay', 'more on rev_1'],
    ['west/tested/boards/nowhere_soc.overlay', 'nowhere_soc'],
    ['west/tested/alone.overlay', 'alone'],
    ['west/tested/stated.overlay', 'stated on rev_1'],
    ['android/vendor/qcom/proprietary/cam-devicetree/cam.dts', 'cam on toy'],
    ['lists/qcom/toy-a-overlay.dts', 'toy-a-overlay on toy'],
    ['lists/qcom/toy-b-overlay.dts', 'toy-b-overlay on toy'],
    ['lists/qcom/old-overlay.dts', 'old-overlay on toy-v2'],
    ['loop/b.dts', 'b on a'],
  ])('%s is %s', (file, name) => {
    expect(snapshotOf(file)?.board.name).toBe(name);
  });

  test("an overlay's statements and macros are the board's", () => {
    const snapshot = snapshotOf('west/app/boards/toy.overlay');
    expect(text(snapshot, 'status', '/memory@0')).toBe('okay');
    expect([...(snapshot?.result.files.keys() ?? [])].some((uri) => uri.includes('joined'))).toBe(false);
  });

  test.each([
    ['west/app/boards/rev_1_0_9.overlay', []],
    ['west/deps/zephyr/boards/shields/click/boards/rev_1.overlay', []],
    ['west/deps/zephyr/boards/shields/pair/boards/b/rev_1.overlay', []],
    ['west/deps/zephyr/boards/shields/pair/boards/rev_1.overlay', ['information dts/overlay-without-board']],
    ['west/tested/boards/more.overlay', []],
    ['west/tested/stated.overlay', []],
    ['west/tested/alone.overlay', ['information dts/overlay-without-board']],
    ['west/tested/boards/nowhere_soc.overlay', ['information dts/overlay-without-board']],
    ['west/tested/fragment.overlay', ['information dts/no-devicetree']],
  ])('%s has what its build adds before it', (file, told) => {
    expect(snapshotOf(file)?.problems.map((p) => `${p.severity} ${p.code}`)).toEqual(told);
  });

  test('a part of boards, or an overlay for any, is not judged by what a board would give it', () => {
    for (const file of ['west/app/lonely.overlay', 'west/deps/zephyr/boards/acme/toy/toy_common.dts'])
      expect(snapshotOf(file)?.problems.map((p) => `${p.severity} ${p.code}`)).toEqual([
        'information dts/overlay-without-board',
      ]);
  });

  test('a board chosen by hand holds', () => {
    const workspace = new Workspace(options, () => null);
    const uri = toUri(join(root, 'west/app/boards/toy.overlay'));
    expect(workspace.boardsOf(uri, true).map((b) => b.name)).toContain('other');
    workspace.selectBoard(uri, toUri(join(root, 'west/deps/zephyr/boards/acme/other/other.dts')));
    expect(workspace.boardOf(uri)?.name).toBe('toy on other');
    expect(property(workspace.snapshot(uri), 'status', '/other')).not.toBeNull();
  });
});

test('the folder of a kernel in the settings stands for its include folders', () => {
  const workspace = new Workspace(
    { ...options, folders: [join(root, 'lists')], includePaths: [join(root, 'old')] },
    () => null,
  );
  const uri = toUri(join(root, 'lists/qcom/toy.dts'));
  workspace.setOpen(uri, '/dts-v1/;\n#include <dt-bindings/toy/level.h>\n/ { chip = <LEVEL>; };\n');
  expect(u32(workspace.snapshot(uri), 'chip')).toEqual([1]);
});
