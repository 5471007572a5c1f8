import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { catchPrinted } from '../../test/helpers/printed';
import { exampleBoard } from '../language/rules/examples';
import { run as check } from './check';
import { run as compile } from './compile';
import { run as explain } from './explain';
import { run as iommus } from './iommus';
import { UsageError } from './options';
import { run as simulate } from './simulate';
import { run as translate } from './translate';

let root = '';
const file = (name: string) => join(root, name);

const scenario = {
  schema: 1,
  arch: 'arm64',
  drivers: [{ name: 'the-driver', compatible: ['lab,a'], bus: 'platform', initcall: 'device' }],
};

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'scope-commands-')));
  writeFileSync(file('board.dts'), `${exampleBoard}&a { compatible = "lab,a"; iommus = <&smmu 0x480 0x0>; };\n`);
  writeFileSync(file('board.smmu.json'), JSON.stringify(scenario));
  writeFileSync(file('alone.dts'), `${exampleBoard}&a { compatible = "lab,a"; iommus = <&smmu 0x480 0x0>; };\n`);
  writeFileSync(file('bad.dts'), `${exampleBoard}&a { iommus = <&smmu 0x480 };\n`);
  writeFileSync(file('odd.smmu.json'), '{\n  "evnets": []\n}\n');
  writeFileSync(file('odd.config'), 'CONFIG_MODULES=y\nCONFIG_PCI = y\n');
  writeFileSync(file('off.dtso'), '/dts-v1/;\n/plugin/;\n&smmu { status = "disabled"; };\n');
  writeFileSync(file('log'), '[    1.0] platform 1000.a: deferred probe pending: (reason unknown)\n');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
const printed = catchPrinted();

describe('simulate', () => {
  test('takes the scenario beside the board and says so', async () => {
    expect(await simulate([file('board.dts')])).toBe(0);
    expect(printed.out).toMatch(/^Scenario .*board\.smmu\.json$/m);
    expect(printed.out).toContain('the-driver');
  });

  test('says when there is none', async () => {
    expect(await simulate([file('alone.dts')])).toBe(0);
    expect(printed.out).toContain('No scenario');
    expect(printed.out).not.toContain('the-driver');
  });

  test('compares the strategies in one table, and shows one in full', async () => {
    await simulate([file('board.dts')]);
    expect(printed.out).toMatch(/^ {2}master +S1 +S2 +S3 +S4 +S5 +S6$/m);
    printed.out = '';
    await simulate([file('board.dts'), '--strategy', 'S4']);
    expect(printed.out).toMatch(/^Strategy S4$/m);
    expect(printed.out).toContain('suspend safe');
  });

  test('prints messages as the kernel does: driver, name, text', async () => {
    await simulate([file('board.dts')]);
    expect(printed.out).toMatch(/^ {2}arm-smmu [0-9a-f]+\.iommu: probing hardware configuration\.\.\.$/m);
  });

  test('a board with errors is simulated as far as it can be read, and fails', async () => {
    expect(await simulate([file('bad.dts'), '--format', 'json'])).toBe(1);
    expect(printed.err).toMatch(/bad\.dts:\d+:\d+: error: /);
    expect(JSON.parse(printed.out)).toMatchObject({ schema: 1 });
  });

  test('an overlay counts', async () => {
    const groups = async (...more: string[]): Promise<number> => {
      printed.out = '';
      await simulate([file('board.dts'), '--format', 'json', ...more]);
      return (JSON.parse(printed.out) as { groups: unknown[] }).groups.length;
    };
    expect(await groups()).toBe(1);
    expect(await groups('--overlay', file('off.dtso'))).toBe(0);
  });
});

