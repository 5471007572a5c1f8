// A kernel of the person's own, of a release that is not shipped: whose drivers count is in the status bar, and a hover goes to its file.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { until } from '../scripts/vscode-run.mjs';
import { placeOf } from './workbench.mjs';

const driver = (name, compatible) => `
static int ${name}_probe(struct platform_device *pdev) { return 0; }
static const struct of_device_id ${name}_match[] = { { .compatible = "${compatible}" }, { } };
static struct platform_driver ${name}_driver = {
	.probe = ${name}_probe,
	.driver = { .name = "${name}", .of_match_table = ${name}_match },
};
module_platform_driver(${name}_driver);
`;

/** By path: what the build of a kernel needs to be found, two drivers, and a board. */
const TREE = {
  Makefile: 'VERSION = 5\nPATCHLEVEL = 10\nSUBLEVEL = 43\n',
  Kconfig: 'source "arch/$(SRCARCH)/Kconfig"\n',
  'arch/arm64/Kconfig': 'config ARM64\n\tdef_bool y\nsource "drivers/Kconfig"\n',
  'arch/arm64/configs/defconfig': 'CONFIG_ACME_IOMMU=y\n',
  'drivers/Kconfig': 'config ACME_IOMMU\n\tbool "Acme IOMMU"\n',
  'drivers/Makefile': 'obj-y += acme/\n',
  'drivers/acme/Makefile': 'obj-$(CONFIG_ACME_IOMMU) += acme-iommu.o\nobj-y += acme-uart.o\n',
  'drivers/acme/acme-iommu.c': driver('acme_iommu', 'acme,iommu-v6').replace(
    'return 0;',
    'iommu_device_register(a, b, c); return 0;',
  ),
  'drivers/acme/acme-uart.c': driver('acme_uart', 'acme,uart'),
  'include/dt-bindings/acme.h': '#define ACME_SID 3\n',
  'scripts/dtc/dtc.c': '',
  'arch/arm64/boot/dts/acme/toy.dts': `/dts-v1/;
#include <dt-bindings/acme.h>
/ {
	#address-cells = <1>;
	#size-cells = <1>;
	compatible = "acme,toy";

	smmu: iommu@1000 {
		compatible = "acme,iommu-v6";
		reg = <0x1000 0x1000>;
		#iommu-cells = <1>;
	};

	uart@2000 {
		compatible = "acme,uart";
		reg = <0x2000 0x100>;
		iommus = <&smmu ACME_SID>;
	};
};
`,
};
/** A whole kernel takes half a minute of one core (bench:catalogue); beside other work its share of the cores decides (milliseconds). */
const PATIENCE = 240_000;

/** The status bar says whose drivers count; how long that took is told with the check. */
const status = (release) => async (vs) => {
  const item = vs.page.locator('.statusbar-item', { hasText: `(Linux ${release})` }).first();
  await item.waitFor({ timeout: PATIENCE });
  const text = await item.innerText();
  assert.match(text, /drivers of /);
  return text;
};

/** A small kernel tree that is written into `folder`. */
export function ownKernelChecks(folder) {
  for (const [path, text] of Object.entries(TREE)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const file = join(folder, 'arch/arm64/boot/dts/acme/toy.dts');
  const hover = (vs, compatible, expected) => vs.hover(file, placeOf(file, compatible, { move: 2 }), expected);
  const checks = [
    ['the status bar says whose drivers are used', status('5.10.43')],
    [
      'hover on a compatible names the file in that folder',
      async (vs) => {
        const text = await hover(vs, 'acme,iommu-v6', /acme-iommu\.c/);
        assert.match(text, /drivers\/acme\/acme-iommu\.c:\d+/);
        await vs.shot('own-kernel-hover');
        return text.split('\n').slice(0, 3).join(' | ');
      },
    ],
    [
      'the place is a link that opens the file at the row',
      async (vs) => {
        await hover(vs, 'acme,iommu-v6', /acme-iommu\.c/);
        await vs.page.locator('.monaco-hover:visible a', { hasText: 'acme-iommu.c' }).first().click();
        const source = join(folder, 'drivers/acme/acme-iommu.c');
        await vs.editor(source).locator('.view-lines').waitFor();
        // the link's tab took the place of the board's
        await vs.openFile(file);
        return basename(source);
      },
    ],
    [
      'a row that is added to a driver counts without a reload',
      async (vs) => {
        const source = join(folder, 'drivers/acme/acme-iommu.c');
        writeFileSync(
          source,
          TREE['drivers/acme/acme-iommu.c'].replace(
            '"acme,iommu-v6" }',
            '"acme,iommu-v5" },\n{ .compatible = "acme,iommu-v6" }',
          ),
        );
        const text = await until('the row at its new line', 30_000, async () => {
          const said = await hover(vs, 'acme,iommu-v6', /acme-iommu\.c/);
          return /acme-iommu\.c:4/.test(said) && said;
        });
        return text.split('\n')[0];
      },
    ],
  ];
  return { folder, file, checks };
}

/** A whole kernel (SMMU_SCOPE_LINUX_OTHER): of another release than those that are shipped. */
export function wholeKernelChecks(linux, release) {
  const folder = join(linux, 'arch/arm64/boot/dts/qcom');
  const file = join(folder, 'sdm845-mtp.dts');
  return {
    folder,
    file,
    checks: [
      ['the status bar says whose drivers are used', status(release)],
      [
        'hover on a compatible names the file in that folder',
        async (vs) => {
          const source = join(folder, 'sdm845.dtsi');
          await vs.openFile(source);
          const text = await vs.hover(source, placeOf(source, 'qcom,sdm845-pinctrl', { move: 2 }), /pinctrl-sdm845\.c/);
          return text.split('\n').slice(0, 3).join(' | ');
        },
      ],
    ],
  };
}
