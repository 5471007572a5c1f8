/**
 * Kernel log lines that concern IOMMUs: faults of every model, deferrals, groups, refusals. Recognised by the texts that
 * the drivers of Linux 4.x to 6.x print; anything in front of the driver's own text (time stamp, syslog) is skipped.
 */

import { FSR_MEANING, fsrBits, fsynr0Bits } from '../simulator/smmu/arm-smmu/fault-text';
import { EVENT_MEANING } from '../simulator/smmu/arm-smmu-v3/event-text';
import { RISCV_CAUSES } from '../simulator/smmu/riscv/fault-causes';

export interface FaultFact {
  readonly type: 'fault';
  /** Line number in the log, from 1. */
  readonly line: number;
  readonly text: string;
  readonly model: string;
  /** The IOMMU's kernel device name; null when the line names none. */
  readonly iommu: string | null;
  /** Stream ID, endpoint, port or master number. */
  readonly stream: number | null;
  /** Name of the master in the line (Tegra's memory client, Exynos' master device). */
  readonly client: string | null;
  /** The context bank that reported it; null when the line names none. */
  readonly bank: number | null;
  readonly iova: bigint | null;
  readonly write: boolean | null;
  readonly kind: 'translation' | 'permission' | 'unknown-stream' | 'blocked' | 'bad-stream-id' | 'other';
  /** What the numbers in the line mean. */
  readonly decoded: readonly string[];
}

export interface DeferralFact {
  readonly type: 'deferral';
  readonly line: number;
  readonly text: string;
  readonly device: string;
  readonly reason: string;
  /** The node or device that the reason names, or null. */
  readonly supplier: string | null;
}

export interface GroupFact {
  readonly type: 'group';
  readonly line: number;
  readonly text: string;
  readonly device: string;
  readonly group: number;
}

export interface RefusalFact {
  readonly type: 'refusal';
  readonly line: number;
  readonly text: string;
  readonly device: string;
  readonly why: string;
}

export type LogFact = FaultFact | DeferralFact | GroupFact | RefusalFact;

interface Body {
  readonly line: number;
  readonly text: string;
}

/** The kernel's text of a log line: without time stamp, syslog header and priority. */
function bodyOf(line: string): string {
  const stamped = /\[\s*\d+\.\d+\]\s?(?:\[[^\]]*\]\s?)?(.*)$/.exec(line);
  if (stamped !== null) return stamped[1] ?? '';
  const syslog = /\bkernel: (?:\[\s*\d+\.\d+\]\s?)?(.*)$/.exec(line);
  return (syslog?.[1] ?? line).replace(/^<\d+>/, '').trimEnd();
}

const big = (text: string | undefined): bigint | null => {
  if (text === undefined) return null;
  const digits = /^(?:0x)?([0-9a-f]+)$/i.exec(text)?.[1];
  return digits === undefined ? null : BigInt(`0x${digits}`);
};
const num = (text: string | undefined): number | null => {
  const value = big(text);
  return value === null ? null : Number(value);
};

type Recognise = (body: Body, next: (n: number) => string) => LogFact | null;

function fault(body: Body, fields: Partial<FaultFact> & Pick<FaultFact, 'model'>): FaultFact {
  return {
    type: 'fault',
    line: body.line,
    text: body.text.trim(),
    iommu: null,
    stream: null,
    client: null,
    bank: null,
    iova: null,
    write: null,
    kind: 'translation',
    decoded: [],
    ...fields,
  };
}

/** arm-smmu, its NVIDIA relative, qcom_iommu (no stream ID), and the shorter line of kernels before 5.4. */
const contextFault: Recognise = (body) => {
  const match =
    /(?:^|\s)(\S+) (\S+): Unhandled context fault: (?:fsr=(0x[0-9a-f]+), )?iova=(0x[0-9a-f]+), fsynr=(0x[0-9a-f]+)(?:, cbfrsynra=(0x[0-9a-f]+))?, cb=(\d+)/.exec(
      body.text,
    );
  if (match === null) return null;
  const fsr = num(match[3]);
  const fsynr = num(match[5]) ?? 0;
  const cbfrsynra = num(match[6]);
  const bits = fsr === null ? [] : fsrBits(fsr);
  const decoded = bits.map((name) => `FSR.${name}: ${FSR_MEANING[name] ?? name}`);
  if (fsynr !== 0)
    decoded.push(
      `FSYNR0: ${[...fsynr0Bits(fsynr), `level ${fsynr & 3}`].join(', ')} (${(fsynr & 0x10) !== 0 ? 'write' : 'read'})`,
    );
  decoded.push(`context bank ${match[7]}`);
  return fault(body, {
    model: match[1] === 'qcom-iommu-ctx' ? 'qcom-iommu' : 'arm-smmu',
    iommu: match[2] ?? null,
    stream: cbfrsynra === null ? null : cbfrsynra & 0xffff,
    bank: Number(match[7]),
    iova: big(match[4]),
    write: (fsynr & 0x10) !== 0,
    kind:
      bits.includes('PF') && !bits.includes('TF')
        ? 'permission'
        : fsr === null || bits.includes('TF')
          ? 'translation'
          : 'other',
    decoded,
  });
};

