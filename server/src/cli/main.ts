/** The command line: finds the sub-command and loads only that. */
import { isMainThread } from 'node:worker_threads';
import { closest } from '../source/closest';
import { packageVersion } from '../workspace/package-files';
import { allocateYoung, inlineLess, optimiseAfter } from '../workspace/v8-flags';
import { engine } from './load-engine';
import { UsageError } from './options';
import type { Command } from './shell/command';
import { COMMANDS, helpOf, usage } from './shell/commands';

/**
 * Code is optimised later than V8 does by itself: a command is over before it pays, and a run over many boards still gets it. The
 * language server has a measure of its own (lsp/runtime.ts); explain, which runs one loop for long, keeps V8's.
 */
const PATIENT = 1_000_000;
const IMPATIENT = new Set(['lsp', 'explain']);

/** A reader that has gone is told to nobody, as of any Unix tool; what cannot be written (a full disk) ends with a message. */
function endWhenNothingCanBeWritten(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      if (code === 'EPIPE') process.exit();
      if (stream === process.stdout)
        process.stderr.write(`smmu-scope: cannot write standard output (${code ?? message})\n`);
      process.exit(2);
    });
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--version' || name === '-V') {
    process.stdout.write(`smmu-scope ${packageVersion()}\n`);
    return 0;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const asked = name === 'help' && rest[0] !== undefined ? commandNamed(rest[0]) : null;
    process.stdout.write(asked === null ? usage() : helpOf(rest[0] ?? '', asked));
    return name === undefined ? 2 : 0;
  }
  const command = commandNamed(name);
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(helpOf(name, command));
    return 0;
  }
  if (!IMPATIENT.has(name)) {
    optimiseAfter(PATIENT);
    inlineLess();
    allocateYoung();
  }
  return (await command.load()).run(rest);
}

function commandNamed(name: string): Command {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined) return command;
  const [meant] = closest(name, Object.keys(COMMANDS), 2);
  throw new UsageError(
    `unknown ${name.startsWith('-') ? 'option' : 'command'} ${name}${meant === undefined ? '' : ` (did you mean ${meant}?)`}: one of ${Object.keys(COMMANDS).join(', ')}; smmu-scope --help says more`,
  );
}

if (isMainThread) {
  endWhenNothingCanBeWritten();
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
}
// a worker thread of check or review: the other program knows what to do
else engine();