describe('every command', () => {
  test.each([
    ['simulate', simulate, ['nothing.dts']],
    ['translate', translate, ['nothing.dts', '--master', '/a', '--iova', '0x0']],
    ['explain', explain, ['nothing.log']],
    ['explain', explain, [() => file('log'), '--dts', 'nothing.dts']],
    ['check', check, [() => file('board.dts'), '--overlay', 'nothing.dtso']],
    ['iommus', iommus, [() => file('board.dts'), '--overlay', 'nothing.dtso']],
    ['compile', compile, [() => file('board.dts'), '--overlay', 'nothing.dtso']],
    ['simulate', simulate, [() => file('board.dts'), '--scenario', 'nothing.json']],
  ] as const)('%s refuses a file that is not there', async (_, run, args) => {
    const given = args.map((arg) => (typeof arg === 'string' ? arg : arg()));
    await expect(run(given)).rejects.toThrow(UsageError);
    expect(printed.out).toBe('');
  });

  test.each([
    ['check', check],
    ['iommus', iommus],
  ])('%s applies overlays', async (_, run) => {
    await run([file('board.dts'), '--overlay', file('off.dtso'), '--format', 'json']);
    expect(printed.out).toContain('disabled');
  });

  test('compile goes on after a file that is not there', async () => {
    expect(await compile([file('nothing.dts'), file('board.dts'), '--sha256'])).toBe(2);
    expect(printed.out).toMatch(/^- {2}.*nothing\.dts\n[0-9a-f]{64} {2}.*board\.dts\n$/);
  });

  test('iommus prints what is wrong with the source', async () => {
    expect(await iommus([file('bad.dts')])).toBe(1);
    expect(printed.err).toMatch(/bad\.dts:\d+:\d+: error: /);
  });

  test.each([
    [
      'a scenario',
      'simulate',
      simulate,
      ['--scenario', 'odd.smmu.json'],
      /odd\.smmu\.json:2:3: warning: unknown property evnets \(did you mean events\?\)/,
    ],
    [
      'a scenario',
      'check',
      check,
      ['--scenario', 'odd.smmu.json'],
      /odd\.smmu\.json:2:3: warning: unknown property evnets/,
    ],
    [
      'a .config',
      'simulate',
      simulate,
      ['--config', 'odd.config'],
      /odd\.config:2:1: warning: unexpected data: CONFIG_PCI = y/,
    ],
    [
      'a .config',
      'check',
      check,
      ['--config', 'odd.config'],
      /odd\.config:2:1: warning: unexpected data: CONFIG_PCI = y/,
    ],
    [
      'a parameter',
      'simulate',
      simulate,
      ['--cmdline', 'iommu.srtict=1'],
      /unknown parameter iommu\.srtict \(did you mean iommu\.strict\?\)/,
    ],
    [
      'a parameter',
      'check',
      check,
      ['--cmdline', 'fw_devlnk=on'],
      /unknown parameter fw_devlnk \(did you mean fw_devlink\?\)/,
    ],
  ] as const)('what is misspelt in %s is said by %s', async (_, _name, run, args, expected) => {
    await run([file('alone.dts'), ...args.map((arg) => (arg.startsWith('odd') ? file(arg) : arg))]);
    expect(printed.err).toMatch(expected);
  });

  test.each([
    [
      '--kernel',
      'newest',
      '--kernel is one of 3.19, 4.12, 5.10, 5.15, 6.1, 6.6, 6.12, 6.18, 7.3 or a release between them, not newest',
    ],
    ['--kernel', '9.9', '7.3 or a release between them, not 9.9'],
    ['--kernel', '7.10', 'not 7.10'],
    ['-I', '/nope', '-I takes a folder: /nope is none'],
    ['-D', '1x=3', "-D takes NAME or NAME=VALUE, where NAME is letters, digits and _: not '1x=3'"],
    ['-D', '', '-D takes NAME or NAME=VALUE'],
    ['-D', '=1', '-D takes NAME or NAME=VALUE'],
    ['-D', 'a b', '-D takes NAME or NAME=VALUE'],
    [
      '--kernel-tree',
      '/nope',
      '--kernel-tree takes the root of a Linux or U-Boot tree (with include/dt-bindings): /nope',
    ],
    ['--kernel-tree', tmpdir(), '--kernel-tree takes the root of a Linux or U-Boot tree'],
    ['--shard', '1/2', 'unknown option --shard'],
    ['--kernle', '6.12', 'unknown option --kernle (did you mean --kernel?)'],
    ['--strategy', 'S1,S9', '--strategy is S1 to S6 or all, not S1,S9'],
  ])('%s %s is refused', async (option, value, message) => {
    await expect(simulate([file('alone.dts'), option, value])).rejects.toThrow(message);
  });
});
