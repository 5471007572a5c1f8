/** The built program as a shell runs it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { optionOf } from './command';
import { COMMANDS, COMMON } from './commands';

const root = resolve(__dirname, '../../../..');
const cli = join(root, 'dist/cli.js');
const board = join(root, 'examples/mmu500/lab-m8-phone.dts');
const names = Object.keys(COMMANDS);

let folder = '';
beforeAll(() => {
  if (!existsSync(cli)) throw new Error('dist/cli.js is not there: npm run build');
  folder = mkdtempSync(join(tmpdir(), 'scope-program-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', input: '' });
  return { status, out: stdout, err: stderr };
}

function shell(name: string, script: string) {
  const { status, stdout, stderr } = spawnSync(name, ['-c', script], { encoding: 'utf8', cwd: folder });
  return { status, out: stdout, err: stderr };
}

const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;

describe('help', () => {
  test('--version says what package.json says', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(run('--version')).toEqual({ status: 0, out: `smmu-scope ${version}\n`, err: '' });
  });

  test.each(names)(
    '%s --help has examples, and names only options that it takes',
    (name) => {
      const command = COMMANDS[name]!;
      const { status, out } = run(name, '--help');
      expect(status).toBe(0);
      expect(out).toMatch(/^examples:\n {2}\S/m);
      // an option of the examples is one of the list
      const known = [...command.options, ...(command.bare === true ? [] : COMMON)].flatMap((o) => optionOf(o).names);
      for (const [line] of command.examples)
        if (line.startsWith(`${name} `))
          for (const [, option = ''] of line.split(/[|>]/)[0]!.matchAll(/ (--?[\w@-]+)/g))
            expect(known, line).toContain(option);
      for (const option of known) expect(out).toContain(option);
      for (const [number, meaning] of command.exit) expect(out).toMatch(new RegExp(`^  ${number} +${meaning}$`, 'm'));
      expect(out.includes('exit status:')).toBe(command.exit.length > 0);
    },
    20_000,
  );

  test.each(names)(
    '%s takes every option that its help names, and refuses others with what is possible',
    (name) => {
      const command = COMMANDS[name]!;
      const options = [...command.options, ...(command.bare === true ? [] : COMMON)].map(optionOf);
      const all = options.flatMap((o) => (o.takesValue ? [o.names[0]!, o.choices[0] ?? 'x'] : [...o.names]));
      if (name !== 'lsp') expect(run(name, ...all).err).not.toContain('unknown option');
      const { status, err } = run(name, '--nonsense');
      expect(status).toBe(2);
      expect(err).toContain('unknown option --nonsense');
      for (const option of options) expect(err).toContain(option.names[0]);
    },
    20_000,
  );

  test.each([
    [['chekc', 'x.dts'], 'did you mean check?'],
    [['--versoin'], 'unknown option --versoin'],
    [['simulate', board, '--kernel', '9.9'], '3.19, 4.12, 5.10, 5.15, 6.1, 6.6, 6.12, 6.18, 7.3'],
    [['check', board, '-o', 'x'], 'unknown option -o'],
    [['rules', '--overlay', 'x'], 'unknown option --overlay: there are none here'],
  ])('%j is refused', (args, message) => {
    const { status, out, err } = run(...args);
    expect([status, out]).toEqual([2, '']);
    expect(err).toContain(message);
  });
});

describe('pipes', () => {
  test.each([
    ['rules', 'rules'],
    ['simulate', `simulate ${board} --format json`],
    ['check', `check ${join(root, 'examples')} --format sarif`],
  ])('%s ends quietly when its reader goes', (_, args) => {
    const { out, err } = shell('bash', `${process.execPath} ${cli} ${args} | head -c 20`);
    expect(out).toHaveLength(20);
    expect(err).toBe('');
  });
});

describe('completion', () => {
  test.each(['bash', 'zsh', 'fish'])('%s: every command and option is there', (name) => {
    const { status, out } = run('completion', name);
    expect(status).toBe(0);
    for (const command of names) expect(out).toContain(command);
    for (const option of ['--format', '--max-warnings', '--kernel-tree'])
      expect(out).toContain(name === 'fish' ? option.slice(2) : option);
  });

  test.each([
    ['smmu-scope ch', 'check'],
    ['smmu-scope check --form', '--format'],
    ['smmu-scope check --format sa', 'sarif'],
    ['smmu-scope completion z', 'zsh'],
    ['smmu-scope check boa', 'board.dts'],
    ['smmu-scope check --scenario boa', 'board.dts'],
  ])('bash completes "%s" to %s', (line, expected) => {
    writeFileSync(join(folder, 'completion.bash'), run('completion', 'bash').out);
    writeFileSync(join(folder, 'board.dts'), '');
    const words = line.split(' ');
    const script = `source completion.bash; COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _smmu_scope; echo "\${COMPREPLY[@]}"`;
    const { out, err } = shell('bash', script);
    expect(err).toBe('');
    expect(out.trim().split(' ')).toEqual([expected]);
  });

  // shells that a machine need not have, but CI has: their scripts are read where they are
  for (const [name, check] of [
    ['zsh', 'zsh -n'],
    ['fish', 'fish --no-execute'],
  ] as const)
    test.runIf(has(name) || process.env.CI === 'true')(`${name} reads its script`, () => {
      writeFileSync(join(folder, `completion.${name}`), run('completion', name).out);
      expect(shell('bash', `${check} completion.${name}`)).toMatchObject({ status: 0, err: '' });
    });

  test('another shell is refused', () => {
    expect(run('completion', 'tcsh')).toMatchObject({
      status: 2,
      err: 'smmu-scope: completion takes one of bash, zsh, fish\n',
    });
  });
});

test('the program that compiles is small: the engine is another one', () => {
  expect(statSync(cli).size).toBeLessThan(statSync(join(root, 'dist/cli-engine.js')).size / 4);
});

describe('files that are none', () => {
  const soc = '/dts-v1/;\n/ { #address-cells = <1>; #size-cells = <1>; };\n';
  const at = (name: string): string => join(folder, 'odd', name);
  beforeAll(() => {
    mkdirSync(join(folder, 'odd'));
    writeFileSync(at('board.dts'), soc);
    spawnSync('mkfifo', [at('pipe.dts'), at('pipe.dtsi')]);
  });
  const within = (script: string) =>
    spawnSync('bash', ['-c', script], {
      encoding: 'utf8',
      cwd: join(folder, 'odd'),
      timeout: 20_000,
      env: { ...process.env, C: `${process.execPath} ${cli}` },
    });

  test.each<[string, string, number, RegExp]>([
    ['a folder with a pipe in it', '$C check .', 0, /^1 file: 0 errors/],
    ['a glob that a pipe matches', "$C check '*.dts'", 0, /^1 file: 0 errors/],
    ...['check', 'compile', 'simulate', 'iommus'].map((command): [string, string, number, RegExp] => [
      `a pipe that ${command} is given`,
      `$C ${command} pipe.dts`,
      2,
      /cannot read pipe\.dts \(a named pipe, no file\)/,
    ]),
    ['a pipe as a list', '$C check @pipe.dts', 2, /cannot read the list pipe\.dts \(a named pipe/],
    ['a pipe as a scenario', '$C simulate board.dts --scenario pipe.dts', 2, /cannot read pipe\.dts \(a named pipe/],
    ['a pipe as an overlay', '$C compile board.dts --overlay pipe.dts', 2, /cannot read pipe\.dts \(a named pipe/],
    ["the shell's pipe of a source", '$C check <(cat board.dts)', 0, /^1 file: 0 errors/],
    ["the shell's pipe of a source, compiled", '$C compile <(cat board.dts) --sha256', 0, /^[0-9a-f]{64} {2}\/dev\/fd/],
    ["the shell's pipe of a blob", '$C compile <($C compile board.dts) --sha256', 0, /^[0-9a-f]{64} {2}\/dev\/fd/],
    ["the shell's pipe, by its name", '$C simulate <(cat board.dts)', 0, /^\/dev\/fd\/\d+: Linux/],
    ["the shell's pipe of a list", '$C check @<(echo board.dts)', 0, /^1 file: 0 errors/],
    ['a blob on standard input of check', '$C compile board.dts | $C check -', 2, /- is a blob/],
    ['a source without end', '$C check <(cat /dev/zero)', 2, /cannot read \/dev\/fd\/\d+ \(more than 64 MB\)/],
    ['standard input without end', '$C check - < /dev/zero', 2, /cannot read standard input \(more than 64 MB\)/],
    ['a cache that cannot be made', '$C check board.dts --cache /proc/nope', 0, /cannot use the cache \/proc\/nope/],
    ['a folder that cannot be made', '$C compile board.dts --out-dir /proc/x/y', 2, /cannot make the folder \/proc\/x/],
  ])(
    '%s',
    (_, script, status, says) => {
      const ran = within(script);
      expect(ran.error).toBeUndefined();
      expect(ran.stderr + ran.stdout).toMatch(says);
      expect(ran.status).toBe(status);
    },
    30_000,
  );
});

describe('what cannot be written', () => {
  const full = existsSync('/dev/full') ? describe : describe.skip;
  full('a full disk', () => {
    test.each([
      ['rules > /dev/full', /^smmu-scope: cannot write standard output \(ENOSPC\)\n$/],
      [`simulate ${board} > /dev/full`, /^smmu-scope: cannot write standard output \(ENOSPC\)\n$/],
      [`check ${board} > /dev/full`, /smmu-scope: cannot write standard output \(ENOSPC\)\n$/],
      [`compile ${board} -o - > /dev/full`, /smmu-scope: cannot write standard output \(ENOSPC\)\n$/],
      [`iommus ${board} > /dev/full`, /smmu-scope: cannot write standard output \(ENOSPC\)\n$/],
      [`simulate ${board} -o /dev/full`, /smmu-scope: ENOSPC/],
      [`compile ${board} -o /dev/full`, /smmu-scope: ENOSPC/],
      ['rules 2> /dev/full nonsense', /^$/],
    ])('%s', (line, says) => {
      const ran = shell('bash', `${process.execPath} ${cli} ${line}`);
      expect(ran.status).toBe(2);
      expect(ran.err).toMatch(says);
      expect(ran.err).not.toMatch(/ {4}at /);
    });
  });
});
