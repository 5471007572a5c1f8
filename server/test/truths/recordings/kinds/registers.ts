/** Register contents and page tables at the snapshots of the second set, and the register dumps of the 32-bit one. */
import type { ArmSmmuCapture } from '../../../../src/simulator/smmu/arm-smmu/report';
import type { TegraCapture } from '../../../../src/simulator/smmu/tegra/tegra-smmu';
import type { Tally } from '../tally';
import type { Comparison, FactKind } from './kind';

interface RecordedBank {
  readonly cb: number;
  readonly live: boolean;
  readonly start_level: number | null;
  readonly table_index_bits_at_start: number | null;
  readonly table_pages?: Readonly<Record<string, number>>;
  readonly ttbr0_table: string;
  readonly raw: Readonly<Record<string, string>>;
}

interface RecordedRegisters {
  readonly path: string;
  readonly smmu: string;
  readonly instance?: number;
  readonly raw: Readonly<Record<string, string>>;
  readonly smrs?: readonly { readonly index: number; readonly raw: string }[];
  readonly s2crs?: readonly { readonly first: number; readonly last: number; readonly raw: string }[];
  readonly context_banks?: readonly RecordedBank[];
  readonly swgroups?: readonly { readonly name: string; readonly enabled: boolean; readonly asid: number }[];
  readonly clients_enabled?: readonly { readonly name: string }[];
  readonly domains?: readonly { readonly device: string; readonly asid: number; readonly use_count: number }[];
}

interface RecordedRun {
  readonly smmu: string;
  readonly instance?: number;
  readonly cb?: number | null;
  readonly asid?: number | null;
  readonly iova: string;
  readonly count: number;
  readonly pgsize: number;
  readonly level: number;
  readonly phys: string;
  readonly attrs: Readonly<Record<string, number | string>>;
  readonly owner?: readonly { readonly kind: string }[];
}

interface RecordedSnapshot {
  readonly name: string;
  readonly registers: readonly RecordedRegisters[];
  readonly pagetables: readonly RecordedRun[];
}

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

/** Offsets of what a recording names in the global space and in a context bank. */
const GLOBAL: Readonly<Record<string, number>> = {
  sCR0: 0x0,
  sACR: 0x10,
  ID0: 0x20,
  ID1: 0x24,
  ID2: 0x28,
  ID7: 0x3c,
  sGFSR: 0x48,
  TLBIALLH: 0x6c,
  TLBIALLNSNH: 0x68,
  TLBIVMID: 0x64,
  sTLBGSYNC: 0x70,
};
const BANK: Readonly<Record<string, number>> = {
  SCTLR: 0x0,
  ACTLR: 0x4,
  TCR: 0x30,
  TCR2: 0x10,
  MAIR0: 0x38,
  MAIR1: 0x3c,
  FSR: 0x58,
};
/** Of the Tegra registers, those that do not hold the address of a table. */
const TEGRA: Readonly<Record<string, number>> = {
  INTSTATUS: 0x0,
  INTMASK: 0x4,
  ERR_STATUS: 0x8,
  ERR_ADR: 0xc,
  SMMU_CONFIG: 0x10,
  SMMU_TLB_CONFIG: 0x14,
  SMMU_PTC_CONFIG: 0x18,
  SMMU_PTB_ASID: 0x1c,
  SMMU_TLB_FLUSH: 0x30,
  SMMU_PTC_FLUSH_HI: 0x9b8,
};

function armRegisters(recorded: RecordedRegisters, capture: ArmSmmuCapture, tally: Tally, at: string): void {
  const kind = 'registers';
  const space = capture.spaces[recorded.instance ?? 0] ?? new Map<number, number>();
  const read = (offset: number): number => space.get(offset) ?? 0;
  for (const [name, value] of Object.entries(recorded.raw)) {
    const offset = GLOBAL[name];
    const aliased = capture.secureAliases && ['sCR0', 'sACR', 'sGFSR'].includes(name);
    if (offset !== undefined) tally.fact(kind, `${at} ${name}`, value, hex(read(aliased ? offset + 0x400 : offset)));
  }
  const smrs = [...space].filter(([o, v]) => o >= 0x800 && o < 0xc00 && v !== 0).sort((a, b) => a[0] - b[0]);
  tally.list(
    kind,
    `${at} SMR`,
    (recorded.smrs ?? []).map((smr) => [smr.index, smr.raw]),
    smrs.map(([offset, value]) => [(offset - 0x800) / 4, hex(value)]),
  );
  for (const run of recorded.s2crs ?? [])
    for (let index = run.first; index <= run.last; index++)
      tally.fact(kind, `${at} S2CR${index}`, run.raw, hex(read(0xc00 + index * 4)));
  const page = 2 ** capture.pageShift;
  for (const bank of recorded.context_banks ?? []) {
    const base = (capture.globalPages + bank.cb) * page;
    for (const [name, offset] of Object.entries(BANK))
      if (bank.raw[name] !== undefined)
        tally.fact(kind, `${at} CB${bank.cb} ${name}`, bank.raw[name], hex(read(base + offset)));
    tally.fact(kind, `${at} CBAR${bank.cb}`, bank.raw.CBAR, hex(read(page + bank.cb * 4)));
    tally.fact(kind, `${at} CBA2R${bank.cb}`, bank.raw.CBA2R, hex(read(page + 0x800 + bank.cb * 4)));
    // Of the table bases only the ASID, and whether there is a table: pages are allocated anew at every boot.
    for (const name of ['TTBR0', 'TTBR1']) {
      const offset = name === 'TTBR0' ? 0x20 : 0x28;
      const ours = (BigInt(read(base + offset + 4)) << 32n) | BigInt(read(base + offset));
      const theirs = BigInt(bank.raw[name] ?? '0');
      tally.fact(kind, `${at} CB${bank.cb} ${name}.ASID`, hex(theirs >> 48n), hex(ours >> 48n));
    }
  }
}

