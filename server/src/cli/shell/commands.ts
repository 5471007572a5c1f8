/** The sub-commands: what --help says of each, and where it lives. */

import { engine } from '../load-engine';
import type { Command } from './command';

const BOOT: Command['options'] = [
  ['--scenario S.smmu.json', 'drivers, DMA and events; without it the one beside the board'],
  ['--kernel 6.12', 'kernel model: 3.19, 4.12, 5.10, 5.15, 6.1, 6.6, 6.12, 6.18 or 7.3'],
  ['--cmdline "..."', "the kernel's command line"],
  ['--config .config', 'which drivers are built in, modules or absent (repeatable: later ones over earlier)'],
  [
    '--kernel-source DIR',
    'the drivers of this kernel tree; without it, of the Linux tree around the board; none: the shipped ones',
  ],
  ['--modules DIR', 'modules that are built outside that tree (repeatable)'],
  ['--catalogue FILE', 'the drivers in a file that the command catalogue made'],
];
export const COMMON: Command['options'] = [
  ['-I DIR', 'include folder (repeatable); without one, those of the source tree around the file'],
  ['-D NAME[=VALUE]', 'define a macro (repeatable)'],
  ['--overlay FILE', 'apply an overlay, .dtso or .dtbo (repeatable)'],
  ['--kernel-tree DIR', 'take the include folders of this Linux tree'],
];

