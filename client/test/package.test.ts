/** What the package says of itself: its strings can be translated, its walkthrough and its page hold. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { extensionReadme } from '../scripts/extension-readme.mjs';
import { copyOfExamples } from '../scripts/progress.mjs';

const root = resolve(__dirname, '../..');
const text = (name: string): string => readFileSync(join(root, name), 'utf8');
const json = (name: string) => JSON.parse(text(name)) as Record<string, unknown>;

interface Manifest {
  readonly description: string;
  readonly files: readonly string[];
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string }[];
    readonly configuration: { readonly properties: Readonly<Record<string, Record<string, unknown>>> };
    readonly walkthroughs: readonly {
      readonly steps: readonly { readonly description: string; readonly media: { readonly markdown: string } }[];
    }[];
    readonly languageModelTools: readonly { readonly name: string }[];
  };
}
const manifest = json('package.json') as unknown as Manifest;
const nls = json('package.nls.json') as Record<string, string>;
const sources = readdirSync(join(root, 'client/src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, source: text(join('client/src', name)) }));

describe('strings', () => {
  test('every %key% of package.json has its text in package.nls.json, and every text is used', () => {
    const used = [...text('package.json').matchAll(/"%([\w.]+)%"/g)].map(([, key = '']) => key);
    expect([...new Set(used)].sort()).toEqual(Object.keys(nls).sort());
    for (const [key, value] of Object.entries(nls)) expect(value, key).not.toBe('');
  });

  test('titles and descriptions of commands and settings can be translated', () => {
    const { commands, configuration } = manifest.contributes;
    for (const { command, title } of commands)
      expect(title, `${command}: put its title into package.nls.json`).toMatch(/^%.*%$/);
    for (const [name, property] of Object.entries(configuration.properties)) {
      const said = property.description ?? property.markdownDescription;
      expect(said, `${name}: put its description into package.nls.json`).toMatch(/^%.*%$/);
    }
  });

  test('what the client shows goes through vscode.l10n', () => {
    for (const { name, source } of sources)
      for (const [call] of source.matchAll(/show(?:Information|Warning|Error)Message\(\s*['"`][^'"`]*/g))
        expect.fail(`${name}: ${call} wants vscode.l10n.t`);
    // in templates are names of files and devices, and what the server says
    const labels =
      /\b(?:title|label|placeHolder|openLabel|saveLabel|prompt|description): (['"])[^'"]*[a-z]{2}[^'"]*\1/g;
    for (const { name, source } of sources)
      for (const [found] of source.matchAll(labels)) expect.fail(`${name}: ${found} wants vscode.l10n.t`);
  });

  test('the bundle of strings is that of the sources (npm run l10n)', () => {
    const bundle = Object.keys(json('l10n/bundle.l10n.json'));
    for (const { name, source } of sources)
      for (const [, quote, message = ''] of source.matchAll(/l10n\.t\(\s*(['"])((?:(?!\1)[^\\]|\\.)*)\1/g))
        expect(bundle, `${name}: ${quote}${message}${quote}`).toContain(message.replace(/\\(.)/g, '$1'));
  });
});

describe('the page of the extension', () => {
  const page = extensionReadme(text('README.md'));
  test('has no picture or link that leads nowhere there', () => {
    for (const [, target] of page.matchAll(/\]\(([^)]*)\)/g)) expect(target).toMatch(/^(https:|#)/);
    expect(page).toContain('# SMMU Scope');
  });

  test("README's own links and pictures are there", () => {
    for (const [, target = ''] of text('README.md').matchAll(/\]\(([^)#]*)\)/g))
      if (!/^https:/.test(target)) expect(existsSync(join(root, target)), target).toBe(true);
  });

  test("README's first screen is for users of the extension; the two commands stay", () => {
    const first = text('README.md').split('\n').slice(0, 22).join('\n');
    expect(first).toContain('Open a `.dts`');
    expect(first).toContain('Open the Examples');
    expect(first).not.toContain('npm ci');
    expect(text('README.md')).toContain('npm ci && npm start');
    expect(text('README.md')).toContain('npm ci && npm test');
  });
});

describe('the walkthrough', () => {
  const steps = manifest.contributes.walkthroughs.flatMap((walkthrough) => walkthrough.steps);
  test.each(steps.map((step) => [step.media.markdown, step] as const))(
    '%s is packed, and its commands exist',
    (path, step) => {
      expect(existsSync(join(root, path))).toBe(true);
      expect(manifest.files.some((pattern) => pattern === `${dirname(path)}/*.md`)).toBe(true);
      const known = new Set([
        ...manifest.contributes.commands.map((c) => c.command),
        ...sources.flatMap(({ source }) =>
          [...source.matchAll(/registerCommand\('(smmuScope\.\w+)'/g)].map(([, c = '']) => c),
        ),
      ]);
      const description = nls[step.description.replaceAll('%', '')] ?? '';
      for (const [, command = ''] of description.matchAll(/\(command:([\w.]+)\)/g))
        if (command.startsWith('smmuScope.')) expect([...known]).toContain(command);
    },
  );

  test('the examples are packed', () => expect(manifest.files).toContain('examples/**'));
});

test('every tool for language models is registered', () => {
  const tools = sources.find(({ name }) => name === 'tools.ts')?.source ?? '';
  for (const { name } of manifest.contributes.languageModelTools) expect(tools).toContain(`'${name}'`);
});

describe('commands that the documents name', () => {
  const { scripts } = json('package.json') as { scripts: Readonly<Record<string, string>> };
  const documents = [
    'README.md',
    'CONTRIBUTING.md',
    'ARCHITECTURE.md',
    'docs/editors.md',
    '.ci/run',
    'findings/README.md',
  ];
  test.each(documents)('%s: every npm script is there', (name) => {
    // `bench:check`, `bench:cold` in one cell: the second without `npm run`
    const named = [...text(name).matchAll(/npm run (?:--silent |-s )?([\w:.-]+)|`((?:test|bench):[\w.-]+)/g)];
    for (const [, script, short] of named) expect(Object.keys(scripts)).toContain(script ?? short);
  });

  test('every finding has its script, and the other way round', () => {
    const listed = [...text('findings/README.md').matchAll(/^\| `([\w-]+\.sh)`/gm)].map(([, script]) => script);
    expect(listed.sort()).toEqual(
      readdirSync(join(root, 'findings'))
        .filter((name) => name.endsWith('.sh'))
        .sort(),
    );
  });

  test("README's commands of the command line are there, with the options that it names", () => {
    const lines = [...text('README.md').matchAll(/^ {4}node dist\/cli\.js +(\w+)(.*)$/gm)];
    expect(lines.length).toBeGreaterThan(4);
    const help = text('server/src/cli/shell/commands.ts');
    for (const [, command = '', rest = ''] of lines) {
      expect(help, command).toMatch(new RegExp(`^ {2}${command}: \\{`, 'm'));
      for (const [, option = ''] of rest.matchAll(/--([a-z-]+)/g))
        expect(help, `${command} --${option}`).toContain(option);
    }
  });
});

describe('npm start', () => {
  test('opens a copy of the examples', () => {
    const copy = copyOfExamples();
    expect(existsSync(join(copy, 'mmu500/lab-m8-phone.dts'))).toBe(true);
    expect(copy.startsWith(root)).toBe(false);
    rmSync(dirname(copy), { recursive: true });
  });

  test('says that it works while something blocks it', () => {
    const program = `import { whileWorking } from './client/scripts/progress.mjs';
      import { spawnSync } from 'node:child_process';
      whileWorking(() => spawnSync('sleep', ['5']), { every: 100 });`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(stdout).toMatch(/^\.{2,}/);
  }, 60_000);
});
