/** `smmu-scope completion SHELL`: a script by which a shell completes this command line, made of the table of commands. */
import { parseArguments, UsageError } from '../options';
import { type Command, type CommandOption, optionOf } from './command';

type Commands = Readonly<Record<string, Command>>;

interface Completed {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CommandOption[];
  /** The words that its arguments can be; none: files. */
  readonly words: readonly string[];
}

function completed(commands: Commands, common: Command['options']): Completed[] {
  const help: CommandOption = { names: ['--help'], takesValue: false, choices: [], meaning: 'what it does and takes' };
  return Object.entries(commands).map(([name, command]) => ({
    name,
    summary: command.summary,
    options: [...[...command.options, ...(command.bare === true ? [] : common)].map(optionOf), help],
    words: /^[a-z|]+\|[a-z|]+$/.test(command.usage) ? command.usage.split('|') : [],
  }));
}

/** Single quotes for a POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function bash(commands: readonly Completed[]): string {
  const cases = commands.flatMap(({ name, options, words }) => [
    `    ${name})`,
    '      case "$previous" in',
    ...options
      .filter((o) => o.choices.length > 0)
      .map((o) => `        ${o.names.join('|')}) words=${quoted(o.choices.join(' '))} ;;`),
    ...options
      .filter((o) => o.takesValue && o.choices.length === 0)
      .map((o) => `        ${o.names.join('|')}) COMPREPLY=($(compgen -f -- "$current")); return ;;`),
    `        *) words=${quoted([...options.flatMap((o) => o.names), ...words].join(' '))} ;;`,
    '      esac ;;',
  ]);
  return [
    '# smmu-scope completion for bash',
    '_smmu_scope() {',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: shell
    '  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" words=',
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    words=${quoted([...commands.map((c) => c.name), '--help', '--version'].join(' '))}`,
    '    COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '    return',
    '  fi',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: shell
    '  case "${COMP_WORDS[1]}" in',
    ...cases,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: shell
    '  if [ "${#COMPREPLY[@]}" -eq 0 ]; then COMPREPLY=($(compgen -f -- "$current")); fi',
    '}',
    'complete -o filenames -F _smmu_scope smmu-scope',
    '',
  ].join('\n');
}

/** What stands between the brackets of an _arguments specification. */
const zshText = (text: string): string => text.replace(/([[\]:\\])/g, '\\$1');

function zsh(commands: readonly Completed[]): string {
  const specification = (o: CommandOption, name: string): string => {
    const value = o.choices.length > 0 ? `:value:(${o.choices.join(' ')})` : o.takesValue ? ':value:_files' : '';
    return quoted(`*${name}[${zshText(o.meaning)}]${value}`);
  };
  return [
    '#compdef smmu-scope',
    '# smmu-scope completion for zsh',
    '_smmu-scope() {',
    '  local -a commands',
    '  if (( CURRENT == 2 )); then',
    `    commands=(${commands.map((c) => quoted(`${c.name}:${c.summary.replaceAll(':', '\\:')}`)).join(' ')})`,
    "    _describe 'command' commands",
    '    return',
    '  fi',
    '  local command=$words[2]',
    '  shift words; (( CURRENT-- ))',
    '  case $command in',
    ...commands.flatMap(({ name, options, words }) => [
      `    ${name})`,
      '      _arguments \\',
      ...options.flatMap((o) => o.names.map((n) => `        ${specification(o, n)} \\`)),
      `        ${quoted(words.length > 0 ? `*:shell:(${words.join(' ')})` : '*:file:_files')} ;;`,
    ]),
    '  esac',
    '}',
    'if [ "$funcstack[1]" = "_smmu-scope" ]; then _smmu-scope "$@"; else compdef _smmu-scope smmu-scope; fi',
    '',
  ].join('\n');
}

function fish(commands: readonly Completed[]): string {
  const lines = commands.flatMap(({ name, summary, options, words }) => [
    `complete -c smmu-scope -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ...options.flatMap((o) =>
      o.names.map((n) => {
        const flag = n.startsWith('--') ? `-l ${n.slice(2)}` : `-s ${quoted(n.slice(1))}`;
        const value = o.choices.length > 0 ? ` -x -a ${quoted(o.choices.join(' '))}` : o.takesValue ? ' -r' : '';
        return `complete -c smmu-scope -n '__fish_seen_subcommand_from ${name}' ${flag}${value} -d ${quoted(o.meaning)}`;
      }),
    ),
    ...(words.length > 0
      ? [`complete -c smmu-scope -n '__fish_seen_subcommand_from ${name}' -f -a ${quoted(words.join(' '))}`]
      : []),
  ]);
  return [
    '# smmu-scope completion for fish',
    ...lines,
    'complete -c smmu-scope -n __fish_use_subcommand -l version',
    '',
  ].join('\n');
}

const SHELLS = { bash, zsh, fish } as const;

/** The sub-command over a table of commands. Exit status 0. */
export function completionCommand(
  commands: Commands,
  common: Command['options'],
): { run(args: readonly string[]): Promise<number> } {
  return {
    async run(args) {
      const [shell, ...more] = parseArguments(args, { bare: true }).files;
      const make =
        shell !== undefined && Object.hasOwn(SHELLS, shell) ? SHELLS[shell as keyof typeof SHELLS] : undefined;
      if (make === undefined || more.length > 0)
        throw new UsageError(`completion takes one of ${Object.keys(SHELLS).join(', ')}`);
      process.stdout.write(make(completed(commands, common)));
      return 0;
    },
  };
}