const globalFault: Recognise = (body, next) => {
  const blocked = /(?:^|\s)\S+ (\S+): Blocked unknown Stream ID (0x[0-9a-f]+);/.exec(body.text);
  const serious = /(?:^|\s)\S+ (\S+): Unexpected global fault, this could be serious/.exec(body.text);
  const match = blocked ?? serious;
  if (match === null) return null;
  const registers =
    /GFSR (0x[0-9a-f]+), GFSYNR0 (0x[0-9a-f]+), GFSYNR1 (0x[0-9a-f]+), GFSYNR2 (0x[0-9a-f]+)/.exec(next(1)) ?? [];
  const gfsr = num(registers[1]) ?? (blocked === null ? 0 : 2);
  const gfsynr1 = num(registers[3]);
  const stream = blocked === null ? (gfsynr1 === null ? null : gfsynr1 & 0xffff) : num(blocked[2]);
  const names = [
    'ICF invalid context',
    'USF unidentified stream',
    'SMCF stream match conflict',
    'UCBF unimplemented bank',
  ];
  names.push('UCIF unimplemented interrupt', 'CAF configuration access', 'EF external abort', 'PF permission');
  const decoded = names.filter((_, bit) => (gfsr & (1 << bit)) !== 0).map((name) => `GFSR: ${name} fault`);
  return fault(body, {
    model: 'arm-smmu',
    iommu: match[1] ?? null,
    stream,
    write: registers[2] === undefined ? null : ((num(registers[2]) ?? 0) & 2) !== 0,
    kind: (gfsr & 2) !== 0 ? 'unknown-stream' : (gfsr & 1) !== 0 ? 'blocked' : 'other',
    decoded,
  });
};

const KIND_OF_EVENT: Readonly<Record<number, FaultFact['kind']>> = {
  2: 'bad-stream-id',
  16: 'translation',
  19: 'permission',
};

/** arm-smmu-v3: number and four words; since 6.13 in words. */
const eventRecord: Recognise = (body, next) => {
  const match = /(?:^|\s)(?:arm-smmu-v3 )?(\S+): event (0x[0-9a-f]+) received:/.exec(body.text);
  if (match !== null) {
    const words = [1, 2, 3, 4].map((n) => big(/(0x[0-9a-f]{16})\s*$/.exec(next(n))?.[1]));
    const event = num(match[2]) ?? 0;
    const [name, meaning] = EVENT_MEANING[event] ?? ['unknown event', ''];
    const first = words[0] ?? null;
    const second = words[1] ?? null;
    const hasAddress = event >= 0x10 && event <= 0x13;
    const decoded = [`${name}: ${meaning}`];
    if (second !== null && hasAddress) {
      const flags = [((second >> 35n) & 1n) === 1n ? 'read' : 'write'];
      if (((second >> 33n) & 1n) === 1n) flags.push('privileged');
      if (((second >> 34n) & 1n) === 1n) flags.push('instruction');
      if (((second >> 31n) & 1n) === 1n) flags.push('stalled');
      if (((second >> 39n) & 1n) === 1n) flags.push('stage 2');
      decoded.push(flags.join(', '));
    }
    return fault(body, {
      model: 'arm-smmu-v3',
      iommu: match[1] ?? null,
      stream: first === null ? null : Number(first >> 32n),
      iova: hasAddress ? (words[2] ?? null) : null,
      write: second === null || !hasAddress ? null : ((second >> 35n) & 1n) === 0n,
      kind: KIND_OF_EVENT[event] ?? 'other',
      decoded,
    });
  }
  const named =
    /(?:^|\s)(?:arm-smmu-v3 )?(\S+): event: (\w+) client: (\S+) sid: (0x[0-9a-f]+).*?iova: (0x[0-9a-f]+)/.exec(
      body.text,
    );
  if (named === null) return null;
  const access = /\b(read|write)\b/.exec(next(1))?.[1];
  const number = Object.entries(EVENT_MEANING).find(([, [name]]) => name === named[2]);
  return fault(body, {
    model: 'arm-smmu-v3',
    iommu: named[1] ?? null,
    stream: num(named[4]),
    client: named[3] ?? null,
    iova: big(named[5]),
    write: access === undefined ? null : access === 'write',
    kind: KIND_OF_EVENT[Number(number?.[0] ?? 0)] ?? 'other',
    decoded: number === undefined ? [] : [`${number[1][0]}: ${number[1][1]}`],
  });
};

