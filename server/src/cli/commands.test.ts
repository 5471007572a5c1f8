import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { exampleBoard } from '../language/rules/examples';
import { run as check } from './check';
import { run as compile } from './compile';
import { run as explain } from './explain';
import { run as iommus } from './iommus';
import { UsageError } from './options';
import { run as simulate } from './simulate';
import { run as translate } from './translate';

let root = '';
let out = '';
let err = '';
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
  writeFileSync(file('off.dtso'), '/dts-v1/;\n/plugin/;\n&smmu { status = "disabled"; };\n');
  writeFileSync(file('log'), '[    1.0] platform 1000.a: deferred probe pending: (reason unknown)\n');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => {
  out = '';
  err = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

describe('simulate', () => {
  test('takes the scenario beside the board and says so', async () => {
    expect(await simulate([file('board.dts')])).toBe(0);
    expect(out).toMatch(/^Scenario .*board\.smmu\.json$/m);
    expect(out).toContain('the-driver');
  });

  test('says when there is none', async () => {
    expect(await simulate([file('alone.dts')])).toBe(0);
    expect(out).toContain('No scenario');
    expect(out).not.toContain('the-driver');
  });

  test('compares the strategies in one table, and shows one in full', async () => {
    await simulate([file('board.dts')]);
    expect(out).toMatch(/^ {2}master +S1 +S2 +S3 +S4 +S5 +S6$/m);
    out = '';
    await simulate([file('board.dts'), '--strategy', 'S4']);
    expect(out).toMatch(/^Strategy S4$/m);
    expect(out).toContain('suspend safe');
  });

  test('prints messages as the kernel does: driver, name, text', async () => {
    await simulate([file('board.dts')]);
    expect(out).toMatch(/^ {2}arm-smmu [0-9a-f]+\.iommu: probing hardware configuration\.\.\.$/m);
  });

  test('a board with errors is simulated as far as it can be read, and fails', async () => {
    expect(await simulate([file('bad.dts'), '--format', 'json'])).toBe(1);
    expect(err).toMatch(/bad\.dts:\d+:\d+: error: /);
    expect(JSON.parse(out)).toMatchObject({ schema: 1 });
  });

  test('an overlay counts', async () => {
    const groups = async (...more: string[]): Promise<number> => {
      out = '';
      await simulate([file('board.dts'), '--format', 'json', ...more]);
      return (JSON.parse(out) as { groups: unknown[] }).groups.length;
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
    expect(out).toBe('');
  });

  test.each([
    ['check', check],
    ['iommus', iommus],
  ])('%s applies overlays', async (_, run) => {
    await run([file('board.dts'), '--overlay', file('off.dtso'), '--format', 'json']);
    expect(out).toContain('disabled');
  });

  test('compile goes on after a file that is not there', async () => {
    expect(await compile([file('nothing.dts'), file('board.dts'), '--sha256'])).toBe(2);
    expect(out).toMatch(/^- {2}.*nothing\.dts\n[0-9a-f]{64} {2}.*board\.dts\n$/);
  });

  test('iommus prints what is wrong with the source', async () => {
    expect(await iommus([file('bad.dts')])).toBe(1);
    expect(err).toMatch(/bad\.dts:\d+:\d+: error: /);
  });
});
