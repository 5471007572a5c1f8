/** Puts the lines of a log together: blocks become one fact, equal facts one entry. Memory grows with what differs only. */

import { BootWatch } from './capture/boots';
import { Parts } from './capture/collected';
import { bodyOf, type Unwrapped } from './capture/prefix';
import { lineOf } from './capture/split';
import type { Boot, FaultFact, KernelFacts, LinkState, LogFact, MapEvent, Noted } from './facts';
import { readLine } from './lines';
import { eventFields } from './lines/arm-smmu-v3';
import { resourceOf, supplierOf } from './lines/driver-core';
import type { LogLine, Reading, Shape } from './lines/shape';
import { isUnread } from './lines/unread';
import { keyOf } from './same';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type FaultReading = Extract<Reading, { readonly type: 'fault' }>;

interface OpenFault {
  readonly shape: Shape;
  readonly line: LogLine;
  readonly fields: Mutable<Partial<FaultFact>>;
  readonly words: bigint[];
  decoded: boolean;
}

/** Everything that a log says. */
export interface LogReport {
  /** In the order of their first lines. */
  readonly facts: readonly LogFact[];
  /** Of the boot that `compared` names. */
  readonly kernel: KernelFacts;
  /** The boots that the log holds, in its order: one at least. */
  readonly boots: readonly Boot[];
  /** Which of them is held against a prediction: the last that tells of groups or of probes that wait, else the last. */
  readonly compared: number;
  /** Lines that were looked at closely. */
  readonly lines: number;
  /** The devicetree blob that a collected file holds. */
  readonly blob: Uint8Array | null;
  /** The device links that a collected file holds, as they were on the target. */
  readonly links: readonly LinkState[];
  /** Mappings of a trace, in its order; of a long one the last ones. */
  readonly maps: readonly MapEvent[];
  /** Lines whose entries were too many to be kept. */
  readonly dropped: number;
}

/** Beyond so many different entries of a type only their number grows. */
const MOST_ENTRIES = 20000;
/** Boots that are told apart; further ones count to the last. */
export const MOST_BOOTS = 128;
/** Map events that are kept. */
const MOST_MAPS = 65536;
/** How many lines after its first one a fault takes more details. */
const BLOCK = 40;
const MEMORY = 8192;

export interface CollectOptions {
  /** Kernel names of the board's masters and IOMMUs: what they complain of and no row knows is shown too. */
  readonly devices?: readonly string[];
  /** Every fault is an entry of its own; else equal ones are counted. */
  readonly keepAll?: boolean;
}

/** A line that is known again. */
export interface Recognised {
  readonly line: LogLine;
  readonly shape: Shape;
  readonly reading: Reading;
  /** The entry that counts it, where lines of this text need nothing more; of the boot with this number. */
  fact: Mutable<Noted> | null;
  boot: number;
}

export class Collector {
  private readonly facts = new Map<string, Mutable<LogFact>>();
  private readonly open = new Map<string, OpenFault>();
  private last: OpenFault | null = null;
  /** Texts that are known to say nothing, and what others say: logs repeat themselves. */
  private readonly texts = new Map<string, Recognised | null>();
  private readonly devices: ReadonlySet<string>;
  private readonly parts = new Parts();
  private readonly links: LinkState[] = [];
  private readonly maps: MapEvent[] = [];
  private mapsSeen = 0;
  private readonly keepAll: boolean;
  private dropped = 0;
  private suppressed = 0;
  /** The last fault of this boot. */
  private lastFault: Mutable<FaultFact> | null = null;
  private block = 0;
  private looked = 0;
  private version: KernelFacts['version'] = null;
  private cmdline: KernelFacts['cmdline'] = null;
  private machine: KernelFacts['machine'] = null;
  private shape: KernelFacts['shape'] = null;
  private readonly watch = new BootWatch();
  private readonly boots: Boot[] = [];
  /** Which boot of the log it is, from 0, and the line that it begins with. */
  private number = 0;
  private began = 1;
  /** Boots that were not told apart. */
  private more = 0;

  constructor(options: CollectOptions = {}) {
    this.devices = new Set(options.devices ?? []);
    this.keepAll = options.keepAll ?? false;
  }

  /** How many of the following lines are wanted whatever they hold. */
  get wants(): number {
    return Math.max(this.block, this.parts.wants);
  }

  /** Inside of a part of a collected file: what a line means depends on where it stands. */
  get inPart(): boolean {
    return this.parts.wants > 0;
  }

