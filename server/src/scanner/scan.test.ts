import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { filesInMemory, KERNEL_TREE, MODULES } from '../../test/helpers/kernel-tree';
import { ownCatalogue } from '../simulator/kernel/catalogue';
import { encode } from './encode';
import { readKconfig } from './kconfig/parse';
import { isUnchanged, WatchedFiles } from './kernel-files';
import { scanTree } from './scan';

const scanned = (texts: Readonly<Record<string, string>>, options: Parameters<typeof scanTree>[1] = {}) =>
  scanTree(filesInMemory(texts), options);

const catalogue = (texts: Readonly<Record<string, string>>, options: Parameters<typeof scanTree>[1] = {}) =>
  ownCatalogue(encode(scanned(texts, options).tree).data);

describe('a small tree', () => {
  const kernel = catalogue(KERNEL_TREE);
  test.each([
    ['acme,iommu-v6', 'acme_iommu', 'CONFIG_ACME_IOMMU', 'drivers/acme/iommu.c'],
    // through a macro of a header
    ['acme,iommu-v7', 'acme_iommu', 'CONFIG_ACME_IOMMU', 'drivers/acme/iommu.c'],
    ['acme,uart', 'acme_uart', 'CONFIG_ACME_UART', 'drivers/acme/uart.c'],
    ['acme,old', 'acme_old', 'CONFIG_ACME_OLD', 'drivers/acme/old.c'],
    // a folder that only a vendor's top Makefile names
    ['acme,camera', 'acme_cam', null, 'techpack/cam.c'],
  ])('%s: driver %s', (compatible, name, config, file) => {
    const [driver] = kernel.driversForCompatible(compatible);
    expect([driver?.name, driver?.config, driver?.place?.file]).toEqual([name, config, file]);
  });

  test('release, early providers, levels and what the default configuration builds', () => {
    expect(kernel.kernel).toBe('5.15.104');
    expect(kernel.isEarlyCompatible('acme,clk')).toBe(true);
    const set = kernel.driverSet(kernel.defaultConfig('arm64'));
    const built = set.drivers.map((d) => [d.name, d.module, d.level, d.probeOnce]);
    expect(built).toEqual([
      ['acme_iommu', false, 'device', false],
      ['acme_uart', true, 'device', false],
      ['acme_cam', false, 'device', false],
    ]);
    expect(set.byCompatible('acme,iommu-v6')[0]?.iommuProvider).toBe(true);
    expect(set.byCompatible('acme,uart')[0]?.gets).toEqual(['clocks']);
  });

  test('folders that Makefiles name and that are not there are told', () => {
    expect(scanned({ ...KERNEL_TREE, 'drivers/Makefile': 'obj-y += acme/ gone/\n' }).missing).toEqual(['drivers/gone']);
    expect(scanned(KERNEL_TREE).missing).toEqual([]);
  });

  test('no kernel tree', () => {
    expect(() => scanned({ 'drivers/Makefile': '' })).toThrow('its Makefile has no VERSION');
  });
});

test('how vendors write: lists of sources, names that look like attributes', () => {
  const uart = KERNEL_TREE['drivers/acme/uart.c'] ?? '';
  const gpu = uart.replaceAll('acme_uart', 'acme_gpu').replace('acme,uart', 'acme,gpu');
  const kernel = catalogue({
    ...KERNEL_TREE,
    'drivers/acme/Makefile':
      'SRC := gpu.c\nifeq ($(CONFIG_ACME_OLD),y)\nSRC += \\\n\tmore/mem.c\nendif\nobj-$(CONFIG_ACME_UART) += kbase.o crypto.o\nkbase-y := $(SRC:.c=.o)\nkbase-y += $(patsubst %.c, %.o, $(REST))\n',
    'drivers/acme/gpu.c': gpu,
    'drivers/acme/more/mem.c': gpu.replaceAll('acme_gpu', 'acme_mem').replace('acme,gpu', 'acme,mem'),
    'drivers/acme/crypto.c': uart.replaceAll('acme_uart_driver', '__acme_crypto').replace('acme,uart', 'acme,crypto'),
  });
  const of = (compatible: string) => kernel.driversForCompatible(compatible).map((d) => [d.name, d.place?.file]);
  expect(of('acme,gpu')).toEqual([['acme_gpu', 'drivers/acme/gpu.c']]);
  expect(of('acme,mem')).toEqual([['acme_mem', 'drivers/acme/more/mem.c']]);
  expect(of('acme,crypto')).toEqual([['acme_uart', 'drivers/acme/crypto.c']]);
});

