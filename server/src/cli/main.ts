/** The command line: finds the sub-command and loads only that. */
import { UsageError } from './options';

interface Command {
  readonly summary: string;
  load(): Promise<{ run(args: readonly string[]): Promise<number> }>;
}

/** One line a sub-command; each lives in a file of its own whose `run` gives the exit status. */
const COMMANDS: Readonly<Record<string, Command>> = {
  check: { summary: 'findings of boards, as text, JSON or SARIF', load: () => import('./check') },
  compile: { summary: 'FDT blobs as cpp and dtc write them', load: () => import('./compile') },
  simulate: { summary: 'a boot on paper: order, deferral, groups, strategies', load: () => import('./simulate') },
  explain: {
    summary: 'faults, deferrals and groups of a kernel log, matched against a board',
    load: () => import('./explain'),
  },
  iommus: { summary: 'IOMMUs, masters and maps as the tree states them', load: () => import('./iommus') },
  lsp: { summary: 'the language server (--stdio)', load: () => import('./lsp') },
  translate: {
    summary: 'one access of a master, through stream table and page tables',
    load: () => import('./translate'),
  },
};

function usage(): string {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  return [
    'usage: smmu-scope COMMAND FILE... [options]',
    ...rows,
    'common options: -I DIR, -D NAME[=VALUE], --overlay FILE, --kernel-tree DIR',
    '',
  ].join('\n');
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(usage());
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw new UsageError(`unknown command ${name}\n${usage()}`);
  return (await command.load()).run(rest);
}

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`smmu-scope: ${message}\n`);
    process.exitCode = 2;
  },
);