const tegraFault: Recognise = (body) => {
  const match =
    /(?:^|\s)tegra-mc (\S+): (\S+): (secure )?(read|write) @(0x[0-9a-f]+): ([^(]+) \((.*?)(?: \[([R-])([W-])([S-])\])?\)\s*$/.exec(
      body.text,
    );
  if (match === null) return null;
  const decoded = [`${(match[6] ?? '').trim()}: ${match[7] ?? ''}`];
  if (match[8] !== undefined)
    decoded.push(
      `descriptor: ${match[8] === 'R' ? 'readable' : 'not readable'}, ${match[9] === 'W' ? 'writable' : 'not writable'}, ${match[10] === 'S' ? 'secure' : 'non-secure'}`,
    );
  const mapped = match[8] === 'R' || match[9] === 'W';
  const smmu = (match[7] ?? '').startsWith('SMMU');
  return fault(body, {
    model: 'tegra-smmu',
    iommu: match[1] ?? null,
    client: match[2] ?? null,
    iova: big(match[5]),
    write: match[4] === 'write',
    kind: smmu ? (mapped ? 'permission' : 'translation') : 'other',
    decoded,
  });
};

/** The one-line formats of the other drivers: pattern, and which group is what. */
const SIMPLE: readonly {
  readonly model: string;
  readonly pattern: RegExp;
  readonly fields: (match: RegExpExecArray) => Partial<FaultFact>;
}[] = [
  {
    model: 'virtio-iommu',
    pattern: /(?:^|\s)virtio_iommu (\S+): (page|domain|unknown) fault from EP (\d+)(?: at (0x[0-9a-f]+|0) \[(\w*)\])?/,
    fields: (m) => ({
      iommu: m[1] ?? null,
      stream: Number(m[3]),
      iova: big(m[4]),
      write: m[5] === undefined || m[5] === '' ? null : m[5].includes('W'),
      kind: m[2] === 'domain' ? 'blocked' : m[5] === undefined || m[5] === '' ? 'translation' : 'permission',
    }),
  },
  {
    model: 'rockchip-iommu',
    pattern: /(?:^|\s)rk_iommu (\S+): Page fault at (0x[0-9a-f]+) of type (read|write)/,
    fields: (m) => ({ iommu: m[1] ?? null, iova: big(m[2]), write: m[3] === 'write' }),
  },
  {
    model: 'exynos-sysmmu',
    pattern: /(?:^|\s)exynos-sysmmu (\S+): (?:(\S+): )?\[(READ|WRITE)\] (.+?) FAULT occurred at (0x[0-9a-f]+|0)/,
    fields: (m) => ({
      iommu: m[1] ?? null,
      client: m[2] ?? null,
      iova: big(m[5]),
      write: m[3] === 'WRITE',
      kind: /PROTECTION|ACCESS/.test(m[4] ?? '') ? 'permission' : 'translation',
      decoded: [`${m[4] ?? ''} fault`],
    }),
  },
  {
    model: 'mtk-m4u',
    pattern:
      /(?:^|\s)mtk-iommu(-v1)? (\S+): fault type=(0x[0-9a-f]+) iova=(0x[0-9a-f]+) pa=(0x[0-9a-f]+).*?larb=(-?\d+) port=(-?\d+)\)?(?: layer=\d+ (read|write))?/,
    fields: (m) => ({
      iommu: m[2] ?? null,
      // The first generation counts its ports through (mt2701-larb-port.h), the others have 32 a larb.
      stream:
        m[1] === undefined ? (Number(m[6]) << 5) | Number(m[7]) : ([0, 11, 21, 44][Number(m[6])] ?? 0) + Number(m[7]),
      client: `larb ${m[6]} port ${m[7]}`,
      // Without 34-bit IOVAs the low bits are those of the register, not of the address.
      iova: (big(m[4]) ?? 0n) & ~0xfffn,
      write: m[8] === undefined ? null : m[8] === 'write',
    }),
  },
  {
    model: 'ipmmu-vmsa',
    pattern: /(?:^|\s)ipmmu-vmsa (\S+): Unhandled fault: status (0x[0-9a-f]+) iova (0x[0-9a-f]+)/,
    fields: (m) => ({
      iommu: m[1] ?? null,
      iova: big(m[3]),
      kind: ((num(m[2]) ?? 0) & 1) !== 0 ? 'translation' : 'permission',
    }),
  },
  {
    model: 'sun50i-iommu',
    pattern: /(?:^|\s)sun50i-iommu (\S+): Page fault for (0x[0-9a-f]+) \(master (\d+), dir (rd|wr)\)/,
    fields: (m) => ({ iommu: m[1] ?? null, iova: big(m[2]), stream: Number(m[3]), write: m[4] === 'wr' }),
  },
  {
    model: 'apple-dart',
    pattern:
      /(?:^|\s)apple-dart (\S+): translation fault: status:(0x[0-9a-f]+) stream:(\d+) code:(0x[0-9a-f]+) \(([^)]*)\) at (0x[0-9a-f]+)/,
    fields: (m) => ({
      iommu: m[1] ?? null,
      stream: Number(m[3]),
      iova: big(m[6]),
      write: /WRITE/.test(m[5] ?? '') ? true : null,
      kind: /READ|WRITE/.test(m[5] ?? '') ? 'permission' : 'translation',
      decoded: [m[5] ?? ''],
    }),
  },
  {
    model: 'omap-iommu',
    pattern: /(?:^|\s)omap-iommu (\S+): \S+: errs:(0x[0-9a-f]+) da:(0x[0-9a-f]+)/,
    fields: (m) => ({
      iommu: m[1] ?? null,
      iova: big(m[3]),
      decoded: ['TLB miss', 'translation fault', 'emulation miss', 'table walk fault', 'TLB multi-hit'].filter(
        (_, bit) => ((num(m[2]) ?? 0) & (1 << bit)) !== 0,
      ),
    }),
  },
  {
    model: 'riscv-iommu',
    pattern:
      /(?:^|\s)riscv\S*iommu\S* (\S+): Fault (\d+) devid: (0x[0-9a-f]+) iotval: ([0-9a-f]+) iotval2: ([0-9a-f]+)/,
    fields: (m) => {
      const cause = Number(m[2]);
      const [text, kind] = RISCV_CAUSES[cause] ?? ['unknown cause', 'other'];
      return {
        iommu: m[1] ?? null,
        stream: num(m[3]),
        iova: big(m[4]),
        write: [7, 15, 23].includes(cause) ? true : [5, 13, 21].includes(cause) ? false : null,
        kind,
        decoded: [`cause ${cause}: ${text}`],
      };
    },
  },
];