describe('kernels of the 4.x', () => {
  const old = catalogue({
    ...KERNEL_TREE,
    Makefile: 'VERSION = 4\nPATCHLEVEL = 14\nSUBLEVEL = 194\n',
    'arch/arm64/Makefile': 'core-y += arch/arm64/kernel/ arch/arm64/mm/\ncore-$(CONFIG_ACME_OLD) += arch/arm64/acme/\n',
    'arch/arm64/kernel/Makefile':
      'arm64-obj-y := irq.o\narm64-obj-$(CONFIG_ACME_UART) += pmu.o\nobj-y += $(arm64-obj-y)\n',
    'arch/arm64/kernel/pmu.c': (KERNEL_TREE['drivers/acme/uart.c'] ?? '')
      .replaceAll('acme_uart', 'acme_pmu')
      .replace('acme,uart', 'acme,pmu')
      .replace('module_platform_driver(', 'builtin_platform_driver('),
    'arch/arm64/acme/Makefile': 'obj-y += time.o\n',
    'arch/arm64/acme/time.c': 'CLOCKSOURCE_OF_DECLARE(acme, "acme,timer", setup);\n',
    'drivers/acme/iommu.c': `${KERNEL_TREE['drivers/acme/iommu.c']}
IOMMU_OF_DECLARE(acme_v6, "acme,iommu-v6", NULL);
IOMMU_OF_DECLARE(acme_v7, ACME_IOMMU_NAME, acme_setup);
`,
  });
  const config = old.defaultConfig('arm64');
  test('the folders that the Makefile of the architecture names, before there was a Kbuild file', () => {
    expect(old.driversForCompatible('acme,pmu').map((d) => [d.name, d.config, d.place?.file])).toEqual([
      ['acme_pmu', 'CONFIG_ACME_UART', 'arch/arm64/kernel/pmu.c'],
    ]);
    expect(old.driverSet(() => 'y').early('acme,timer')).toMatchObject([{ kind: 'timer', config: 'CONFIG_ACME_OLD' }]);
  });
  test('IOMMUs that are declared, as far as they are built', () => {
    expect(old.declaredIommus(config)).toEqual(['acme,iommu-v6', 'acme,iommu-v7']);
    expect(old.declaredIommus(() => null)).toEqual([]);
    expect(catalogue(KERNEL_TREE).declaredIommus(config)).toBeNull();
    expect(old.isEarlyCompatible('acme,iommu-v6')).toBe(false);
  });
});

test('modules that are built outside the tree, by Kbuild and by Bazel', () => {
  const texts = { ...KERNEL_TREE };
  for (const [path, text] of Object.entries(MODULES)) Object.assign(texts, { [`modules-0/${path}`]: text });
  const kernel = catalogue(texts, { modules: ['modules-0'] });
  const set = kernel.driverSet(kernel.defaultConfig('arm64'));
  for (const [compatible, name] of [
    ['acme,codec', 'acme_codec'],
    ['acme,gps', 'acme_gps'],
  ] as const)
    expect(set.byCompatible(compatible).map((d) => [d.name, d.module, d.config])).toEqual([[name, true, null]]);
});

