/**
 * Changes of recorded trees whose effect is known without a second recording: names, phandles, addresses and unrelated
 * nodes change nothing, or exactly what they name.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DeviceDmaView } from '../../../src/simulator/contract/dma-core';
import { simulateRecording } from './compare';
import { readBundles } from './load';
import type { Recording } from './recording';

const all = readBundles(join(__dirname, 'fixtures'));
/** Every so many of the recordings: a sample of each set. */
// The sets that came later stand apart, so that they do not shift the sample of the others.
const later = (r: (typeof all)[number]): boolean => r.set === 'arm32-3.19';
const sample = [all.filter((r) => !later(r)), all.filter(later)].flatMap((set) => set.filter((_, i) => i % 11 === 3));

const text = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? `0x${inner.toString(16)}` : inner));

function viewOf({ mapping, ids, group, domain, dmaIommu, busLimit, dmaMask }: DeviceDmaView): unknown[] {
  return [group, domain, dmaIommu, busLimit, dmaMask, ids, mapping];
}

/** What happened, a line a fact, without the devices called `x…`. Physical addresses are no facts. */
function story(recording: Recording): string[] {
  const { outcome } = simulateRecording(recording);
  const lines = [`complete ${outcome.complete}`];
  const say = (...parts: unknown[]): void => {
    lines.push(parts.map((part) => (typeof part === 'string' ? part : text(part))).join(' '));
  };
  const added = (name: string | undefined): boolean => name !== undefined && /^[0-9a-f]+\.x|^x-/.test(name);
  for (const { event, device, detail: d } of outcome.machine.core.log) {
    if (added(device?.name)) continue;
    const name = device?.name ?? '';
    if (event === 'attempt') say('attempt', name, d.driver, d.result);
    if (event === 'dma' && d.translated === true) say('dma', name, d.tag, d.kind, d.slot, d.error, d.iova, d.segments);
    if (event === 'api') say('api', name, d.call, String(d.result), d.iova);
    if (event === 'dma-view') say('view', name, d.when, viewOf(d.view as DeviceDmaView));
    if (event === 'suspend' || event === 'resume') say(event, name);
  }
  for (const s of outcome.events.snapshots) {
    for (const d of s.deferred) if (!added(d.device.name)) say(s.name, 'deferred', d.device.name, d.reason ?? '');
    for (const l of s.links)
      if (!added(l.consumer.name) && !added(l.supplier.name))
        say(s.name, 'link', l.supplier.name, l.consumer.name, l.status, l.runtimePm, l.syncStateOnly);
    for (const g of s.groups)
      say(
        s.name,
        'group',
        g.id,
        g.type,
        g.devices.map((d) => d.name),
        g.reservedRegions,
      );
    for (const v of s.views) say(s.name, 'view', v.device.name, viewOf(v.view));
    say(s.name, s.powerList.filter((name) => !added(name)).join(' '));
  }
  return lines;
}

const withTree = (recording: Recording, change: (dts: string) => string): Recording => ({
  ...recording,
  dts: change(recording.dts),
});
/** Puts nodes at the end of the root node. */
const append = (dts: string, nodes: string): string => dts.replace(/\};\s*$/, `${nodes}\n};\n`);

