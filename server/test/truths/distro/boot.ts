/** One recorded boot of a distribution's kernel: what sysfs and the traces said, read from its folder. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type RecordedMapping, readTrace } from './trace';

/** A row of pci.txt. */
export interface RecordedFunction {
  /** `0000:00:01.0`. */
  readonly name: string;
  /** `vendor:device`, four digits each. */
  readonly id: string;
  readonly class: number;
  readonly driver: string;
  /** The bridges above it, outermost first. */
  readonly above: readonly string[];
  /** What the kernel printed when it found it (`PCIe Root Port`); null: this kernel prints nothing. */
  readonly kind: string | null;
}

export interface RecordedGroup {
  readonly type: string;
  readonly devices: readonly string[];
  /** `0x… 0x… msi` a region. */
  readonly regions: readonly string[];
}

export interface DistroBoot {
  readonly name: string;
  /** `7.3.4`. */
  readonly kernel: string;
  readonly cmdline: string;
  readonly blob: Uint8Array;
  /** Text of the distribution's .config. */
  readonly config: string;
  readonly functions: readonly RecordedFunction[];
  readonly groups: readonly RecordedGroup[];
  /** Bus and name of a device to its driver; `-` for none. Devices of the tree and PCI functions. */
  readonly binds: ReadonlyMap<string, string>;
  /** When user space began to load modules, in ms after it started. */
  readonly modulesAfter: number;
  /** By device, in the order of the calls. */
  readonly mappings: ReadonlyMap<string, readonly RecordedMapping[]>;
}

function bytes(folder: string, name: string): Buffer {
  const packed = join(folder, `${name}.gz`);
  return existsSync(packed) ? gunzipSync(readFileSync(packed)) : readFileSync(join(folder, name));
}
const text = (folder: string, name: string): string => bytes(folder, name).toString('utf8');

function functionsOf(folder: string): RecordedFunction[] {
  const printed = new Map<string, string>();
  for (const [, name = '', kind = ''] of text(folder, 'dmesg.txt').matchAll(
    /\bpci (\S+): \[[0-9a-f]{4}:[0-9a-f]{4}\] type \d\d class 0x[0-9a-f]{6} (\S.*)/g,
  ))
    printed.set(name, kind.trim());
  const found: RecordedFunction[] = [];
  for (const line of text(folder, 'pci.txt').split('\n')) {
    const row = /^(\S+) 0x([0-9a-f]{4}) 0x([0-9a-f]{4}) class=0x([0-9a-f]+) driver=(\S*).* path=(\S+)/.exec(line);
    if (row === null) continue;
    const [, name = '', vendor, device, kind = '0', driver = '', path = ''] = row;
    found.push({
      name,
      id: `${vendor}:${device}`,
      class: Number.parseInt(kind, 16),
      driver,
      above: path.split('/').filter((part) => part !== name && /^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.\d$/.test(part)),
      kind: printed.get(name) ?? null,
    });
  }
  return found;
}

/**
 * How long user space was there, in ms, before it looked for the first module: the rig's init reads all of sysfs first,
 * for longer than the driver core waits for suppliers, and marks both moments in the kernel's log. 0 without marks.
 */
function timeBeforeModules(log: string): number {
  const mark = (what: string): number => Number(new RegExp(`^\\[ *(\\d+\\.\\d+)\\] MARK ${what}`, 'm').exec(log)?.[1]);
  const time = Math.round(1000 * (mark('coldplug') - mark('before-modules')));
  return Number.isFinite(time) ? time : 0;
}

function groupsOf(folder: string): RecordedGroup[] {
  const groups: { type: string; devices: string[]; regions: string[] }[] = [];
  for (const line of text(folder, 'groups.txt').split('\n')) {
    const head = /^group \d+ type=(\S*) name=\S* devices: (.*)$/.exec(line);
    if (head !== null) groups.push({ type: head[1] ?? '', devices: (head[2] ?? '').trim().split(/\s+/), regions: [] });
    else if (line.trim() !== '') groups[groups.length - 1]?.regions.push(regionText(line.trim().split(/\s+/)));
  }
  return groups;
}

/** A region as both sides write it: addresses without leading zeros. */
export function regionText([first = '0', last = '0', type = '']: readonly string[]): string {
  return `0x${BigInt(first).toString(16)} 0x${BigInt(last).toString(16)} ${type}`;
}

function bindsOf(folder: string): Map<string, string> {
  const binds = new Map<string, string>();
  for (const line of text(folder, 'binds.txt').split('\n')) {
    const row = /^(platform|amba|pci) (\S+) driver=(\S+) group=\S* of=(\S*)/.exec(line);
    // platform devices that the kernel makes of no node are none of ours
    if (row === null || (row[1] !== 'pci' && row[4] === '')) continue;
    binds.set(`${row[1]} ${row[2]}`, row[3] ?? '-');
  }
  return binds;
}

/** Reads a boot's folder; throws when a file is missing. The configuration stands in the folder or beside it. */
export function readBoot(folder: string): DistroBoot {
  const kernel = /Linux version (\d+\.\d+(?:\.\d+)?)/.exec(text(folder, 'version'))?.[1];
  if (kernel === undefined) throw new Error(`${folder}/version names no kernel`);
  const release = kernel.split('.').slice(0, 2).join('.');
  const beside = existsSync(join(folder, 'config.gz')) || existsSync(join(folder, 'config'));
  return {
    name: basename(folder),
    kernel,
    cmdline: text(folder, 'cmdline').trim(),
    blob: bytes(folder, 'fdt.dtb'),
    config: beside ? text(folder, 'config') : text(join(folder, '..'), `config-${release}`),
    functions: functionsOf(folder),
    groups: groupsOf(folder),
    binds: bindsOf(folder),
    modulesAfter: timeBeforeModules(text(folder, 'dmesg.txt')),
    mappings: readTrace(text(folder, 'trace.txt')),
  };
}