/** One entry a sub-command; each lives in a file of its own whose `run` gives the exit status. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  check: {
    summary: 'findings of boards, as text, JSON or SARIF',
    usage: 'FILE|DIR|GLOB...',
    options: [
      ['--format text|json|sarif', 'text when nothing is said'],
      ['--max-warnings N', 'fail with more warnings than this'],
      ['--baseline FILE', 'only what an earlier --format json does not have'],
      ['--cache DIR', 'keep results there; an unchanged board costs a hash'],
      ['--jobs N', 'worker threads (as many as processors)'],
      ['--shard i/n', 'the i-th of n parts of the files, by a hash of their names'],
      ['--progress', 'show how far it is'],
      ['--no-simulation', 'only what the source itself shows'],
      ...BOOT,
    ],
    exit: [
      [0, 'no finding is an error'],
      [1, 'one is, or there are more warnings than --max-warnings'],
      [
        2,
        'a file, or a scenario, .config or smmu-scope.json that counts, cannot be read, or the command line is wrong',
      ],
      [130, 'interrupted'],
    ],
    examples: [
      ['check board.dts', 'the findings, one a line; exit status 1 when one is an error'],
      ['check arch/arm64/boot/dts/qcom --max-warnings 0', 'every board of a folder, for CI'],
      ['check sm8250.dtsi', 'an include, looked at through the boards that have it'],
      ["check '**/*.dts' --format sarif > findings.sarif", 'for code scanning'],
    ],
    load: async () => engine().check(),
  },
  review: {
    summary: 'what a patch changes in the behaviour of the boards it reaches',
    usage: '[BASE[..HEAD]] [PATH...]',
    options: [
      ['--staged', 'the later side is the index, not the working tree'],
      ['--kernel 6.1,6.12', 'kernel models; without it the one of the tree'],
      ['--cmdline "..."', "the kernel's command line"],
      ['--config .config', 'which drivers are built in, modules or absent (repeatable: later ones over earlier)'],
      ['--format text|json|markdown|sarif|github|gitlab', ''],
      ['-o OUT', ''],
      ['--fail-on error|warning|change|never', 'what gives exit status 1 (new errors)'],
      ['--all', 'every group of boards, however many'],
      ['--list', 'only name the boards that are reached'],
      ['--jobs N', 'worker threads (as many as processors)'],
      ['--shard i/n', 'the i-th of n parts of the boards, by a hash of their names'],
      ['--progress', 'show how far it is'],
      ['-C DIR', 'in this folder'],
    ],
    exit: [
      [0, 'nothing that --fail-on names'],
      [1, 'such a change'],
      [2, 'something that counts cannot be read or is broken, or the command line is wrong'],
      [130, 'interrupted'],
    ],
    examples: [
      ['review', 'the working tree against HEAD'],
      ['review main...HEAD --format markdown', 'a branch, for its pull request'],
      ['review v6.12 arch/arm64/boot/dts/qcom', 'one folder since a release'],
    ],
    bare: true,
    load: async () => engine().review(),
  },
  diff: {
    summary: 'what is different between two boards, sources or blobs',
    usage: 'OLD NEW',
    options: [
      ['--format text|json|markdown|sarif|github|gitlab', ''],
      ['-o OUT', ''],
      ['--fail-on error|warning|change|never', 'what gives exit status 1 (new errors)'],
      ...BOOT,
    ],
    exit: [
      [0, 'nothing that --fail-on names'],
      [1, 'such a difference'],
      [
        2,
        'a file, or a scenario, .config or smmu-scope.json that counts, cannot be read, or the command line is wrong',
      ],
    ],
    examples: [['diff old.dtb new.dts', 'a blob that runs against the source that replaces it']],
    load: async () => engine().diff(),
  },
  merge: {
    summary: 'one document of those that shards of check or review wrote',
    usage: 'FILE...',
    options: [
      ['-o OUT', ''],
      ['--format text|json|markdown|sarif|github|gitlab', 'of a review; without it JSON'],
      ['--partial', 'not all shards are there, and that is meant'],
    ],
    exit: [
      [0, 'merged'],
      [2, 'a document is none, they do not belong together, or a shard is missing'],
    ],
    examples: [['merge shard-*.json -o whole.json', 'JSON or SARIF, all of one kind']],
    bare: true,
    load: async () => engine().merge(),
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
    exit: [
      [0, 'every blob was made'],
      [1, 'a file has errors'],
      [2, 'a file or an include cannot be read, or the command line is wrong'],
    ],
    examples: [
      ['compile board.dts -o board.dtb', 'one blob'],
      ['compile *.dts --out-dir build', 'several'],
      ['compile board.dts --overlay cam.dtso -@ | fdtdump -', 'with an overlay applied'],
    ],
    load: () => import('../compile'),
  },
  simulate: {
    summary: 'a boot on paper: order, deferral, groups, strategies',
    usage: 'FILE',
    options: [
      ...BOOT,
      ['--strategy S1,S2|all', 'which strategies to compare (all)'],
      ['--format text|json|html', ''],
      ['-o OUT', ''],
    ],
    exit: [
      [0, 'simulated'],
      [1, 'simulated, but the source has errors'],
      [2, 'a file cannot be read, or the command line is wrong'],
    ],
    examples: [
      ['simulate board.dts', 'the boot as text'],
      ['simulate board.dts --kernel 6.1,6.12,7.3', 'what differs between kernels'],
      [
        'simulate board.dts --config build/.config --format html -o boot.html',
        "with a kernel's own configuration, as a page",
      ],
    ],
    load: async () => engine().simulate(),
  },
  explain: {
    summary: 'faults, deferrals and groups of a kernel log, matched against a board',
    usage: 'LOG',
    options: [
      ['--dts FILE', 'the board the log is from: .dts, .dtb, /sys/firmware/fdt or /proc/device-tree'],
      ['--all', 'every fault as an entry of its own'],
      ['--format text|json', ''],
      ...BOOT,
    ],
    exit: [
      [0, 'the log shows nothing wrong'],
      [1, 'something is wrong, is otherwise than predicted, or was not understood'],
      [2, 'something cannot be read, or the command line is wrong'],
    ],
    examples: [
      ['explain dmesg.log --dts board.dts', 'a log against its board'],
      ['ssh board dmesg | smmu-scope explain - --dts board.dts', 'straight from the machine'],
    ],
    load: async () => engine().explain(),
  },
  catalogue: {
    summary: 'the drivers of a kernel tree as a file that --catalogue takes',
    usage: 'DIR',
    options: [
      ['-o FILE', 'without it, standard output'],
      ['--modules DIR', 'modules that are built outside the tree (repeatable)'],
    ],
    exit: [
      [0, 'read'],
      [2, 'no kernel tree, or nothing can be written'],
    ],
    examples: [
      ['catalogue ~/linux -o drivers.json', 'reads the tree: half a minute, then at once'],
      ['check board.dts --catalogue drivers.json', 'what it is for'],
    ],
    bare: true,
    load: async () => engine().catalogue(),
  },
  collect: {
    summary: 'a shell script that gathers on a board what explain reads',
    usage: '',
    options: [],
    exit: [],
    examples: [
      ['collect > collect.sh', 'then on the board: sh collect.sh > board.log'],
      ['explain board.log', 'what it is for; the tree is in it where the script ran as root'],
    ],
    bare: true,
    load: async () => engine().collect(),
  },
  iommus: {
    summary: 'IOMMUs, masters and maps as the tree states them',
    usage: 'FILE...',
    options: [['--format text|json|jsonl', '']],
    exit: [
      [0, 'read'],
      [1, 'a file has errors'],
      [2, 'a file cannot be read, or the command line is wrong'],
    ],
    examples: [
      ['iommus board.dts', 'a list for people'],
      ['iommus @boards.txt --format jsonl', 'one line of JSON a board'],
    ],
    load: async () => engine().iommus(),
  },
  rules: {
    summary: 'the rules, or what the findings named mean',
    usage: '[CODE...]',
    options: [],
    exit: [
      [0, 'printed'],
      [2, 'there is no such rule'],
    ],
    examples: [
      ['rules', 'the list'],
      ['rules cell-count smmu/map-hole', 'what two of them mean'],
    ],
    bare: true,
    load: async () => engine().rules(),
  },
  lsp: {
    summary: 'the language server',
    usage: '--stdio',
    options: [['--stdio', 'on standard input and output']],
    exit: [],
    examples: [['lsp --stdio', 'as an editor starts it; docs/editors.md has set-ups']],
    bare: true,
    load: async () => engine().lsp(),
  },
  completion: {
    summary: 'a script that completes this command line in a shell',
    usage: 'bash|zsh|fish',
    options: [],
    exit: [],
    examples: [
      ['source <(smmu-scope completion bash)', 'in ~/.bashrc'],
      ['smmu-scope completion zsh > ~/.zfunc/_smmu-scope', 'in a folder of $fpath'],
      ['smmu-scope completion fish > ~/.config/fish/completions/smmu-scope.fish', ''],
    ],
    bare: true,
    load: async () => (await import('./completion')).completionCommand(COMMANDS, COMMON),
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
    exit: [
      [0, 'the access goes through'],
      [1, 'it faults or is aborted'],
      [2, 'a file cannot be read, or there is no such master'],
    ],
    examples: [
      ['translate board.dts --master gpu --iova 0x1000', 'what a read of the GPU finds'],
      ['translate board.dts --stream apps_smmu:0x880 --iova 0xfd7ff000 --write', 'a fault of a log, again'],
    ],
    load: async () => engine().translate(),
  },
};

