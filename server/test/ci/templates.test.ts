/** The action for GitHub and the template for GitLab: their own shell steps, run in a repository with a change. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { exampleBoard } from '../../src/language/rules/examples';

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly runs: {
    readonly steps: readonly { readonly run: string; readonly env: Readonly<Record<string, string>> }[];
  };
}
type Template = Readonly<
  Record<
    string,
    {
      readonly script: readonly string[];
      readonly variables: Readonly<Record<string, string>>;
      readonly artifacts: { readonly paths: readonly string[] };
    }
  >
>;

const PROGRAM = `${process.execPath} ${resolve('dist/cli.js')}`;
let root = '';
let base = '';
const at = (name: string): string => join(root, name);
const git = (...args: string[]): string => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' }).trim();

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'scope-ci-')));
  git('init', '-q', '-b', 'main');
  git('config', 'user.email', 'a@example.invalid');
  git('config', 'user.name', 'A');
  writeFileSync(at('a.dts'), `${exampleBoard}&a { iommus = <&smmu 0x480 0x0>; };\n`);
  git('add', '-A');
  git('commit', '-qm', 'first');
  base = git('rev-parse', 'HEAD');
  writeFileSync(at('a.dts'), `${exampleBoard}&a { iommus = <&smmu 0x480>; };\n`);
  git('commit', '-qam', 'second');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function shell(script: string, env: Readonly<Record<string, string>>) {
  return spawnSync('bash', ['-c', script], { cwd: root, encoding: 'utf8', env: { ...process.env, ...env } });
}

describe('the action for GitHub', () => {
  const action = parse(readFileSync('ci/github/action.yml', 'utf8')) as Action;
  const run = (inputs: Readonly<Record<string, string>>) =>
    action.runs.steps.map(({ run: script, env }) => {
      const values = Object.entries(env).map(([name, text]) => [
        name,
        text.replace(
          /\$\{\{ inputs\.([\w-]+) \}\}/g,
          (_, input: string) => inputs[input] ?? action.inputs[input]?.default ?? '',
        ),
      ]);
      const files = { RUNNER_TEMP: at('temp'), GITHUB_STEP_SUMMARY: at('summary'), GITHUB_OUTPUT: at('output') };
      return shell(script, { ...files, ...(Object.fromEntries(values) as Record<string, string>) });
    });

  test('annotates, summarises, writes SARIF, and fails on a new error', () => {
    const [step] = run({ base, program: PROGRAM });
    expect(step?.stdout).toMatch(/^::error file=a\.dts,line=\d+,.*title=smmu\/cell-count::/m);
    expect(step?.status).toBe(1);
    expect(readFileSync(at('summary'), 'utf8')).toMatch(/new error/);
    const sarif = /^sarif=(.*)$/m.exec(readFileSync(at('output'), 'utf8'))?.[1] ?? '';
    expect(readFileSync(sarif, 'utf8')).toMatch(/"smmu\/cell-count"/);
  });

  test('passes when nothing may fail it', () => {
    expect(run({ base, program: PROGRAM, 'fail-on': 'never', kernel: '6.1,6.12' }).map((step) => step.status)).toEqual([
      0,
    ]);
  });

  test('one shard of a matrix is a part, and no failure', () => {
    for (const shard of ['1/2', '2/2'])
      expect(run({ base, program: PROGRAM, 'fail-on': 'never', shard }).map(({ status }) => status)).toEqual([0]);
  });

  test('two uses in one job write files of their own', () => {
    writeFileSync(at('output'), '');
    for (const kernel of ['6.1', '6.12']) run({ base, program: PROGRAM, kernel });
    const outputs = readFileSync(at('output'), 'utf8').match(/^json=.*$/gm) ?? [];
    expect(new Set(outputs).size).toBe(2);
    const booted = outputs.map((line) => readFileSync(line.slice('json='.length), 'utf8').match(/6\.1\d?/)?.[0]);
    expect(booted).toEqual(['6.1', '6.12']);
  });

  // runs have written reports into the same RUNNER_TEMP before
  test.each<[string, Readonly<Record<string, string>>, RegExp]>([
    ['commits that are none', { base: 'nothing' }, /names no two commits/],
    ['an empty base', { base: '' }, /^::error .*base is empty/m],
    ['a wrong option', { base: 'HEAD~1', shard: '0/0' }, /--shard takes i\/n/],
    ['a program that is none', { base: 'HEAD~1', program: 'false' }, /^$/],
  ])('says what cannot be compared, and publishes no report: %s', (_, inputs, says) => {
    for (const name of ['summary', 'output']) writeFileSync(at(name), '');
    const [step] = run({ program: PROGRAM, 'fail-on': 'never', ...inputs });
    expect(step?.status).toBe('program' in inputs ? 1 : 2);
    expect(`${step?.stdout}${step?.stderr}`).toMatch(says);
    expect(['summary', 'output'].map((name) => readFileSync(at(name), 'utf8'))).toEqual(['', '']);
  });
});

describe('the template for GitLab', () => {
  const template = parse(readFileSync('ci/gitlab/smmu-scope.yml', 'utf8')) as Template;
  const job = template['smmu-scope-review'];
  const run = (from: string) => {
    const env = {
      ...job?.variables,
      SMMU_SCOPE_PROGRAM: PROGRAM,
      CI_MERGE_REQUEST_DIFF_BASE_SHA: from,
      GIT_DEPTH: '0',
    };
    return shell((job?.script ?? []).join('\n'), env);
  };
  test('leaves a project file alone, and what it keeps is none', () => {
    writeFileSync(at('smmu-scope.json'), '{ "kernel": "6.12" }');
    expect(run(base).status).toBe(1);
    expect(run('nothing').status).toBe(2);
    expect(readFileSync(at('smmu-scope.json'), 'utf8')).toBe('{ "kernel": "6.12" }');
    rmSync(at('smmu-scope.json'));
    const kept = job?.artifacts.paths ?? [];
    expect(kept.length).toBeGreaterThan(0);
    for (const name of kept) expect(basename(name)).not.toBe('smmu-scope.json');
  });
  test.each<[string, string, RegExp]>([
    ['commits that are none', 'nothing', /names no two commits/],
    ['an empty base', '', /DIFF_BASE_SHA is empty/],
  ])('publishes no older report: %s', (_, from, says) => {
    const files = ['gl-code-quality-report.json', ...(job?.artifacts.paths ?? [])].map(at);
    for (const file of files) writeFileSync(file, '[]');
    const done = run(from);
    expect([done.status, done.stdout]).toEqual([2, '']);
    expect(done.stderr).toMatch(says);
    if (from !== '') expect(files.filter((file) => existsSync(file))).toEqual([]);
  });
  test('writes a Code Quality report and fails on a new error', () => {
    const done = run(base);
    expect(done.status).toBe(1);
    expect(existsSync(at('gl-code-quality-report.json'))).toBe(true);
    expect(JSON.parse(readFileSync(at('gl-code-quality-report.json'), 'utf8'))).toMatchObject([
      { check_name: 'smmu/cell-count', location: { path: 'a.dts' } },
    ]);
  });
});