describe('nothing changes', () => {
  it.each<[string, (dts: string) => string]>([
    ['when labels are called otherwise', (dts) => dts.replace(/&(\w+)/g, '&zz_$1').replace(/\b(\w+): /g, 'zz_$1: ')],
    [
      'when nodes state phandles of their own',
      (dts) => {
        let next = 0x1000;
        return dts.replace(/(\b\w+: [\w,@-]+ \{)/g, (head) => `${head} phandle = <${next++}>;`);
      },
    ],
    [
      'when other phandles are taken, so that dtc numbers from further up',
      (dts) => append(dts, Array.from({ length: 64 }, (_, i) => `x-${i} { phandle = <${i + 1}>; };`).join('\n')),
    ],
    ['when every property is written twice', (dts) => dts.replace(/\n(\s*)(reg = <[^;]*>;)/g, '\n$1$2 $2')],
    [
      'but for themselves, when nodes come that are no devices, or that nobody drives',
      (dts) =>
        append(
          dts,
          `x-empty { };
           x-off { compatible = "oracle,supplier"; status = "disabled"; #clock-cells = <0>; };
           x-named { compatible = "nobody,knows"; };
           x0@7f000000 { compatible = "nobody,knows"; reg = <0 0x7f000000 0 0x1000>; };
           x1@7f001000 { compatible = "oracle,no-driver"; reg = <0 0x7f001000 0 0x1000>; };`,
        ),
    ],
  ])('%s', { timeout: 120_000 }, (_name, change) => {
    for (const recording of sample)
      expect([recording.file.name, story(withTree(recording, change))]).toEqual([
        recording.file.name,
        story(recording),
      ]);
  });

  it('but names, when clients lie elsewhere', { timeout: 120_000 }, () => {
    // Addresses inside the bus, in the tree, in names and in what /init is told.
    const move = (some: string): string => some.replace(/\b(0x)?a1([0-9a-f]{5})\b/g, '$1b1$2');
    for (const recording of sample) {
      const moved: Recording = {
        ...recording,
        dts: move(recording.dts),
        file: { ...recording.file, rig_env: move(recording.file.rig_env) },
      };
      expect([recording.file.name, story(moved)]).toEqual([recording.file.name, story(recording).map(move)]);
    }
  });
});

/** Child nodes of /soc in reverse; the trees of the recordings are written as dtc writes them. */
function reversed(dts: string): string {
  return dts.replace(/(\n\tsoc \{\n)([\s\S]*?)(\n\t\};)/, (_all, head: string, body: string, tail: string) => {
    const properties: string[] = [];
    const nodes: string[][] = [];
    let open = false;
    for (const line of body.split('\n')) {
      const start = /^\t\t\S.*\{$/.test(line);
      if (start) nodes.push([]);
      (start || open ? (nodes[nodes.length - 1] ?? properties) : properties).push(line);
      open = (start || open) && line !== '\t\t};';
    }
    return [head + properties.join('\n'), ...nodes.reverse().map((node) => node.join('\n'))].join('\n') + tail;
  });
}

describe('the order of sibling nodes', () => {
  // What fails, waits for a number of attempts or is refused once a stream is taken depends on who comes first.
  const settled = sample.filter(
    (r) =>
      r.file.complete &&
      r.dts.includes('oracle,iommu') &&
      !/oracle,(fail|group-mode|alloc-fail|no-identity|fail-group|api)\b|arm,(smmu|mmu)|nvidia,tegra/.test(r.dts),
  );
  it('changes neither who binds in the end, nor who shares a group, nor its type and regions', {
    timeout: 120_000,
  }, () => {
    const end = (recording: Recording): string[] => {
      const { outcome } = simulateRecording(recording);
      const last = outcome.events.snapshots[outcome.events.snapshots.length - 1];
      return [
        ...(last?.devices ?? []).map((d) => `${d.device.name} ${d.driver}`),
        ...(last?.groups ?? []).map(
          (g) => `group ${g.type} ${g.devices.map((d) => d.name).sort()} ${text(g.reservedRegions)}`,
        ),
      ].sort();
    };
    const changed = settled.filter((recording) => reversed(recording.dts) !== recording.dts);
    expect(changed.length).toBeGreaterThan(20);
    const other = changed.filter((r) => end(withTree(r, reversed)).join('\n') !== end(r).join('\n'));
    expect(other.map((r) => r.file.name)).toEqual([]);
  });
});

describe('a device that binds without having to do with anything', () => {
  /** Without drivers that ask for deferral so many times: they are retried whenever anything binds. */
  const patient = sample.filter((r) => !/oracle,fail\b/.test(r.dts) && r.file.complete);
  it('changes neither who binds in the end, nor links, nor who shares a group', { timeout: 120_000 }, () => {
    const end = (recording: Recording): string[] => {
      const { outcome } = simulateRecording(recording);
      const last = outcome.events.snapshots[outcome.events.snapshots.length - 1];
      const own = (name: string): boolean => !name.includes('.x0');
      return [
        ...(last?.devices ?? []).filter((d) => own(d.device.name)).map((d) => `${d.device.name} ${d.driver}`),
        ...(last?.links ?? []).map((l) => `${l.supplier.name} ${l.consumer.name} ${l.status}`),
        ...(last?.groups ?? []).map((g) => `group ${g.type} ${g.devices.map((d) => d.name).sort()}`),
        ...(last?.deferred ?? []).map((d) => `deferred ${d.device.name} ${d.reason}`),
      ].sort();
    };
    const more = `x0@7f000000 { compatible = "oracle,supplier"; reg = <0 0x7f000000 0 0x1000>; };`;
    for (const recording of patient)
      expect([recording.file.name, end(withTree(recording, (dts) => append(dts, more)))]).toEqual([
        recording.file.name,
        end(recording),
      ]);
  });
});