/** One line an option: as it is written, and what it means. */
function optionLines(options: Command['options']): string[] {
  return options.map(([option, meaning]) => `  ${option.padEnd(24)} ${meaning}`.trimEnd());
}

/** What `smmu-scope --help` prints. */
export function usage(): string {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  return [
    'usage: smmu-scope COMMAND FILE... [options]',
    ...rows,
    'FILE is a .dts, .dtso or .dtb, - for standard input, or <(COMMAND); @LIST reads names from a file.',
    'common options:',
    ...optionLines(COMMON),
    'examples:',
    '  smmu-scope check board.dts',
    '  smmu-scope simulate board.dts --kernel 6.12',
    '  dmesg | smmu-scope explain - --dts board.dts',
    'smmu-scope COMMAND --help lists the options of a command, smmu-scope --version says which this is.',
    '',
  ].join('\n');
}

/** What `smmu-scope COMMAND --help` prints. */
export function helpOf(name: string, command: Command): string {
  const options = [...command.options, ...(command.bare === true ? [] : COMMON)];
  return [
    `usage: smmu-scope ${name} ${command.usage}${options.length > 0 ? ' [options]' : ''}`.replace(/ +/g, ' '),
    command.summary,
    ...optionLines(options),
    ...(command.exit.length === 0
      ? []
      : ['exit status:', ...command.exit.map(([n, says]) => `  ${String(n).padEnd(4)} ${says}`)]),
    'examples:',
    ...command.examples.flatMap(([line, purpose]) => [
      `  ${/smmu-scope/.test(line) ? '' : 'smmu-scope '}${line}`,
      ...(purpose === '' ? [] : [`      ${purpose}`]),
    ]),
    '',
  ].join('\n');
}
