/** The boards of examples/ boot as the README says. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contextOf } from '../src/language/board-context';
import { diagnose } from '../src/language/rules/findings';
import { toUri } from '../src/workspace/files';
import { simulateBoard } from '../src/workspace/simulation';
import { Workspace } from '../src/workspace/workspace';

const examples = join(__dirname, '../../examples');
const boards = ['mmu500/lab-m8-phone', 'tegra/lab-t210-tablet', 'smmuv3/lab-s3-server'];

/** Boots a board of examples/ with the scenario beside it. */
function boot(board: string) {
  const told: string[] = [];
  const settings = {
    kernel: '',
    cmdline: '',
    config: '',
    scenario: null,
    onProblem: (text: string) => told.push(text),
  };
  const options = { folders: [examples], includePaths: [], defines: [], kernelTree: null };
  const workspace = new Workspace(options, simulateBoard(settings));
  const report = workspace.snapshot(toUri(join(examples, `${board}.dts`)))?.report ?? null;
  return { report: report!, told };
}

test.each(boards)('%s boots without complaint', (board) => {
  const { report, told } = boot(board);
  expect(told).toEqual([]);
  expect(report.complete).toBe(true);
});

test('the phone: USB waits for its PHY, the PHY for a regulator; the audio DSP is refused', () => {
  const { report } = boot(boards[0]!);
  const usb = report.chains.find((chain) => chain.device === '/soc@0/usb@a600000');
  expect(usb?.steps).toEqual(['phys', 'vdda-supply', 'parent']);
  const untranslated = report.devices.filter((each) => each.untranslatedReason !== null).map((each) => each.device);
  expect(untranslated).toContain('/soc@0/dsp@17300000');
  expect(untranslated).toContain('/soc@0/gpu@5000000');
  expect(untranslated).not.toContain('/soc@0/codec@aa00000');
});

test('the phone with the scanner: the Makefile puts the overlay on it, and its stream meets the display', () => {
  const settings = { kernel: '', cmdline: '', config: '', scenario: null };
  const options = { folders: [examples], includePaths: [], defines: [], kernelTree: null };
  const workspace = new Workspace(options, simulateBoard(settings));
  const uri = toUri(join(examples, 'mmu500/lab-m8-scanner.dtso'));
  const snapshot = workspace.snapshot(uri);
  expect(snapshot?.board.name).toBe('lab-m8-scanner on lab-m8-phone');
  const found = snapshot === null ? [] : diagnose(contextOf(snapshot), snapshot.problems, {});
  const overlap = found.filter((d) => d.code === 'smmu/stream-overlap' && d.message.includes('scanner'));
  expect(overlap.map((d) => d.severity)).toEqual(['error']);
});

test('the tablet: USB is in the group of the displays and fails; the second display waits for ever', () => {
  const { report } = boot(boards[1]!);
  const group = report.groups.find((each) => each.devices.includes('/usb@70090000'));
  expect(group?.devices).toContain('/host1x@50000000/dc@54200000');
  expect(report.devices.filter((each) => each.status === 'failed').map((each) => [each.device, each.error])).toEqual([
    ['/usb@70090000', -16],
  ]);
  const display = report.chains.find((chain) => chain.device === '/host1x@50000000/dc@54240000');
  expect([display?.steps, display?.cause]).toEqual([['power-supply', 'vin-supply'], 'no-driver']);
});

test('the server: SATA is refused, and says why in the kernel’s words', () => {
  const { report } = boot(boards[2]!);
  expect(report.messages.map((message) => message.text).join('\n')).toContain('stream 65536 already in tree');
});