  /** Takes one line of the log as it stands there; `line` counts from 1 and never falls. */
  take(number: number, raw: string): void {
    const part = this.parts.take(raw);
    if (part === null) {
      const body = bodyOf(raw.length > 4096 ? raw.slice(0, 4096) : raw);
      this.tell(number, this.known(number, body), body.time, body.stamped);
      return;
    }
    this.looked++;
    if (part.part === 'cmdline') this.cmdline = { text: part.text, line: number };
    else if (part.part === 'model') this.machine ??= { text: part.text, line: number };
    else if (part.part === 'devices_deferred') this.deferred(number, part.text);
    else if (part.part === 'devlink') this.link(number, part.text);
  }

  /** What a line says, whatever stands around it; null when it says nothing. */
  recognise(number: number, raw: string): Recognised | null {
    return this.known(number, bodyOf(raw.length > 4096 ? raw.slice(0, 4096) : raw));
  }

  private known(number: number, { text }: Unwrapped): Recognised | null {
    let found = this.texts.get(text);
    if (found === undefined) {
      const line = lineOf(number, text);
      const read = readLine(line);
      found = read === null ? this.unread(line) : { line, ...read, fact: null, boot: 0 };
      if (found?.reading.type === 'note') found = null;
      if (this.texts.size >= MEMORY) this.texts.clear();
      this.texts.set(text, found);
    }
    return found;
  }

  /** Takes a line that was recognised. `time`: printk's stamp in seconds, null without one; `stamped`: of whatever form. */
  tell(number: number, found: Recognised | null, time: number | null, stamped = time !== null): void {
    this.looked++;
    if (this.watch.time(time)) this.nextBoot(number);
    if (found?.reading.type === 'kernel') {
      const { what, value } = found.reading;
      const place =
        what === 'version' ? this.watch.version(value, stamped) : what === 'boot' ? this.watch.mark(stamped) : 'same';
      if (place === 'echo') return;
      if (place === 'begins') this.nextBoot(number);
    } else if (found !== null) this.watch.fact();
    if (this.block > 0) this.block--;
    if (found === null) return;
    if (found.shape.opens !== undefined) this.block = Math.max(this.block, found.shape.opens);
    if (found.fact !== null && found.boot === this.number) {
      found.fact.count++;
      found.fact.lastLine = number;
      return;
    }
    found.boot = this.number;
    found.fact = this.note({ ...found.line, line: number }, found.shape, found.reading);
  }

  private unread(line: LogLine): Recognised | null {
    if (!isUnread(line, this.devices)) return null;
    return {
      line,
      shape: UNREAD,
      fact: null,
      boot: 0,
      reading: { type: 'driver', device: line.device ?? '', why: '', severity: 'warning' },
    };
  }

  /** Puts a reading where it belongs; returns the entry that may simply count the next of the same text. */
  private note(line: LogLine, shape: Shape, reading: Reading): Mutable<Noted> | null {
    switch (reading.type) {
      case 'fault':
        this.fault(line, shape, reading);
        return null;
      case 'detail':
      case 'word': {
        const open = this.openFor(line);
        if (open === null) return null;
        if (reading.type === 'word') open.words.push(reading.value);
        else addTo(open.fields, reading);
        return null;
      }
      case 'suppressed':
        this.suppressed += reading.count;
        return null;
      case 'kernel':
        this.kernelSays(line, reading.what, reading.value);
        return null;
      case 'mapping': {
        const { gone, from, to } = reading;
        // The last ones say most; a ring of them keeps memory constant.
        this.maps[this.mapsSeen++ % MOST_MAPS] = { line: line.line, gone, from, to };
        return null;
      }
      case 'note':
        return null;
      default: {
        const { type, ...fields } = reading;
        if (type === 'group') this.shapeOfGroup(line);
        return shape === UNREAD
          ? this.add(line, shape, { type: 'unread', device: line.device ?? '' })
          : this.add(line, shape, { type, ...fields } as Said);
      }
    }
  }

  /** A line of debugfs' devices_deferred: `device<TAB>reason`. */
  private deferred(number: number, text: string): void {
    const [device = '', reason = ''] = text.split('\t');
    if (device === '') return;
    this.add({ line: number, text, driver: null, device, message: reason }, DEVICES_DEFERRED, {
      type: 'deferral',
      device,
      reason: reason.trim(),
      supplier: supplierOf(reason),
      resource: resourceOf(reason),
      form: 'pending',
    });
  }

  /** `devlink platform:SUPPLIER--platform:CONSUMER status=dormant sync_state_only=0`: bus and name of both ends. */
  private link(number: number, text: string): void {
    const found = /^devlink [^:\s]+:(\S+)--[^:\s]+?:(\S+) status=(.*?) sync_state_only=(\d?)/.exec(text);
    if (found === null || this.links.length >= MOST_ENTRIES) return;
    const [, supplier = '', consumer = '', status = '', only] = found;
    this.links.push({ line: number, supplier, consumer, status, syncStateOnly: only === '1' });
  }

