/** `smmu-scope explain LOG [--dts FILE]`: what a kernel log says about IOMMUs and deferral, matched against a board. */

import type { CollectOptions, LogReport } from '../bootlog/collect';
import { type HeldBoot, holdBoots } from '../bootlog/explain/boots';
import { explainLog } from '../bootlog/explain/explain';
import { chooseKernel } from '../bootlog/explain/kernel';
import { bootOf, entryJson, explanationText } from '../bootlog/explain/render';
import { deviceNames, makeBoard } from '../bootlog/match/board';
import { UnreadableLog } from '../bootlog/read';
import type { DtNode } from '../devicetree/model';
import { chooseKernel as kernelOf } from '../simulator/kernel/choice';
import { defaultScenario } from '../simulator/scenario';
import { releaseOfTree } from '../simulator/simulate';
import { positionAt } from '../source/file';
import { toPath } from '../workspace/files';
import { readLogFile } from '../workspace/log-file';
import { BOOT_VALUES, kernelOptions } from './kernel-options';
import { parseArguments, UsageError } from './options';
import { terminalOf, wrap } from './shell/terminal';
import { simulationInput } from './simulation-input';

/** Where a node is written, `file:line:column`; null for generated nodes and blobs. */
function placeOfNode(node: DtNode): string | null {
  const span = node.definitions[0]?.nameSpan;
  if (span === undefined) return null;
  const { line, character } = positionAt(span.file, span.start);
  return `${toPath(span.file.uri) ?? span.file.uri}:${line + 1}:${character + 1}`;
}

async function read(log: string, options: CollectOptions, progress: (share: number) => void): Promise<LogReport> {
  try {
    return await readLogFile(log, options, { progress, pipes: true });
  } catch (error) {
    if (error instanceof UnreadableLog)
      throw new UsageError(`${log === '-' ? 'standard input' : log}: ${error.message}`);
    throw error;
  }
}

/** Shows how far a large log is read, on a terminal's error output. */
function progressLine(name: string): { show(share: number): void; end(): void } {
  let shown = -1;
  const tty = process.stderr.isTTY === true;
  return {
    show(share) {
      const percent = Math.floor(share * 100);
      if (!tty || percent === shown) return;
      shown = percent;
      process.stderr.write(`\rreading ${name}: ${percent} %`);
    },
    end() {
      if (shown >= 0) process.stderr.write('\r\u001b[K');
    },
  };
}

/**
 * Runs the sub-command. Exit status 0 when the log shows nothing wrong and nothing was left unread; 1 when something is
 * wrong, differs from what is predicted, or was not understood; 2 when something cannot be read.
 */
export async function run(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, { values: ['--format', '--dts', ...BOOT_VALUES], flags: ['--all'] });
  const format = options.value('--format') ?? 'text';
  if (format !== 'text' && format !== 'json') throw new UsageError(`unknown format ${format}: text or json`);
  const log = options.files[0];
  if (log === undefined || options.files.length > 1) throw new UsageError('explain needs one log');
  const dts = options.value('--dts');
  const given = kernelOptions(options);
  let input = dts === undefined ? null : await simulationInput(dts, options);
  const progress = progressLine(log);
  const report = await read(
    log,
    { keepAll: options.flag('--all'), devices: input === null ? [] : deviceNames(input.tree) },
    progress.show,
  );
  progress.end();
  // What `collect` gathers holds the tree that the board booted with.
  if (input === null && report.blob !== null) input = await simulationInput(log, options, false, report.blob);
  let held: readonly HeldBoot[] | null = null;
  if (input !== null) {
    const { tree, settings } = input;
    const scenario = settings.scenario ?? defaultScenario;
    // What boots when neither options nor log say: the scenario's kernel, else the tree's, else the newest.
    const unsaid = kernelOf({ scenario: scenario.kernel, tree: releaseOfTree(settings) });
    held = holdBoots(
      report,
      (facts) => chooseKernel(facts, given, { kernel: unsaid.release, cmdline: scenario.cmdline }),
      ({ kernel, cmdline }) => makeBoard(tree, { ...settings, kernel, cmdline }),
    );
  }
  const explanation = explainLog(report, held);
  const choice = held?.[report.compared]?.choice ?? null;
  if (format === 'json') {
    const { version, cmdline, machine } = report.kernel;
    const document = {
      schema: 1,
      log,
      board: dts ?? (report.blob === null ? null : log),
      kernel: { version, cmdline, machine, model: choice?.model ?? null, from: choice?.from ?? null },
      boots: explanation.boots.map(({ boot, choice: its }) => ({
        from: boot.from,
        to: boot.to,
        version: boot.kernel.version,
        cmdline: boot.kernel.cmdline,
        machine: boot.kernel.machine,
        model: its?.model ?? null,
      })),
      compared: explanation.compared,
      entries: explanation.entries.map((entry) => ({
        ...entryJson(entry, placeOfNode),
        boot: bootOf(explanation, entry),
      })),
      comparison: explanation.comparison,
      dropped: explanation.dropped,
    };
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    const text = explanationText(explanation, report.kernel, choice, placeOfNode, held !== null);
    process.stdout.write(wrap(text, terminalOf()));
  }
  return explanation.found ? 1 : 0;
}
