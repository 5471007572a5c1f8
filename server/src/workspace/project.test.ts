import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Ajv from 'ajv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { catchPrinted } from '../../test/helpers/printed';
import { run as check } from '../cli/check';
import { run as simulate } from '../cli/simulate';
import { exampleBoard } from '../language/rules/examples';
import { toUri } from './files';
import { Projects, parseProject } from './project';
import { simulateBoard } from './simulation';
import { Workspace } from './workspace';

const project = {
  schema: 1,
  boards: ['boards/*.dts'],
  includes: ['include'],
  defines: ['LAB_ID=0x480', 'LAB'],
  kernel: '6.12',
  severity: { 'smmu/stream-twice': 'warning' },
  cmdline: 'iommu.strict=1',
  scenario: 'lab.smmu.json',
  overlays: { 'one.dts': ['first.dtso', 'second.dtso'] },
};
const files: Readonly<Record<string, string>> = {
  'smmu-scope.json': `// the lab\n${JSON.stringify(project, null, 2)}\n`,
  'lab.smmu.json': JSON.stringify({
    schema: 1,
    arch: 'arm64',
    drivers: [{ name: 'lab-dma', compatible: ['vendor,dma', 'vendor,other-dma'], bus: 'platform', initcall: 'device' }],
  }),
  'include/lab.h': '#define FROM_FOLDER 1\n',
  'boards/one.dts': `${exampleBoard}#include "lab.h"\n#if defined(LAB) && FROM_FOLDER\n&a { iommus = <&smmu LAB_ID 0x0>; };\n#endif\n`,
  'first.dtso': '/dts-v1/;\n/plugin/;\n&b { iommus = <&smmu3 0x490>; };\n',
  'second.dtso': '/dts-v1/;\n/plugin/;\n&b { iommus = <&smmu3 0x491>; };\n',
  'other/smmu-scope.json': '{ "kernel": "7.3" }\n',
  'other/two.dts': `${exampleBoard}&a { iommus = <&smmu 0x480 0x0>; };\n`,
};

let root = '';
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'scope-project-')));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
const printed = catchPrinted();

function open() {
  const projects = new Projects(() => [root]);
  const settings = {
    kernel: '',
    cmdline: '',
    config: '',
    scenario: null,
    project: (board: string) => projects.of(board),
  };
  const options = { folders: [root], includePaths: [], defines: [], kernelTree: null, projects };
  return { projects, workspace: new Workspace(options, simulateBoard(settings)) };
}

describe('smmu-scope.json', () => {
  test('gives a board its includes, defines, kernel, command line and overlays in order', () => {
    const { workspace } = open();
    const snapshot = workspace.snapshot(toUri(join(root, 'boards/one.dts')));
    expect(snapshot?.problems.filter((p) => p.severity === 'error')).toEqual([]);
    expect(snapshot?.view.masters.map((m) => [m.node.path, m.list.entries[0]?.args[0]])).toEqual([
      ['/soc/dma@1000000', 0x480],
      // the second overlay wins
      ['/soc/dma@1010000', 0x491],
    ]);
    expect([snapshot?.report?.kernel, snapshot?.report?.cmdline]).toEqual(['6.12', 'iommu.strict=1']);
  });

  test('each folder has its own, the nearest counts', () => {
    const { workspace } = open();
    expect(workspace.snapshot(toUri(join(root, 'other/two.dts')))?.report?.kernel).toBe('7.3');
  });

  test('of several workspace folders each has its own, and one in the other does not count', () => {
    const folders = [join(root, 'boards'), join(root, 'other')];
    const kernels = new Projects(() => folders);
    expect(kernels.of(join(root, 'other/two.dts'))?.kernel).toBe('7.3');
    expect(kernels.of(join(root, 'boards/one.dts'))).toBeNull();
    expect(new Projects(() => [root, ...folders]).of(join(root, 'boards/one.dts'))).toBeNull();
    expect(new Projects(() => [root]).of(join(root, 'boards/one.dts'))?.kernel).toBe('6.12');
  });

  test('none above a workspace folder counts', () => {
    const inner = new Projects(() => [join(root, 'boards')]);
    expect(inner.of(join(root, 'boards/one.dts'))).toBeNull();
    expect(new Projects().of(join(root, 'boards/one.dts'))?.kernel).toBe('6.12');
  });

  test('a change counts, and overlays chosen by hand are put on instead', () => {
    const { projects, workspace } = open();
    const uri = toUri(join(root, 'boards/one.dts'));
    const streamOf = () => workspace.snapshot(uri)?.view.masters[1]?.list.entries[0]?.args[0];
    expect(streamOf()).toBe(0x491);
    workspace.selectOverlays(uri, [join(root, 'second.dtso'), join(root, 'first.dtso')]);
    expect(streamOf()).toBe(0x490);
    workspace.selectOverlays(uri, []);
    expect(streamOf()).toBeUndefined();
    workspace.selectOverlays(uri, null);
    const path = join(root, 'smmu-scope.json');
    writeFileSync(path, JSON.stringify({ ...project, overlays: ['first.dtso'] }));
    utimesSync(path, new Date(), new Date(Date.now() + 5000));
    workspace.projectsChanged();
    expect(streamOf()).toBe(0x490);
    writeFileSync(path, files['smmu-scope.json'] ?? '');
    projects.changed();
  });

  test('the command line reads it too', async () => {
    await check([join(root, 'boards/one.dts'), '--format', 'json']);
    expect(
      (JSON.parse(printed.out) as { findings: { severity: string; message: string }[] }).findings.flatMap((f) =>
        f.severity === 'error' ? f.message : [],
      ),
    ).toEqual([]);
    printed.out = '';
    await simulate([join(root, 'boards/one.dts'), '--format', 'json']);
    const report = JSON.parse(printed.out) as { kernel: string; devices: { device: string; group: number | null }[] };
    expect(report.kernel).toBe('6.12');
    expect(report.devices.find((d) => d.device === '/soc/dma@1010000')?.group).not.toBeNull();
  });

  test('a setting is stronger', async () => {
    await simulate([join(root, 'boards/one.dts'), '--format', 'json', '--kernel', '6.6']);
    expect((JSON.parse(printed.out) as { kernel: string }).kernel).toBe('6.6');
  });
});

