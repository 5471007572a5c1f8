/** A small kernel tree of our own, in memory and on disk: two drivers, an IOMMU, a module, Kconfig and a defconfig. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hashOf } from '../../src/scanner/hash';
import type { KernelFiles } from '../../src/scanner/kernel-files';

const driver = (name: string, compatible: string, more = ''): string => `
#include <linux/module.h>
#include "names.h"
static int ${name}_probe(struct platform_device *pdev) { ${more} return 0; }
static const struct of_device_id ${name}_match[] = {
	{ .compatible = "${compatible}", },
	{ /* sentinel */ },
};
static struct platform_driver ${name}_driver = {
	.probe = ${name}_probe,
	.driver = { .name = "${name}", .of_match_table = ${name}_match, },
};
module_platform_driver(${name}_driver);
`;

/** By path. `drivers/acme/` is the vendor's own. */
export const KERNEL_TREE: Readonly<Record<string, string>> = {
  Makefile: 'VERSION = 5\nPATCHLEVEL = 15\nSUBLEVEL = 104\nEXTRAVERSION =\ndrivers-y += techpack/\n',
  Kconfig: 'source "arch/$(SRCARCH)/Kconfig"\n',
  'arch/arm64/Kconfig': 'config ARM64\n\tdef_bool y\n\nsource "drivers/Kconfig"\n',
  'arch/arm64/Makefile': '',
  'arch/arm64/configs/defconfig': 'CONFIG_MODULES=y\nCONFIG_ACME_UART=m\n# CONFIG_ACME_OLD is not set\n',
  'drivers/Kconfig': `config MODULES
	bool "modules"
	modules
config IOMMU_SUPPORT
	bool "IOMMUs"
	default y
menu "Acme"
	depends on IOMMU_SUPPORT
config ACME_IOMMU
	bool "Acme IOMMU"
	default y
	select ACME_CLK
config ACME_UART
	tristate "Acme UART"
config ACME_CLK
	bool
config ACME_OLD
	bool "old"
	default y
endmenu
`,
  'drivers/Makefile': 'obj-y += base/\nobj-y += acme/\n',
  'drivers/base/Makefile': 'obj-y := dd.o\n',
  'drivers/base/dd.c': 'late_initcall(deferred_probe_initcall);\n',
  'drivers/acme/Makefile':
    'obj-$(CONFIG_ACME_IOMMU) += iommu.o\nobj-$(CONFIG_ACME_UART) += acme-uart.o\nacme-uart-y := uart.o\nobj-$(CONFIG_ACME_CLK) += clk.o\nobj-$(CONFIG_ACME_OLD) += old.o\n',
  'drivers/acme/names.h': '#define ACME_IOMMU_NAME "acme,iommu-v7"\n',
  'drivers/acme/iommu.c': driver('acme_iommu', 'acme,iommu-v6', 'iommu_device_register(x, y, z);').replace(
    '{ /* sentinel */ }',
    '{ .compatible = ACME_IOMMU_NAME }, { }',
  ),
  'drivers/acme/uart.c': driver('acme_uart', 'acme,uart', 'clk = devm_clk_get(dev, NULL);'),
  'drivers/acme/clk.c':
    'static void __init setup(struct device_node *np) {}\nCLK_OF_DECLARE(acme, "acme,clk", setup);\n',
  'drivers/acme/old.c': driver('acme_old', 'acme,old').replace(
    'module_platform_driver(acme_old_driver);',
    'static int __init old_init(void) { return platform_driver_probe(&acme_old_driver, acme_old_probe); }\nsubsys_initcall(old_init);',
  ),
  'techpack/Makefile': 'obj-y += cam.o\n',
  'techpack/cam.c': driver('acme_cam', 'acme,camera'),
  'include/dt-bindings/acme.h': '#define ACME_ID 3\n',
  'scripts/dtc/dtc.c': '',
};

/** Modules that are built beside it: one folder by Kbuild, one by Bazel. */
export const MODULES: Readonly<Record<string, string>> = {
  'audio/Kbuild': 'obj-$(CONFIG_ACME_AUDIO) += audio_dlkm.o\naudio_dlkm-y := codec.o\n',
  'audio/codec.c': driver('acme_codec', 'acme,codec'),
  'gps/BUILD.bazel':
    'ddk_module(\n    name = "gps",\n    out = "acme-gps.ko",\n    srcs = ["src/gps.c"],  # "src/not.c"\n)\n',
  'gps/src/gps.c': driver('acme_gps', 'acme,gps').replace('.name = "acme_gps"', '.name = KBUILD_MODNAME'),
};

/** Files in memory. */
export function filesInMemory(texts: Readonly<Record<string, string>>): KernelFiles {
  return {
    read: (path) => (Object.hasOwn(texts, path) ? (texts[path] ?? null) : null),
    has: (path) => Object.hasOwn(texts, path),
    stamp: (path) => (Object.hasOwn(texts, path) ? hashOf(texts[path] ?? '') : ''),
    list(folder) {
      const start = folder === '' ? '' : `${folder}/`;
      const names = Object.keys(texts).flatMap((path) =>
        path.startsWith(start) ? [path.slice(start.length).split('/')[0] ?? ''] : [],
      );
      return [...new Set(names)].sort();
    },
  };
}

/** Writes files below a folder. */
export function writeTree(root: string, texts: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
