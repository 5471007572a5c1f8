/** Which of dtc's checks a tree's build shows: its scripts say what is off for all boards, a Makefile what is off for one. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kernelChecks } from '../../devicetree/checks/run';
import { realDisk } from '../real-disk';
import { dtcOfBoard, treeOf } from '../trees';

const FILES: Readonly<Record<string, string>> = {
  'new/scripts/Makefile.dtbs':
    'DTC_FLAGS += -Wno-unique_unit_address\nifeq ($(findstring 1,$(KBUILD_EXTRA_WARN)),)\nDTC_FLAGS += -Wno-unit_address_vs_reg \\\n\t-Wno-simple_bus_reg\nendif\n',
  'new/arch/arm64/boot/dts/acme/Makefile':
    'DTC_FLAGS_quiet := -Wno-interrupt_map -Wno-gpios_property\nDTC_FLAGS_padded += --pad 20\ndtb-y += quiet.dtb loud.dtb\n',
  'old/scripts/Makefile.lib': 'DTC_FLAGS += -Wno-interrupt_provider\nDTC_FLAGS += -Wno-unit_address_format\n',
  'bare/README': '',
};
let root = '';
const put = (name: string, text: string): void => {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), text);
};

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'scope-linux-'));
  for (const tree of ['new', 'old', 'bare']) {
    put(`${tree}/Makefile`, 'VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 1\n');
    put(`${tree}/include/dt-bindings/a.h`, '');
    put(`${tree}/scripts/dtc/checks.c`, '');
    put(`${tree}/scripts/dtc/livetree.c`, '');
    for (const board of ['quiet', 'loud', 'padded'])
      put(`${tree}/arch/arm64/boot/dts/acme/${board}.dts`, '/dts-v1/;\n');
  }
  for (const [name, text] of Object.entries(FILES)) put(name, text);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const checksOf = (tree: string, board: string): ReadonlySet<string> => {
  const path = join(root, tree, 'arch/arm64/boot/dts/acme', `${board}.dts`);
  return kernelChecks(dtcOfBoard(realDisk, treeOf(path, null, realDisk).dtc, path));
};

test.each([
  ['new', 'loud', ['interrupt_map', 'interrupt_provider', 'gpios_property'], ['unique_unit_address', 'simple_bus_reg']],
  ['new', 'quiet', ['interrupt_provider'], ['interrupt_map', 'gpios_property', 'unit_address_vs_reg']],
  ['new', 'padded', ['interrupt_map', 'gpios_property'], ['unit_address_vs_reg']],
  ['old', 'quiet', ['interrupt_map', 'simple_bus_reg'], ['interrupt_provider', 'unit_address_format']],
  // a tree that does not say: as Linux 7.3
  ['bare', 'loud', ['interrupt_provider'], ['simple_bus_reg', 'unit_address_vs_reg']],
] as const)('%s/%s', (tree, board, on, off) => {
  const checks = checksOf(tree, board);
  expect(on.filter((name) => !checks.has(name))).toEqual([]);
  expect(off.filter((name) => checks.has(name))).toEqual([]);
});

test('a changed Makefile counts; what is the same is the same object', () => {
  expect(checksOf('new', 'quiet')).toBe(checksOf('new', 'quiet'));
  put('new/arch/arm64/boot/dts/acme/Makefile', 'DTC_FLAGS_loud := -Wno-clocks_property # a word more\n');
  expect(checksOf('new', 'quiet').has('interrupt_map')).toBe(true);
  expect(checksOf('new', 'loud').has('clocks_property')).toBe(false);
});
