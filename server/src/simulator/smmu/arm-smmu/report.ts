/** What a report shows of an Arm SMMU: stream table, context banks, registers. */
import type { ReportProvider } from '../../report';
import { reportCapacity } from '../report-capacity';
import { hex, type Leaf } from '../tables/page-table';
import { CB, GR0, s2crOffset, smrOffset } from './registers';
import type { ArmSmmuState } from './state';

/** The provider's part of the report. Free entries of the stream table are left out; registers that are 0 too. */
export function armSmmuReport(instance: ArmSmmuState): ReportProvider {
  const { hardware, configuration, model } = instance.setup;
  const streamTable: Record<string, string | number | boolean | null | readonly string[]>[] = [];
  for (let index = 0; index < instance.streams.groups; index++) {
    const smr = instance.streams.smrs?.[index];
    const masters = instance.mastersOfEntry(index);
    if (smr === undefined ? masters.length === 0 : !smr.valid) continue;
    const entry = instance.streams.s2cr(index);
    streamTable.push({
      index,
      id: hex(smr?.id ?? index),
      mask: hex(smr?.mask ?? 0),
      type: entry.type,
      bank: entry.type === 'trans' ? entry.bank : null,
      group: entry.group?.id ?? null,
      masters: masters.map((device) => device.ref),
    });
  }
  const registers: Record<string, string> = {};
  const space = hardware.spaces[0];
  const show = (name: string, value: number): void => {
    registers[name] = hex(value >>> 0);
  };
  for (const [name, offset] of Object.entries(GR0)) {
    const value = hardware.readGlobal(offset);
    if (value !== 0) show(name, value);
  }
  for (let index = 0; index < instance.streams.groups; index++) {
    const smr = space?.read(smrOffset(index)) ?? 0;
    if (smr !== 0) show(`SMR${index}`, smr);
    const s2cr = space?.read(s2crOffset(index)) ?? 0;
    if (streamTable.some((row) => row.index === index)) show(`S2CR${index}`, s2cr);
  }
  const contextBanks: Record<string, string | number | boolean | null>[] = [];
  for (let bank = 0; bank < configuration.banks; bank++) {
    const contents = instance.banks[bank];
    const domain = instance.domains[bank];
    if (contents === undefined || domain === undefined) continue;
    const lpae = domain.context?.lpae ?? null;
    contextBanks.push({
      bank,
      stage: contents.stage,
      format: contents.format,
      asid: contents.stage === 1 ? instance.contextId(bank) : null,
      vmid: contents.stage === 2 ? instance.contextId(bank) : null,
      interrupt: instance.interruptLine(bank),
      inputBits: lpae?.ias ?? 32,
      granule: lpae?.granule ?? 4096,
      startLevel: lpae?.startLevel ?? 1,
      SCTLR: hex(hardware.readBank(bank, CB.SCTLR)),
      CBAR: hex(hardware.readCbar(bank)),
      CBA2R: hex(hardware.readCba2r(bank)),
      TCR: hex(hardware.readBank(bank, CB.TCR)),
      TCR2: hex(hardware.readBank(bank, CB.TCR2)),
      TTBR0: hex(hardware.readBank64(bank, CB.TTBR0)),
      TTBR1: hex(hardware.readBank64(bank, CB.TTBR1)),
      MAIR0: hex(hardware.readBank(bank, CB.MAIR0)),
      MAIR1: hex(hardware.readBank(bank, CB.MAIR1)),
    });
  }
  return {
    device: instance.device.ref,
    model: model.model,
    streamTable,
    contextBanks,
    registers,
    capacity: reportCapacity(instance.setup.capacity),
  };
}

/** A copy of an SMMU's state. */
export interface ArmSmmuCapture {
  readonly kind: 'arm-smmu';
  /** Register words by offset, one map an instance. */
  readonly spaces: readonly ReadonlyMap<number, number>[];
  readonly pageShift: number;
  readonly globalPages: number;
  readonly secureAliases: boolean;
  readonly banks: readonly {
    readonly bank: number;
    readonly startLevel: number;
    readonly rootBits: number;
    readonly tables: ReadonlyMap<number, number>;
    readonly leaves: readonly Leaf[];
  }[];
}

/** Copies registers and leaves. */
export function captureArmSmmu(instance: ArmSmmuState): ArmSmmuCapture {
  const { hardware, configuration, model } = instance.setup;
  const banks = [];
  for (let bank = 0; bank < configuration.banks; bank++) {
    const domain = instance.domains[bank];
    if (domain === undefined) continue;
    const lpae = domain.context?.lpae ?? null;
    const leaves = [...domain.leaves()];
    banks.push({
      bank,
      startLevel: lpae?.startLevel ?? 1,
      rootBits: lpae?.rootBits ?? 12,
      tables: domain.tableCounts(),
      leaves,
    });
  }
  return {
    kind: 'arm-smmu',
    spaces: hardware.spaces.map((space) => new Map(space.entries())),
    pageShift: configuration.pageShift,
    globalPages: configuration.globalPages,
    secureAliases: model.secureAliases,
    banks,
  };
}