/** msm_iommu: a block of lines without a device; address and cause stand in the registers. */
const msmFault: Recognise = (body, next) => {
  if (!body.text.includes('Unexpected IOMMU page fault!')) return null;
  const rest = [1, 2, 3, 4, 5, 6, 7].map(next).join('\n');
  const fsr = num(/FSR\s+= ([0-9a-f]{8})/.exec(rest)?.[1]);
  const context = /context (\d+)\./.exec(rest)?.[1];
  const permission = fsr !== null && (fsr & 8) !== 0 && (fsr & 2) === 0;
  return fault(body, {
    model: 'msm-iommu',
    bank: context === undefined ? null : Number(context),
    iova: big(/FAR\s+= ([0-9a-f]{8})/.exec(rest)?.[1]),
    kind: fsr === null ? 'other' : permission ? 'permission' : (fsr & 2) !== 0 ? 'translation' : 'other',
    decoded: [
      ...(/\[([A-Z ]*)\]/.exec(rest)?.[1]?.trim().split(' ') ?? [])
        .filter((name) => name !== '')
        .map((n) => `FSR.${n}`),
      ...(context === undefined ? [] : [`context ${context}`]),
    ],
  });
};

const simpleFault: Recognise = (body) => {
  for (const { model, pattern, fields } of SIMPLE) {
    const match = pattern.exec(body.text);
    if (match !== null) return fault(body, { model, ...fields(match) });
  }
  return null;
};

