/** An instance of arm-smmu as its report and its interrupt handlers see it: to be read only. */
import type { SimDevice } from '../../contract/device';
import type { BankContents } from './context-bank';
import type { ArmSmmuDomain } from './domain';
import type { ArmSmmuSetup } from './setup';
import type { StreamMap } from './stream-map';

export interface ArmSmmuState {
  readonly device: SimDevice;
  readonly setup: ArmSmmuSetup;
  readonly streams: StreamMap;
  /** By context bank. */
  readonly domains: readonly (ArmSmmuDomain | undefined)[];
  readonly banks: readonly (BankContents | undefined)[];
  /** The masters of a stream-map entry, in the order in which they probed. */
  mastersOfEntry(index: number): readonly SimDevice[];
  interruptLine(bank: number): number;
  /** ASID of a stage 1 bank, VMID of a stage 2 bank. */
  contextId(bank: number): number;
}