function armTables(
  recorded: RecordedRegisters,
  runs: readonly RecordedRun[],
  capture: ArmSmmuCapture,
  tally: Tally,
  at: string,
): void {
  if ((recorded.instance ?? 0) !== 0) return;
  for (const bank of recorded.context_banks ?? []) {
    if (!bank.live) continue;
    const ours = capture.banks.find((entry) => entry.bank === bank.cb);
    const shape = [ours?.startLevel ?? null, ours?.rootBits ?? null];
    tally.fact('page-tables', `${at} CB${bank.cb} root`, [bank.start_level, bank.table_index_bits_at_start], shape);
    if (bank.table_pages !== undefined) {
      const counts = Object.fromEntries([...(ours?.tables ?? [])].map(([level, count]) => [String(level), count]));
      tally.fact('page-tables', `${at} CB${bank.cb} tables`, bank.table_pages, counts);
    }
    const theirs: unknown[] = [];
    for (const run of runs)
      if (run.cb === bank.cb && (run.instance ?? 0) === 0)
        for (let i = 0; i < run.count; i++)
          theirs.push([
            hex(BigInt(run.iova) + BigInt(i) * BigInt(run.pgsize)),
            run.level,
            run.attrs.low,
            Number(run.attrs.XN),
          ]);
    const leaves = (ours?.leaves ?? []).map((leaf) => [
      hex(leaf.iova),
      leaf.level,
      hex(leaf.descriptor & 0xfffn),
      Number((leaf.descriptor >> 54n) & 1n),
    ]);
    tally.set('page-tables', `${at} CB${bank.cb}`, theirs, leaves);
  }
}

function tegraRegisters(recorded: RecordedRegisters, capture: TegraCapture, tally: Tally, at: string): void {
  const read = (offset: number): number => capture.registers.get(offset) ?? 0;
  for (const [name, offset] of Object.entries(TEGRA))
    if (recorded.raw[name] !== undefined)
      tally.fact('registers', `${at} ${name}`, recorded.raw[name], hex(read(offset)));
  tally.set(
    'registers',
    `${at} swgroup`,
    (recorded.swgroups ?? []).map((group) => [group.name, group.enabled, group.asid]),
    capture.soc.swgroups
      .filter((group) => read(group.reg) !== 0)
      .map((group) => [group.name, read(group.reg) >>> 31 === 1, read(group.reg) & 0x7f]),
  );
  tally.set(
    'registers',
    `${at} client`,
    (recorded.clients_enabled ?? []).map((client) => client.name),
    capture.soc.clients
      .filter((client) => client.smmu !== null && (read(client.smmu[0]) & (1 << client.smmu[1])) !== 0)
      .map((client) => client.name),
  );
  tally.set(
    'registers',
    `${at} domain`,
    (recorded.domains ?? []).map((domain) => [domain.device, domain.asid, domain.use_count]),
    capture.domains.map((domain) => [domain.device, domain.asid, domain.useCount]),
  );
}

function tegraTables(
  recorded: RecordedRegisters,
  runs: readonly RecordedRun[],
  capture: TegraCapture,
  tally: Tally,
  at: string,
): void {
  for (const asid of new Set((recorded.domains ?? []).map((domain) => domain.asid))) {
    const theirs: unknown[] = [];
    for (const run of runs)
      if (run.asid === asid && run.smmu === recorded.smmu)
        for (let i = 0; i < run.count; i++)
          theirs.push([hex(BigInt(run.iova) + BigInt(i) * 4096n), Number(run.attrs.read), Number(run.attrs.write)]);
    const ours = capture.domains.find((domain) => domain.asid === asid)?.leaves ?? [];
    const leaves = ours.map((leaf) => [hex(leaf.iova), leaf.read ? 1 : 0, leaf.write ? 1 : 0]);
    tally.set('page-tables', `${at} ASID${asid}`, theirs, leaves);
  }
}

function eachSnapshot(
  name: string,
  arm: (r: RecordedRegisters, runs: readonly RecordedRun[], c: ArmSmmuCapture, tally: Tally, at: string) => void,
  tegra: (r: RecordedRegisters, runs: readonly RecordedRun[], c: TegraCapture, tally: Tally, at: string) => void,
): FactKind {
  return {
    name,
    compare({ file, outcome }: Comparison, tally) {
      const snapshots = (file.snapshots ?? []) as readonly RecordedSnapshot[];
      for (const recorded of snapshots) {
        const snapshot = outcome.events.snapshots.find((s) => s.name === recorded.name);
        if (snapshot === undefined) {
          tally.fact(name, recorded.name, 'snapshot', null);
          continue;
        }
        for (const registers of recorded.registers) {
          // An SMMU whose driver never probed shows only what the rig wrote.
          const capture = snapshot.hardware.get(registers.path) as ArmSmmuCapture | TegraCapture | undefined;
          if (capture === undefined) continue;
          const at = `${recorded.name} ${registers.smmu}${registers.instance === undefined ? '' : registers.instance}`;
          const runs = recorded.pagetables.filter((run) => run.smmu === registers.smmu);
          if (capture.kind === 'arm-smmu') arm(registers, runs, capture, tally, at);
          else tegra(registers, runs, capture, tally, at);
        }
      }
    },
  };
}

export const registers = eachSnapshot(
  'registers',
  (recorded, _runs, capture, tally, at) => armRegisters(recorded, capture, tally, at),
  (recorded, _runs, capture, tally, at) => tegraRegisters(recorded, capture, tally, at),
);

export const pageTables = eachSnapshot('page-tables', armTables, tegraTables);