  private openFor(line: LogLine): OpenFault | null {
    const open = line.device === null ? this.last : (this.open.get(line.device) ?? null);
    return open === null || line.line - open.line.line > BLOCK ? null : open;
  }

  private fault(line: LogLine, shape: Shape, reading: FaultReading): void {
    const key = line.device ?? '';
    const before = this.open.get(key);
    const { type: _, ...fields } = reading;
    // Linux 6.14 and later print an event raw and in words: the second tells of the same one.
    if (
      before !== undefined &&
      reading.model === 'arm-smmu-v3' &&
      reading.stream !== undefined &&
      before.words.length > 0 &&
      !before.decoded &&
      line.line - before.line.line <= 12 &&
      eventFields(before.words).stream === reading.stream
    ) {
      before.decoded = true;
      addTo(before.fields, fields);
      return;
    }
    // Qualcomm 4.19 ends with this line what it said before: no fault of its own.
    if (
      before !== undefined &&
      Object.values(fields).every((value) => value === null || value === reading.model) &&
      line.line - before.line.line <= BLOCK &&
      before.fields.iova !== undefined &&
      shape.by === 'print_fault_regs'
    )
      return;
    // The master's driver is told first, and the IOMMU's own line of the same fault follows.
    if (
      before?.shape.by === 'rproc_iommu_fault' &&
      shape.by !== before.shape.by &&
      reading.iova === before.fields.iova &&
      line.line - before.line.line <= 4
    ) {
      addTo(before.fields, fields);
      return;
    }
    if (before !== undefined) this.close(before);
    const open: OpenFault = { shape, line, fields: { ...fields }, words: [], decoded: false };
    if (this.suppressed > 0) {
      open.fields.suppressed = this.suppressed;
      this.suppressed = 0;
    }
    this.open.set(key, open);
    if (this.open.size > 4096) for (const [name, old] of this.open) if (old !== open) this.shut(name, old);
    this.last = open;
  }

  private shut(key: string, fault: OpenFault): void {
    this.close(fault);
    this.open.delete(key);
  }

  private close(fault: OpenFault): void {
    const { fields, words, line, shape } = fault;
    if (words.length > 0) {
      const { flags, ...said } = eventFields(words);
      Object.assign(fields, said);
      if (flags !== null && fault.decoded === false) fields.decoded = [...(fields.decoded ?? []), flags];
    }
    const fallback =
      fields.model === 'arm-smmu' && fields.iova !== undefined && fields.iova !== null ? 'translation' : 'other';
    const iova = fields.iova ?? null;
    if (iova === null && shape.by === 'arm_smmu_context_fault')
      fields.decoded = [...(fields.decoded ?? []), 'the line has no address: it is cut'];
    this.add(line, shape, {
      type: 'fault',
      model: fields.model ?? '',
      iommu: fields.iommu === undefined ? line.device : fields.iommu,
      stream: fields.stream ?? null,
      client: fields.client ?? null,
      bank: fields.bank ?? null,
      iova,
      range: iova === null ? null : [iova, iova],
      write: fields.write ?? null,
      kind: fields.kind ?? fallback,
      decoded: fields.decoded ?? [],
      walkLevel: fields.walkLevel ?? null,
      suppressed: fields.suppressed ?? 0,
    });
  }

  /** Adds a fact, or counts it where an equal one is known. */
  private add(line: LogLine, shape: Shape, fields: Said): Mutable<Noted> | null {
    const key =
      `${this.number}|${keyOf(fields as LogFact, line)}` +
      (this.keepAll && fields.type === 'fault' ? `|${line.line}` : '');
    const known = this.facts.get(key);
    if (known === undefined) {
      if (this.facts.size >= MOST_ENTRIES) {
        this.dropped++;
        return null;
      }
      const fact = {
        ...fields,
        line: line.line,
        lastLine: line.line,
        count: 1,
        text: line.text.trim(),
        printedBy: shape.by,
        driver: line.driver,
      } as Mutable<LogFact>;
      this.facts.set(key, fact);
      if (fact.type === 'fault' && fact.line >= (this.lastFault?.line ?? 0)) this.lastFault = fact;
      return fact;
    }
    known.count++;
    known.lastLine = Math.max(known.lastLine, line.line);
    if (known.type === 'fault' && fields.type === 'fault') {
      const { range, suppressed } = fields as FaultFact;
      known.suppressed += suppressed;
      if (range !== null && known.range !== null)
        known.range = [
          range[0] < known.range[0] ? range[0] : known.range[0],
          range[1] > known.range[1] ? range[1] : known.range[1],
        ];
    }
    return known;
  }

