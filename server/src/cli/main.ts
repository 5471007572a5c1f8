/** The command line: finds the sub-command and loads only that. */
import { UsageError } from './options';

interface Command {
  readonly summary: string;
  /** The arguments, and below them one line an option. */
  readonly usage: string;
  readonly options: readonly (readonly [option: string, meaning: string])[];
  load(): Promise<{ run(args: readonly string[]): Promise<number> }>;
}

const BOOT: Command['options'] = [
  ['--scenario S.smmu.json', 'drivers, DMA and events; without it the one beside the board'],
  ['--kernel 6.12', 'kernel model: 3.19, 4.12, 5.15, 6.1, 6.6, 6.12, 6.18 or 7.3'],
  ['--cmdline "..."', "the kernel's command line"],
  ['--config .config', 'which drivers are built in, modules or absent'],
];
const COMMON: Command['options'] = [
  ['-I DIR', 'include folder (repeatable); without one, those of the source tree around the file'],
  ['-D NAME[=VALUE]', 'define a macro (repeatable)'],
  ['--overlay FILE', 'apply an overlay, .dtso or .dtbo (repeatable)'],
  ['--kernel-tree DIR', 'take the include folders of this Linux tree'],
];

/** One entry a sub-command; each lives in a file of its own whose `run` gives the exit status. */
const COMMANDS: Readonly<Record<string, Command>> = {
  check: {
    summary: 'findings of boards, as text, JSON or SARIF',
    usage: 'FILE...',
    options: [
      ['--format text|json|sarif', 'text goes to standard error'],
      ['--max-warnings N', 'fail with more warnings than this'],
      ['--shard i/n', 'only every n-th file, from the i-th'],
      ['--progress', 'show how far it is'],
      ['--no-simulation', 'only what the source itself shows'],
      ...BOOT,
    ],
    load: async () => (await import('./engine')).check(),
  },
  compile: {
    summary: 'FDT blobs as cpp and dtc write them',
    usage: 'FILE...',
    options: [
      ['-o OUT.dtb', 'for one file; without it, standard output'],
      ['--out-dir DIR', 'for several'],
      ['--sha256', 'print "HASH  FILE" instead of writing blobs'],
      ['--symbols, -@', 'with __symbols__'],
    ],
    load: () => import('./compile'),
  },
  simulate: {
    summary: 'a boot on paper: order, deferral, groups, strategies',
    usage: 'FILE',
    options: [
      ...BOOT,
      ['--strategy S1..S6|all', 'which strategies to compare (all)'],
      ['--format text|json|html', ''],
      ['-o OUT', ''],
    ],
    load: async () => (await import('./engine')).simulate(),
  },
  explain: {
    summary: 'faults, deferrals and groups of a kernel log, matched against a board',
    usage: 'LOG',
    options: [['--dts FILE', 'the board the log is from'], ['--format text|json', ''], ...BOOT],
    load: async () => (await import('./engine')).explain(),
  },
  collect: {
    summary: 'a shell script that gathers on a board what explain reads',
    usage: '',
    options: [],
    load: async () => (await import('./engine')).collect(),
  },
  iommus: {
    summary: 'IOMMUs, masters and maps as the tree states them',
    usage: 'FILE...',
    options: [['--format text|json|jsonl', '']],
    load: async () => (await import('./engine')).iommus(),
  },
  rules: {
    summary: 'the rules, or what the findings named mean',
    usage: '[CODE...]',
    options: [],
    load: async () => (await import('./engine')).rules(),
  },
  lsp: {
    summary: 'the language server',
    usage: '--stdio',
    options: [],
    load: async () => (await import('./engine')).lsp(),
  },
  translate: {
    summary: 'one access of a master, through stream table and page tables',
    usage: 'FILE',
    options: [
      ['--master PATH|LABEL', 'who accesses'],
      ['--stream PROVIDER:ID', 'or by which stream'],
      ['--iova ADDR', 'where'],
      ['--write', 'a write, not a read'],
      ['--format text|json', ''],
      ...BOOT,
    ],
    load: async () => (await import('./engine')).translate(),
  },
};

function optionLines(options: Command['options']): string[] {
  return options.map(([option, meaning]) => `  ${option.padEnd(24)} ${meaning}`.trimEnd());
}

function usage(): string {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  return [
    'usage: smmu-scope COMMAND FILE... [options]',
    ...rows,
    'FILE is a .dts, .dtso or .dtb, or - for standard input; @LIST reads names from a file.',
    'common options:',
    ...optionLines(COMMON),
    'smmu-scope COMMAND --help lists the options of a command.',
    '',
  ].join('\n');
}

function usageOf(name: string, command: Command): string {
  return [
    `usage: smmu-scope ${name} ${command.usage} [options]`,
    command.summary,
    ...optionLines([...command.options, ...(name === 'lsp' || name === 'rules' ? [] : COMMON)]),
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
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(usageOf(name, command));
    return 0;
  }
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
