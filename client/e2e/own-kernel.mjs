// A kernel of the person's own, of a release that is not shipped: whose drivers count is in the status bar, and a hover goes to its file.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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
  // a vendor's fragment that is named after the board, on top of the default configuration
  'arch/arm64/configs/vendor/toy.config': '# CONFIG_ACME_IOMMU is not set\n',
  '.config': 'CONFIG_ACME_IOMMU=y\n# CONFIG_ACME_OLD is not set\n',
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

/** The list of "Choose Kernel Configuration": its labels, with `likely` behind those that are. */
async function offered(vs) {
  await vs.command('SMMU Scope: Choose Kernel Configuration');
  const rows = vs.page.locator('.quick-input-list .monaco-list-row');
  await rows.filter({ hasText: 'The default configuration' }).waitFor();
  // a chosen row begins with the icon, which is drawn by a font
  return (await rows.allInnerTexts()).map((text) =>
    text
      .replace(/[^\x20-\x7e…]+/g, ' ')
      .replace(/ ?likely$/, ' likely')
      .trim(),
  );
}

/** Chooses a configuration by its label; what the workspace's setting is then, null when it has none. */
async function choose(vs, folder, label, settled) {
  await vs.page.locator('.quick-input-list .monaco-list-row', { hasText: label }).first().click();
  const file = join(folder, '.vscode/settings.json');
  const setting = () =>
    existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8') || '{}')['smmuScope.config'] ?? null) : null;
  await until(`the setting after ${label}`, 20_000, () => settled(setting()));
  return setting();
}

/** A small kernel tree that is written into `folder`. */
export function ownKernelChecks(folder) {
  for (const [path, text] of Object.entries(TREE)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const file = join(folder, 'arch/arm64/boot/dts/acme/toy.dts');
  const hover = (vs, compatible, expected) => vs.hover(file, placeOf(file, compatible, { move: 2 }), expected);
  const driverless = (vs) =>
    vs.page.locator('.markers-panel .monaco-list-row', { hasText: 'provider-no-driver' }).first();
  const checks = [
    ['the status bar says whose drivers are used', status('5.10.43')],
    [
      'the configurations of the tree are offered, and one that leaves the IOMMU out counts at once',
      async (vs) => {
        const rows = await offered(vs);
        assert.deepEqual(
          rows.filter((row) => row.endsWith('likely')),
          ['.config likely', 'defconfig + vendor/toy.config likely'],
        );
        await vs.shot('own-kernel-configs');
        const value = await choose(vs, folder, 'vendor/toy.config', (now) => now !== null);
        const configs = join(folder, 'arch/arm64/configs');
        assert.equal(value, [join(configs, 'defconfig'), join(configs, 'vendor/toy.config')].join(':'));
        await vs.command('Problems: Focus on Problems View');
        await driverless(vs).waitFor();
        return (await driverless(vs).innerText()).replaceAll('\n', ' ');
      },
    ],
    [
      'the one chosen is marked, and with another that has the driver the finding is gone',
      async (vs) => {
        const rows = await offered(vs);
        const fragment = await vs.page
          .locator('.quick-input-list .monaco-list-row', { hasText: 'vendor/toy.config' })
          .locator('.codicon-check')
          .count();
        assert.equal(fragment, 1, rows.join(', '));
        const value = await choose(vs, folder, '.config', (now) => now === join(folder, '.config'));
        await driverless(vs).waitFor({ state: 'detached' });
        return value === join(folder, '.config') ? '.config' : value;
      },
    ],
    [
      'the default configuration takes the setting back',
      async (vs) => {
        await offered(vs);
        const value = await choose(vs, folder, 'The default configuration', (now) => now === null);
        await vs.openFile(file);
        return value;
      },
    ],
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