  private kernelSays(line: LogLine, what: 'boot' | 'version' | 'cmdline' | 'machine', value: string): void {
    if (what === 'boot') return;
    const said = { text: value, line: line.line };
    if (what === 'version') this.version = said;
    else if (what === 'cmdline') this.cmdline = said;
    else this.machine = said;
  }

  private shapeOfGroup(line: LogLine): void {
    if (this.shape !== null) return;
    if (line.driver === 'platform')
      this.shape = {
        atLeast: '6.15',
        atMost: null,
        why: 'group lines begin with the bus (platform), which 6.15 and later print',
        line: line.line,
      };
    else if (line.device === null && line.text.startsWith('iommu: '))
      this.shape = {
        atLeast: null,
        atMost: '5.0',
        why: 'group lines read "iommu: Adding device", which kernels up to 5.0 print',
        line: line.line,
      };
    else if (line.device !== null && line.driver !== 'pci' && line.driver !== null && /^[0-9a-f]+\./.test(line.device))
      this.shape = {
        atLeast: '5.4',
        atMost: '6.14',
        why: 'group lines begin with the driver of the device, as 5.4 to 6.14 print them',
        line: line.line,
      };
  }

  /**
   * A probe that ends with -110: after "deferred probe timeout" for want of a supplier; else the hardware may as well not
   * have answered.
   */
  private failure(fact: Mutable<LogFact>): Mutable<LogFact> {
    if (fact.type !== 'deferral' || fact.form !== 'failed') return fact;
    for (const other of this.facts.values())
      if (other.type === 'deferral' && other.form === 'timeout' && other.device === fact.device) return fact;
    const { line, lastLine, count, text, printedBy, driver, device } = fact;
    const why =
      'the probe failed with -110 (ETIMEDOUT): the hardware did not answer, or a supplier that it waited for did not come';
    return { type: 'driver', line, lastLine, count, text, printedBy, driver, device, why, severity: 'error' };
  }

  /** A new boot begins with this line: what is open is of the one before. */
  private nextBoot(number: number): void {
    if (this.boots.length + 1 >= MOST_BOOTS) {
      this.more++;
      return;
    }
    this.endBoot(Math.max(this.began, number - 1));
    [this.version, this.cmdline, this.machine, this.shape] = [null, null, null, null];
    this.began = number;
    this.block = 0;
  }

  private endBoot(to: number): void {
    for (const fault of this.open.values()) this.close(fault);
    this.open.clear();
    this.last = null;
    if (this.suppressed > 0) {
      if (this.lastFault !== null) this.lastFault.suppressed += this.suppressed;
      this.suppressed = 0;
    }
    this.lastFault = null;
    const { version, cmdline, machine, shape, more } = this;
    this.number++;
    const kernel = { version, cmdline, machine, shape };
    this.boots.push({ from: this.began, to, kernel, ...(more > 0 && { more }) });
  }

  /** Everything that was said; the collector takes nothing after this. `lines`: how many the log has. */
  finish(lines: number): LogReport {
    this.endBoot(Math.max(this.began, lines));
    const facts = [...this.facts.values()].map((fact) => this.failure(fact)).sort((a, b) => a.line - b.line);
    const { boots } = this;
    const tells = [...facts]
      .reverse()
      .find((fact) => fact.type === 'group' || (fact.type === 'deferral' && fact.form === 'pending'));
    const compared = tells === undefined ? boots.length - 1 : boots.findIndex(({ to }) => tells.line <= to);
    return {
      facts,
      kernel: (boots[compared] as Boot).kernel,
      boots,
      compared,
      lines: this.looked,
      blob: this.parts.blob,
      links: this.links,
      maps: [...this.maps].sort((a, b) => a.line - b.line),
      dropped: this.dropped,
    };
  }
}

/** A fact without what every fact has. */
type Bare<F> = F extends LogFact ? Omit<F, keyof Noted> : never;
type Said = Bare<LogFact>;

const DEVICES_DEFERRED: Shape = { by: 'devices_deferred (debugfs)', in: '3.14-', pattern: /(?:)/, read: () => null };
const UNREAD: Shape = { by: '', in: '', pattern: /(?:)/, read: () => null };

/** Details fill what the first line did not say; what the numbers mean is gathered. */
function addTo(fields: Mutable<Partial<FaultFact>>, more: Partial<Record<string, unknown>>): void {
  const target = fields as Record<string, unknown>;
  for (const [name, value] of Object.entries(more)) {
    if (name === 'type' || name === 'model' || value === null || value === undefined) continue;
    if (name === 'decoded') fields.decoded = [...new Set([...(fields.decoded ?? []), ...(value as readonly string[])])];
    else if (target[name] === undefined || target[name] === null) target[name] = value;
  }
}