function supplierOf(reason: string): string | null {
  return (
    /wait for supplier (\S+)/.exec(reason)?.[1] ??
    /supplier (\S+) not ready/.exec(reason)?.[1] ??
    /waits? for \S+ of (\S+)/.exec(reason)?.[1] ??
    null
  );
}

const deferral: Recognise = (body) => {
  const pending = /^(?:\S+ )?(\S+): deferred probe pending(?:: (.*))?$/.exec(body.text.trim());
  const listed = /^(\S+)\t(\S+: .*|)$/.exec(body.text);
  const match = pending ?? listed;
  if (match === null) return null;
  const reason = (match[2] ?? '').trim();
  return {
    type: 'deferral',
    line: body.line,
    text: body.text.trim(),
    device: match[1] ?? '',
    reason,
    supplier: supplierOf(reason),
  };
};

const group: Recognise = (body) => {
  const match = /(?:^|\s)(\S+): Adding to iommu group (\d+)/.exec(body.text);
  if (match === null) return null;
  const text = body.text.trim();
  return { type: 'group', line: body.line, text, device: match[1] ?? '', group: Number(match[2]) };
};

const REFUSALS: readonly (readonly [RegExp, string])[] = [
  [/(\S+): stream ID 0x[0-9a-f]+ out of range for SMMU/, 'the stream ID is larger than the SMMU accepts'],
  [/(\S+): SMR mask 0x[0-9a-f]+ out of range for SMMU/, 'the mask is wider than the SMMU accepts'],
  [/(\S+): stream \d+ already in tree/, 'another master has this stream ID already; SMMUv3 gives it to one only'],
  [
    /(\S+): (?:deferred probe timeout, )?ignoring dependency/,
    'the kernel stopped waiting for its IOMMU or another supplier',
  ],
  [/(\S+): Failed to (?:add to iommu group|attached? device)/, 'it could not be attached to the IOMMU'],
  [/(\S+): Adding to IOMMU failed: -(\d+)/, 'its IOMMU refused it or is missing'],
  [
    /(\S+): found only \d+ context irq\(s\) but \d+ required/,
    'the node lists fewer context interrupts than the SMMU has banks',
  ],
  [/(\S+): .*missing #global-interrupts property/, 'the SMMU node has no #global-interrupts'],
  [/(\S+): invalid #iommu-cells/, 'the driver wants another number of #iommu-cells'],
  [/(\S+): not probing due to mismatched DT properties/, 'mmu-masters and iommus cannot be mixed between SMMUs'],
];

const refusal: Recognise = (body) => {
  for (const [pattern, why] of REFUSALS) {
    const match = pattern.exec(body.text);
    if (match === null) continue;
    // -ENODEV is what every device without an IOMMU gets.
    if (match[2] === '19') return null;
    return { type: 'refusal', line: body.line, text: body.text.trim(), device: match[1] ?? '', why };
  }
  return null;
};

const RECOGNISERS: readonly Recognise[] = [
  contextFault,
  globalFault,
  eventRecord,
  tegraFault,
  simpleFault,
  msmFault,
  deferral,
  group,
  refusal,
];

/** A cheap test that a line may matter. */
const INTERESTING =
  /fault|FAULT|Fault |event|Stream ID|stream|iommu group|deferred|\t|depend|larb|IOMMU|irq\(s\)|global-interrupts|#iommu-cells|mismatched|errs:|SMR mask|attach/;

/** Every fact of a log, in its order. */
export function readLog(text: string): LogFact[] {
  const lines = text.split(/\r?\n/);
  const facts: LogFact[] = [];
  const bodies = new Map<number, string>();
  const body = (index: number): string => {
    let found = bodies.get(index);
    if (found === undefined) {
      found = bodyOf(lines[index] ?? '');
      bodies.set(index, found);
    }
    return found;
  };
  lines.forEach((line, index) => {
    if (!INTERESTING.test(line)) return;
    const own = { line: index + 1, text: body(index) };
    for (const recognise of RECOGNISERS) {
      const fact = recognise(own, (n) => body(index + n));
      if (fact === null) continue;
      facts.push(fact);
      return;
    }
  });
  return facts;
}