describe('its text', () => {
  test.each([
    ['{ "kernle": "6.12" }', 'unknown property kernle (did you mean kernel?)'],
    ['{ "kernel": "newest" }', 'kernel must be one of 3.19'],
    ['{ "boards": "x.dts" }', 'boards must be an array'],
    ['{ "overlays": { "a.dts": "b.dtso" } }', 'overlays.a.dts must be an array'],
    ['{ "schema": 2 }', 'schema must be 1'],
    ['{', ''],
  ])('%s', (text, message) => {
    const { problems } = parseProject(text, '/p/smmu-scope.json');
    expect(problems.length).toBeGreaterThan(0);
    expect(problems[0]?.message).toContain(message);
  });

  test('what the parser takes, the schema takes', () => {
    const schema = JSON.parse(readFileSync(join(__dirname, 'smmu-scope.schema.json'), 'utf8')) as object;
    const validate = new Ajv({ strict: false }).compile(schema);
    expect(validate(project) ? [] : validate.errors).toEqual([]);
    for (const wrong of [
      { kernle: '6.12' },
      { boards: 'x' },
      { overlays: 'x' },
      { schema: 2 },
      { severity: 'off' },
      { severity: { 'smmu/cell-count': 'no' } },
      { defines: ['1x=3'] },
      { defines: [''] },
    ]) {
      expect(validate(wrong)).toBe(false);
      expect(parseProject(JSON.stringify(wrong), '/p/smmu-scope.json').problems).not.toEqual([]);
    }
    const keys = Object.keys((schema as { properties: object }).properties);
    expect(parseProject(JSON.stringify(Object.fromEntries(keys.map((k) => [k, null]))), '/p/x').problems).toEqual([]);
  });
});

describe('rules that a severity names', () => {
  const codes = ['smmu/cell-count', 'smmu/sid-range'];
  test.each([
    ['smmu/cell-count', null],
    ['smmu/*', null],
    ['unit_address_vs_reg', null],
    ['dts/syntax', null],
    ['cell-count', 'unknown rule cell-count (did you mean smmu/cell-count?)'],
    ['smmu/cell-cuont', 'unknown rule smmu/cell-cuont (did you mean smmu/cell-count?)'],
    ['unit_address_vs_rge', 'unknown rule unit_address_vs_rge (did you mean unit_address_vs_reg?)'],
    ['smmu/nope', 'unknown rule smmu/nope'],
  ])('%s', (code, message) => {
    const text = JSON.stringify({ severity: { [code]: 'off' } });
    const { project, problems } = parseProject(text, '/p/smmu-scope.json', codes);
    expect(problems.map((problem) => [problem.severity, problem.message])).toEqual(
      message === null ? [] : [['warning', `severity: ${message}`]],
    );
    expect(project.severity).toEqual({ [code]: 'off' });
    expect(parseProject(text, '/p/smmu-scope.json').problems).toEqual([]);
  });
});

describe('severities of a project', () => {
  const bad = `${exampleBoard}&a { iommus = <&smmu 0x480>; };\n`;
  const found = async (severity: object | null, ...more: string[]): Promise<[number, string | undefined]> => {
    const folder = join(root, 'severity');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'board.dts'), bad);
    writeFileSync(join(folder, 'smmu-scope.json'), JSON.stringify(severity === null ? {} : { severity }));
    printed.out = '';
    const status = await check([join(folder, 'board.dts'), '--format', 'json', ...more]);
    const { findings } = JSON.parse(printed.out) as { findings: { code: string; severity: string }[] };
    return [status, findings.find(({ code }) => code === 'smmu/cell-count')?.severity];
  };
  test.each<[string, object | null, number, string | undefined]>([
    ['none', null, 1, 'error'],
    ['a rule', { 'smmu/cell-count': 'hint' }, 0, 'hint'],
    ['off', { 'smmu/cell-count': 'off' }, 0, undefined],
    ['all of ours', { 'smmu/*': 'information' }, 0, 'information'],
    ['a rule before all', { 'smmu/*': 'off', 'smmu/cell-count': 'warning' }, 0, 'warning'],
  ])('%s', async (_, severity, status, expected) => {
    expect(await found(severity)).toEqual([status, expected]);
    expect(await found(severity, '--no-simulation')).toEqual([status, expected]);
  });
  test('a changed one counts also where results are kept', async () => {
    const cache = ['--cache', join(root, 'cache')];
    expect(await found(null, ...cache)).toEqual([1, 'error']);
    const later = join(root, 'severity/smmu-scope.json');
    expect(await found({ 'smmu/cell-count': 'hint' }, ...cache)).toEqual([0, 'hint']);
    expect(await found({ 'smmu/cell-count': 'hint' }, ...cache)).toEqual([0, 'hint']);
    rmSync(later);
  });
});

test('docs/editors.md names every property of the file, and no other', () => {
  const text = readFileSync(join(__dirname, '../../../docs/editors.md'), 'utf8');
  const schema = JSON.parse(readFileSync(join(__dirname, 'smmu-scope.schema.json'), 'utf8')) as { properties: object };
  const named = [...text.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(named.sort()).toEqual(
    Object.keys(schema.properties)
      .filter((name) => name !== '$schema')
      .sort(),
  );
});