describe('a second scan', () => {
  const first = scanned(KERNEL_TREE);
  const again = (changed: Readonly<Record<string, string>>) => {
    const texts = { ...KERNEL_TREE, ...changed };
    const kept = JSON.parse(JSON.stringify(first.kept));
    const second = scanned(texts, { before: kept });
    expect(encode(second.tree).data).toEqual(encode(scanned(texts).tree).data);
    return second.read;
  };
  test.each([
    ['nothing', {}, 0],
    [
      'a driver',
      { 'drivers/acme/uart.c': (KERNEL_TREE['drivers/acme/uart.c'] ?? '').replace('acme,uart', 'acme,uart2') },
      1,
    ],
    // the three drivers of its folder include it, so does no other
    ['a header', { 'drivers/acme/names.h': '#define ACME_IOMMU_NAME "acme,iommu-v8"\n' }, 3],
    ['a Makefile', { 'drivers/acme/Makefile': 'obj-y += iommu.o\n' }, 0],
    ['Kconfig', { 'drivers/Kconfig': 'config ACME_IOMMU\n\tbool\n' }, 0],
    ['a function that others can call', { 'drivers/acme/clk.c': 'int acme_help(void) { return 0; }\n' }, 2],
  ] as const)('reads what %s concerns, and finds what a first one would', (_, changed, read) => {
    expect(again(changed)).toBe(read);
  });

  test('what was seen tells whether anything has changed', () => {
    const watched = new WatchedFiles(filesInMemory(KERNEL_TREE));
    scanTree(watched);
    expect(isUnchanged(filesInMemory(KERNEL_TREE), watched.seen)).toBe(true);
    for (const path of ['drivers/acme/names.h', 'drivers/acme/uart.c', 'drivers/Kconfig', 'techpack/Makefile'])
      expect(isUnchanged(filesInMemory({ ...KERNEL_TREE, [path]: 'x' }), watched.seen), path).toBe(false);
  });
});

describe('arbitrary input', () => {
  const names = Object.keys(KERNEL_TREE);
  const tokens = fc.array(
    fc.constantFrom(
      ...'{ } ( ) [ ] " \' \\ # / * , ; = \n \t $( ) $ := += ifdef endif else'.split(' '),
      ...'static struct platform_driver of_device_id .compatible module_init MODULE_DEVICE_TABLE #define #include'.split(
        ' ',
      ),
      ...'config menu endmenu choice endchoice if default select help source depends tristate bool obj-y obj-$(CONFIG_X)'.split(
        ' ',
      ),
      'CLK_OF_DECLARE(',
      '/*',
      '\u0000',
      '\uffff',
    ),
    { maxLength: 60 },
  );
  test('never throws', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...names.filter((name) => name !== 'Makefile')),
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 200 }),
          tokens.map((list) => list.join(' ')),
        ),
        fc.boolean(),
        (path, text, append) => {
          encode(scanned({ ...KERNEL_TREE, [path]: append ? `${KERNEL_TREE[path]}${text}` : text }).tree);
        },
      ),
      { numRuns: 120 },
    );
  });
  test('Kconfig that sources itself, macros that name themselves, expressions without an end', () => {
    const read = (text: string) => readKconfig(filesInMemory({ Kconfig: text }), 'arm64');
    expect(read('source "Kconfig"\nconfig A\n\tbool\n').symbols.has('A')).toBe(true);
    expect(read('a = $(b)\nb = $(a)\nsource "$(a)"\n').symbols.size).toBe(0);
    expect(read(`config A\n\tdepends on ${'('.repeat(5000)}B\n`).symbols.has('A')).toBe(true);
  });
});

// call in the probe, type of what it hands over, member
test.each([
  ['ufshcd_pltfrm_init(pdev, &acme_ops)', 'ufs_hba_variant_ops', 'init', ['clocks', 'phys']],
  ['dw_mci_pltfm_register(pdev, &acme_ops)', 'dw_mci_drv_data', 'parse_dt', ['clocks', 'phys']],
  ['dw_pcie_host_init(pp)', 'dw_pcie_host_ops', 'init', ['clocks', 'phys']],
  // runs later
  ['ufshcd_pltfrm_init(pdev, &acme_ops)', 'ufs_hba_variant_ops', 'exit', ['clocks']],
  ['ufshcd_other(pdev)', 'ufs_hba_variant_ops', 'init', ['clocks']],
])('%s calls back %s.%s in the probe', (call, type, member, asked) => {
  const uart = KERNEL_TREE['drivers/acme/uart.c'] ?? '';
  const operations = `static int acme_op(struct x *x) { x->phy = devm_phy_get(x->dev, "a"); return 0; }
static const struct ${type} acme_ops = { .name = "acme", .${member} = acme_op, };
`;
  const kernel = catalogue({
    ...KERNEL_TREE,
    'drivers/acme/uart.c': uart
      .replace('static int acme_uart_probe', `${operations}static int acme_uart_probe`)
      .replace('clk =', `${call}; clk =`),
  });
  const set = kernel.driverSet(kernel.defaultConfig('arm64'));
  expect(set.byCompatible('acme,uart')[0]?.gets).toEqual(asked);
});
