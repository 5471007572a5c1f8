/** Register dumps that the 32-bit rig took between its operations. */
import type { ArmSmmuCapture } from '../../../../src/simulator/smmu/arm-smmu/report';
import type { TegraCapture } from '../../../../src/simulator/smmu/tegra/tegra-smmu';
import type { FactKind } from './kind';

interface RecordedDump {
  readonly when: string;
  readonly registers: Readonly<Record<string, string>>;
}

/** Words that hold the address of a table, which is another one at every boot: only that there is one counts. */
function holdsAddress(capture: ArmSmmuCapture | TegraCapture, offset: number): boolean {
  if (capture.kind === 'tegra-smmu') return offset === 0x20 || offset === 0x34;
  const page = 2 ** capture.pageShift;
  const register = offset % page;
  return offset >= capture.globalPages * page && (register === 0x20 || register === 0x28);
}

export const registerDumps: FactKind = {
  name: 'register-dumps',
  compare({ file, outcome }, tally) {
    const recorded = (file.register_dumps ?? []) as readonly RecordedDump[];
    const taken = outcome.machine.core.log.filter((entry) => entry.event === 'hardware');
    recorded.forEach((dump, index) => {
      const entry = taken[index];
      const capture = entry?.detail.capture as ArmSmmuCapture | TegraCapture | null | undefined;
      tally.fact('register-dumps', `${index} when`, dump.when, entry?.detail.when ?? null);
      if (capture === null || capture === undefined) {
        tally.fact('register-dumps', `${index} hardware`, 'registers', null);
        return;
      }
      const ours = capture.kind === 'tegra-smmu' ? capture.registers : (capture.spaces[0] ?? new Map<number, number>());
      const show = (offset: number, word: string): unknown => [
        `0x${offset.toString(16)}`,
        holdsAddress(capture, offset) ? 'a table' : word,
      ];
      tally.set(
        'register-dumps',
        `${index} ${dump.when}`,
        Object.entries(dump.registers).map(([offset, word]) => show(Number(offset), word)),
        [...ours]
          .filter(([, word]) => word !== 0)
          .map(([offset, word]) => show(offset, `0x${word.toString(16).padStart(8, '0')}`)),
      );
    });
  },
};
